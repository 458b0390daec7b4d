import type Stripe from 'stripe';
import type { Tx } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import { lockPayments } from '../gateway/payment-heads.ts';
import type { Uuid } from '../id.ts';
import type { PaymentDeps } from '../payments/payment-deps.ts';
import { adjustDisputes } from './dispute-steps.ts';
import { hasLeft, nextPaidLook, nextPendingLook, type Refund } from './refund.ts';
import { mailRefund } from './refund-mails.ts';
import type { PaidPurchase } from './refund-purchase.ts';
import { lockPurchase, savePurchase } from './refund-purchase-rows.ts';
import { refundById, writeRefund } from './refund-rows.ts';
import { completeRefund, failRefund } from './refund-steps.ts';

/** What is known of a refund at Stripe: as it is there now, or why there will be none. */
export type RefundThere =
  | Pick<Stripe.Refund, 'id' | 'status' | 'failure_reason'>
  | { readonly failure: string };

/** Writes what has become of a refund. Takes the locks of the team's payments and of its wallet. */
export async function settleRefund(
  tx: Tx,
  deps: Pick<PaymentDeps, 'jobs' | 'clock' | 'log'>,
  { teamId, paymentId, id }: Refund,
  there: RefundThere,
): Promise<void> {
  const now = deps.clock.now();
  const purchase = await lockPurchase(tx, { teamId, paymentId }, now);
  assert(purchase, 'a refund is of a payment');
  const before = purchase.refund(id);
  const refund = followRefund(purchase, before, there);
  await savePurchase(tx, purchase);
  if (refund.status !== before.status) await mailRefund(tx, deps, refund, purchase.payment, now);
  const cameBackToLife = before.status === 'FAILED' && 'id' in there && there.status === 'succeeded';
  if (cameBackToLife) deps.log.warn({ refundId: id, stripe: there.id }, 'a refund that failed was paid');
}

/** Brings a refund to where Stripe has it now. */
export function followRefund(purchase: PaidPurchase, refund: Refund, there: RefundThere): Refund {
  if (!hasLeft(refund)) return refund;
  if ('failure' in there) return fail(purchase, refund, there.failure);
  const { id: stripeRefund, status } = there;
  const known = { ...refund, stripeRefund };
  if (status === 'failed' || status === 'canceled')
    return fail(purchase, known, there.failure_reason ?? status);
  if (refund.status === 'PENDING' && status === 'succeeded')
    return completeRefund(purchase, known, stripeRefund);
  const { now } = purchase;
  const nextCheckAt =
    refund.status === 'SUCCEEDED'
      ? nextPaidLook(refund.finishedAt ?? now, now)
      : nextPendingLook(refund.decidedAt ?? now, now);
  return purchase.putRefund({ ...known, nextCheckAt });
}

/** What it leaves of the payment is asked for by disputes as well, where they ask for more than was left. */
function fail(purchase: PaidPurchase, refund: Refund, why: string): Refund {
  const failed = failRefund(purchase, refund, why);
  adjustDisputes(purchase);
  return failed;
}

/** Counts another way of asking Stripe for a refund, if nobody has since `refund` was read. */
export async function nextRefundAttempt(tx: Tx, { teamId, id, sendAttempt }: Refund): Promise<Refund> {
  await lockPayments(tx, teamId);
  const current = await known(tx, teamId, id);
  if (current.sendAttempt !== sendAttempt) return current;
  const next = { ...current, sendAttempt: sendAttempt + 1 };
  await writeRefund(tx, next);
  return next;
}

async function known(tx: Tx, teamId: Uuid, id: Uuid): Promise<Refund> {
  const refund = await refundById(tx, teamId, id);
  assert(refund, 'a refund that was read is there');
  return refund;
}
