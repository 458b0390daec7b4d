import type Stripe from 'stripe';
import type { Call, Endpoint } from './call.ts';
import { listOf, listParams } from './lists.ts';
import { allowedTypesOf } from './method-types.ts';
import type { Stored } from './objects.ts';
import type { Params } from './params.ts';
import type { IntentTerms } from './payment-intent-data.ts';
import { findMethod } from './payment-methods.ts';
import { type Attempt, cancelIntent, confirmPayment, createIntent, demandOpen } from './payments.ts';
import { invalidRequest, resourceMissing } from './problem.ts';

const LEAST = 50;
const MOST = 99_999_999;
const CANCEL_REASONS = ['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'] as const;

/** How a request wants an intent confirmed; its parameters are read whether it wants so or not. */
interface Confirmation {
  readonly method: string | undefined;
  readonly offSession: boolean;
  readonly returnUrl: string | undefined;
  readonly errorOnRequiresAction: boolean | undefined;
}

async function create(call: Call): Promise<object> {
  const { params } = call;
  const terms = await termsOf(call);
  const confirmation = confirmationOf(params);
  const confirm = params.boolean('confirm') ?? false;
  if (!confirm && confirmation.offSession) {
    throw invalidRequest('You can only set `off_session` when `confirm` is `true`.', {
      param: 'off_session',
    });
  }
  const intent = await createIntent(call, { ...terms, returnUrl: confirmation.returnUrl ?? null });
  if (confirm) return settled(await confirmWith(call, intent, confirmation));
  return (await withMethod(call, intent, confirmation.method)).data;
}

async function confirm(call: Call): Promise<object> {
  const intent = await locked(call);
  call.params.ignore('client_secret', 'payment_method_options', 'mandate_data');
  const futureUse = futureUseOf(call.params);
  const email = call.params.optional('receipt_email');
  const given = {
    ...(futureUse ? { setup_future_usage: futureUse } : {}),
    ...(email ? { receipt_email: email } : {}),
    ...allowedTypesOf(call.params),
  };
  const changed = { ...intent, data: { ...intent.data, ...given } };
  return settled(await confirmWith(call, changed, confirmationOf(call.params)));
}

async function confirmWith(
  call: Call,
  intent: Stored<'payment_intent'>,
  { method, ...options }: Confirmation,
): Promise<Attempt<'payment_intent'>> {
  demandOpen(intent, 'confirm');
  const id = method ?? intent.data.payment_method;
  if (typeof id !== 'string') {
    throw invalidRequest(
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.",
      { code: 'payment_intent_unexpected_state', extra: { payment_intent: intent.data } },
    );
  }
  return confirmPayment(call, intent, await findMethod(call, id), options);
}

function settled({ intent, problem }: Attempt<'payment_intent'>): object {
  if (problem) throw problem;
  return intent.data;
}

async function update(call: Call): Promise<object> {
  const { params } = call;
  const intent = await locked(call);
  const amount = params.has('amount') ? amountOf(params) : undefined;
  const customer = params.optional('customer');
  const method = params.optional('payment_method');
  const futureUse = futureUseOf(params);
  const texts = textsOf(params);
  const metadata = params.metadata(intent.data.metadata);
  params.ignore('automatic_payment_methods', 'payment_method_options');
  if (amount !== undefined || customer !== undefined || method !== undefined) demandOpen(intent, 'update');
  if (customer !== undefined) await demandCustomer(call, customer);
  const changed: Stored<'payment_intent'> = {
    ...intent,
    customer: customer ?? intent.customer,
    data: {
      ...intent.data,
      ...texts,
      ...allowedTypesOf(params),
      metadata,
      ...(amount === undefined ? {} : { amount }),
      ...(customer === undefined ? {} : { customer }),
      ...(futureUse ? { setup_future_usage: futureUse } : {}),
    },
  };
  return (await withMethod(call, await call.objects.put(changed), method)).data;
}

async function withMethod(
  call: Call,
  intent: Stored<'payment_intent'>,
  methodId: string | undefined,
): Promise<Stored<'payment_intent'>> {
  if (methodId === undefined) return intent;
  const method = await findMethod(call, methodId);
  return call.objects.change(intent, {
    payment_method: method.id,
    status: 'requires_confirmation',
    next_action: null,
  });
}

async function cancel(call: Call): Promise<object> {
  const reason = call.params.oneOf('cancellation_reason', CANCEL_REASONS) ?? null;
  return (await cancelIntent(call, await locked(call), reason)).data;
}

function locked(call: Call): Promise<Stored<'payment_intent'>> {
  return call.objects.require('payment_intent', call.path('id'), 'intent', { lock: true });
}

async function termsOf(call: Call): Promise<IntentTerms> {
  const { params } = call;
  const currency = params.required('currency').toLowerCase();
  if (currency !== 'usd') {
    throw invalidRequest(`Invalid currency: ${currency}. The sandbox takes usd.`, { param: 'currency' });
  }
  const customer = params.optional('customer') ?? null;
  if (customer !== null) await demandCustomer(call, customer);
  params.oneOf('capture_method', ['automatic', 'automatic_async']);
  params.oneOf('confirmation_method', ['automatic']);
  params.ignore('payment_method_options', 'mandate_data', 'shipping');
  const automatic = params.part('automatic_payment_methods');
  automatic?.ignore('allow_redirects');
  const texts = textsOf(params);
  return {
    allowedTypes: allowedTypesOf(params).allowed_payment_method_types ?? null,
    amount: amountOf(params),
    currency,
    customer,
    metadata: params.metadata(),
    setupFutureUsage: futureUseOf(params) ?? null,
    description: texts.description ?? null,
    receiptEmail: texts.receipt_email ?? null,
    statementDescriptor: texts.statement_descriptor ?? null,
    statementDescriptorSuffix: texts.statement_descriptor_suffix ?? null,
    automaticMethods: automatic?.boolean('enabled') ?? false,
  };
}

function amountOf(params: Params): number {
  const amount = params.integer('amount');
  if (amount > MOST) {
    throw invalidRequest('Amount must be no more than $999,999.99', {
      code: 'amount_too_large',
      param: 'amount',
    });
  }
  if (amount >= LEAST) return amount;
  throw amount < 1
    ? invalidRequest('This value must be greater than or equal to 1.', {
        code: 'parameter_invalid_integer',
        param: 'amount',
      })
    : invalidRequest('Amount must be at least $0.50 usd', { code: 'amount_too_small', param: 'amount' });
}

function textsOf(params: Params): Partial<Stripe.PaymentIntent> {
  const texts = {
    description: params.nullable('description'),
    receipt_email: params.nullable('receipt_email'),
    statement_descriptor: params.nullable('statement_descriptor'),
    statement_descriptor_suffix: params.nullable('statement_descriptor_suffix'),
  };
  return Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined));
}

function futureUseOf(params: Params): 'off_session' | 'on_session' | undefined {
  return params.oneOf('setup_future_usage', ['off_session', 'on_session']);
}

function confirmationOf(params: Params): Confirmation {
  const off = params.optional('off_session');
  return {
    method: params.optional('payment_method'),
    // Stripe also takes `one_off` and `recurring`, which say why nobody is there.
    offSession: off === 'one_off' || off === 'recurring' || (params.boolean('off_session') ?? false),
    returnUrl: params.optional('return_url'),
    errorOnRequiresAction: params.boolean('error_on_requires_action'),
  };
}

async function demandCustomer(call: Call, id: string): Promise<void> {
  const found = await call.objects.get('customer', id);
  if (found === undefined || found.data.deleted) throw resourceMissing('customer', id, 'customer');
}

async function list(call: Call): Promise<object> {
  const customer = call.params.optional('customer');
  const page = await call.objects.list('payment_intent', { ...listParams(call.params), customer });
  return listOf('/v1/payment_intents', page);
}

/** Payments, from what is wanted to what was paid. */
export const PAYMENT_INTENT_ENDPOINTS: readonly Endpoint[] = [
  { method: 'POST', path: '/v1/payment_intents', run: create },
  { method: 'GET', path: '/v1/payment_intents', run: list },
  {
    method: 'GET',
    path: '/v1/payment_intents/:id',
    run: async (call) => {
      call.params.ignore('client_secret');
      return (await call.objects.require('payment_intent', call.path('id'), 'intent')).data;
    },
  },
  { method: 'POST', path: '/v1/payment_intents/:id', run: update },
  { method: 'POST', path: '/v1/payment_intents/:id/confirm', run: confirm },
  { method: 'POST', path: '/v1/payment_intents/:id/cancel', run: cancel },
];
