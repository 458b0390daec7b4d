import type { Fact } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { BalancesAfter, Entry } from './entry.ts';
import type { GrantAccount } from './grant-account.ts';

/** Entries `fromSeq … seq` of a team are in its ledger; what the team has now comes with them. */
export interface LedgerPosted extends Fact {
  readonly type: 'ledger.posted';
  readonly teamId: Uuid;
  readonly fromSeq: bigint;
  readonly seq: bigint;
  readonly atMs: number;
  readonly balances: BalancesAfter;
  readonly nextDueAtMs: number | null;
  readonly entries: readonly Entry[];
  /** Ids of those postings that charge hours of deployments. */
  readonly hours: ReadonlySet<Uuid>;
  /** Open and scheduled grants after the posting. */
  readonly grants: readonly GrantAccount[];
}

export function isLedgerPosted(fact: Fact): fact is LedgerPosted {
  return fact.type === 'ledger.posted';
}

/** Credit has fallen below the threshold of auto-recharge, or was not enough: recorded in the wallet since the commit. */
export interface RechargeWanted extends Fact {
  readonly type: 'recharge.wanted';
  readonly teamId: Uuid;
}

export function isRechargeWanted(fact: Fact): fact is RechargeWanted {
  return fact.type === 'recharge.wanted';
}
