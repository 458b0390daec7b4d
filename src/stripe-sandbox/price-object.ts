import type { Interval } from './billing-period.ts';
import type { WirePlan, WirePrice, WireProduct } from './billing-wire.ts';

/** What of a product is not the same for all. */
export type ProductOf = Pick<WireProduct, 'id' | 'created' | 'name'> & Partial<WireProduct>;

/** A product as the API answers it. */
export function productObject(of: ProductOf): WireProduct {
  return {
    object: 'product',
    active: true,
    default_price: null,
    description: null,
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: {},
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: 'service',
    unit_label: null,
    updated: of.created,
    url: null,
    ...of,
  };
}

/** What of a price is not the same for all; `unit_amount` in cents. */
export type PriceOf = Pick<WirePrice, 'id' | 'created' | 'product' | 'currency'> & {
  readonly unit_amount: number;
} & Partial<WirePrice>;

/** A price as the API answers it; one-time unless it has `recurring`. */
export function priceObject(of: PriceOf): WirePrice {
  return {
    object: 'price',
    active: true,
    billing_scheme: 'per_unit',
    custom_unit_amount: null,
    livemode: false,
    lookup_key: null,
    metadata: {},
    nickname: null,
    recurring: null,
    tax_behavior: 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: of.recurring ? 'recurring' : 'one_time',
    unit_amount_decimal: String(of.unit_amount),
    ...of,
  };
}

/** The recurring price in the older form that subscription items still carry. */
export function planOf(price: WirePrice): WirePlan {
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: intervalOf(price).unit,
    interval_count: intervalOf(price).count,
    livemode: false,
    metadata: price.metadata,
    meter: null,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: null,
    usage_type: 'licensed',
  };
}

/** How often a recurring price is paid. */
export function intervalOf(price: WirePrice): Interval {
  const unit = UNITS.find((known) => known === price.recurring?.interval) ?? 'month';
  return { unit, count: price.recurring?.interval_count ?? 1 };
}

const UNITS = ['day', 'week', 'month', 'year'] as const;
