import type Stripe from 'stripe';
import type { Tx } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import { centsFromStripe } from '../gateway/cents.ts';
import type { Payment } from '../gateway/payment.ts';
import { newUuid, publicId } from '../id.ts';
import { minNano } from '../money.ts';
import type { PaymentDeps } from '../payments/payment-deps.ts';
import type { Refund } from './refund.ts';
import { mailRefund } from './refund-mails.ts';
import { notYet } from './refund-payment.ts';
import type { PaidPurchase } from './refund-purchase.ts';
import { lockPurchase, savePurchase } from './refund-purchase-rows.ts';
import { followRefund } from './refund-settle.ts';
import { takeInRefund } from './refund-steps.ts';

/**
 * Writes refunds of a payment as Stripe has them now: those that were asked for here, by their mark, and those that
 * somebody made at Stripe, which are taken in.
 * @throws DomainError UNAVAILABLE while it is not known yet what of the payment is left: try again later.
 */
export async function recordRefunds(
  tx: Tx,
  deps: Pick<PaymentDeps, 'jobs' | 'clock' | 'log'>,
  { teamId, id: paymentId }: Payment,
  refunds: readonly Stripe.Refund[],
): Promise<void> {
  const now = deps.clock.now();
  const purchase = await lockPurchase(tx, { teamId, paymentId }, now);
  assert(purchase, 'a payment that was found is there');
  const changed = refunds.flatMap((there) => record(purchase, deps, there) ?? []);
  await savePurchase(tx, purchase);
  for (const refund of changed) await mailRefund(tx, deps, refund, purchase.payment, now);
}

/** The refund if its state has changed. */
function record(
  purchase: PaidPurchase,
  deps: Pick<PaymentDeps, 'log'>,
  there: Stripe.Refund,
): Refund | undefined {
  const known = refundHere(purchase, there);
  const refund = known ?? takeIn(purchase, deps, there);
  if (!refund) return undefined;
  const followed = followRefund(purchase, refund, there);
  const isNews = followed.status !== refund.status && followed.status !== 'PENDING';
  return isNews ? followed : undefined;
}

function refundHere({ refunds }: PaidPurchase, { id, metadata }: Stripe.Refund): Refund | undefined {
  return (
    refunds.find(({ stripeRefund }) => stripeRefund === id) ??
    // One that was refused here and was made all the same is one from outside: its credit has returned.
    refunds.find(
      (refund) =>
        refund.status === 'PENDING' &&
        refund.stripeRefund === null &&
        publicId('refund', refund.id) === metadata?.refundId,
    )
  );
}

function takeIn(
  purchase: PaidPurchase,
  { log }: Pick<PaymentDeps, 'log'>,
  { id: stripeRefund, amount, status }: Stripe.Refund,
): Refund | undefined {
  if (status === 'failed' || status === 'canceled') return undefined;
  const wanted = centsFromStripe(amount);
  // Of ours that has not been asked for yet Stripe will say whether there is enough left: it comes to an end by itself.
  const isUnclear = purchase.refunds.some(
    (refund) => refund.status === 'PENDING' && refund.stripeRefund === null,
  );
  if (wanted > purchase.leftCents && isUnclear) throw notYet();
  const cents = minNano(wanted, purchase.leftCents);
  if (cents < wanted)
    log.warn({ stripeRefund, wanted, cents }, 'more is taken back of a payment than was paid');
  if (cents === 0n) return undefined;
  return takeInRefund(purchase, { id: newUuid(purchase.book.atMs), stripeRefund, cents });
}
