import type Stripe from 'stripe';
import { type Call, unixSeconds } from './call.ts';
import { newClientSecret } from './new-id.ts';

/** What a payment intent is made of. */
export interface IntentTerms {
  /** In cents, 50 to 99,999,999. */
  readonly amount: number;
  readonly currency: string;
  readonly customer: string | null;
  /** The id of what it pays, for followers: an invoice, a checkout session. */
  readonly parent?: string | null;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly description?: string | null;
  readonly receiptEmail?: string | null;
  readonly returnUrl?: string | null;
  readonly setupFutureUsage?: 'off_session' | 'on_session' | null;
  readonly statementDescriptor?: string | null;
  readonly statementDescriptorSuffix?: string | null;
  readonly automaticMethods?: boolean;
  readonly allowedTypes?: ['card'] | null;
}

/** A payment intent that requires a payment method. */
export function intentData(call: Call, id: string, terms: IntentTerms): Stripe.PaymentIntent {
  return {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: terms.allowedTypes ?? null,
    amount: terms.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: terms.automaticMethods ? { enabled: true, allow_redirects: 'always' } : null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic',
    client_secret: newClientSecret(id),
    confirmation_method: 'automatic',
    created: unixSeconds(call.now),
    currency: terms.currency,
    customer: terms.customer,
    customer_account: null,
    description: terms.description ?? null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: { ...terms.metadata },
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: { card: CARD_OPTIONS },
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: terms.receiptEmail ?? null,
    review: null,
    setup_future_usage: terms.setupFutureUsage ?? null,
    shipping: null,
    source: null,
    statement_descriptor: terms.statementDescriptor ?? null,
    statement_descriptor_suffix: terms.statementDescriptorSuffix ?? null,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: null,
  };
}

const CARD_OPTIONS: Stripe.PaymentIntent.PaymentMethodOptions.Card = {
  installments: null,
  mandate_options: null,
  network: null,
  request_three_d_secure: 'automatic',
};
