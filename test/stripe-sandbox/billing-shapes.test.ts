import { existsSync, readFileSync } from 'node:fs';
import type Stripe from 'stripe';
import { beforeAll, describe, expect, test } from 'vitest';
import ownKeys from '../fixtures/stripe-billing-keys.json' with { type: 'json' };
import { customerWith, monthly } from './billing-customers.ts';
import { useSandbox } from './running-sandbox.ts';

const running = useSandbox();

const SHARED = new URL('../../../shared/data/stripe-fixtures.json', import.meta.url);
const shared = existsSync(SHARED) ? samplesOf(readFileSync(SHARED, 'utf8')) : undefined;

type Json = Record<string, unknown>;

const NAMES = [
  'checkout.session',
  'invoice',
  'invoice_payment',
  'invoiceitem',
  'item',
  'line_item',
  'plan',
  'price',
  'product',
  'subscription',
  'subscription_item',
] as const;
const answers = new Map<string, Json>();

beforeAll(async () => {
  const { stripe } = running();
  const { customer } = await customerWith(running(), 'pm_card_visa');
  const price = await monthly(running(), 1900);
  const pro = await monthly(running(), 5900, 'Pro');
  const begun = await stripe.subscriptions.create({ customer, items: [{ price }] });
  const items = [{ id: begun.items.data[0]?.id ?? '', price: pro }];
  const subscription = await stripe.subscriptions.update(begun.id, {
    items,
    proration_behavior: 'always_invoice',
    payment_behavior: 'allow_incomplete',
    expand: ['latest_invoice.payments'],
  });
  // It was expanded, so it is the object.
  const invoice = subscription.latest_invoice as Stripe.Invoice;
  const price_data = { currency: 'usd', unit_amount: 2500, product_data: { name: 'Credit' } };
  const session = await stripe.checkout.sessions.create({
    mode: 'payment',
    customer_email: 'ada@example.com',
    line_items: [{ quantity: 1, price_data }],
    success_url: 'https://shop.example.com/done',
    expand: ['line_items'],
  });
  const [item] = subscription.items.data;
  const kept = { ...session, line_items: undefined };
  const found = {
    'checkout.session': kept,
    invoice: { ...invoice, payments: undefined },
    invoice_payment: invoice.payments?.data[0],
    invoiceitem: (await stripe.invoiceItems.list({ customer })).data[0],
    item: session.line_items?.data[0],
    line_item: invoice.lines.data[0],
    plan: item?.plan,
    price: item?.price,
    product: await stripe.products.retrieve(String(item?.price.product)),
    subscription: { ...subscription, latest_invoice: invoice.id },
    subscription_item: item,
  };
  for (const [name, answer] of Object.entries(found)) answers.set(name, JSON.parse(JSON.stringify(answer)));
});

describe('each resource of billing has the members of the API', () => {
  test.for(NAMES)('%s', (name) => {
    expect(Object.keys(answers.get(name) ?? {}).sort()).toEqual(ownKeys[name]);
  });
});

describe.skipIf(shared === undefined)(
  `each resource of billing is of the same shape as Stripe's own sample${shared ? '' : ' (skipped: there is no ../shared/data/stripe-fixtures.json)'}`,
  () => {
    test.for(NAMES)('%s', (name) => {
      const sample = shared?.[name] ?? expect.fail(`There is no sample of ${name}.`);
      expect(differences(answers.get(name), sample, name)).toEqual(DROPPED[name] ?? []);
    });
  },
);

/** What the samples still have and the version of the API that the package speaks has not. */
const DROPPED: Partial<Record<(typeof NAMES)[number], string[]>> = {
  invoice: ['invoice.subscription: missing'],
};

/** Members that the sample has and `ours` lacks, or that are of another JSON type; null fits any. */
function differences(ours: unknown, sample: unknown, path: string): string[] {
  if (path.endsWith('.metadata') || path.endsWith('.payment_method_options')) return [];
  const [is, was] = [typeOf(ours), typeOf(sample)];
  if (is === 'null' || was === 'null') return [];
  if (is !== was) return [`${path}: ${is}, not ${was}`];
  if (is === 'array') return differencesOfFirst(ours, sample, path);
  if (is !== 'object') return [];
  // Both are objects, as was just said.
  const [mine, theirs] = [ours as Json, sample as Json];
  return Object.entries(theirs).flatMap(([key, value]) =>
    Object.hasOwn(mine, key) ? differences(mine[key], value, `${path}.${key}`) : [`${path}.${key}: missing`],
  );
}

function differencesOfFirst(ours: unknown, sample: unknown, path: string): string[] {
  if (!Array.isArray(ours) || !Array.isArray(sample)) return [];
  return ours.length > 0 && sample.length > 0 ? differences(ours[0], sample[0], `${path}[]`) : [];
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}

function samplesOf(text: string): Record<string, Json> {
  return JSON.parse(text).resources;
}
