import { type ProratedLine, type Rate, remainingTime, unusedTime } from './billing-proration.ts';
import type { WireInvoiceItem, WireLine, WireSubscription, WireSubscriptionItem } from './billing-wire.ts';
import type { Call } from './call.ts';
import { itemLine, pricingOf } from './invoice-lines.ts';
import { invoiceItemObject } from './invoice-object.ts';
import { newId } from './new-id.ts';

/** The name of the product of each price, as invoices write it. */
export type Names = ReadonlyMap<string, string>;

/** The names of the products of these items. */
export async function namesOf(call: Call, items: readonly WireSubscriptionItem[]): Promise<Names> {
  const names = new Map<string, string>();
  for (const { price } of items) {
    const product = await call.objects.get('product', price.product);
    names.set(price.id, product?.data.name ?? price.product);
  }
  return names;
}

/** A line for each item of `subscription` over the period the item is in. */
export function periodLines(subscription: WireSubscription, names: Names, invoice: string): WireLine[] {
  return subscription.items.data.map((item) => {
    const period = { start: item.current_period_start, end: item.current_period_end };
    return itemLine(newId('il'), invoice, subscription, item, {
      period,
      name: names.get(item.price.id) ?? '',
    });
  });
}

/** What adjustments are made of. */
export interface Adjusting {
  readonly before: readonly WireSubscriptionItem[];
  readonly after: readonly WireSubscriptionItem[];
  /** From when, in Unix seconds. */
  readonly at: number;
  /** When they are made. */
  readonly now: number;
  readonly names: Names;
  /** A new period begins: what is left of the old one is given back, and the new one is not adjusted. */
  readonly newPeriod: boolean;
}

/** Credits for what is not used any more of prices that change, and charges for what is used instead. */
export function adjustments(subscription: WireSubscription, of: Adjusting): WireInvoiceItem[] {
  const kept = (item: WireSubscriptionItem, others: readonly WireSubscriptionItem[]): boolean =>
    !of.newPeriod && others.some((other) => other.id === item.id && samePrice(other, item));
  const ended = of.before.filter((item) => !kept(item, of.after));
  const begun = of.newPeriod ? [] : of.after.filter((item) => !kept(item, of.before));
  return [
    ...ended.map((item) =>
      adjustment(subscription, item, of, unusedTime(rateOf(item, of.names), periodOf(item), of.at)),
    ),
    ...begun.map((item) =>
      adjustment(subscription, item, of, remainingTime(rateOf(item, of.names), periodOf(item), of.at)),
    ),
  ];
}

function samePrice(one: WireSubscriptionItem, other: WireSubscriptionItem): boolean {
  return one.price.id === other.price.id && one.quantity === other.quantity;
}

function adjustment(
  subscription: WireSubscription,
  item: WireSubscriptionItem,
  { now }: Adjusting,
  line: ProratedLine,
): WireInvoiceItem {
  return invoiceItemObject({
    id: newId('ii'),
    amount: Number(line.cents),
    currency: item.price.currency,
    customer: subscription.customer,
    date: now,
    description: line.description,
    discountable: false,
    metadata: subscription.metadata,
    parent: {
      subscription_details: { subscription: subscription.id, subscription_item: item.id },
      type: 'subscription_details',
    },
    period: line.period,
    pricing: pricingOf(item.price),
    proration: true,
    proration_details: { credited_items: null, discount_amounts: [] },
    quantity: item.quantity ?? 1,
  });
}

function rateOf(item: WireSubscriptionItem, names: Names): Rate {
  return {
    unitCents: BigInt(item.price.unit_amount ?? 0),
    quantity: BigInt(item.quantity ?? 1),
    name: names.get(item.price.id) ?? item.price.id,
  };
}

function periodOf(item: WireSubscriptionItem) {
  return { start: item.current_period_start, end: item.current_period_end };
}
