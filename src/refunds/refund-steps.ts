import type { ActorRef } from '../actor.ts';
import { SYSTEM_ACTOR } from '../actor.ts';
import { assert } from '../domain-error.ts';
import { issueInto } from '../grants/issue.ts';
import type { Uuid } from '../id.ts';
import type { PostingFacts } from '../ledger/book.ts';
import {
  chargeBack,
  payRefund,
  restOf,
  returnRefund,
  setAsideRefund,
  type TakenBack,
  unpayRefund,
} from '../ledger/payback.ts';
import { minNano, type NanoCredits } from '../money.ts';
import { nextPaidLook, nextPendingLook, type Refund } from './refund.ts';
import type { PaidPurchase } from './refund-purchase.ts';

/** What refunds do to the credit of a purchase, in its book. */

const MINUTE_MS = 60_000;

/** Who approved how much, and why. */
export interface Approval {
  readonly cents: bigint;
  readonly actor: ActorRef;
  readonly reason: string;
}

/** Sets aside what is to be paid back, and voids the bonus that goes with it. `cents`: no more than is refundable. */
export function approveRefund(
  purchase: PaidPurchase,
  refund: Refund,
  { cents, actor, reason }: Approval,
): Refund {
  const { book, grant, now } = purchase;
  assert(grant && cents > 0n && cents <= purchase.refundableCents, 'what is refunded is unspent');
  const facts = { actor, reason };
  const creditNano = minNano(purchase.creditOf(cents), grant.remainingNano);
  setAsideRefund(book, grant, creditNano, facts);
  const bonusVoidedNano = purchase.voidBonus(cents, facts);
  purchase.count({ refundedCents: cents });
  return purchase.putRefund({
    ...refund,
    status: 'PENDING',
    amountCents: cents,
    creditNano,
    bonusVoidedNano,
    decisionReason: reason,
    decidedBy: actor,
    decidedAt: now,
    // The job does it at once; this is for when it cannot.
    nextCheckAt: new Date(now.getTime() + MINUTE_MS),
  });
}

/** A refund that somebody made at Stripe without us. */
export interface RefundOutside {
  readonly id: Uuid;
  readonly stripeRefund: string;
  readonly cents: bigint;
}

/**
 * Takes in a refund that was made at Stripe without us: what is unspent is set aside; what an operator has voided before
 * is paid from there; what was spent already is owed, as after a dispute that was lost, for the money has left. Operators
 * who meant to give it away reverse charges. `cents`: no more than is left of the payment.
 */
export function takeInRefund(purchase: PaidPurchase, { id, stripeRefund, cents }: RefundOutside): Refund {
  const { book, grant, now } = purchase;
  const facts = { actor: SYSTEM_ACTOR, reason: 'Refunded at Stripe' };
  const askedNano = purchase.creditOf(cents);
  const creditNano = grant?.status === 'OPEN' ? minNano(askedNano, grant.remainingNano) : 0n;
  const rest = restOf(askedNano - creditNano, purchase.voidedNano);
  if (grant && creditNano > 0n) setAsideRefund(book, grant, creditNano, facts);
  const bonusVoidedNano = purchase.voidBonus(cents, facts);
  purchase.count({ refundedCents: cents });
  return purchase.putRefund({
    teamId: book.teamId,
    id,
    paymentId: purchase.payment.id,
    status: 'PENDING',
    requestedCents: null,
    amountCents: cents,
    creditNano,
    ...rest,
    bonusVoidedNano,
    bonusReturnedId: null,
    stripeRefund,
    sendAttempt: 0,
    nextCheckAt: nextPendingLook(now, now),
    reason: facts.reason,
    decisionReason: null,
    failureReason: null,
    requestedBy: SYSTEM_ACTOR,
    decidedBy: SYSTEM_ACTOR,
    requestedAt: now,
    decidedAt: now,
    finishedAt: null,
  });
}

/** The money has gone: what was set aside leaves the books, and what had been spent is owed. */
export function completeRefund(purchase: PaidPurchase, refund: Refund, stripeRefund: string): Refund {
  assert(refund.status === 'PENDING', 'only what is on its way arrives');
  const { book, now } = purchase;
  const facts = { actor: SYSTEM_ACTOR, reason: refund.reason };
  const paidNano = refund.creditNano + refund.voidedNano;
  if (paidNano > 0n) payRefund(book, paidNano, facts);
  if (refund.debtNano > 0n) chargeBack(book, refund.debtNano, facts);
  const nextCheckAt = nextPaidLook(now, now);
  return purchase.putRefund({ ...refund, status: 'SUCCEEDED', stripeRefund, nextCheckAt, finishedAt: now });
}

/** Nothing was, or stays, paid back: all returns to where it was taken from, also after the money had gone. */
export function failRefund(purchase: PaidPurchase, refund: Refund, why: string): Refund {
  const { amountCents, bonusVoidedNano } = refund;
  assert(amountCents !== null, 'a refund that has left has an amount');
  const { book, grant, now } = purchase;
  const facts = { actor: SYSTEM_ACTOR, reason: `Refund failed: ${why}`.slice(0, 500) };
  purchase.count({ refundedCents: -amountCents });
  if (refund.status === 'SUCCEEDED') bringBack(purchase, refund, facts);
  else if (grant && refund.creditNano > 0n) returnRefund(book, grant, refund.creditNano, facts);
  return purchase.putRefund({
    ...refund,
    status: 'FAILED',
    failureReason: why,
    voidedNano: 0n,
    bonusReturnedId: returnBonus(purchase, bonusVoidedNano, facts),
    nextCheckAt: null,
    finishedAt: now,
  });
}

/** Brings back what had left the books, when the bank has sent the money back to us. */
export function bringBack(purchase: PaidPurchase, gone: TakenBack, facts: PostingFacts): void {
  const { book, grant } = purchase;
  const { creditNano, voidedNano, debtNano: amountNano } = gone;
  // What had been voided before stays there.
  if (creditNano + voidedNano > 0n) unpayRefund(book, creditNano + voidedNano, facts);
  if (grant && creditNano > 0n) returnRefund(book, grant, creditNano, facts);
  // What became debt is bought anew: it pays that debt, as far as that is owed still.
  const terms = { kind: 'PREPAID', source: 'PURCHASE', amountNano, reason: facts.reason ?? '' } as const;
  if (amountNano > 0n) issueInto(book, terms, facts.actor);
}

/** Gives back the bonus that was voided with a part of the purchase that is not taken back after all. */
export function returnBonus(
  { book }: PaidPurchase,
  amountNano: NanoCredits,
  { actor, reason }: PostingFacts,
): Uuid | null {
  if (amountNano === 0n) return null;
  const terms = { kind: 'PROMOTIONAL', source: 'BONUS', amountNano, reason: reason ?? '' } as const;
  return issueInto(book, terms, actor);
}
