import DataLoader from 'dataloader';
import {
  Arg,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Mutation,
  ObjectType,
  Resolver,
  Root,
} from 'type-graphql';
import { actorRef } from '../actor.ts';
import { type Db, inTransaction } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import { Inherits, Permit } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { orRefused, type Refused } from '../graphql/refusals.ts';
import { CreditsScalar } from '../graphql/scalars.ts';
import { UserError } from '../graphql/user-error.ts';
import { parseId, type Uuid } from '../id.ts';
import { Balance, toBalance } from '../ledger/balance.type.ts';
import type { NanoCredits } from '../money.ts';
import { Team, thisTeam } from '../teams/team.type.ts';
import { changeDebtLimit, debtLimitsOf } from './debt-limit.ts';
import { type GrantServices, loadBalance } from './loaders.ts';

@InputType('SetDebtLimitInput', { description: 'How far a team may go into debt.' })
class SetDebtLimitInput {
  @Field(() => ID, { description: 'The team.' })
  teamId: string;

  @Field(() => CreditsScalar, {
    description: 'The most it may owe for usage after the fact; "0" lets nothing be owed.',
  })
  limit: NanoCredits;

  @Field(() => String, { description: 'Why, for the record: 1 to 500 characters.' })
  reason: string;

  @Field(() => String, {
    description: 'Your own key for this request: a repeat changes nothing. 1 to 255 characters.',
  })
  idempotencyKey: string;
}

@Inherits()
@ObjectType('SetDebtLimitPayload', { description: 'What came of setDebtLimit.', simpleResolvers: true })
class SetDebtLimitPayload {
  @Field(() => CreditsScalar, {
    nullable: true,
    description: 'The most the team may owe now; null when it was refused.',
  })
  limit?: NanoCredits;

  @Field(() => Balance, {
    nullable: true,
    description: 'What the team has and owes; null when it was refused.',
  })
  balance?: Balance;

  @Field(() => Boolean, { description: 'Whether the idempotency key had set it before.' })
  replayed: boolean;

  @Field(() => [UserError], {
    description: 'Why it was refused: INVALID_INPUT, NOT_FOUND or IDEMPOTENCY_CONFLICT.',
  })
  userErrors: UserError[];
}

/** How far a team may go into debt. */
@Resolver(() => Team)
export class DebtLimitResolver {
  constructor(private readonly services: GrantServices) {}

  @Permit('billing:read', thisTeam)
  @FieldResolver(() => CreditsScalar, {
    description: 'The most the team may owe for work that was done after its credit had run out.',
  })
  debtLimit(@Ctx() ctx: Context, @Root() team: Team): Promise<NanoCredits> {
    return loadDebtLimit(ctx, this.services.db, team.uuid);
  }

  @Permit('operate')
  @Mutation(() => SetDebtLimitPayload, {
    description:
      'Sets how much a team may owe for usage after the fact. What it owes already stays, also above the limit. For operators.',
  })
  setDebtLimit(
    @Ctx() ctx: Context,
    @Arg('input', () => SetDebtLimitInput, { description: 'The limit.' })
    { limit, ...input }: SetDebtLimitInput,
  ): Promise<SetDebtLimitPayload | Refused> {
    const { db, clock } = this.services;
    return orRefused(async () => {
      const teamId = parseId('team', input.teamId, 'teamId');
      const change = { ...input, teamId, limitNano: limit };
      const { replayed } = await inTransaction(db, (tx) =>
        changeDebtLimit(tx, change, actorRef(ctx.actor), clock.now()),
      );
      const balance = toBalance(await loadBalance(ctx, this.services, teamId));
      return { limit: await loadDebtLimit(ctx, db, teamId), balance, replayed, userErrors: [] };
    });
  }
}

async function loadDebtLimit(ctx: Context, db: Db, teamId: Uuid): Promise<NanoCredits> {
  const limit = await ctx.once('grants.debtLimit', () => debtLimitLoader(db)).load(teamId);
  assert(limit !== undefined, 'every team has a wallet');
  return limit;
}

function debtLimitLoader(db: Db): DataLoader<Uuid, NanoCredits | undefined> {
  const read = async (teamIds: readonly Uuid[]) => {
    const limits = await debtLimitsOf(db, teamIds);
    return teamIds.map((teamId) => limits.get(teamId));
  };
  return new DataLoader(read, { cache: false });
}
