import type Stripe from 'stripe';
import { type Call, type Endpoint, unixSeconds } from './call.ts';
import { listOf, listParams } from './lists.ts';
import { newId } from './new-id.ts';
import type { Stored } from './objects.ts';
import type { Params } from './params.ts';
import { attachMethod, detachMethod, findMethod } from './payment-methods.ts';
import { resourceMissing } from './problem.ts';

/** A customer that was not deleted; `data` is theirs. */
interface Living {
  readonly stored: Stored<'customer'>;
  readonly data: Stripe.Customer;
}

/** A customer, locked. @throws StripeProblem `resource_missing`, also for one that was deleted. */
async function living(call: Call, id: string): Promise<Living> {
  const stored = await call.objects.require('customer', id, 'id', { lock: true });
  if (stored.data.deleted) throw resourceMissing('customer', id, 'id');
  return { stored, data: stored.data };
}

async function create(call: Call): Promise<object> {
  const { params } = call;
  const id = newId('cus', 14);
  const given = changesOf(params);
  const metadata = params.metadata();
  const method = params.optional('payment_method');
  const settings = settingsOf(params);
  const data: Stripe.Customer = { ...blankCustomer(id, unixSeconds(call.now)), ...given, metadata };
  const stored = await call.objects.put({
    id,
    type: 'customer',
    data,
    secret: {},
    customer: null,
    parent: null,
    dueAt: null,
  });
  call.emit('customer.created', data);
  if (method !== undefined) await attachMethod(call, await findMethod(call, method), id);
  if (settings === undefined) return data;
  return save(call, { stored, data }, await settingsData(call, { stored, data }, settings));
}

async function update(call: Call): Promise<object> {
  const customer = await living(call, call.path('id'));
  const settings = settingsOf(call.params);
  const changes = {
    ...changesOf(call.params),
    metadata: call.params.metadata(customer.data.metadata),
    ...(settings === undefined ? {} : await settingsData(call, customer, settings)),
  };
  const data = await save(call, customer, changes);
  call.emit('customer.updated', data);
  return data;
}

async function remove(call: Call): Promise<object> {
  const { stored, data } = await living(call, call.path('id'));
  const methods = await call.objects.list('payment_method', { customer: stored.id, limit: 1000 });
  for (const method of methods.data) await detachMethod(call, method);
  const deleted: Stripe.DeletedCustomer = { id: stored.id, object: 'customer', deleted: true };
  await call.objects.put({ ...stored, data: deleted });
  call.emit('customer.deleted', data);
  return deleted;
}

/** A method that was detached is nobody's default. */
export async function withoutDefault(call: Call, customerId: string, method: string): Promise<void> {
  const stored = await call.objects.get('customer', customerId, { lock: true });
  if (stored === undefined || stored.data.deleted) return;
  const { invoice_settings: settings } = stored.data;
  if (settings.default_payment_method !== method) return;
  const invoiceSettings = { ...settings, default_payment_method: null };
  const data = await save(call, { stored, data: stored.data }, { invoice_settings: invoiceSettings });
  call.emit('customer.updated', data);
}

async function save(
  call: Call,
  { stored, data }: Living,
  changes: Partial<Stripe.Customer>,
): Promise<Stripe.Customer> {
  const changed: Stripe.Customer = { ...data, ...changes };
  await call.objects.put({ ...stored, data: changed });
  return changed;
}

interface Settings {
  readonly method: string | null | undefined;
}

function settingsOf(params: Params): Settings | undefined {
  const settings = params.part('invoice_settings');
  settings?.ignore('custom_fields', 'footer', 'rendering_options');
  return settings && { method: settings.nullable('default_payment_method') };
}

/** Only a method of their own can be the default. */
async function settingsData(
  call: Call,
  { stored, data }: Living,
  { method }: Settings,
): Promise<Partial<Stripe.Customer>> {
  if (method === undefined) return {};
  const param = 'invoice_settings[default_payment_method]';
  const own = method === null ? null : await findMethod(call, method, param);
  if (own !== null && own.customer !== stored.id) throw resourceMissing('PaymentMethod', own.id, param);
  return { invoice_settings: { ...data.invoice_settings, default_payment_method: own?.id ?? null } };
}

function changesOf(params: Params): Partial<Stripe.Customer> {
  params.ignore('tax_exempt', 'shipping', 'balance', 'invoice_prefix', 'tax');
  const texts = {
    description: params.nullable('description'),
    email: params.nullable('email'),
    name: params.nullable('name'),
    phone: params.nullable('phone'),
  };
  const address = params.part('address');
  const locales = params.texts('preferred_locales');
  const given = Object.entries(texts).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(given),
    ...(address ? { address: addressOf(address) } : {}),
    ...(locales ? { preferred_locales: locales } : {}),
  };
}

function addressOf(address: Params): Stripe.Address {
  return {
    city: address.optional('city') ?? null,
    country: address.optional('country') ?? null,
    line1: address.optional('line1') ?? null,
    line2: address.optional('line2') ?? null,
    postal_code: address.optional('postal_code') ?? null,
    state: address.optional('state') ?? null,
  };
}

function blankCustomer(id: string, created: number): Stripe.Customer {
  return {
    id,
    object: 'customer',
    address: null,
    balance: 0,
    created,
    currency: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_prefix: id.slice(-8).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  };
}

async function list(call: Call): Promise<object> {
  const email = call.params.optional('email');
  const filter = {
    ...listParams(call.params),
    matching: { livemode: false, ...(email === undefined ? {} : { email }) },
  };
  return listOf('/v1/customers', await call.objects.list('customer', filter));
}

/** Whom payments are made by. */
export const CUSTOMER_ENDPOINTS: readonly Endpoint[] = [
  { method: 'POST', path: '/v1/customers', run: create },
  { method: 'GET', path: '/v1/customers', run: list },
  {
    method: 'GET',
    path: '/v1/customers/:id',
    run: async (call) => (await call.objects.require('customer', call.path('id'), 'id')).data,
  },
  { method: 'POST', path: '/v1/customers/:id', run: update },
  { method: 'DELETE', path: '/v1/customers/:id', run: remove },
];
