import type { Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { BalancesAfter } from './entry.ts';

/** The head of a team's stream, as its wallet row has it. */
export interface BookHead {
  readonly teamId: Uuid;
  /** Of the wallet row: the one these figures are of. */
  readonly version: bigint;
  readonly seq: bigint;
  readonly chargeCount: bigint;
  readonly hash: string;
  readonly postedAtMs: number;
  readonly balances: BalancesAfter;
  readonly debtLimitNano: NanoCredits;
  readonly nextDueAtMs: number | null;
  /** Whether spend caps have to be looked at before something is charged. */
  readonly capped: boolean;
  /** Auto-recharge is wanted when unrestricted and held credit are below this; null: off. */
  readonly rechargeBelowNano: NanoCredits | null;
  /** Since when it is wanted and nothing has been done about it. */
  readonly rechargeDueAtMs: number | null;
}
