import type Stripe from 'stripe';
import { inTransaction } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import { askStripe, StripeDeclined, StripeFailed, StripeRefused } from '../gateway/ask-stripe.ts';
import { centsForStripe } from '../gateway/cents.ts';
import type { Payment } from '../gateway/payment.ts';
import { paymentById } from '../gateway/payment-reads.ts';
import { publicId, type Uuid } from '../id.ts';
import type { PaymentDeps } from '../payments/payment-deps.ts';
import { hasLeft, type Refund } from './refund.ts';
import { refundById } from './refund-rows.ts';
import { nextRefundAttempt, type RefundThere, settleRefund } from './refund-settle.ts';

/**
 * Asks Stripe for a refund that was approved, or what became of it, and writes that. Safe to repeat, by anybody, at any
 * time, and after any interruption. @throws DomainError UNAVAILABLE: call again later.
 */
export async function pursueRefund(deps: PaymentDeps, teamId: Uuid, refundId: Uuid): Promise<void> {
  const refund = await refundById(deps.db, teamId, refundId);
  if (!refund || !hasLeft(refund)) return;
  const there = await lookAtRefund(deps, refund);
  await inTransaction(deps.db, (tx) => settleRefund(tx, deps, refund, there));
}

async function lookAtRefund(deps: PaymentDeps, refund: Refund): Promise<RefundThere> {
  const { stripe } = deps.gateway;
  const { stripeRefund } = refund;
  if (stripeRefund !== null) return askStripe(() => stripe.refunds.retrieve(stripeRefund));
  const payment = await paymentById(deps.db, refund.teamId, refund.paymentId);
  assert(payment, 'a refund is of a payment');
  // Before it is asked for again it is looked for: the answer may have got lost.
  const found = refund.sendAttempt > 0 ? await findRefund(deps, refund, payment) : undefined;
  if (found) return found;
  const sending =
    refund.sendAttempt > 0 ? refund : await inTransaction(deps.db, (tx) => nextRefundAttempt(tx, refund));
  return create(deps, sending, payment);
}

async function create(deps: PaymentDeps, refund: Refund, payment: Payment): Promise<RefundThere> {
  const { teamId, id, amountCents, sendAttempt } = refund;
  assert(amountCents !== null, 'a refund that was approved has an amount');
  const params: Stripe.RefundCreateParams = {
    payment_intent: payment.paymentIntent,
    amount: centsForStripe(amountCents),
    reason: 'requested_by_customer',
    metadata: { teamId: publicId('team', teamId), refundId: publicId('refund', id) },
  };
  const options = { idempotencyKey: `refund:${id}:${sendAttempt}` };
  try {
    return await askStripe(() => deps.gateway.stripe.refunds.create(params, options));
  } catch (error) {
    return afterFailure(deps, refund, payment, error);
  }
}

async function afterFailure(
  deps: PaymentDeps,
  refund: Refund,
  payment: Payment,
  error: unknown,
): Promise<RefundThere> {
  if (error instanceof StripeRefused || error instanceof StripeDeclined) return { failure: error.message };
  if (!(error instanceof StripeFailed)) throw error;
  // It will answer so for ever with this key: only another one may succeed, if nothing was made with this.
  const found = await findRefund(deps, refund, payment);
  if (found) return found;
  await inTransaction(deps.db, (tx) => nextRefundAttempt(tx, refund));
  throw error;
}

/** The refund that was made with an answer that got lost. */
async function findRefund(
  { gateway }: PaymentDeps,
  { id }: Refund,
  { paymentIntent }: Payment,
): Promise<Stripe.Refund | undefined> {
  const refundId = publicId('refund', id);
  const { refunds } = gateway.stripe;
  const made = await askStripe(() =>
    refunds.list({ payment_intent: paymentIntent, limit: 100 }).autoPagingToArray({ limit: 300 }),
  );
  return made.find(({ metadata }) => metadata?.refundId === refundId);
}
