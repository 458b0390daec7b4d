import type Stripe from 'stripe';
import { inTransaction, type Reader, type Tx } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import { askStripe } from '../gateway/ask-stripe.ts';
import { centsFromStripe } from '../gateway/cents.ts';
import type { Payment } from '../gateway/payment.ts';
import { lockPayments } from '../gateway/payment-heads.ts';
import type { EventEffect, EventEffects } from '../gateway/stripe-events.ts';
import type { Uuid } from '../id.ts';
import type { PaymentDeps } from '../payments/payment-deps.ts';
import { suspendForDispute } from '../payments/recharge-suspend.ts';
import { countsAgainst, type Dispute, statusFromStripe } from './dispute.ts';
import { mailDispute } from './dispute-mails.ts';
import { disputeOfId, disputesOfPayment } from './dispute-rows.ts';
import { type DisputeThere, followDispute } from './dispute-steps.ts';
import { notYet, paymentAtStripe } from './refund-payment.ts';
import { lockPurchase, savePurchase } from './refund-purchase-rows.ts';

/** What events about disputes mean. Which of them came, and in which order, makes no difference. */
export function disputeEffects(deps: PaymentDeps): EventEffects {
  const effect: EventEffect = ({ objectId }) => lookAtDispute(deps, objectId);
  return {
    'charge.dispute.created': effect,
    'charge.dispute.updated': effect,
    'charge.dispute.closed': effect,
    'charge.dispute.funds_withdrawn': effect,
    'charge.dispute.funds_reinstated': effect,
  };
}

/** Asks Stripe what became of a dispute, and writes it. @throws DomainError UNAVAILABLE: call again later. */
export async function pursueDispute(deps: PaymentDeps, id: Uuid): Promise<void> {
  const dispute = await disputeOfId(deps.db, id);
  const write = dispute && (await lookAtDispute(deps, dispute.stripeId));
  if (write) await inTransaction(deps.db, write);
}

async function lookAtDispute(
  deps: PaymentDeps,
  stripeId: string,
): Promise<((tx: Tx) => Promise<void>) | undefined> {
  const ask = () => askStripe(() => deps.gateway.stripe.disputes.retrieve(stripeId));
  const intentId = await intentOf(deps, await ask());
  const payment = intentId === undefined ? undefined : await paymentAtStripe(deps, intentId);
  if (!payment) return undefined;
  const before = await disputeNamed(deps.db, payment, stripeId);
  const found = await ask();
  return async (tx) => {
    await lockPayments(tx, payment.teamId);
    // What was told may be older than what is here by now: then Stripe is asked again.
    if (!isAsItWas(before, await disputeNamed(tx, payment, stripeId))) throw notYet();
    await recordDispute(tx, deps, payment, found);
  };
}

async function disputeNamed(
  reader: Reader,
  { teamId, id }: Payment,
  stripeId: string,
): Promise<Dispute | undefined> {
  return (await disputesOfPayment(reader, teamId, id)).find((dispute) => dispute.stripeId === stripeId);
}

function isAsItWas(before: Dispute | undefined, now: Dispute | undefined): boolean {
  return (
    before?.status === now?.status &&
    before?.amountCents === now?.amountCents &&
    before?.closedAt?.getTime() === now?.closedAt?.getTime()
  );
}

async function intentOf({ gateway }: PaymentDeps, dispute: Stripe.Dispute): Promise<string | undefined> {
  const named = idOf(dispute.payment_intent);
  if (named !== undefined) return named;
  const chargeId = idOf(dispute.charge);
  if (chargeId === undefined) return undefined;
  return idOf((await askStripe(() => gateway.stripe.charges.retrieve(chargeId))).payment_intent);
}

function idOf(named: string | { readonly id: string } | null | undefined): string | undefined {
  return typeof named === 'string' ? named : named?.id;
}

/** Brings what we have of a dispute to where Stripe has it. Takes the locks of the team's payments and of its wallet. */
export async function recordDispute(
  tx: Tx,
  deps: Pick<PaymentDeps, 'jobs' | 'clock'>,
  payment: Payment,
  found: Stripe.Dispute,
): Promise<void> {
  const { teamId, id: paymentId } = payment;
  const now = deps.clock.now();
  await lockPayments(tx, teamId);
  const known = await disputeNamed(tx, payment, found.id);
  const there = disputeThere(found, known);
  if (!there) return;
  // Before the wallet is read: it writes there, too.
  const counted = known !== undefined && countsAgainst(known);
  if (!counted && countsAgainst(there)) await suspendForDispute(tx, teamId, now);
  const purchase = await lockPurchase(tx, { teamId, paymentId }, now);
  assert(purchase, 'a payment that was found is there');
  const { before, dispute } = followDispute(purchase, there);
  await savePurchase(tx, purchase);
  if (before?.status !== dispute.status) await mailDispute(tx, deps, dispute, purchase.payment, now);
}

/** A bank that only asks a question has taken nothing: that is no dispute yet, or none any more. */
function disputeThere(found: Stripe.Dispute, known: Dispute | undefined): DisputeThere | undefined {
  const status = statusFromStripe(found.status);
  if (status === null && known === undefined) return undefined;
  return {
    stripeId: found.id,
    status: status ?? 'WON',
    amountCents: centsFromStripe(found.amount),
    reason: found.reason,
    openedAt: new Date(found.created * 1000),
  };
}
