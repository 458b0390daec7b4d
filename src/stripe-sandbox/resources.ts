import type Stripe from 'stripe';
import type { InvoiceSecret, SessionSecret, SubscriptionSecret } from './billing-secrets.ts';
import type {
  WireInvoice,
  WireInvoiceItem,
  WireInvoicePayment,
  WirePrice,
  WireProduct,
  WireSession,
  WireSubscription,
} from './billing-wire.ts';

/** What the stand-in stores under each `object`. The package's own types say what the API answers. */
export interface Resources {
  balance_transaction: Stripe.BalanceTransaction;
  charge: Stripe.Charge;
  'checkout.session': WireSession;
  customer: Stripe.Customer | Stripe.DeletedCustomer;
  dispute: Stripe.Dispute;
  event: StoredEvent;
  invoice: WireInvoice;
  invoice_payment: WireInvoicePayment;
  invoiceitem: WireInvoiceItem;
  payment_intent: Stripe.PaymentIntent;
  payment_method: Stripe.PaymentMethod;
  price: WirePrice;
  product: WireProduct;
  refund: Stripe.Refund;
  setup_intent: Stripe.SetupIntent;
  subscription: WireSubscription;
}
export type Kind = keyof Resources;

/** An event as it is stored and sent; `data.object` is a copy of the object at that moment. */
export interface StoredEvent {
  readonly id: string;
  readonly object: 'event';
  readonly api_version: string;
  readonly created: number;
  readonly data: { readonly object: object; readonly previous_attributes?: object };
  readonly livemode: false;
  readonly pending_webhooks: number;
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null };
  readonly type: string;
}

/** What the stand-in remembers of an object and does not tell. */
export interface Secrets {
  balance_transaction: NoSecret;
  charge: { readonly card: string };
  'checkout.session': SessionSecret;
  customer: NoSecret;
  dispute: NoSecret;
  event: NoSecret;
  invoice: InvoiceSecret;
  invoice_payment: NoSecret;
  invoiceitem: NoSecret;
  payment_intent: IntentSecret;
  payment_method: CardSecret;
  price: NoSecret;
  product: NoSecret;
  refund: { readonly becomes?: 'failed' | 'succeeded' };
  setup_intent: IntentSecret;
  subscription: SubscriptionSecret;
}

export type NoSecret = Readonly<Record<string, never>>;

/** What is known of a card beside what the API tells. */
export interface CardSecret {
  /** One of Stripe's published test numbers. */
  readonly number: string;
  /** Its holder has authenticated it for payments without them. */
  readonly setUp: boolean;
  /** It was taken from its customer, or used once without one: never to be used again. */
  readonly spent: boolean;
}

/** Where the holder of the card is sent after authenticating. */
export interface IntentSecret {
  readonly returnUrl: string | null;
}
