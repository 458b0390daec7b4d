import type Stripe from 'stripe';
import { askStripe } from '../gateway/ask-stripe.ts';
import type { Gateway } from '../gateway/stripe.ts';
import type { MethodFacts } from './payment-method.ts';

/** What Stripe has of a customer. */
export interface MethodListing {
  /** The newest first. */
  readonly methods: readonly MethodFacts[];
  /** What subscriptions are paid with; null for none. */
  readonly defaultMethod: string | null;
}

/** Far more than anybody can save: what is not listed is taken for gone. */
const MOST = 10_000;

/**
 * Asks Stripe for the payment methods of a customer; one that was deleted there has none.
 * @throws DomainError UNAVAILABLE
 */
export async function listMethods({ stripe }: Gateway, customerId: string): Promise<MethodListing> {
  const customer = await askStripe(() => stripe.customers.retrieve(customerId));
  if (customer.deleted) return { methods: [], defaultMethod: null };
  const methods = await askStripe(() =>
    stripe.customers.listPaymentMethods(customerId, { limit: 100 }).autoPagingToArray({ limit: MOST }),
  );
  return {
    methods: methods.map(factsOf),
    defaultMethod: idOf(customer.invoice_settings.default_payment_method),
  };
}

function factsOf({ id, type, card }: Stripe.PaymentMethod): MethodFacts {
  return {
    stripeId: id,
    type,
    brand: card?.brand ?? null,
    last4: card?.last4 ?? null,
    expMonth: card?.exp_month ?? null,
    expYear: card?.exp_year ?? null,
    wallet: card?.wallet?.type ?? null,
    fingerprint: card?.fingerprint ?? null,
  };
}

/** The id of what Stripe names or, when it was asked to expand it, tells. */
export function idOf(named: string | { readonly id: string } | null | undefined): string | null {
  return typeof named === 'string' ? named : (named?.id ?? null);
}
