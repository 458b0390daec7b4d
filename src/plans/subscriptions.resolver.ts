import { Arg, Args, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { actorRef } from '../actor.ts';
import { allEntitlements } from '../catalog/entitlement-terms.ts';
import { type EntitlementMode, plansOfTeams } from '../catalog/entitlements.ts';
import { inTransaction, type Tx } from '../db/client.ts';
import { DomainError } from '../domain-error.ts';
import { Inherits, inputTeam, Permit } from '../graphql/auth.ts';
import { ConnectionArgs, mapPage, type Page } from '../graphql/connection.ts';
import type { Context } from '../graphql/context.ts';
import { orRefused } from '../graphql/refusals.ts';
import { balanceOf } from '../ledger/balance.ts';
import { toBalance } from '../ledger/balance.type.ts';
import { idPage } from '../teams/id-pages.ts';
import type { IdWindow } from '../teams/memberships.ts';
import { Team, thisTeam } from '../teams/team.type.ts';
import { cancelSubscription } from './cancel-subscription.ts';
import { changePlan } from './change-plan.ts';
import { loadPlan, loadPlanHeld } from './loaders.ts';
import {
  CancelSubscriptionInput,
  ChangePlanInput,
  cancelFrom,
  changeFrom,
  SubscribeToPlanInput,
  subscribeFrom,
} from './plan.input.ts';
import { Plan, toEntitlements } from './plan.type.ts';
import type { PlanDeps } from './plan-deps.ts';
import { pursueSubscription } from './pursue-subscription.ts';
import { type Subscribed, subscribeToPlan } from './subscribe-to-plan.ts';
import {
  CancelSubscriptionPayload,
  ChangePlanPayload,
  PlanSubscription,
  PlanSubscriptionConnection,
  SubscribeToPlanPayload,
  subscriptionNode,
  TeamEntitlements,
} from './subscription.type.ts';
import { subscriptionsOf } from './subscription-rows.ts';

/** Subscribing to plans. */
@Resolver(() => PlanSubscription)
export class PlanSubscriptionResolver {
  constructor(private readonly deps: PlanDeps) {}

  @Permit('billing:write', inputTeam)
  @Mutation(() => SubscribeToPlanPayload, {
    description:
      'Subscribes a team to a plan and makes the first payment. A declined card is no refusal: the subscription has FAILED and says why. Refusals: INVALID_INPUT, NOT_FOUND, ALREADY_SUBSCRIBED, IDEMPOTENCY_CONFLICT.',
  })
  subscribeToPlan(
    @Ctx() { actor }: Context,
    @Arg('input', () => SubscribeToPlanInput, { description: 'The plan.' }) input: SubscribeToPlanInput,
  ): Promise<SubscribeToPlanPayload> {
    return this.answer((tx) => subscribeToPlan(tx, this.deps, subscribeFrom(input), actorRef(actor)));
  }

  @Permit('billing:write', inputTeam)
  @Mutation(() => ChangePlanPayload, {
    description:
      'Changes the plan of a team: to a higher one at once, what is left of the period is charged now; to a lower one from the next period on; to the one that costs nothing when the period ends. A declined card is no refusal: the plan stays, and "failureMessage" says why. Refusals: INVALID_INPUT, NOT_FOUND, NOT_SUBSCRIBED, WRONG_STATE, IDEMPOTENCY_CONFLICT.',
  })
  changePlan(
    @Arg('input', () => ChangePlanInput, { description: 'The other plan.' }) input: ChangePlanInput,
  ): Promise<ChangePlanPayload> {
    return this.answer((tx) => changePlan(tx, changeFrom(input), this.deps.clock.now()));
  }

  @Permit('billing:write', inputTeam)
  @Mutation(() => CancelSubscriptionPayload, {
    description:
      'Ends a subscription with the period that is paid; at once where none is. Until then changePlan to its own plan takes it back. Refusals: INVALID_INPUT, NOT_FOUND, WRONG_STATE, IDEMPOTENCY_CONFLICT.',
  })
  cancelSubscription(
    @Arg('input', () => CancelSubscriptionInput, { description: 'The subscription.' })
    input: CancelSubscriptionInput,
  ): Promise<CancelSubscriptionPayload> {
    return this.answer((tx) => cancelSubscription(tx, cancelFrom(input), this.deps.clock.now()));
  }

  @Inherits()
  @FieldResolver(() => Plan, { description: 'What it entitles to now.' })
  plan(@Ctx() ctx: Context, @Root() { stored }: PlanSubscription): Promise<Plan> {
    return loadPlanHeld(ctx, this.deps.db, stored.planVersionId);
  }

  @Inherits()
  @FieldResolver(() => Plan, {
    nullable: true,
    description: 'What it changes to: when the period ends, or once the payment at "actionUrl" is made.',
  })
  nextPlan(@Ctx() ctx: Context, @Root() { stored }: PlanSubscription): Promise<Plan> | null {
    return stored.nextPlanVersionId === null ? null : loadPlan(ctx, this.deps.db, stored.nextPlanVersionId);
  }

  @Permit<PlanSubscription>('billing:write', ({ root }) => root.stored.teamId)
  @FieldResolver(() => String, {
    nullable: true,
    description: 'What Stripe.js goes on with while a payment waits for its payer. Only for who may pay.',
  })
  clientSecret(@Root() { stored }: PlanSubscription): string | null {
    return stored.clientSecret;
  }

  /** What is wanted is committed before Stripe is told; if that is out of reach, a job goes on with it. */
  private async answer(write: (tx: Tx) => Promise<Subscribed>): Promise<SubscribeToPlanPayload> {
    const { db, clock } = this.deps;
    const result = await orRefused(() => inTransaction(db, write));
    if ('userErrors' in result) return { ...result, subscription: null, balance: null };
    const { subscription, replayed } = result;
    const { teamId, id } = subscription;
    const now = await pursueSubscription(this.deps, teamId, id).catch((error: unknown) => {
      if (error instanceof DomainError && error.code === 'UNAVAILABLE') return subscription;
      throw error;
    });
    const balance = await balanceOf(db, teamId, clock.now());
    return {
      subscription: subscriptionNode(now),
      balance: balance ? toBalance(balance) : null,
      replayed,
      userErrors: [],
    };
  }
}

/** The plans of a team. */
@Resolver(() => Team)
export class TeamPlansResolver {
  constructor(
    private readonly deps: Pick<PlanDeps, 'db'>,
    private readonly mode: EntitlementMode,
  ) {}

  @Permit('billing:read', thisTeam)
  @FieldResolver(() => PlanSubscriptionConnection, {
    description: 'Its subscriptions to plans, the newest first, those that have ended too.',
  })
  async subscriptions(
    @Root() team: Team,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
  ): Promise<Page<PlanSubscription>> {
    const read = (window: IdWindow) => subscriptionsOf(this.deps.db, team.uuid, window);
    return mapPage(await idPage('subscriptions', args, read, ({ id }) => id), subscriptionNode);
  }

  @Permit('billing:read', thisTeam)
  @FieldResolver(() => TeamEntitlements, { description: 'What its plans entitle it to now.' })
  async entitlements(@Root() team: Team): Promise<TeamEntitlements> {
    const plans = (await plansOfTeams(this.deps.db, [team.uuid])).get(team.uuid) ?? [];
    return {
      ...toEntitlements(allEntitlements(plans.map(({ entitlements }) => entitlements))),
      planCodes: plans.map(({ planCode }) => planCode),
      enforced: this.mode === 'enforced',
    };
  }
}
