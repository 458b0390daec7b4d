import type Stripe from 'stripe';
import type { Tx } from '../db/client.ts';
import { notFound } from '../domain-error.ts';
import { centsFromStripe } from '../gateway/cents.ts';
import { lockPayments } from '../gateway/payment-heads.ts';
import { recordPayment } from '../gateway/record-payment.ts';
import { publicId, type Uuid } from '../id.ts';
import { formatUsd } from './amounts.ts';
import { changeTopUp } from './change-top-up.ts';
import type { PaymentDeps } from './payment-deps.ts';
import { followTopUp } from './recharge-attempts.ts';
import { isFinal, isPaid, nextCheckAfter, type TopUp } from './top-up.ts';
import { topUpById } from './top-up-rows.ts';

/** A top-up by its name. */
export interface TopUpName {
  readonly teamId: Uuid;
  readonly id: Uuid;
}

/** Why nothing came of a top-up. */
export interface TopUpFailure {
  readonly code: string;
  readonly message: string;
}

/**
 * Writes what has become of the payment of a top-up, as Stripe tells it now. Once it has succeeded the credit is given,
 * whatever was thought of it before and whoever tells it first. Locks the payments of the team.
 * @throws DomainError NOT_FOUND when the team has no such top-up.
 */
export async function settleTopUp(
  tx: Tx,
  deps: PaymentDeps,
  name: TopUpName,
  intent: Stripe.PaymentIntent,
): Promise<TopUp> {
  const topUp = await lockTopUp(tx, name);
  const now = deps.clock.now();
  if (intent.status === 'succeeded') return succeed(tx, deps, topUp, intent, now);
  if (isFinal(topUp)) return topUp;
  const paymentIntent = intent.id;
  switch (intent.status) {
    case 'requires_action':
      return follow(tx, deps, topUp, { ...actionOf(intent), status: 'ACTION_REQUIRED', paymentIntent }, now);
    case 'canceled':
      return follow(tx, deps, topUp, { ...failure(reasonOf(intent)), paymentIntent }, now);
    default:
      return follow(
        tx,
        deps,
        topUp,
        { nextCheckAt: nextCheckAfter(topUp.createdAt, now), paymentIntent },
        now,
      );
  }
}

/** Writes that nothing will come of a top-up, unless something has. Locks the payments of the team. */
export async function failTopUp(
  tx: Tx,
  deps: PaymentDeps,
  name: TopUpName,
  reason: TopUpFailure,
): Promise<TopUp> {
  const topUp = await lockTopUp(tx, name);
  return isFinal(topUp) ? topUp : follow(tx, deps, topUp, failure(reason), deps.clock.now());
}

/** Writes where the payer has to go for a checkout that waits for them. Locks the payments of the team. */
export async function awaitCheckout(
  tx: Tx,
  name: TopUpName,
  session: Stripe.Checkout.Session,
  now: Date,
): Promise<TopUp> {
  const topUp = await lockTopUp(tx, name);
  if (isFinal(topUp)) return topUp;
  const nextCheckAt = nextCheckAfter(topUp.createdAt, now);
  return changeTopUp(tx, topUp, { checkoutSession: session.id, actionUrl: session.url, nextCheckAt }, now);
}

/** Counts another way of asking Stripe for the payment, if nobody has since `topUp` was read. */
export async function nextAttempt(tx: Tx, topUp: TopUp, now: Date): Promise<TopUp> {
  const current = await lockTopUp(tx, topUp);
  if (current.sendAttempt !== topUp.sendAttempt) return current;
  return changeTopUp(tx, current, { sendAttempt: current.sendAttempt + 1 }, now);
}

async function lockTopUp(tx: Tx, { teamId, id }: TopUpName): Promise<TopUp> {
  await lockPayments(tx, teamId);
  const topUp = await topUpById(tx, teamId, id);
  if (!topUp) throw notFound('TopUp', publicId('topUp', id));
  return topUp;
}

async function succeed(
  tx: Tx,
  deps: PaymentDeps,
  topUp: TopUp,
  intent: Stripe.PaymentIntent,
  now: Date,
): Promise<TopUp> {
  const amountCents = centsFromStripe(intent.amount_received);
  const { payment, isNew } = await recordPayment(
    tx,
    {
      teamId: topUp.teamId,
      kind: topUp.kind,
      paymentIntent: intent.id,
      charge: chargeOf(intent)?.id ?? null,
      amountCents,
      description: descriptionOf(topUp, amountCents),
      card: cardOf(intent),
      credit: {
        source: topUp.kind === 'AUTO_RECHARGE' ? 'AUTO_RECHARGE' : 'PURCHASE',
        amountNano: amountCents * 10_000_000n,
      },
      // It was promised for another amount: then it buys its worth and no more.
      bonusNano: amountCents === topUp.amountCents ? topUp.bonusNano : 0n,
      topUpId: topUp.id,
      actor: topUp.actor,
    },
    deps,
    now,
  );
  if (isPaid(topUp)) {
    if (isNew) deps.log.warn({ topUpId: topUp.id, intent: intent.id }, 'a top-up was paid a second time');
    return topUp;
  }
  // The page has kept the card, whether or not an event tells of that.
  if (topUp.flow === 'CHECKOUT') await deps.jobs.enqueue(tx, 'payment-methods', { teamId: topUp.teamId });
  const cleared = { failureCode: null, failureMessage: null };
  const paid = { status: 'SUCCEEDED', paymentIntent: intent.id, paymentId: payment.id } as const;
  return follow(tx, deps, topUp, { ...cleared, ...paid }, now);
}

async function follow(
  tx: Tx,
  deps: PaymentDeps,
  topUp: TopUp,
  changes: Parameters<typeof changeTopUp>[2],
  now: Date,
): Promise<TopUp> {
  const changed = await changeTopUp(tx, topUp, changes, now);
  await followTopUp(tx, deps, changed, now);
  return changed;
}

function failure({ code, message }: TopUpFailure) {
  return { status: 'FAILED', failureCode: code, failureMessage: message } as const;
}

function actionOf(intent: Stripe.PaymentIntent) {
  return { actionUrl: intent.next_action?.redirect_to_url?.url ?? null, clientSecret: intent.client_secret };
}

/** Why a payment was given up: what the bank said, or that nobody went on with it. */
function reasonOf(intent: Stripe.PaymentIntent): TopUpFailure {
  const error = intent.last_payment_error;
  if (intent.metadata.expired === 'true') return EXPIRED;
  if (!error) return { code: 'canceled', message: 'The payment was cancelled.' };
  const code = error.decline_code ?? error.code ?? 'card_declined';
  return { code, message: error.message ?? 'The card was declined.' };
}

/** Nobody did what had to be done in time. */
export const EXPIRED: TopUpFailure = {
  code: 'expired',
  message: 'The payment was not completed within 24 hours.',
};

function descriptionOf({ kind }: TopUp, amountCents: bigint): string {
  const what = { PURCHASE: 'Credit', AUTO_RECHARGE: 'Auto-recharge', DEBT_INVOICE: 'Unpaid balance' }[kind];
  return `${what}, ${formatUsd(amountCents)}`;
}

function chargeOf({ latest_charge: charge }: Stripe.PaymentIntent): Stripe.Charge | undefined {
  return typeof charge === 'object' ? (charge ?? undefined) : undefined;
}

function cardOf(intent: Stripe.PaymentIntent): { brand: string; last4: string } | null {
  const card = chargeOf(intent)?.payment_method_details?.card;
  return card?.brand && card.last4 ? { brand: card.brand, last4: card.last4 } : null;
}
