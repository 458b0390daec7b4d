import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { assert } from '../domain-error.ts';
import { Permit } from '../graphql/auth.ts';
import { mapPage, type Page } from '../graphql/connection.ts';
import type { Context } from '../graphql/context.ts';
import { CreditsScalar, DateTimeScalar } from '../graphql/scalars.ts';
import { balanceAt, readBook } from '../ledger/balance.ts';
import { Balance, toBalance } from '../ledger/balance.type.ts';
import { LedgerEntry, LedgerEntryConnection, toLedgerEntry } from '../ledger/entry.type.ts';
import { entryFilter, LedgerEntriesArgs } from '../ledger/entry-list.input.ts';
import { entryPage } from '../ledger/entry-pages.ts';
import type { NanoCredits } from '../money.ts';
import { Team, thisTeam } from '../teams/team.type.ts';
import { availableFor } from './drawdown.ts';
import { SpendScopeInput } from './grant.input.ts';
import { Grant, GrantConnection, toGrant } from './grant.type.ts';
import { GrantsArgs } from './grant-list.input.ts';
import { grantPage } from './grant-reads.ts';
import { type GrantServices, loadBalance } from './loaders.ts';
import { targetNamed } from './targets.ts';

/** The fields of a team that are about its credit. */
@Resolver(() => Team)
export class TeamCreditResolver {
  constructor(private readonly services: GrantServices) {}

  @Permit('billing:read', thisTeam)
  @FieldResolver(() => Balance, {
    description:
      'What the team has and owes, now or at any past instant. Later events never change a past answer.',
  })
  async balance(
    @Ctx() ctx: Context,
    @Root() team: Team,
    @Arg('at', () => DateTimeScalar, { nullable: true, description: 'The instant; now when absent.' })
    at?: Date | null,
  ): Promise<Balance> {
    const { db, clock } = this.services;
    if (!at) return toBalance(await loadBalance(ctx, this.services, team.uuid));
    const balance = await balanceAt(db, team.uuid, at, clock.now());
    assert(balance, 'every team has a wallet');
    return { ...toBalance(balance), isPast: true };
  }

  @Permit('billing:read', thisTeam)
  @FieldResolver(() => LedgerEntryConnection, {
    description: "The team's journal: every movement of its credit.",
  })
  async ledgerEntries(
    @Root() team: Team,
    @Args(() => LedgerEntriesArgs) { filter, orderBy, ...args }: LedgerEntriesArgs,
  ): Promise<Page<LedgerEntry>> {
    return mapPage(
      await entryPage(this.services.db, team.uuid, entryFilter(filter), orderBy, args),
      toLedgerEntry,
    );
  }

  @Permit('billing:read', thisTeam)
  @FieldResolver(() => GrantConnection, {
    description: 'The grants the team was ever given or bought, and what became of each.',
  })
  async grants(
    @Root() team: Team,
    @Args(() => GrantsArgs) { filter, orderBy: order, ...args }: GrantsArgs,
  ): Promise<Page<Grant>> {
    const { db, clock, catalog } = this.services;
    const page = await grantPage(db, team.uuid, { filter, order, args }, clock.now());
    const spendables = await catalog.fresh();
    return mapPage(page, (grant) => toGrant(team.uuid, grant, spendables));
  }

  @Permit('affordability:read', thisTeam)
  @FieldResolver(() => Boolean, {
    description:
      'Whether credit that may be spent on this covers the amount now. For every member: it tells no figures.',
  })
  async canAfford(
    @Root() team: Team,
    @Arg('amount', () => CreditsScalar, { description: 'What it would cost.' }) amount: NanoCredits,
    @Arg('scope', () => SpendScopeInput, {
      defaultValue: {},
      description: 'What it would be spent on; when empty, only unrestricted credit counts.',
    })
    scope: SpendScopeInput,
  ): Promise<boolean> {
    const { db, clock, catalog } = this.services;
    const target = targetNamed(scope, await catalog.fresh());
    const book = await readBook(db, team.uuid, clock.now());
    assert(book, 'every team has a wallet');
    return availableFor(book.grants, target, book.atMs) >= amount;
  }
}
