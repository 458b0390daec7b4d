import type Stripe from 'stripe';
import { type Call, unixSeconds } from './call.ts';
import { type Decline, judgeCharge } from './cards.ts';
import { makeCharge } from './charges.ts';
import { disputeAsCardSays } from './disputes.ts';
import { newId } from './new-id.ts';
import type { Stored } from './objects.ts';
import { type IntentTerms, intentData } from './payment-intent-data.ts';
import { attachMethod, cardOf, declineProblem, demandUsable, expiry } from './payment-methods.ts';
import { invalidRequest, StripeProblem } from './problem.ts';

/** How an attempt to pay ended. A `problem` is for whoever answers the request: what it left behind stays. */
export interface Attempt<K extends 'payment_intent' | 'setup_intent'> {
  readonly intent: Stored<K>;
  readonly problem: StripeProblem | undefined;
}

export interface ConfirmOptions {
  /** Nobody is there to authenticate. */
  readonly offSession: boolean;
  /** Where the holder goes after authenticating. */
  readonly returnUrl?: string | null | undefined;
  /** Declines where it would wait for its holder to authenticate. */
  readonly errorOnRequiresAction?: boolean | undefined;
}

const OPEN = ['requires_payment_method', 'requires_confirmation', 'requires_action'] as const;

/** A new payment intent that requires a payment method; `payment_intent.created` is emitted. */
export async function createIntent(call: Call, terms: IntentTerms): Promise<Stored<'payment_intent'>> {
  const id = newId('pi');
  const intent = await call.objects.put({
    id,
    type: 'payment_intent',
    data: intentData(call, id, terms),
    secret: { returnUrl: terms.returnUrl ?? null },
    customer: terms.customer,
    parent: terms.parent ?? null,
    dueAt: null,
  });
  call.emit('payment_intent.created', intent.data);
  return intent;
}

/**
 * Pays the intent, which must be locked or new, with the method. It ends `succeeded`, `requires_action` or
 * `requires_payment_method`; its events are emitted and followers told.
 * @throws StripeProblem when the intent is final or may not use the method.
 */
export async function confirmPayment(
  call: Call,
  intent: Stored<'payment_intent'>,
  method: Stored<'payment_method'>,
  options: ConfirmOptions,
): Promise<Attempt<'payment_intent'>> {
  demandOpen(intent, 'confirm');
  demandUsable(method, intent.customer);
  const secret = { ...intent.secret, returnUrl: options.returnUrl ?? intent.secret.returnUrl };
  const begun = { ...intent, secret };
  // To decline where a holder would be asked is what happens when there is nobody to ask.
  const offSession = options.offSession || options.errorOnRequiresAction === true;
  const verdict =
    expiry(call, method) ?? judgeCharge(cardOf(method), { offSession, setUp: method.secret.setUp });
  if (verdict === 'authenticate') return { intent: await askHolder(call, begun, method), problem: undefined };
  if (verdict === 'succeed') return { intent: await succeed(call, begun, method, false), problem: undefined };
  return decline(call, begun, method, verdict, false);
}

/** The holder of the card has authenticated, or not. @returns the intent; as it was when nobody was asked. */
export async function endAuthentication(
  call: Call,
  intent: Stored<'payment_intent'>,
  authenticated: boolean,
): Promise<Stored<'payment_intent'>> {
  const methodId = intent.data.payment_method;
  if (intent.data.status !== 'requires_action' || typeof methodId !== 'string') return intent;
  const method = await call.objects.require('payment_method', methodId, 'payment_method', { lock: true });
  if (!authenticated) return failAuthentication(call, intent, method);
  const verdict = expiry(call, method) ?? cardOf(method).decline;
  if (verdict) return (await decline(call, intent, method, verdict, true)).intent;
  return succeed(call, intent, method, true);
}

/** Cancels an intent that is not final. @throws StripeProblem `payment_intent_unexpected_state`. */
export async function cancelIntent(
  call: Call,
  intent: Stored<'payment_intent'>,
  reason: Stripe.PaymentIntent.CancellationReason | null,
): Promise<Stored<'payment_intent'>> {
  demandOpen(intent, 'cancel');
  const canceled = await call.objects.change(intent, {
    status: 'canceled',
    canceled_at: unixSeconds(call.now),
    cancellation_reason: reason,
    next_action: null,
  });
  return tell(call, canceled, 'payment_intent.canceled');
}

/** @throws StripeProblem `payment_intent_unexpected_state` for an intent that is paid or cancelled. */
export function demandOpen(intent: Stored<'payment_intent'>, what: string): void {
  const { status } = intent.data;
  if (OPEN.some((open) => open === status)) return;
  throw invalidRequest(
    `You cannot ${what} this PaymentIntent because it has a status of ${status}. Only a PaymentIntent with one of the following statuses may be ${what === 'cancel' ? 'canceled' : `${what}ed`}: ${OPEN.join(', ')}.`,
    { code: 'payment_intent_unexpected_state', extra: { payment_intent: intent.data } },
  );
}

async function askHolder(
  call: Call,
  intent: Stored<'payment_intent'>,
  method: Stored<'payment_method'>,
): Promise<Stored<'payment_intent'>> {
  const asked = await call.objects.change(intent, {
    status: 'requires_action',
    payment_method: method.id,
    last_payment_error: null,
    next_action: {
      type: 'redirect_to_url',
      redirect_to_url: { url: `${call.baseUrl}/3ds/${intent.id}`, return_url: intent.secret.returnUrl },
    },
  });
  call.emit('payment_intent.requires_action', asked.data);
  return asked;
}

async function succeed(
  call: Call,
  intent: Stored<'payment_intent'>,
  method: Stored<'payment_method'>,
  authenticated: boolean,
): Promise<Stored<'payment_intent'>> {
  const charge = await makeCharge(call, { intent, method, decline: undefined, authenticated });
  await keepMethod(call, intent, method, authenticated);
  const paid = await call.objects.change(intent, {
    status: 'succeeded',
    amount_received: intent.data.amount,
    payment_method: method.id,
    latest_charge: charge.id,
    last_payment_error: null,
    next_action: null,
  });
  const told = await tell(call, paid, 'payment_intent.succeeded');
  await disputeAsCardSays(call, charge, cardOf(method));
  return told;
}

/** A card is the customer's when they said so; otherwise it is used up with its first payment. */
async function keepMethod(
  call: Call,
  { data, customer }: Stored<'payment_intent'>,
  method: Stored<'payment_method'>,
  authenticated: boolean,
): Promise<void> {
  if (data.setup_future_usage && customer !== null) {
    const setUp = method.secret.setUp || (authenticated && data.setup_future_usage === 'off_session');
    const attached = await attachMethod(call, method, customer);
    await call.objects.put({ ...attached, secret: { ...attached.secret, setUp } });
  } else if (method.customer === null) {
    await call.objects.put({ ...method, secret: { ...method.secret, spent: true } });
  }
}

async function decline(
  call: Call,
  intent: Stored<'payment_intent'>,
  method: Stored<'payment_method'>,
  verdict: Decline,
  authenticated: boolean,
): Promise<Attempt<'payment_intent'>> {
  const charge = await makeCharge(call, { intent, method, decline: verdict, authenticated });
  const failed = await call.objects.change(intent, {
    status: 'requires_payment_method',
    payment_method: null,
    latest_charge: charge.id,
    next_action: null,
    last_payment_error: paymentError(verdict, method, charge.id),
  });
  const told = await tell(call, failed, 'payment_intent.payment_failed');
  const extra = { charge: charge.id, payment_intent: told.data, payment_method: method.data };
  return { intent: told, problem: declineProblem(verdict, extra) };
}

async function failAuthentication(
  call: Call,
  intent: Stored<'payment_intent'>,
  method: Stored<'payment_method'>,
): Promise<Stored<'payment_intent'>> {
  const failed = await call.objects.change(intent, {
    status: 'requires_payment_method',
    payment_method: null,
    next_action: null,
    last_payment_error: {
      code: 'payment_intent_authentication_failure',
      message:
        'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.',
      payment_method: method.data,
      type: 'invalid_request_error',
    },
  });
  return tell(call, failed, 'payment_intent.payment_failed');
}

function paymentError(
  verdict: Decline,
  method: Stored<'payment_method'>,
  charge: string,
): Stripe.PaymentIntent.LastPaymentError {
  return {
    advice_code: verdict.advice,
    charge,
    code: verdict.code,
    decline_code: verdict.declineCode,
    message: verdict.message,
    payment_method: method.data,
    type: 'card_error',
  };
}

async function tell(
  call: Call,
  intent: Stored<'payment_intent'>,
  event: string,
): Promise<Stored<'payment_intent'>> {
  call.emit(event, intent.data);
  for (const follower of call.followers) await follower.followIntent(call, intent);
  return intent;
}
