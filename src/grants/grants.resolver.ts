import { Arg, Ctx, Field, FieldResolver, Mutation, ObjectType, Resolver, Root } from 'type-graphql';
import { actorRef } from '../actor.ts';
import { inTransaction } from '../db/client.ts';
import { assert, badInput, notFound } from '../domain-error.ts';
import { Inherits, Permit } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { orRefused, type Refused } from '../graphql/refusals.ts';
import { CreditsScalar } from '../graphql/scalars.ts';
import { UserError } from '../graphql/user-error.ts';
import { parseId, type Uuid } from '../id.ts';
import { readBook } from '../ledger/balance.ts';
import { Balance, toBalance } from '../ledger/balance.type.ts';
import { LedgerEntry } from '../ledger/entry.type.ts';
import type { NanoCredits } from '../money.ts';
import { availableFor } from './drawdown.ts';
import {
  changeFrom,
  ExtendGrantInput,
  extensionFrom,
  IssueGrantInput,
  issueFrom,
  SpendScopeInput,
  VoidGrantInput,
} from './grant.input.ts';
import { Grant, GrantChange } from './grant.type.ts';
import { teamOfGrant } from './grant-reads.ts';
import { extendGrant, type GrantResult, issueGrant, voidGrant } from './issue.ts';
import { type GrantServices, loadBalance, loadChanges, loadGrant } from './loaders.ts';
import { targetNamed } from './targets.ts';

/** The members of the payloads of issueGrant, voidGrant and extendGrant. */
@ObjectType()
abstract class GrantPayload {
  @Field(() => Grant, { nullable: true, description: 'The grant; null when it was refused.' })
  grant?: Grant;

  @Field(() => Balance, { nullable: true, description: 'What the team has now; null when it was refused.' })
  balance?: Balance;

  @Field(() => Boolean, { description: 'Whether the idempotency key had done it before.' })
  replayed: boolean;

  @Field(() => [UserError], {
    description: 'Why it was refused: INVALID_INPUT, NOT_FOUND or IDEMPOTENCY_CONFLICT.',
  })
  userErrors: UserError[];
}

@Inherits()
@ObjectType('IssueGrantPayload', { description: 'What came of issueGrant.' })
class IssueGrantPayload extends GrantPayload {}

@Inherits()
@ObjectType('VoidGrantPayload', { description: 'What came of voidGrant.' })
class VoidGrantPayload extends GrantPayload {}

@Inherits()
@ObjectType('ExtendGrantPayload', { description: 'What came of extendGrant.' })
class ExtendGrantPayload extends GrantPayload {}

/** What operators do to grants, and the fields of a grant that need a look-up. */
@Resolver(() => Grant)
export class GrantResolver {
  constructor(private readonly services: GrantServices) {}

  @Inherits()
  @FieldResolver(() => [GrantChange], { description: 'What operators changed of it since it was issued.' })
  changes(@Ctx() ctx: Context, @Root() grant: Grant): Promise<GrantChange[]> {
    return loadChanges(ctx, this.services, grant);
  }

  @Permit('operate')
  @Mutation(() => IssueGrantPayload, {
    description:
      'Gives credit to a team, at once or from a later instant on. Prepaid credit pays debt first.',
  })
  issueGrant(
    @Ctx() ctx: Context,
    @Arg('input', () => IssueGrantInput, { description: 'The credit to give.' }) input: IssueGrantInput,
  ): Promise<IssueGrantPayload> {
    const { db, clock, catalog } = this.services;
    return this.answer(ctx, async () => {
      const issue = issueFrom(input, await catalog.fresh());
      return inTransaction(db, (tx) => issueGrant(tx, issue, actorRef(ctx.actor), clock.now()));
    });
  }

  @Permit('operate')
  @Mutation(() => VoidGrantPayload, {
    description:
      'Takes back what is left of a grant, for good. Credit that comes back to it later is voided, too.',
  })
  voidGrant(
    @Ctx() ctx: Context,
    @Arg('input', () => VoidGrantInput, { description: 'The grant to take back.' }) input: VoidGrantInput,
  ): Promise<VoidGrantPayload> {
    const { db, clock } = this.services;
    return this.answer(ctx, async () => {
      const change = changeFrom(input, await this.teamOf(input.grantId));
      return inTransaction(db, (tx) => voidGrant(tx, change, actorRef(ctx.actor), clock.now()));
    });
  }

  @Permit('operate')
  @Mutation(() => ExtendGrantPayload, {
    description:
      'Gives a grant a later expiry, or none. What has expired of it comes back, by a correcting entry.',
  })
  extendGrant(
    @Ctx() ctx: Context,
    @Arg('input', () => ExtendGrantInput, { description: 'The grant to extend.' }) input: ExtendGrantInput,
  ): Promise<ExtendGrantPayload> {
    const { db, clock } = this.services;
    return this.answer(ctx, async () => {
      const extension = extensionFrom(input, await this.teamOf(input.grantId));
      return inTransaction(db, (tx) => extendGrant(tx, extension, actorRef(ctx.actor), clock.now()));
    });
  }

  /** What came of `work`: the grant and the balance as they are then. */
  private answer(ctx: Context, work: () => Promise<GrantResult>): Promise<GrantPayload | Refused> {
    return orRefused(async () => {
      const { grantId, replayed } = await work();
      const grant = await loadGrant(ctx, this.services, grantId);
      const balance = toBalance(await loadBalance(ctx, this.services, grant.teamUuid));
      return { grant, balance, replayed, userErrors: [] };
    });
  }

  private async teamOf(grantId: string): Promise<Uuid> {
    const teamId = await teamOfGrant(this.services.db, parseId('grant', grantId, 'grantId'));
    if (!teamId) throw notFound('Grant', grantId);
    return teamId;
  }
}

/** The field of a balance that depends on the grants behind it. */
@Resolver(() => Balance)
export class BalanceResolver {
  constructor(private readonly services: GrantServices) {}

  @Inherits()
  @FieldResolver(() => CreditsScalar, {
    description:
      'What may be spent on this: the credit of all grants whose scope covers it. Not for past balances.',
  })
  async availableFor(
    @Root() { teamId, grants, asOf, isPast }: Balance,
    @Arg('scope', () => SpendScopeInput, { description: 'What it would be spent on.' })
    scope: SpendScopeInput,
  ): Promise<NanoCredits> {
    if (isPast) throw badInput('availableFor', 'is known of the present balance only.');
    const { db, clock, catalog } = this.services;
    // A balance that is sent out to many brings its grants, so that nothing is read for it.
    if (grants) {
      return availableFor(grants, targetNamed(scope, await catalog.snapshot()), asOf.getTime());
    }
    const target = targetNamed(scope, await catalog.fresh());
    const book = await readBook(db, teamId, clock.now());
    assert(book, 'every team has a wallet');
    return availableFor(book.grants, target, book.atMs);
  }
}

/** The field of a ledger entry that is about a grant. */
@Resolver(() => LedgerEntry)
export class EntryGrantResolver {
  constructor(private readonly services: GrantServices) {}

  @Inherits()
  @FieldResolver(() => Grant, {
    nullable: true,
    description: 'The grant it touched, as it is now; null when it touched none.',
  })
  async grant(@Ctx() ctx: Context, @Root() { grantUuid }: LedgerEntry): Promise<Grant | null> {
    return grantUuid ? loadGrant(ctx, this.services, grantUuid) : null;
  }
}
