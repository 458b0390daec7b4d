import type { ActorRef } from '../actor.ts';
import type { Tx } from '../db/client.ts';
import { claimKey } from '../db/idempotency.ts';
import { assert, badInput, DomainError, notFound } from '../domain-error.ts';
import { publicId, type Uuid } from '../id.ts';
import { minNano } from '../money.ts';
import { formatUsd } from '../payments/amounts.ts';
import type { PaymentDeps } from '../payments/payment-deps.ts';
import { checkIdempotencyKey } from '../teams/text.ts';
import type { Refund } from './refund.ts';
import { mailRefund } from './refund-mails.ts';
import type { PaidPurchase } from './refund-purchase.ts';
import { lockPurchase, savePurchase } from './refund-purchase-rows.ts';
import { checkRefundReason, notRefundable, type RefundResult } from './refund-request.ts';
import { refundOfId } from './refund-rows.ts';
import { approveRefund } from './refund-steps.ts';

export interface DecideRefund {
  readonly refundId: Uuid;
  readonly decision: 'APPROVE' | 'REJECT';
  /** At most this much, for APPROVE; null: as was asked for. */
  readonly amountCents: bigint | null;
  readonly reason: string;
  readonly idempotencyKey: string;
}

/**
 * Decides a refund that was asked for. Approved, what is unspent of what was asked for (charges may have come between)
 * leaves the grant at once, and the bonus in proportion; the job that asks Stripe for it is enqueued in the same
 * transaction.
 * @throws DomainError BAD_USER_INPUT naming the field, NOT_FOUND, IDEMPOTENCY_CONFLICT, CONFLICT: it is decided, or, with
 * the reason NOT_REFUNDABLE, nothing is unspent any more or the payment is disputed. It waits on then.
 */
export async function decideRefund(
  tx: Tx,
  deps: Pick<PaymentDeps, 'jobs'>,
  input: DecideRefund,
  actor: ActorRef,
  now: Date,
): Promise<RefundResult> {
  const { idempotencyKey, ...request } = input;
  const { refundId } = input;
  const reason = checkRefundReason(input.reason);
  const found = await refundOfId(tx, refundId);
  if (!found) throw notFound('Refund', publicId('refund', refundId), 'refundId');
  const { teamId } = found;
  const purchase = await lockPurchase(tx, found, now);
  assert(purchase, 'a refund is of a payment');
  const refund = purchase.refund(refundId);
  const claim = { teamId, operation: 'decideRefund', key: checkIdempotencyKey(idempotencyKey), request };
  const first = await claimKey(tx, claim, refundId, now);
  if (first !== undefined) return { refund: purchase.refund(first), replayed: true };
  if (refund.status !== 'REQUESTED') throw decided(refund);
  const judged =
    input.decision === 'REJECT'
      ? reject(purchase, refund, actor, reason)
      : approveRefund(purchase, refund, { cents: approvedCents(purchase, refund, input), actor, reason });
  await savePurchase(tx, purchase);
  if (judged.status === 'PENDING') await deps.jobs.enqueue(tx, 'refund', { teamId, refundId });
  else await mailRefund(tx, deps, judged, purchase.payment, now);
  return { refund: judged, replayed: false };
}

function decided({ status }: Refund): DomainError {
  return new DomainError('CONFLICT', `The refund has been decided: it is ${status}.`);
}

function reject(purchase: PaidPurchase, refund: Refund, decidedBy: ActorRef, decisionReason: string): Refund {
  const { now: at } = purchase;
  return purchase.putRefund({
    ...refund,
    status: 'REJECTED',
    decisionReason,
    decidedBy,
    decidedAt: at,
    finishedAt: at,
  });
}

function approvedCents(purchase: PaidPurchase, refund: Refund, { amountCents }: DecideRefund): bigint {
  const { payment, refundableCents, isDisputed } = purchase;
  const askedCents = refund.requestedCents ?? payment.amountCents;
  if (amountCents !== null && amountCents > askedCents)
    throw badInput('amount', `must be at most ${formatUsd(askedCents)}: what was asked for.`);
  if (amountCents !== null && payment.kind === 'SUBSCRIPTION' && amountCents !== payment.amountCents)
    throw badInput('amount', 'must be absent: a plan is refunded with its whole invoice.');
  if (isDisputed) throw notRefundable("The cardholder's bank asks for this payment, or has taken it back.");
  if (refundableCents === 0n)
    throw notRefundable('Nothing of the credit that this payment bought is unspent any more.');
  return minNano(amountCents ?? askedCents, refundableCents);
}
