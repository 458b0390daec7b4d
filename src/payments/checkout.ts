import type Stripe from 'stripe';
import { inTransaction } from '../db/client.ts';
import { askStripe, StripeFailed, StripeRefused } from '../gateway/ask-stripe.ts';
import { centsForStripe } from '../gateway/cents.ts';
import { stripeCustomer } from '../gateway/customers.ts';
import { NANO_PER_CENT } from '../gateway/payment.ts';
import { publicId } from '../id.ts';
import { formatCredits } from '../money.ts';
import type { PaymentDeps } from './payment-deps.ts';
import { nextAttempt, type TopUpFailure } from './settle-top-up.ts';
import type { TopUp } from './top-up.ts';

const LOOK_BACK = 300;

/** The checkout of a top-up, or why there will be none. */
export type AskedCheckout =
  | { readonly session: Stripe.Checkout.Session }
  | { readonly failure: TopUpFailure };

/**
 * The checkout of a top-up: found, or else asked for, by the rules of `intentOf`.
 * @throws DomainError UNAVAILABLE
 */
export async function checkoutOf(deps: PaymentDeps, topUp: TopUp): Promise<AskedCheckout> {
  if (topUp.checkoutSession !== null) return { session: await retrieveSession(deps, topUp.checkoutSession) };
  const customer = await stripeCustomer(deps.db, deps.gateway, topUp.teamId, deps.clock.now());
  if (topUp.sendAttempt > 0) {
    const found = await findSession(deps, topUp, customer);
    if (found) return { session: found };
  }
  const sending =
    topUp.sendAttempt > 0
      ? topUp
      : await inTransaction(deps.db, (tx) => nextAttempt(tx, topUp, deps.clock.now()));
  return create(deps, sending, customer);
}

/** Ends a checkout, so that nothing can come of it any more, and answers it as it is then. */
export async function expireCheckout(
  deps: PaymentDeps,
  session: Stripe.Checkout.Session,
): Promise<Stripe.Checkout.Session> {
  try {
    await askStripe(() => deps.gateway.stripe.checkout.sessions.expire(session.id));
  } catch (error) {
    if (!(error instanceof StripeRefused)) throw error;
  }
  return retrieveSession(deps, session.id);
}

function retrieveSession({ gateway }: PaymentDeps, id: string): Promise<Stripe.Checkout.Session> {
  return askStripe(() => gateway.stripe.checkout.sessions.retrieve(id));
}

async function create(deps: PaymentDeps, topUp: TopUp, customer: string): Promise<AskedCheckout> {
  const { sessions } = deps.gateway.stripe.checkout;
  try {
    const options = { idempotencyKey: `topup:${topUp.id}:${topUp.sendAttempt}` };
    return { session: await askStripe(() => sessions.create(paramsOf(deps, topUp, customer), options)) };
  } catch (error) {
    if (error instanceof StripeRefused)
      return { failure: { code: error.code ?? 'refused', message: error.message } };
    if (!(error instanceof StripeFailed)) throw error;
    const found = await findSession(deps, topUp, customer);
    if (found) return { session: found };
    await inTransaction(deps.db, (tx) => nextAttempt(tx, topUp, deps.clock.now()));
    throw error;
  }
}

function paramsOf(
  { publicUrl }: PaymentDeps,
  topUp: TopUp,
  customer: string,
): Stripe.Checkout.SessionCreateParams {
  const topUpId = publicId('topUp', topUp.id);
  const metadata = { teamId: publicId('team', topUp.teamId), topUpId };
  const back = topUp.returnUrl ?? publicUrl;
  return {
    mode: 'payment',
    customer,
    client_reference_id: topUpId,
    line_items: [
      {
        quantity: 1,
        price_data: {
          currency: 'usd',
          unit_amount: centsForStripe(topUp.amountCents),
          product_data: { name: `${formatCredits(topUp.amountCents * NANO_PER_CENT)} credits` },
        },
      },
    ],
    // The card is kept for the next purchase.
    payment_intent_data: { metadata, setup_future_usage: 'off_session', description: 'Credit' },
    metadata,
    success_url: back,
    cancel_url: back,
  };
}

async function findSession(
  { gateway }: PaymentDeps,
  topUp: TopUp,
  customer: string,
): Promise<Stripe.Checkout.Session | undefined> {
  const topUpId = publicId('topUp', topUp.id);
  const recent = await askStripe(() =>
    gateway.stripe.checkout.sessions.list({ customer, limit: 100 }).autoPagingToArray({ limit: LOOK_BACK }),
  );
  return recent.find(({ client_reference_id: reference }) => reference === topUpId);
}
