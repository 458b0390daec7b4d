import { type Interval, type Period, periodAt } from './billing-period.ts';
import type { WirePrice, WireSubscription, WireSubscriptionItem } from './billing-wire.ts';
import { type Call, unixSeconds } from './call.ts';
import { newId } from './new-id.ts';
import type { Params } from './params.ts';
import { makeInlinePrice } from './price-make.ts';
import { intervalOf } from './price-object.ts';
import { invalidRequest, parameterMissing, resourceMissing } from './problem.ts';
import { itemObject, periodOf } from './subscription-object.ts';

/** The items that a subscription which begins now is made of, and the period they are in. */
export async function firstItems(call: Call, subscription: string): Promise<WireSubscriptionItem[]> {
  const parts = call.params.partList('items') ?? [];
  if (parts.length === 0) throw parameterMissing('items');
  const now = unixSeconds(call.now);
  const items: WireSubscriptionItem[] = [];
  for (const part of parts) items.push(await newItem(call, part, subscription, { start: now, end: now }));
  return inOwnPeriod(items, now, now);
}

/** The items of a subscription after the changes that a request asks for; those of before when it asks for none. */
export async function changedItems(
  call: Call,
  before: WireSubscription,
  params: Params,
): Promise<WireSubscriptionItem[]> {
  let items = [...before.items.data];
  for (const part of params.partList('items') ?? []) {
    const id = part.optional('id');
    const item = id === undefined ? undefined : items.find((one) => one.id === id);
    if (id !== undefined && !item) throw resourceMissing('subscription item', id, part.path('id'));
    const after = await changedItem(call, part, before, item);
    items = item
      ? items.flatMap((one) => (one === item ? (after ?? []) : [one]))
      : [...items, ...(after ?? [])];
  }
  if (items.length === 0)
    throw invalidRequest('A subscription must have at least one active plan.', { param: 'items' });
  return items;
}

async function changedItem(
  call: Call,
  part: Params,
  before: WireSubscription,
  item: WireSubscriptionItem | undefined,
): Promise<WireSubscriptionItem[] | undefined> {
  if (!item) return [await newItem(call, part, before.id, periodOf(before))];
  if (part.boolean('deleted')) return undefined;
  const price = part.has('price') || part.has('price_data') ? await priceOf(call, part) : item.price;
  const quantity = quantityOf(part) ?? item.quantity ?? 1;
  const period = { start: item.current_period_start, end: item.current_period_end };
  const metadata = part.metadata(item.metadata);
  const { id, subscription, created } = item;
  return [itemObject({ id, subscription, created, price, quantity, period, metadata })];
}

async function newItem(
  call: Call,
  part: Params,
  subscription: string,
  period: Period,
): Promise<WireSubscriptionItem> {
  return itemObject({
    id: newId('si', 14),
    subscription,
    created: unixSeconds(call.now),
    price: await priceOf(call, part),
    quantity: quantityOf(part) ?? 1,
    period,
    metadata: part.metadata(),
  });
}

async function priceOf(call: Call, part: Params): Promise<WirePrice> {
  const inline = part.part('price_data');
  const price = inline ? await makeInlinePrice(call, inline) : await namedPrice(call, part);
  if (!price.recurring) {
    const message =
      'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.';
    throw invalidRequest(message, { param: part.path('price') });
  }
  return price;
}

async function namedPrice(call: Call, part: Params): Promise<WirePrice> {
  const param = part.path('price');
  const { data } = await call.objects.require('price', part.required('price'), param);
  if (data.active) return data;
  throw invalidRequest('The price specified is inactive. This field only accepts active prices.', { param });
}

function quantityOf(part: Params): number | undefined {
  const quantity = part.optionalInteger('quantity');
  if (quantity !== undefined && (quantity < 0 || quantity > 999_999)) {
    throw invalidRequest('Invalid non-negative integer', { param: part.path('quantity') });
  }
  return quantity;
}

/** The one interval and currency that prices of a subscription share. @throws StripeProblem when they differ. */
export function sharedInterval(items: readonly WireSubscriptionItem[]): Interval {
  const [first, ...rest] = items.map(({ price }) => ({ ...intervalOf(price), currency: price.currency }));
  if (!first) throw parameterMissing('items');
  const same = rest.every(
    ({ unit, count, currency }) =>
      unit === first.unit && count === first.count && currency === first.currency,
  );
  if (same) return { unit: first.unit, count: first.count };
  throw invalidRequest(
    'All prices on a subscription must have the same `recurring.interval` and `currency`.',
    {
      param: 'items',
    },
  );
}

/** The items in the period around `at`, by the boundaries of `anchor`. */
export function inOwnPeriod(
  items: readonly WireSubscriptionItem[],
  anchor: number,
  at: number,
): WireSubscriptionItem[] {
  const period = periodAt(anchor, sharedInterval(items), at);
  return items.map((item) => ({
    ...item,
    current_period_start: period.start,
    current_period_end: period.end,
  }));
}
