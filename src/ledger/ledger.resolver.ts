import { Arg, ID, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { Db } from '../db/client.ts';
import { Permit } from '../graphql/auth.ts';
import { sourceFrom } from '../graphql/subscription-source.ts';
import { parseId, type Uuid } from '../id.ts';
import type { LedgerHealth } from './health.ts';
import type { HealthFeed } from './health-feed.ts';
import { LedgerHealthObject, LedgerVerification } from './verification.type.ts';
import type { TeamVerification } from './verify.ts';

/** What the resolver of this room is made with. */
export interface LedgerServices {
  readonly db: Db;
  /** Recomputes the books of a team, with what the rooms above add to them. */
  readonly verifyBooks: (teamId: Uuid) => Promise<TeamVerification>;
  /** Audits all books, with what the rooms above add to them. */
  readonly auditBooks: () => Promise<LedgerHealth>;
  readonly healthFeed: HealthFeed;
}

/** Proof of the books, for operators. */
@Resolver()
export class LedgerResolver {
  constructor(readonly services: LedgerServices) {}

  @Permit('inspect')
  @Query(() => LedgerVerification, {
    description:
      'Recomputes the books of a team from their first entry and compares them with its wallet, grants, charges and signed checkpoints. Takes seconds for a million entries. For operators.',
  })
  async verifyLedger(
    @Arg('teamId', () => ID, { description: 'The team.' }) teamId: string,
  ): Promise<LedgerVerification> {
    return LedgerVerification.of(await this.services.verifyBooks(parseId('team', teamId, 'teamId')));
  }

  @Permit('inspect')
  @Query(() => LedgerHealthObject, {
    description: 'Audits the books of all teams. Takes seconds for millions of entries. For operators.',
  })
  async ledgerHealth(): Promise<LedgerHealthObject> {
    return LedgerHealthObject.of(await this.services.auditBooks());
  }

  @Permit('inspect')
  @Subscription(() => LedgerHealthObject, {
    name: 'ledgerHealth',
    description:
      'The audit of all books: when you subscribe, and after postings, at most every 5 seconds. For operators.',
    subscribe: sourceFrom(
      () => LedgerResolver,
      ({ services }) => services.healthFeed.watch(),
    ),
  })
  ledgerHealthChanged(@Root() health: LedgerHealth): LedgerHealthObject {
    return LedgerHealthObject.of(health);
  }
}
