import type { Stripe } from 'stripe';

type Plain = string | number | boolean | null | undefined;

/**
 * What the package's type `T` is as JSON before anything of it is expanded: references are ids, decimals are text.
 */
export type Wire<T> = T extends Plain
  ? T
  : T extends Stripe.Decimal
    ? string
    : T extends readonly (infer U)[]
      ? WireField<U>[]
      : T extends object
        ? { [K in keyof T]: WireField<T[K]> }
        : T;

type WireField<T> = [Extract<T, string>] extends [never] ? Wire<T> : Extract<T, Plain>;

export type WireProduct = Wire<Stripe.Product>;
export type WirePrice = Wire<Stripe.Price>;
export type WirePlan = Wire<Stripe.Plan>;
export type WireSubscription = Wire<Stripe.Subscription>;
export type WireSubscriptionItem = Wire<Stripe.SubscriptionItem>;
export type WireInvoice = Wire<Stripe.Invoice>;
export type WireLine = Wire<Stripe.InvoiceLineItem>;
export type WireInvoiceItem = Wire<Stripe.InvoiceItem>;
export type WireInvoicePayment = Wire<Stripe.InvoicePayment>;
export type WireSession = Wire<Stripe.Checkout.Session>;
export type WireSessionItem = Wire<Stripe.LineItem>;
export type WireIntent = Wire<Stripe.PaymentIntent>;
export type WireCustomer = Wire<Stripe.Customer>;
