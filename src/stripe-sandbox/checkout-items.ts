import type { WirePrice, WireSessionItem } from './billing-wire.ts';
import type { Call } from './call.ts';
import { sessionItem } from './checkout-object.ts';
import { LEAST_CENTS } from './invoice-object.ts';
import { newId } from './new-id.ts';
import type { Params } from './params.ts';
import { makeInlinePrice } from './price-make.ts';
import { invalidRequest, parameterMissing } from './problem.ts';

const MOST_ITEMS = 100;

/** What `line_items` of a payment ask for. @throws StripeProblem when they cannot be bought together. */
export async function chosenItems(call: Call): Promise<WireSessionItem[]> {
  const parts = call.params.partList('line_items') ?? [];
  if (parts.length === 0) throw parameterMissing('line_items');
  if (parts.length > MOST_ITEMS) {
    throw invalidRequest(`Array must have at most ${MOST_ITEMS} elements`, { param: 'line_items' });
  }
  const items: WireSessionItem[] = [];
  for (const part of parts) items.push(await chosenItem(call, part));
  demandSum(items);
  return items;
}

async function chosenItem(call: Call, part: Params): Promise<WireSessionItem> {
  const price = await priceOf(call, part);
  if (price.recurring) {
    const message =
      'You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.';
    throw invalidRequest(message, { param: part.path('price') });
  }
  const quantity = part.integer('quantity');
  if (quantity < 1 || quantity > 999_999) {
    throw invalidRequest('Invalid positive integer', { param: part.path('quantity') });
  }
  const product = await call.objects.get('product', price.product);
  return sessionItem(newId('li'), price, quantity, product?.data.name ?? price.product);
}

async function priceOf(call: Call, part: Params): Promise<WirePrice> {
  const inline = part.part('price_data');
  if (inline) return makeInlinePrice(call, inline);
  const param = part.path('price');
  const { data } = await call.objects.require('price', part.required('price'), param);
  if (data.active) return data;
  throw invalidRequest('The price specified is inactive. This field only accepts active prices.', { param });
}

function demandSum(items: readonly WireSessionItem[]): void {
  if (new Set(items.map(({ currency }) => currency)).size > 1) {
    throw invalidRequest('All line items must have the same currency.', { param: 'line_items' });
  }
  const total = items.reduce((sum, item) => sum + BigInt(item.amount_total), 0n);
  if (total >= BigInt(LEAST_CENTS) && total <= 99_999_999n) return;
  const [code, message] =
    total < BigInt(LEAST_CENTS)
      ? ['amount_too_small', "The Checkout Session's total amount must be at least $0.50 usd"]
      : ['amount_too_large', "The Checkout Session's total amount must be no more than $999,999.99"];
  throw invalidRequest(message, { code, param: 'line_items' });
}
