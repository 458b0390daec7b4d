import type { WirePrice } from './billing-wire.ts';
import { type Call, unixSeconds } from './call.ts';
import { newId } from './new-id.ts';
import type { Params } from './params.ts';
import { priceObject, productObject } from './price-object.ts';
import { invalidRequest, parameterMissing } from './problem.ts';

/** The most that one price can be, in cents. */
const MOST_CENTS = 99_999_999;

/**
 * Makes and stores a price of `params`: those of `POST /v1/prices`, or a `price_data`. `product` is given where the
 * parameters do not name one.
 */
export async function makePrice(call: Call, params: Params, product?: string): Promise<WirePrice> {
  const price = await inlinePrice(call, params, product);
  const key = params.optional('lookup_key');
  if (key !== undefined) await takeLookupKey(call, key, params.boolean('transfer_lookup_key') ?? false);
  const stored = {
    ...price,
    active: params.boolean('active') ?? true,
    nickname: params.optional('nickname') ?? null,
    lookup_key: key ?? null,
    metadata: params.metadata(),
  };
  await putPrice(call, stored);
  call.emit('price.created', stored);
  return stored;
}

/** Makes and stores a price that serves one purchase only: the `price_data` of a line. Its product may be new, too. */
export async function makeInlinePrice(call: Call, params: Params): Promise<WirePrice> {
  const price = { ...(await inlinePrice(call, params)), active: false };
  await putPrice(call, price);
  return price;
}

async function inlinePrice(call: Call, params: Params, product?: string): Promise<WirePrice> {
  params.ignore('tax_behavior', 'billing_scheme');
  const amount = params.integer('unit_amount');
  if (amount < 0 || amount > MOST_CENTS) {
    const message = `This value must be between 0 and ${MOST_CENTS} (inclusive).`;
    throw invalidRequest(message, { code: 'parameter_invalid_integer', param: params.path('unit_amount') });
  }
  return priceObject({
    id: newId('price'),
    created: unixSeconds(call.now),
    currency: currencyOf(params),
    unit_amount: amount,
    product: product ?? (await productOf(call, params)),
    recurring: recurringOf(params),
  });
}

/** The three small letters of `currency`. @throws StripeProblem when absent or none. */
export function currencyOf(params: Params): string {
  const currency = params.required('currency').toLowerCase();
  if (!/^[a-z]{3}$/.test(currency)) {
    throw invalidRequest(`Invalid currency: ${currency}.`, { param: params.path('currency') });
  }
  return currency;
}

async function productOf(call: Call, params: Params): Promise<string> {
  const id = params.optional('product');
  if (id !== undefined) return (await call.objects.require('product', id, params.path('product'))).id;
  const given = params.part('product_data');
  if (!given) throw parameterMissing(params.path('product'));
  given.ignore('images', 'tax_code');
  const product = productObject({
    id: newId('prod', 14),
    created: unixSeconds(call.now),
    name: given.required('name'),
    description: given.optional('description') ?? null,
    unit_label: given.optional('unit_label') ?? null,
    metadata: given.metadata(),
  });
  await call.objects.put({
    id: product.id,
    type: 'product',
    data: product,
    secret: {},
    customer: null,
    parent: null,
    dueAt: null,
  });
  return product.id;
}

function recurringOf(params: Params): WirePrice['recurring'] {
  const recurring = params.part('recurring');
  if (!recurring) return null;
  recurring.oneOf('usage_type', ['licensed']);
  const interval = recurring.oneOf('interval', ['day', 'week', 'month', 'year']);
  if (interval === undefined) throw parameterMissing(recurring.path('interval'));
  const count = recurring.optionalInteger('interval_count') ?? 1;
  if (count < 1 || count > 1095) {
    throw invalidRequest('Invalid integer', { param: recurring.path('interval_count') });
  }
  return { interval, interval_count: count, meter: null, trial_period_days: null, usage_type: 'licensed' };
}

async function putPrice(call: Call, price: WirePrice): Promise<void> {
  const { id, product: parent } = price;
  await call.objects.put({ id, type: 'price', data: price, secret: {}, customer: null, parent, dueAt: null });
}

/** Frees the key from the price that has it. @throws StripeProblem when it may not be taken away. */
export async function takeLookupKey(call: Call, key: string, transfer: boolean): Promise<void> {
  const { data } = await call.objects.list('price', { matching: { lookup_key: key }, limit: 1 });
  const [holder] = data;
  if (!holder) return;
  if (!transfer) {
    const message = `A price (\`${holder.id}\`) already uses that lookup key.`;
    throw invalidRequest(message, { code: 'resource_already_exists', param: 'lookup_key' });
  }
  await call.objects.change(holder, { lookup_key: null });
}
