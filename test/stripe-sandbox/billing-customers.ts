import Stripe from 'stripe';
import { expect } from 'vitest';
import type { RunningSandbox } from './running-sandbox.ts';

/** A customer whose card is the one they pay invoices with. */
export async function customerWith(
  { stripe }: RunningSandbox,
  card: string,
): Promise<{ customer: string; method: string }> {
  const { id: customer } = await stripe.customers.create({ email: 'ada@example.com', name: 'Ada' });
  const { id: method } = await stripe.paymentMethods.attach(card, { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method } });
  return { customer, method };
}

/** Gives the customer another card to pay invoices with. */
export async function useCard({ stripe }: RunningSandbox, customer: string, card: string): Promise<string> {
  const { id } = await stripe.paymentMethods.attach(card, { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
  return id;
}

/** A monthly price of `cents`. */
export async function monthly({ stripe }: RunningSandbox, cents: number, name = 'Starter'): Promise<string> {
  const terms = { currency: 'usd', unit_amount: cents, recurring: { interval: 'month' as const } };
  return (await stripe.prices.create({ ...terms, product_data: { name } })).id;
}

const DAY_MS = 86_400_000;

/** Moves the clock day by day to the beginning of `to`, and does what is due on the way. */
export async function advanceTo({ clock, sandbox }: RunningSandbox, to: string): Promise<void> {
  const end = Date.parse(to);
  while (clock.now().getTime() < end) {
    clock.advance(Math.min(DAY_MS, end - clock.now().getTime()));
    await sandbox.runDue();
  }
}

/** The invoices of a subscription, the oldest first, each as its reason, state and cents. */
export async function invoicesOf({ stripe }: RunningSandbox, subscription: string): Promise<string[]> {
  const { data } = await stripe.invoices.list({ subscription, limit: 100 });
  return data.reverse().map((one) => `${one.billing_reason} ${one.status} ${one.total}`);
}

/** What the request was refused with. */
export function refusalOf(promise: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  return promise.then(
    () => expect.fail('It was not refused.'),
    (error: unknown) => {
      if (error instanceof Stripe.errors.StripeError) return error;
      throw error;
    },
  );
}
