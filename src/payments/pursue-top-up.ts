import type Stripe from 'stripe';
import { inTransaction, type Tx } from '../db/client.ts';
import { assert, notFound } from '../domain-error.ts';
import { askStripe, StripeRefused } from '../gateway/ask-stripe.ts';
import { publicId, type Uuid } from '../id.ts';
import { checkoutOf, expireCheckout } from './checkout.ts';
import type { PaymentDeps } from './payment-deps.ts';
import { cancelIntent, confirmOnSession, intentOf, retrieveIntent } from './payment-intents.ts';
import { awaitCheckout, EXPIRED, failTopUp, settleTopUp } from './settle-top-up.ts';
import { isPaid, type TopUp } from './top-up.ts';
import { topUpById } from './top-up-rows.ts';

/** Writes what was found out about a top-up. */
export type WriteTopUp = (tx: Tx) => Promise<TopUp>;

/**
 * Asks Stripe what is to be asked about a top-up, and writes what came of it. Safe to repeat, by anybody, at any time,
 * and after any interruption.
 * @throws DomainError NOT_FOUND, UNAVAILABLE: call again later.
 */
export async function pursueTopUp(deps: PaymentDeps, teamId: Uuid, topUpId: Uuid): Promise<TopUp> {
  const write = await lookAtTopUp(deps, teamId, topUpId);
  return inTransaction(deps.db, write);
}

/** The part of `pursueTopUp` that asks Stripe; it answers how to write what it learned. */
export async function lookAtTopUp(deps: PaymentDeps, teamId: Uuid, topUpId: Uuid): Promise<WriteTopUp> {
  const topUp = await topUpById(deps.db, teamId, topUpId);
  if (!topUp) throw notFound('TopUp', publicId('topUp', topUpId));
  if (isPaid(topUp)) return async () => topUp;
  if (topUp.status === 'FAILED') return lookAgain(deps, topUp);
  return topUp.flow === 'CHECKOUT' ? lookAtCheckout(deps, topUp) : lookAtPayment(deps, topUp);
}

/** What was given up may have been paid all the same. */
async function lookAgain(deps: PaymentDeps, topUp: TopUp): Promise<WriteTopUp> {
  const { paymentIntent } = topUp;
  if (paymentIntent === null) return async () => topUp;
  const intent = await retrieveIntent(deps, paymentIntent);
  return (tx) => settleTopUp(tx, deps, topUp, intent);
}

async function lookAtPayment(deps: PaymentDeps, topUp: TopUp): Promise<WriteTopUp> {
  const method = await methodOf(deps, topUp);
  const asked = await intentOf(deps, topUp, method);
  if ('failure' in asked) return (tx) => failTopUp(tx, deps, topUp, asked.failure);
  const intent = await conclude(deps, topUp, asked.intent, method);
  return (tx) => settleTopUp(tx, deps, topUp, intent);
}

/** `pm_…`: also of one that was removed since, for the payment may have been made before that. */
async function methodOf({ db }: PaymentDeps, { teamId, paymentMethodId }: TopUp): Promise<string> {
  const [row] = await db.sql<{ stripe_id: string }[]>`
    select stripe_id from payment_methods where team_id = ${teamId} and id = ${paymentMethodId}`;
  assert(row, 'a top-up on a saved method names one of its team');
  return row.stripe_id;
}

/** Ends what cannot go on: a payment that was declined is cancelled, so that nobody can complete it unnoticed. */
async function conclude(
  deps: PaymentDeps,
  topUp: TopUp,
  intent: Stripe.PaymentIntent,
  method: string,
): Promise<Stripe.PaymentIntent> {
  const isOver = topUp.givenUpAt !== null && topUp.givenUpAt <= deps.clock.now();
  if (intent.status === 'requires_action') return isOver ? expireIntent(deps, intent) : intent;
  if (intent.status !== 'requires_payment_method') return intent;
  const wantsPayer = intent.last_payment_error?.code === 'authentication_required';
  if (!wantsPayer || isOver) return cancelIntent(deps, intent);
  const asked = await confirmOnSession(deps, intent, topUp, method);
  return asked.status === 'requires_payment_method' ? cancelIntent(deps, asked) : asked;
}

/** Cancels what nobody went on with, and says so at Stripe, where the reason is kept. */
async function expireIntent(deps: PaymentDeps, intent: Stripe.PaymentIntent): Promise<Stripe.PaymentIntent> {
  const marked = { metadata: { expired: 'true' } };
  await askStripe(() => deps.gateway.stripe.paymentIntents.update(intent.id, marked)).catch(ignoreRefusal);
  return cancelIntent(deps, intent);
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof StripeRefused)) throw error;
}

async function lookAtCheckout(deps: PaymentDeps, topUp: TopUp): Promise<WriteTopUp> {
  const now = deps.clock.now();
  const asked = await checkoutOf(deps, topUp);
  if ('failure' in asked) return (tx) => failTopUp(tx, deps, topUp, asked.failure);
  const found = asked.session;
  const isOver = topUp.givenUpAt !== null && topUp.givenUpAt <= now;
  const session = isOver && found.status === 'open' ? await expireCheckout(deps, found) : found;
  if (session.status === 'open') return (tx) => awaitCheckout(tx, topUp, session, now);
  if (session.status === 'expired') return (tx) => failTopUp(tx, deps, topUp, EXPIRED);
  const intentId =
    typeof session.payment_intent === 'object' ? session.payment_intent?.id : session.payment_intent;
  assert(intentId, 'a completed checkout has a payment');
  const intent = await retrieveIntent(deps, intentId);
  return (tx) => settleTopUp(tx, deps, topUp, intent);
}
