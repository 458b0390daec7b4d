import type { ActorRef } from '../actor.ts';
import type { PaymentKind } from '../gateway/payment.ts';
import type { Uuid } from '../id.ts';
import { minNano, type NanoCredits } from '../money.ts';

export type RefundStatus = 'REQUESTED' | 'REJECTED' | 'PENDING' | 'SUCCEEDED' | 'FAILED';

/** A request to be paid back, its decision, and what became of it. Money in US cents. */
export interface Refund {
  readonly teamId: Uuid;
  readonly id: Uuid;
  readonly paymentId: Uuid;
  readonly status: RefundStatus;
  /** Null: all that is unspent. */
  readonly requestedCents: bigint | null;
  /** What was approved, or was paid back without being asked for here. */
  readonly amountCents: bigint | null;
  /** What of it was taken out of the grant … */
  readonly creditNano: NanoCredits;
  /** … what an operator had voided of that before … */
  readonly voidedNano: NanoCredits;
  /** … and what had been spent and is owed: only of a refund that was made at Stripe without us. */
  readonly debtNano: NanoCredits;
  readonly bonusVoidedNano: NanoCredits;
  /** The bonus that came back when it failed. */
  readonly bonusReturnedId: Uuid | null;
  /** `re_…`. */
  readonly stripeRefund: string | null;
  /** How often Stripe was asked for it anew: a part of the idempotency key there. */
  readonly sendAttempt: number;
  readonly nextCheckAt: Date | null;
  readonly reason: string;
  readonly decisionReason: string | null;
  readonly failureReason: string | null;
  readonly requestedBy: ActorRef;
  readonly decidedBy: ActorRef | null;
  readonly requestedAt: Date;
  readonly decidedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** Whether money is on its way or has gone: what can still fail. */
export function hasLeft({ status }: Pick<Refund, 'status'>): boolean {
  return status === 'PENDING' || status === 'SUCCEEDED';
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** When Stripe is asked again about a refund that is on its way: banks take days. */
export function nextPendingLook(decidedAt: Date, now: Date): Date {
  const ageMs = now.getTime() - decidedAt.getTime();
  const waitMs = ageMs < 10 * MINUTE_MS ? MINUTE_MS : ageMs < DAY_MS ? 60 * MINUTE_MS : DAY_MS;
  return new Date(now.getTime() + waitMs);
}

/** A refund that has succeeded can come back from the bank for a month: when Stripe is asked again; null: no more. */
export function nextPaidLook(paidAt: Date, now: Date): Date | null {
  const ageMs = now.getTime() - paidAt.getTime();
  if (ageMs >= 30 * DAY_MS) return null;
  return new Date(now.getTime() + (ageMs < DAY_MS ? DAY_MS : 7 * DAY_MS));
}

/**
 * The part of `totalNano` that goes with `cents` of a payment of `wholeCents` when `beforeCents` went before: all parts
 * together make the whole exactly.
 */
export function shareOf(
  totalNano: NanoCredits,
  beforeCents: bigint,
  cents: bigint,
  wholeCents: bigint,
): NanoCredits {
  return (
    rounded(totalNano * (beforeCents + cents), wholeCents) - rounded(totalNano * beforeCents, wholeCents)
  );
}

/** Half up. */
function rounded(dividend: bigint, divisor: bigint): bigint {
  return (dividend * 2n + divisor) / (divisor * 2n);
}

/** A payment and the credit that it bought, as far as it matters for what can be paid back. */
export interface Refundable {
  readonly kind: PaymentKind;
  readonly amountCents: bigint;
  /** What of the payment has not been taken back, and is not being. */
  readonly leftCents: bigint;
  readonly grantedNano: NanoCredits;
  readonly remainingNano: NanoCredits;
}

/** What could be paid back: what is unspent, down to the cent. Of a plan all of its invoice, or nothing. */
export function refundableOf(bought: Refundable): bigint {
  const { kind, amountCents, leftCents, grantedNano, remainingNano } = bought;
  if (remainingNano === 0n) return 0n;
  if (kind === 'SUBSCRIPTION')
    return remainingNano === grantedNano && leftCents === amountCents ? leftCents : 0n;
  return minNano(leftCents, (remainingNano * amountCents) / grantedNano);
}
