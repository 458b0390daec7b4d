import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import ownKeys from '../fixtures/stripe-resource-keys.json' with { type: 'json' };
import { useSandbox } from './running-sandbox.ts';

const running = useSandbox();

const SHARED = new URL('../../../shared/data/stripe-fixtures.json', import.meta.url);
const shared = existsSync(SHARED) ? samplesOf(readFileSync(SHARED, 'utf8')) : undefined;

type Json = Record<string, unknown>;

/** One of each resource, as the API answers it. */
const RESOURCES = {
  balance_transaction: async () => {
    const { stripe } = running();
    const charge = await stripe.charges.retrieve(String((await paid()).latest_charge));
    return stripe.balanceTransactions.retrieve(String(charge.balance_transaction));
  },
  charge: async () =>
    running().stripe.charges.retrieve(String((await paid()).latest_charge), { expand: ['refunds'] }),
  customer: () => running().stripe.customers.create({ email: 'ada@example.com' }),
  deleted_customer: async () =>
    running().stripe.customers.del((await running().stripe.customers.create()).id),
  dispute: async () => {
    const { data } = await running().stripe.disputes.list({
      payment_intent: (await paid('pm_card_createDispute')).id,
    });
    return data[0];
  },
  event: async () => (await running().stripe.events.list({ limit: 1 })).data[0],
  payment_intent: () => paid(),
  payment_method: () => running().stripe.paymentMethods.retrieve('pm_card_applePay'),
  refund: async () => running().stripe.refunds.create({ payment_intent: (await paid()).id }),
  setup_intent: () => running().stripe.setupIntents.create({ payment_method: 'pm_card_visa', confirm: true }),
} as const;
type Name = keyof typeof RESOURCES;
// Object.keys forgets which keys there are.
const NAMES = Object.keys(RESOURCES) as Name[];

function paid(card = 'pm_card_visa') {
  const payment = { amount: 2500, currency: 'usd', payment_method: card, confirm: true };
  return running().stripe.paymentIntents.create(payment);
}

async function answered(name: Name): Promise<Json> {
  return JSON.parse(JSON.stringify(await RESOURCES[name]()));
}

describe('each resource has the members of the API', () => {
  test.for(NAMES)('%s', async (name) => {
    expect(Object.keys(await answered(name)).sort()).toEqual(ownKeys[name]);
  });
});

describe.skipIf(shared === undefined)(
  `each resource is of the same shape as Stripe's own sample${shared ? '' : ' (skipped: there is no ../shared/data/stripe-fixtures.json)'}`,
  () => {
    test.for(NAMES)('%s', async (name) => {
      const sample = shared?.[name] ?? expect.fail(`There is no sample of ${name}.`);
      expect(differences(await answered(name), sample, '')).toEqual([]);
    });
  },
);

/** Members that the sample has and `ours` lacks, or that are of another JSON type; null fits any. */
function differences(ours: unknown, sample: unknown, path: string): string[] {
  if (FREE.includes(path)) return [];
  const [is, was] = [typeOf(ours), typeOf(sample)];
  if (is === 'null' || was === 'null') return [];
  if (is !== was) return [`${path}: ${is}, not ${was}`];
  if (is !== 'object') return [];
  // Both are objects, as was just said.
  const [mine, theirs] = [ours as Json, sample as Json];
  return Object.entries(theirs).flatMap(([key, value]) =>
    Object.hasOwn(mine, key)
      ? differences(mine[key], value, path === '' ? key : `${path}.${key}`)
      : [`${path === '' ? key : `${path}.${key}`}: missing`],
  );
}

/** What is free in form, or a sample of another kind of payment. */
const FREE = [
  'data.object',
  'metadata',
  'payment_method_options',
  'destination_details.card',
  'last_payment_error',
];

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}

function samplesOf(text: string): Record<string, Json> {
  return JSON.parse(text).resources;
}
