import type Stripe from 'stripe';
import { inTransaction } from '../db/client.ts';
import { askStripe, StripeDeclined, StripeFailed, StripeRefused } from '../gateway/ask-stripe.ts';
import { centsForStripe } from '../gateway/cents.ts';
import { stripeCustomer } from '../gateway/customers.ts';
import { publicId } from '../id.ts';
import type { PaymentDeps } from './payment-deps.ts';
import { nextAttempt, type TopUpFailure } from './settle-top-up.ts';
import type { TopUp } from './top-up.ts';

/** The payment of a top-up, or why there will be none. */
export type Asked = { readonly intent: Stripe.PaymentIntent } | { readonly failure: TopUpFailure };

const EXPAND = { expand: ['latest_charge'] };
/** Payments of a customer that are looked through for one whose answer was lost: the newest. */
const LOOK_BACK = 300;

/** The payment of a top-up as it is now. */
export function retrieveIntent({ gateway }: PaymentDeps, id: string): Promise<Stripe.PaymentIntent> {
  return askStripe(() => gateway.stripe.paymentIntents.retrieve(id, EXPAND));
}

/**
 * The payment of a top-up on a saved method: found, or else asked for. Before it is asked for again it is looked for at
 * Stripe; and the idempotency key is the same until Stripe itself has answered that it failed.
 * @throws DomainError UNAVAILABLE: whether it was made is unknown, call again later.
 */
export async function intentOf(deps: PaymentDeps, topUp: TopUp, method: string): Promise<Asked> {
  if (topUp.paymentIntent !== null) return { intent: await retrieveIntent(deps, topUp.paymentIntent) };
  const customer = await stripeCustomer(deps.db, deps.gateway, topUp.teamId, deps.clock.now());
  if (topUp.sendAttempt > 0) {
    const found = await findIntent(deps, topUp, customer);
    if (found) return { intent: found };
    if (isOver(deps, topUp)) return { failure: NEVER_REACHED };
  }
  const sending =
    topUp.sendAttempt > 0
      ? topUp
      : await inTransaction(deps.db, (tx) => nextAttempt(tx, topUp, deps.clock.now()));
  return create(deps, sending, customer, method);
}

const NEVER_REACHED: TopUpFailure = {
  code: 'unreachable',
  message: 'The payment provider could not be reached within 24 hours. Nothing was charged.',
};

function isOver({ clock }: PaymentDeps, { givenUpAt }: TopUp): boolean {
  return givenUpAt !== null && givenUpAt <= clock.now();
}

async function create(deps: PaymentDeps, topUp: TopUp, customer: string, method: string): Promise<Asked> {
  try {
    const { id } = await askStripe(() =>
      deps.gateway.stripe.paymentIntents.create(paramsOf(deps, topUp, customer, method), {
        idempotencyKey: `topup:${topUp.id}:${topUp.sendAttempt}`,
      }),
    );
    return { intent: await retrieveIntent(deps, id) };
  } catch (error) {
    return afterFailure(deps, topUp, customer, error);
  }
}

function paramsOf(
  deps: PaymentDeps,
  topUp: TopUp,
  customer: string,
  method: string,
): Stripe.PaymentIntentCreateParams {
  const isOffSession = topUp.kind !== 'PURCHASE';
  return {
    amount: centsForStripe(topUp.amountCents),
    currency: 'usd',
    customer,
    payment_method: method,
    allowed_payment_method_types: ['card'],
    confirm: true,
    ...(isOffSession ? { off_session: true } : { return_url: topUp.returnUrl ?? deps.publicUrl }),
    description: 'Credit',
    metadata: { teamId: publicId('team', topUp.teamId), topUpId: publicId('topUp', topUp.id) },
  };
}

async function afterFailure(
  deps: PaymentDeps,
  topUp: TopUp,
  customer: string,
  error: unknown,
): Promise<Asked> {
  if (error instanceof StripeDeclined) {
    if (error.paymentIntent) return { intent: await retrieveIntent(deps, error.paymentIntent.id) };
    return { failure: { code: error.declineCode ?? error.code, message: error.message } };
  }
  if (error instanceof StripeRefused)
    return { failure: { code: error.code ?? 'refused', message: error.message } };
  if (!(error instanceof StripeFailed)) throw error;
  // It will answer so for ever with this key: only another one may succeed, if nothing was made with this.
  const found = await findIntent(deps, topUp, customer);
  if (found) return { intent: found };
  await inTransaction(deps.db, (tx) => nextAttempt(tx, topUp, deps.clock.now()));
  throw error;
}

/** The payment that was asked for with an answer that got lost. */
async function findIntent(
  deps: PaymentDeps,
  topUp: TopUp,
  customer: string,
): Promise<Stripe.PaymentIntent | undefined> {
  const topUpId = publicId('topUp', topUp.id);
  const { paymentIntents } = deps.gateway.stripe;
  const recent = await askStripe(() =>
    paymentIntents.list({ customer, limit: 100 }).autoPagingToArray({ limit: LOOK_BACK }),
  );
  const found = recent.find(({ metadata }) => metadata.topUpId === topUpId);
  return found && retrieveIntent(deps, found.id);
}

/**
 * Cancels a payment, so that nothing can come of it any more, and answers it as it is then: it may have succeeded
 * meanwhile.
 */
export async function cancelIntent(
  deps: PaymentDeps,
  intent: Stripe.PaymentIntent,
): Promise<Stripe.PaymentIntent> {
  try {
    await askStripe(() => deps.gateway.stripe.paymentIntents.cancel(intent.id));
  } catch (error) {
    if (!(error instanceof StripeRefused)) throw error;
  }
  return retrieveIntent(deps, intent.id);
}

/** Asks the payer, who was not there, to go on with a payment that the bank wants them to confirm. */
export async function confirmOnSession(
  deps: PaymentDeps,
  intent: Stripe.PaymentIntent,
  topUp: TopUp,
  method: string,
): Promise<Stripe.PaymentIntent> {
  const params = {
    payment_method: method,
    off_session: false,
    return_url: topUp.returnUrl ?? deps.publicUrl,
  };
  const options = { idempotencyKey: `topup:${topUp.id}:on-session` };
  try {
    await askStripe(() => deps.gateway.stripe.paymentIntents.confirm(intent.id, params, options));
  } catch (error) {
    if (!(error instanceof StripeDeclined) && !(error instanceof StripeRefused)) throw error;
  }
  return retrieveIntent(deps, intent.id);
}
