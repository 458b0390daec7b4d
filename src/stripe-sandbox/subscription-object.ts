import type { Period } from './billing-period.ts';
import type { WirePrice, WireSubscription, WireSubscriptionItem } from './billing-wire.ts';
import { planOf } from './price-object.ts';

/** What of a subscription is not the same for all. */
export type SubscriptionOf = Pick<WireSubscription, 'id' | 'created' | 'currency' | 'customer'> &
  Partial<WireSubscription>;

/** A subscription as the API answers it, waiting for its first payment. */
export function subscriptionObject(of: SubscriptionOf, items: WireSubscriptionItem[]): WireSubscription {
  return {
    ...EMPTY,
    billing_cycle_anchor: of.created,
    start_date: of.created,
    items: itemList(of.id, items),
    ...of,
  };
}

const EMPTY = {
  object: 'subscription',
  application: null,
  application_fee_percent: null,
  automatic_tax: { disabled_reason: null, enabled: false, liability: null },
  billing_cycle_anchor_config: null,
  billing_mode: { flexible: null, type: 'classic' },
  billing_schedules: [],
  billing_thresholds: null,
  cancel_at: null,
  cancel_at_period_end: false,
  canceled_at: null,
  cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
  collection_method: 'charge_automatically',
  customer_account: null,
  days_until_due: null,
  default_payment_method: null,
  default_source: null,
  default_tax_rates: [],
  description: null,
  discounts: [],
  ended_at: null,
  invoice_settings: {
    account_tax_ids: null,
    custom_fields: null,
    description: null,
    footer: null,
    issuer: { type: 'self' },
  },
  latest_invoice: null,
  livemode: false,
  managed_payments: { enabled: false },
  metadata: {},
  next_pending_invoice_item_invoice: null,
  on_behalf_of: null,
  pause_collection: null,
  payment_settings: {
    payment_method_options: null,
    payment_method_types: null,
    save_default_payment_method: 'off',
  },
  pending_invoice_item_interval: null,
  pending_setup_intent: null,
  pending_update: null,
  schedule: null,
  status: 'incomplete',
  test_clock: null,
  transfer_data: null,
  trial_end: null,
  trial_settings: { end_behavior: { billing_cycle_anchor: null, missing_payment_method: 'create_invoice' } },
  trial_start: null,
} satisfies Partial<WireSubscription>;

/** The items as a subscription carries them. */
export function itemList(subscriptionId: string, items: WireSubscriptionItem[]): WireSubscription['items'] {
  const url = `/v1/subscription_items?subscription=${subscriptionId}`;
  return { object: 'list', data: items, has_more: false, url };
}

/** What of an item is not the same for all. */
export interface ItemOf {
  readonly id: string;
  readonly subscription: string;
  readonly created: number;
  readonly price: WirePrice;
  readonly quantity: number;
  readonly period: Period;
  readonly metadata?: Record<string, string>;
}

/** One price of a subscription as the API answers it. */
export function itemObject(of: ItemOf): WireSubscriptionItem {
  return {
    id: of.id,
    object: 'subscription_item',
    billing_thresholds: null,
    created: of.created,
    current_period_end: of.period.end,
    current_period_start: of.period.start,
    current_trial: null,
    discounts: [],
    metadata: of.metadata ?? {},
    plan: planOf(of.price),
    price: of.price,
    quantity: of.quantity,
    subscription: of.subscription,
    tax_rates: [],
  };
}

/** `subscription` with its items in `period`. */
export function inPeriod(subscription: WireSubscription, period: Period): WireSubscription {
  const items = subscription.items.data.map((item) => ({
    ...item,
    current_period_start: period.start,
    current_period_end: period.end,
  }));
  return { ...subscription, items: itemList(subscription.id, items) };
}

/** The period that the items of `subscription` are in. */
export function periodOf(subscription: WireSubscription): Period {
  const [item] = subscription.items.data;
  if (!item) throw new Error(`The subscription ${subscription.id} has no item.`);
  return { start: item.current_period_start, end: item.current_period_end };
}
