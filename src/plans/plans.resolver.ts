import { Arg, Ctx, Field, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import { actorRef } from '../actor.ts';
import { inTransaction } from '../db/client.ts';
import { Inherits, Permit, Public } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { orRefused, type Refused } from '../graphql/refusals.ts';
import { UserError } from '../graphql/user-error.ts';
import { loadPlan } from './loaders.ts';
import { PublishPlanInput, publishFrom } from './plan.input.ts';
import type { PlanFamily } from './plan.ts';
import { Plan, PlanFamilyEnum, planNode } from './plan.type.ts';
import type { PlanDeps } from './plan-deps.ts';
import { newestPlans } from './plan-rows.ts';
import { publishPlan } from './publish-plan.ts';

@Inherits()
@ObjectType('PublishPlanPayload', { description: 'What came of publishPlan.', simpleResolvers: true })
class PublishPlanPayload {
  @Field(() => Plan, { nullable: true, description: 'The version; null when it was refused.' })
  plan?: Plan;

  @Field(() => Boolean, { description: 'Whether the idempotency key had published it before.' })
  replayed: boolean;

  @Field(() => [UserError], {
    description: 'Why it was refused: INVALID_INPUT, CONFLICT or IDEMPOTENCY_CONFLICT.',
  })
  userErrors: UserError[];
}

/** Plans, and how operators publish them. */
@Resolver(() => Plan)
export class PlanResolver {
  constructor(private readonly deps: Pick<PlanDeps, 'db' | 'clock'>) {}

  @Public()
  @Query(() => [Plan], {
    description: 'The plans that can be subscribed to, in their newest versions, by family and rank.',
  })
  async plans(
    @Arg('family', () => PlanFamilyEnum, { nullable: true, description: 'Only those of one family.' })
    family?: PlanFamily | null,
  ): Promise<Plan[]> {
    const plans = await newestPlans(this.deps.db);
    return plans.filter((plan) => !plan.retired && (family == null || plan.family === family)).map(planNode);
  }

  @Permit('operate')
  @Mutation(() => PublishPlanPayload, {
    description:
      'Publishes a version of a plan, for who subscribes or changes to it from now on. Subscribers keep theirs, and its price; a plan that costs nothing holds in its newest version for all. For operators.',
  })
  publishPlan(
    @Ctx() ctx: Context,
    @Arg('input', () => PublishPlanInput, { description: 'The whole plan.' }) input: PublishPlanInput,
  ): Promise<PublishPlanPayload | Refused> {
    const { db, clock } = this.deps;
    return orRefused(async () => {
      const wanted = publishFrom(input);
      const actor = actorRef(ctx.actor);
      const { planId, replayed } = await inTransaction(db, (tx) =>
        publishPlan(tx, wanted, actor, clock.now()),
      );
      return { plan: await loadPlan(ctx, db, planId), replayed, userErrors: [] };
    });
  }
}
