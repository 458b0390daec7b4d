import type Stripe from 'stripe';
import { type Call, unixSeconds } from './call.ts';
import { type Decline, judgeSetup } from './cards.ts';
import { newClientSecret, newId } from './new-id.ts';
import type { Stored } from './objects.ts';
import { attachMethod, cardOf, declineProblem, demandUsable, expiry } from './payment-methods.ts';
import type { Attempt } from './payments.ts';
import { invalidRequest } from './problem.ts';

/** What a setup intent is made of. */
export interface SetupTerms {
  readonly customer: string | null;
  /** The id of what it is for, for followers: a checkout session. */
  readonly parent?: string | null;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly description?: string | null;
  readonly returnUrl?: string | null;
  readonly usage?: 'off_session' | 'on_session' | undefined;
  readonly automaticMethods?: boolean;
  readonly allowedTypes?: ['card'] | null;
}

const OPEN = ['requires_payment_method', 'requires_confirmation', 'requires_action'] as const;

/** A new setup intent that requires a payment method; `setup_intent.created` is emitted. */
export async function createSetup(call: Call, terms: SetupTerms): Promise<Stored<'setup_intent'>> {
  const id = newId('seti');
  const setup = await call.objects.put({
    id,
    type: 'setup_intent',
    data: setupData(call, id, terms),
    secret: { returnUrl: terms.returnUrl ?? null },
    customer: terms.customer,
    parent: terms.parent ?? null,
    dueAt: null,
  });
  call.emit('setup_intent.created', setup.data);
  return setup;
}

/**
 * Saves the method for the customer of the intent, which must be locked or new. It ends `succeeded`, `requires_action`
 * or `requires_payment_method`.
 * @throws StripeProblem when the intent is final or may not use the method.
 */
export async function confirmSetup(
  call: Call,
  setup: Stored<'setup_intent'>,
  method: Stored<'payment_method'>,
  returnUrl: string | null | undefined,
): Promise<Attempt<'setup_intent'>> {
  demandOpenSetup(setup, 'confirm');
  demandUsable(method, setup.customer);
  const begun = { ...setup, secret: { ...setup.secret, returnUrl: returnUrl ?? setup.secret.returnUrl } };
  const verdict = expiry(call, method) ?? judgeSetup(cardOf(method));
  if (verdict === 'authenticate') return { intent: await askHolder(call, begun, method), problem: undefined };
  if (verdict === 'succeed') return { intent: await succeed(call, begun, method), problem: undefined };
  return decline(call, begun, method, verdict);
}

/** The holder of the card has authenticated, or not. @returns the intent; as it was when nobody was asked. */
export async function endSetupAuthentication(
  call: Call,
  setup: Stored<'setup_intent'>,
  authenticated: boolean,
): Promise<Stored<'setup_intent'>> {
  const methodId = setup.data.payment_method;
  if (setup.data.status !== 'requires_action' || typeof methodId !== 'string') return setup;
  const method = await call.objects.require('payment_method', methodId, 'payment_method', { lock: true });
  if (authenticated) return succeed(call, setup, method);
  return fail(call, setup, {
    code: 'setup_intent_authentication_failure',
    message: 'The latest attempt to set up the payment method has failed because authentication failed.',
    payment_method: method.data,
    type: 'invalid_request_error',
  });
}

/** Cancels a setup intent that is not final. @throws StripeProblem `setup_intent_unexpected_state`. */
export async function cancelSetup(
  call: Call,
  setup: Stored<'setup_intent'>,
  reason: Stripe.SetupIntent.CancellationReason | null,
): Promise<Stored<'setup_intent'>> {
  demandOpenSetup(setup, 'cancel');
  const patch = { status: 'canceled', cancellation_reason: reason, next_action: null } as const;
  return tell(call, await call.objects.change(setup, patch), 'setup_intent.canceled');
}

/** @throws StripeProblem `setup_intent_unexpected_state` for one that succeeded or was cancelled. */
export function demandOpenSetup({ data }: Stored<'setup_intent'>, what: string): void {
  if (OPEN.some((open) => open === data.status)) return;
  throw invalidRequest(`You cannot ${what} this SetupIntent because it has a status of ${data.status}.`, {
    code: 'setup_intent_unexpected_state',
    extra: { setup_intent: data },
  });
}

async function askHolder(
  call: Call,
  setup: Stored<'setup_intent'>,
  method: Stored<'payment_method'>,
): Promise<Stored<'setup_intent'>> {
  const asked = await call.objects.change(setup, {
    status: 'requires_action',
    payment_method: method.id,
    last_setup_error: null,
    next_action: {
      type: 'redirect_to_url',
      redirect_to_url: { url: `${call.baseUrl}/3ds/${setup.id}`, return_url: setup.secret.returnUrl },
    },
  });
  call.emit('setup_intent.requires_action', asked.data);
  return asked;
}

async function succeed(
  call: Call,
  setup: Stored<'setup_intent'>,
  method: Stored<'payment_method'>,
): Promise<Stored<'setup_intent'>> {
  const kept = setup.customer === null ? method : await attachMethod(call, method, setup.customer);
  await call.objects.put({ ...kept, secret: { ...kept.secret, setUp: true } });
  const done = await call.objects.change(setup, {
    status: 'succeeded',
    payment_method: method.id,
    last_setup_error: null,
    next_action: null,
  });
  return tell(call, done, 'setup_intent.succeeded');
}

async function decline(
  call: Call,
  setup: Stored<'setup_intent'>,
  method: Stored<'payment_method'>,
  verdict: Decline,
): Promise<Attempt<'setup_intent'>> {
  const intent = await fail(call, setup, {
    advice_code: verdict.advice,
    code: verdict.code,
    decline_code: verdict.declineCode,
    message: verdict.message,
    payment_method: method.data,
    type: 'card_error',
  });
  const extra = { payment_method: method.data, setup_intent: intent.data };
  return { intent, problem: declineProblem(verdict, extra) };
}

async function fail(
  call: Call,
  setup: Stored<'setup_intent'>,
  error: Stripe.SetupIntent.LastSetupError,
): Promise<Stored<'setup_intent'>> {
  const failed = await call.objects.change(setup, {
    status: 'requires_payment_method',
    payment_method: null,
    next_action: null,
    last_setup_error: error,
  });
  return tell(call, failed, 'setup_intent.setup_failed');
}

async function tell(
  call: Call,
  setup: Stored<'setup_intent'>,
  event: string,
): Promise<Stored<'setup_intent'>> {
  call.emit(event, setup.data);
  for (const follower of call.followers) await follower.followIntent(call, setup);
  return setup;
}

function setupData(call: Call, id: string, terms: SetupTerms): Stripe.SetupIntent {
  return {
    id,
    object: 'setup_intent',
    allowed_payment_method_types: terms.allowedTypes ?? null,
    application: null,
    automatic_payment_methods: terms.automaticMethods ? { enabled: true, allow_redirects: 'always' } : null,
    cancellation_reason: null,
    client_secret: newClientSecret(id),
    created: unixSeconds(call.now),
    customer: terms.customer,
    customer_account: null,
    description: terms.description ?? null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    mandate: null,
    metadata: { ...terms.metadata },
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { mandate_options: null, network: null, request_three_d_secure: 'automatic' },
    },
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: 'requires_payment_method',
    usage: terms.usage ?? 'off_session',
  };
}
