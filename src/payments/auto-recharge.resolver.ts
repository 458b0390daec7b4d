import {
  Arg,
  Args,
  Ctx,
  Field,
  FieldResolver,
  ID,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { actorRef } from '../actor.ts';
import { inTransaction } from '../db/client.ts';
import { argsTeam, Inherits, inputTeam, Permit } from '../graphql/auth.ts';
import { ConnectionArgs, mapPage, type Page } from '../graphql/connection.ts';
import type { Context } from '../graphql/context.ts';
import { orRefused, type Refused } from '../graphql/refusals.ts';
import { UserError } from '../graphql/user-error.ts';
import { parseId, type Uuid } from '../id.ts';
import { Team, thisTeam } from '../teams/team.type.ts';
import { ConfigureAutoRechargeInput, settingsFrom } from './auto-recharge.input.ts';
import { AutoRecharge, AutoRechargePreview, toAutoRecharge, toPreview } from './auto-recharge.type.ts';
import { attemptPage, autoRechargeStanding } from './auto-recharge-reads.ts';
import { configureAutoRecharge } from './auto-recharge-settings.ts';
import type { PaymentDeps } from './payment-deps.ts';
import { PaymentMethod } from './payment-method.type.ts';
import { loadMethod } from './payment-method-access.ts';
import { RechargeAttempt, RechargeAttemptConnection, toRechargeAttempt } from './recharge-attempt.type.ts';
import { topUpOfAttempt } from './recharge-attempt-access.ts';
import { TopUp } from './top-up.type.ts';

@Inherits()
@ObjectType('ConfigureAutoRechargePayload', { description: 'What came of configureAutoRecharge.' })
export class ConfigureAutoRechargePayload {
  @Field(() => AutoRecharge, { nullable: true, description: 'As it is now; null when it was refused.' })
  autoRecharge?: AutoRecharge | null;

  @Field(() => Boolean, { description: 'Whether the idempotency key had done it before.' })
  replayed: boolean;

  @Field(() => [UserError], {
    description: 'Why it was refused: INVALID_INPUT, NOT_FOUND, NO_PAYMENT_METHOD or IDEMPOTENCY_CONFLICT.',
  })
  userErrors: UserError[];
}

type Services = Pick<PaymentDeps, 'db' | 'clock' | 'minPurchaseCents'>;

/** Auto-recharge of a team. */
@Resolver(() => Team)
export class AutoRechargeResolver {
  constructor(private readonly services: Services) {}

  @Permit('billing:write', inputTeam)
  @Mutation(() => ConfigureAutoRechargePayload, {
    description:
      'Sets up auto-recharge, turns it on or off. Turned on below the threshold it charges at once. It does not end a suspension for declines, unless another card is to be charged. Refusals: INVALID_INPUT, NOT_FOUND, NO_PAYMENT_METHOD, IDEMPOTENCY_CONFLICT.',
  })
  configureAutoRecharge(
    @Ctx() { actor }: Context,
    @Arg('input', () => ConfigureAutoRechargeInput, { description: 'How it is to be.' })
    input: ConfigureAutoRechargeInput,
  ): Promise<ConfigureAutoRechargePayload | Refused> {
    const { db } = this.services;
    return orRefused(async () => {
      const wanted = settingsFrom(input);
      const { replayed } = await inTransaction(db, (tx) =>
        configureAutoRecharge(tx, this.services, wanted, actorRef(actor)),
      );
      return { autoRecharge: await this.standing(wanted.teamId), replayed, userErrors: [] };
    });
  }

  @Permit('billing:read', argsTeam)
  @Query(() => AutoRechargePreview, {
    description: 'Whether auto-recharge of a team would charge now, how much, and why not. A dry run.',
  })
  async previewAutoRecharge(
    @Arg('teamId', () => ID, { description: 'The team.' }) teamId: string,
  ): Promise<AutoRechargePreview> {
    const { db, clock } = this.services;
    return toPreview(await autoRechargeStanding(db, parseId('team', teamId, 'teamId'), clock.now()));
  }

  @Permit('billing:read', thisTeam)
  @FieldResolver(() => AutoRecharge, {
    description: 'How its credit is kept up; OFF unless an admin wanted it.',
  })
  autoRecharge(@Root() team: Team): Promise<AutoRecharge> {
    return this.standing(team.uuid);
  }

  private async standing(teamId: Uuid): Promise<AutoRecharge> {
    const { db, clock } = this.services;
    return toAutoRecharge(teamId, await autoRechargeStanding(db, teamId, clock.now()));
  }
}

/** What belongs to the auto-recharge of a team. */
@Resolver(() => AutoRecharge)
export class AutoRechargeFieldsResolver {
  constructor(private readonly services: Services) {}

  @Inherits()
  @FieldResolver(() => PaymentMethod, {
    nullable: true,
    description:
      'The payment method that an admin has named; null: whichever is the default when it charges.',
  })
  async paymentMethod(
    @Ctx() ctx: Context,
    @Root() { methodUuid }: AutoRecharge,
  ): Promise<PaymentMethod | null> {
    return methodUuid === null ? null : loadMethod(ctx, this.services, methodUuid);
  }

  @Inherits()
  @FieldResolver(() => RechargeAttemptConnection, {
    description: 'Every time that it was tried, the newest first, and what came of it.',
  })
  async attempts(
    @Root() { teamUuid }: AutoRecharge,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
  ): Promise<Page<RechargeAttempt>> {
    return mapPage(await attemptPage(this.services.db, teamUuid, args), toRechargeAttempt);
  }
}

/** What belongs to an attempt. */
@Resolver(() => RechargeAttempt)
export class RechargeAttemptResolver {
  constructor(private readonly services: Pick<PaymentDeps, 'db'>) {}

  @Inherits()
  @FieldResolver(() => TopUp, {
    nullable: true,
    description: 'The payment that was asked for, with what the payer has to do.',
  })
  topUp(@Ctx() ctx: Context, @Root() attempt: RechargeAttempt): Promise<TopUp | null> {
    return topUpOfAttempt(ctx, this.services, attempt);
  }
}
