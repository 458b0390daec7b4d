import type Stripe from 'stripe';
import type { WireInvoice, WireInvoiceItem, WireInvoicePayment, WireLine } from './billing-wire.ts';

/** What an invoice says of who pays it. */
export type Payer = Pick<
  Stripe.Customer,
  'id' | 'address' | 'email' | 'name' | 'phone' | 'tax_exempt' | 'balance' | 'invoice_prefix'
>;

/** What of an invoice is not the same for all. */
export type InvoiceOf = Pick<WireInvoice, 'id' | 'created' | 'currency' | 'billing_reason'> &
  Partial<WireInvoice>;

/** A draft for `customer`, as the API answers it; without lines it is worth nothing. */
export function invoiceObject(customer: Payer, of: InvoiceOf): WireInvoice {
  const moment = { period_start: of.created, period_end: of.created };
  return { ...EMPTY, ...ofCustomer(customer), ...moment, lines: lineList(of.id, []), ...of };
}

const EMPTY = {
  object: 'invoice',
  account_country: 'US',
  account_name: 'Drawdown sandbox',
  account_tax_ids: null,
  amount_due: 0,
  amount_overpaid: 0,
  amount_paid: 0,
  amount_remaining: 0,
  amount_shipping: 0,
  application: null,
  attempt_count: 0,
  attempted: false,
  auto_advance: true,
  automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
  automatically_finalizes_at: null,
  collection_method: 'charge_automatically',
  custom_fields: null,
  customer_account: null,
  default_payment_method: null,
  default_source: null,
  default_tax_rates: [],
  description: null,
  discounts: [],
  due_date: null,
  effective_at: null,
  ending_balance: null,
  footer: null,
  from_invoice: null,
  hosted_invoice_url: null,
  invoice_pdf: null,
  issuer: { type: 'self' },
  last_finalization_error: null,
  latest_revision: null,
  livemode: false,
  metadata: {},
  next_payment_attempt: null,
  number: null,
  on_behalf_of: null,
  parent: null,
  payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
  post_payment_credit_notes_amount: 0,
  pre_payment_credit_notes_amount: 0,
  receipt_number: null,
  rendering: null,
  shipping_cost: null,
  shipping_details: null,
  starting_balance: 0,
  statement_descriptor: null,
  status: 'draft',
  status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
  subtotal: 0,
  subtotal_excluding_tax: 0,
  test_clock: null,
  total: 0,
  total_discount_amounts: [],
  total_excluding_tax: 0,
  total_pretax_credit_amounts: [],
  total_taxes: [],
  webhooks_delivered_at: null,
} satisfies Partial<WireInvoice>;

function ofCustomer(customer: Payer) {
  return {
    customer: customer.id,
    customer_address: customer.address ?? null,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: customer.phone ?? null,
    customer_shipping: null,
    customer_tax_exempt: customer.tax_exempt ?? 'none',
    customer_tax_ids: [],
  };
}

/** The lines as an invoice carries them. */
export function lineList(invoiceId: string, lines: WireLine[]): WireInvoice['lines'] {
  return { object: 'list', data: lines, has_more: false, url: `/v1/invoices/${invoiceId}/lines` };
}

/** `invoice` with `lines`, and what they come to; `startingBalance` is the customer's, credit below zero. */
export function withLines(invoice: WireInvoice, lines: WireLine[], startingBalance: number): WireInvoice {
  const total = Number(lines.reduce((sum, line) => sum + BigInt(line.amount), 0n));
  const due = amountDue(total, startingBalance);
  return {
    ...invoice,
    lines: lineList(invoice.id, lines),
    subtotal: total,
    subtotal_excluding_tax: total,
    total,
    total_excluding_tax: total,
    starting_balance: startingBalance,
    amount_due: due,
    amount_remaining: due,
  };
}

/** The least that a card is charged, in cents; less is left on the customer's balance. */
export const LEAST_CENTS = 50;

function amountDue(total: number, startingBalance: number): number {
  const owed = total + startingBalance;
  return owed < LEAST_CENTS ? 0 : owed;
}

/** What of a line is not the same for all; `amount` in cents. */
export type LineOf = Pick<WireLine, 'id' | 'invoice' | 'amount' | 'currency' | 'period'> & Partial<WireLine>;

/** A line of an invoice as the API answers it. */
export function lineObject(of: LineOf): WireLine {
  const quantity = of.quantity === undefined ? 1 : of.quantity;
  return {
    object: 'line_item',
    description: null,
    discount_amounts: [],
    discountable: true,
    discounts: [],
    livemode: false,
    metadata: {},
    parent: null,
    pretax_credit_amounts: [],
    pricing: null,
    quantity,
    quantity_decimal: quantity === null ? null : String(quantity),
    subscription: null,
    subtotal: of.amount,
    taxes: [],
    ...of,
  };
}

/** What of an invoice item is not the same for all; `amount` in cents. */
export type InvoiceItemOf = Pick<WireInvoiceItem, 'id' | 'amount' | 'currency' | 'customer' | 'date'> &
  Partial<WireInvoiceItem>;

/** A line to be, waiting for the next invoice of the customer, as the API answers it. */
export function invoiceItemObject(of: InvoiceItemOf): WireInvoiceItem {
  return {
    object: 'invoiceitem',
    customer_account: null,
    description: null,
    discountable: true,
    discounts: [],
    invoice: null,
    livemode: false,
    metadata: {},
    net_amount: of.amount,
    parent: null,
    period: { start: of.date, end: of.date },
    pricing: null,
    proration: false,
    quantity: 1,
    quantity_decimal: String(of.quantity ?? 1),
    tax_rates: [],
    test_clock: null,
    ...of,
  };
}

/** The payment of a finalized invoice by a payment intent, still open. */
export function invoicePaymentObject(
  id: string,
  invoice: WireInvoice,
  intentId: string,
  created: number,
): WireInvoicePayment {
  return {
    id,
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: invoice.amount_due,
    created,
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { payment_intent: intentId, type: 'payment_intent' },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  };
}
