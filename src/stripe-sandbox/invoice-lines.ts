import type { Period } from './billing-period.ts';
import type {
  WireInvoiceItem,
  WireLine,
  WirePrice,
  WireSubscription,
  WireSubscriptionItem,
} from './billing-wire.ts';
import { lineObject } from './invoice-object.ts';

/** One price over one period: the line of a renewal. */
export function itemLine(
  id: string,
  invoice: string,
  subscription: WireSubscription,
  item: WireSubscriptionItem,
  { period, name }: { readonly period: Period; readonly name: string },
): WireLine {
  const quantity = item.quantity ?? 1;
  return lineObject({
    id,
    invoice,
    amount: Number(BigInt(item.price.unit_amount ?? 0) * BigInt(quantity)),
    currency: item.price.currency,
    description: `${quantity} × ${name} (at ${perInterval(item.price)})`,
    metadata: subscription.metadata,
    parent: subscriptionParent(subscription.id, item.id, null),
    period,
    pricing: pricingOf(item.price),
    quantity,
    subscription: subscription.id,
  });
}

/** What waited for an invoice, as a line of it. */
export function pendingLine(id: string, invoice: string, pending: WireInvoiceItem): WireLine {
  const details = pending.parent?.subscription_details;
  return lineObject({
    id,
    invoice,
    amount: pending.amount,
    currency: pending.currency,
    description: pending.description,
    discountable: pending.discountable,
    metadata: pending.metadata ?? {},
    parent: details?.subscription_item
      ? subscriptionParent(details.subscription, details.subscription_item, pending.id)
      : manualParent(pending, details?.subscription ?? null),
    period: pending.period,
    pricing: pending.pricing,
    quantity: pending.quantity,
    subscription: details?.subscription ?? null,
  });
}

function manualParent(pending: WireInvoiceItem, subscription: string | null): WireLine['parent'] {
  return {
    invoice_item_details: {
      invoice_item: pending.id,
      proration: pending.proration,
      proration_details: { credited_items: null },
      subscription,
    },
    subscription_item_details: null,
    type: 'invoice_item_details',
  };
}

function subscriptionParent(
  subscription: string,
  item: string,
  invoiceItem: string | null,
): WireLine['parent'] {
  return {
    invoice_item_details: null,
    subscription_item_details: {
      invoice_item: invoiceItem,
      proration: invoiceItem !== null,
      proration_details: { credited_items: null },
      subscription,
      subscription_item: item,
    },
    type: 'subscription_item_details',
  };
}

/** The price of a line. */
export function pricingOf(price: WirePrice): NonNullable<WireLine['pricing']> {
  return {
    price_details: { price: price.id, product: price.product },
    type: 'price_details',
    unit_amount_decimal: price.unit_amount_decimal,
  };
}

/** `$19.00 / month`, `$49.00 every 3 months`. */
function perInterval(price: WirePrice): string {
  const amount = `${price.currency === 'usd' ? '$' : `${price.currency.toUpperCase()} `}${inUnits(price)}`;
  const { interval, interval_count: count } = price.recurring ?? { interval: 'month', interval_count: 1 };
  return count === 1 ? `${amount} / ${interval}` : `${amount} every ${count} ${interval}s`;
}

function inUnits(price: WirePrice): string {
  const digits = String(price.unit_amount ?? 0).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
