import { PAYMENT_KINDS } from '../gateway/payment.ts';
import type { Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';

/** What moved the money or the credit of a team, from its own point of view. Pure. */

export const TRANSACTION_KINDS = [
  ...PAYMENT_KINDS,
  'REFUND',
  'DISPUTE_OPENED',
  'DISPUTE_WON',
  'DISPUTE_LOST',
  'SIGN_UP',
  'PROMO_CODE',
  'BONUS',
  'GRANT',
  'EXPIRY',
  'VOID',
  'EXTENSION',
  'CHARGEBACK',
  'USAGE',
] as const;
export type TransactionKind = (typeof TRANSACTION_KINDS)[number];

export type Recurrence = 'ONE_TIME' | 'RECURRING';

/** PENDING: on its way, or not decided yet. FAILED: it came to nothing, and moved nothing in the end. */
export type TransactionStatus = 'COMPLETED' | 'PENDING' | 'FAILED';

/** The place of a transaction among those of its team: by time, then source, then `tie` within the source. */
export interface Place {
  readonly at: Date;
  readonly rank: Rank;
  /** Of entries their number in 19 digits, of others their id: as text it sorts as it should. */
  readonly tie: string;
}

/** Where transactions come from, in their order within a millisecond. */
export const RANK = { ENTRY: 0, PAYMENT: 1, REFUND: 2, DISPUTE_OPENED: 3, DISPUTE_CLOSED: 4 } as const;
export type Rank = (typeof RANK)[keyof typeof RANK];

export interface Transaction {
  readonly teamId: Uuid;
  readonly place: Place;
  readonly kind: TransactionKind;
  readonly description: string;
  /** US cents: what the team has paid, negative for what went back to it. Null where no money moves. */
  readonly amountCents: bigint | null;
  /** What it changed of what the team has (available and held) less what it owes. */
  readonly creditsNano: NanoCredits;
  readonly recurrence: Recurrence;
  readonly status: TransactionStatus;
  readonly receiptNumber: string | null;
  readonly paymentId: Uuid | null;
  readonly refundId: Uuid | null;
  readonly disputeId: Uuid | null;
  readonly grantId: Uuid | null;
  /** Of those that are entries of the ledger: their number. */
  readonly entrySeq: bigint | null;
}

/** Which transactions; every condition given must hold. */
export interface TransactionFilter {
  /** Absent: all but USAGE. */
  readonly kinds?: readonly TransactionKind[] | null | undefined;
  /** At this instant or later. */
  readonly from?: Date | null | undefined;
  /** Before this instant. */
  readonly to?: Date | null | undefined;
  readonly recurrence?: Recurrence | null | undefined;
}

/** The kinds that a filter lets through. Only payments of subscriptions, and what becomes of them, recur. */
export function wantedKinds({ kinds, recurrence }: TransactionFilter): ReadonlySet<TransactionKind> {
  const named = kinds ?? TRANSACTION_KINDS.filter((kind) => kind !== 'USAGE');
  return new Set(recurrence === 'RECURRING' ? named.filter((kind) => MAY_RECUR.has(kind)) : named);
}

const MAY_RECUR: ReadonlySet<TransactionKind> = new Set<TransactionKind>([
  'SUBSCRIPTION',
  'REFUND',
  'DISPUTE_OPENED',
  'DISPUTE_WON',
  'DISPUTE_LOST',
]);

/** Negative when `a` comes first, the oldest first. */
export function comparePlaces(a: Place, b: Place): number {
  return a.at.getTime() - b.at.getTime() || a.rank - b.rank || (a.tie < b.tie ? -1 : a.tie > b.tie ? 1 : 0);
}

/** The `tie` of an entry. */
export function tieOfSeq(seq: bigint): string {
  return seq.toString().padStart(19, '0');
}

/** Whether a place can be one: cursors come from clients. */
export function isPlace(rank: bigint, tie: string): boolean {
  return rank === 0n
    ? /^\d{19}$/.test(tie) && BigInt(tie) < 2n ** 63n
    : rank > 0n && rank <= 4n && UUID.test(tie);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
