import type { Call, Endpoint } from './call.ts';
import { listOf, listParams } from './lists.ts';
import { allowedTypesOf } from './method-types.ts';
import type { Stored } from './objects.ts';
import { findMethod } from './payment-methods.ts';
import type { Attempt } from './payments.ts';
import { invalidRequest, resourceMissing } from './problem.ts';
import { cancelSetup, confirmSetup, createSetup, demandOpenSetup } from './setups.ts';

async function create(call: Call): Promise<object> {
  const { params } = call;
  const customer = params.optional('customer') ?? null;
  const found = customer === null ? undefined : await call.objects.get('customer', customer);
  if (customer !== null && (!found || found.data.deleted))
    throw resourceMissing('customer', customer, 'customer');
  params.ignore('payment_method_options', 'mandate_data');
  const automatic = params.part('automatic_payment_methods');
  automatic?.ignore('allow_redirects');
  const returnUrl = params.optional('return_url') ?? null;
  const method = params.optional('payment_method');
  const confirmed = params.boolean('confirm') ?? false;
  const setup = await createSetup(call, {
    customer,
    returnUrl,
    allowedTypes: allowedTypesOf(params).allowed_payment_method_types ?? null,
    metadata: params.metadata(),
    description: params.optional('description') ?? null,
    usage: params.oneOf('usage', ['off_session', 'on_session']),
    automaticMethods: automatic?.boolean('enabled') ?? false,
  });
  if (confirmed) return settled(await confirmWith(call, setup, method, returnUrl));
  return (await withMethod(call, setup, method)).data;
}

async function confirm(call: Call): Promise<object> {
  const { params } = call;
  params.ignore('client_secret', 'payment_method_options', 'mandate_data');
  const found = await locked(call);
  const setup = { ...found, data: { ...found.data, ...allowedTypesOf(params) } };
  return settled(
    await confirmWith(call, setup, params.optional('payment_method'), params.optional('return_url')),
  );
}

async function confirmWith(
  call: Call,
  setup: Stored<'setup_intent'>,
  method: string | undefined,
  returnUrl: string | null | undefined,
): Promise<Attempt<'setup_intent'>> {
  const id = method ?? setup.data.payment_method;
  if (typeof id === 'string') return confirmSetup(call, setup, await findMethod(call, id), returnUrl);
  throw invalidRequest(
    "You cannot confirm this SetupIntent because it's missing a payment method. Update the SetupIntent with a payment method and then confirm it again.",
    { code: 'setup_intent_unexpected_state', extra: { setup_intent: setup.data } },
  );
}

function settled({ intent, problem }: Attempt<'setup_intent'>): object {
  if (problem) throw problem;
  return intent.data;
}

async function withMethod(
  call: Call,
  setup: Stored<'setup_intent'>,
  methodId: string | undefined,
): Promise<Stored<'setup_intent'>> {
  if (methodId === undefined) return setup;
  const method = await findMethod(call, methodId);
  return call.objects.change(setup, {
    payment_method: method.id,
    status: 'requires_confirmation',
    next_action: null,
  });
}

async function update(call: Call): Promise<object> {
  const { params } = call;
  const setup = await locked(call);
  const method = params.optional('payment_method');
  const description = params.nullable('description');
  const metadata = params.metadata(setup.data.metadata ?? {});
  if (method !== undefined) demandOpenSetup(setup, 'update');
  const patch = {
    metadata,
    ...allowedTypesOf(params),
    ...(description === undefined ? {} : { description }),
  };
  return (await withMethod(call, await call.objects.change(setup, patch), method)).data;
}

async function cancel(call: Call): Promise<object> {
  const reasons = ['abandoned', 'duplicate', 'requested_by_customer'] as const;
  const reason = call.params.oneOf('cancellation_reason', reasons) ?? null;
  return (await cancelSetup(call, await locked(call), reason)).data;
}

function locked(call: Call): Promise<Stored<'setup_intent'>> {
  return call.objects.require('setup_intent', call.path('id'), 'intent', { lock: true });
}

async function list(call: Call): Promise<object> {
  const customer = call.params.optional('customer');
  const page = await call.objects.list('setup_intent', { ...listParams(call.params), customer });
  return listOf('/v1/setup_intents', page);
}

/** What saves a card for later. */
export const SETUP_INTENT_ENDPOINTS: readonly Endpoint[] = [
  { method: 'POST', path: '/v1/setup_intents', run: create },
  { method: 'GET', path: '/v1/setup_intents', run: list },
  {
    method: 'GET',
    path: '/v1/setup_intents/:id',
    run: async (call) => {
      call.params.ignore('client_secret');
      return (await call.objects.require('setup_intent', call.path('id'), 'intent')).data;
    },
  },
  { method: 'POST', path: '/v1/setup_intents/:id', run: update },
  { method: 'POST', path: '/v1/setup_intents/:id/confirm', run: confirm },
  { method: 'POST', path: '/v1/setup_intents/:id/cancel', run: cancel },
];
