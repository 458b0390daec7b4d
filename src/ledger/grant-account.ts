import type { ActorRef } from '../actor.ts';
import type { Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';

export type GrantKind = 'PROMOTIONAL' | 'PREPAID';
export type GrantStatus = 'SCHEDULED' | 'OPEN' | 'SPENT' | 'EXPIRED' | 'VOIDED' | 'REFUNDED' | 'DISPUTED';

/** What a grant may be spent on; all null: anything. */
export interface GrantScope {
  readonly product: string | null;
  readonly modelId: Uuid | null;
  readonly gpuType: string | null;
}

/** A grant's terms and what became of it. Amounts change only through `Book`. */
export interface GrantAccount {
  readonly id: Uuid;
  readonly kind: GrantKind;
  readonly source: string;
  readonly scope: GrantScope;
  readonly priority: number;
  readonly grantedNano: NanoCredits;
  readonly costBasisNano: NanoCredits;
  readonly effectiveAtMs: number;
  readonly createdAtMs: number;
  readonly actor: ActorRef;
  readonly reason: string | null;
  expiresAtMs: number | null;
  remainingNano: NanoCredits;
  spentNano: NanoCredits;
  heldNano: NanoCredits;
  expiredNano: NanoCredits;
  voidedNano: NanoCredits;
  /** Paid back to whoever paid for it. */
  refundedNano: NanoCredits;
  /** Out of reach while a dispute is open … */
  disputedNano: NanoCredits;
  /** … and how much of what returns to it goes the same way. */
  freezingNano: NanoCredits;
  status: GrantStatus;
  closedAtMs: number | null;
  closedSeq: bigint | null;
}

/** Whether nothing of a grant can be drawn, settled or released any more, so that nobody has to look at it. */
export function isClosed({ status, heldNano }: Pick<GrantAccount, 'status' | 'heldNano'>): boolean {
  return status !== 'OPEN' && status !== 'SCHEDULED' && heldNano === 0n;
}

/** Whether a grant has no scope and so pays for anything. */
export function isUnrestricted(scope: GrantScope): boolean {
  return scope.product === null && scope.modelId === null && scope.gpuType === null;
}

/** Whether a grant of which nothing remains stays what it is: something of it is held still, or its end was another. */
export function staysEmpty({ status, heldNano }: GrantAccount): boolean {
  return heldNano > 0n || status === 'SCHEDULED' || status === 'EXPIRED' || status === 'VOIDED';
}

/** What a grant is called of which nothing remains. */
export function emptyStatus({
  disputedNano,
  refundedNano,
  voidedNano,
  spentNano,
}: GrantAccount): 'DISPUTED' | 'REFUNDED' | 'VOIDED' | 'SPENT' {
  if (disputedNano > 0n) return 'DISPUTED';
  if (spentNano > 0n) return 'SPENT';
  if (refundedNano > 0n) return 'REFUNDED';
  // A bonus that nobody used went with its purchase, part by part.
  return voidedNano > 0n ? 'VOIDED' : 'SPENT';
}
