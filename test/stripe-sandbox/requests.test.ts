import Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { API_VERSION } from '../../src/stripe-sandbox/outbox.ts';
import { StripeSandbox } from '../../src/stripe-sandbox/server.ts';
import { clientOf, SECRET_KEY, useSandbox } from './running-sandbox.ts';

const running = useSandbox();

const customers = async (): Promise<number> => {
  const { stripe } = running();
  let count = 0;
  for await (const _ of stripe.customers.list({ limit: 100 })) count++;
  return count;
};

function errorOf(promise: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  return promise.then(
    () => expect.fail('It was not refused.'),
    (error: unknown) => {
      if (error instanceof Stripe.errors.StripeError) return error;
      throw error;
    },
  );
}

describe('a request', () => {
  test('with another key is refused', async () => {
    const { port } = new URL(running().url);
    const stranger = clientOf(Number(port), 'sk_test_other');
    expect(await errorOf(stranger.customers.list())).toMatchObject({
      statusCode: 401,
      type: 'StripeAuthenticationError',
      message: 'Invalid API Key provided: sk_test_****ther',
    });
    expect((await fetch(`${running().url}/v1/customers`)).status).toBe(401);
  });

  test('is taken with the key as the name of basic authentication', async () => {
    const authorization = `Basic ${Buffer.from(`${SECRET_KEY}:`).toString('base64')}`;
    const response = await fetch(`${running().url}/v1/customers`, { headers: { authorization } });
    expect(response.status).toBe(200);
    expect(response.headers.get('request-id')).toMatch(/^req_/);
  });

  test('is answered in the version that the package speaks', async () => {
    const { stripe } = running();
    expect(stripe.getApiField('version')).toBe(API_VERSION);
    expect((await stripe.customers.create()).lastResponse.apiVersion).toBe(API_VERSION);
  });

  test('for what the API does not have is 404, as is an unknown id', async () => {
    const { stripe } = running();
    expect(await errorOf(stripe.rawRequest('GET', '/v1/unheard_of'))).toMatchObject({
      statusCode: 404,
      message: expect.stringContaining('Unrecognized request URL (GET: /v1/unheard_of)'),
    });
    expect(await errorOf(stripe.paymentIntents.retrieve('pi_none'))).toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
      param: 'intent',
    });
  });

  test('never goes to a sandbox with a live key', () => {
    const { sandbox, clock } = running();
    expect(sandbox).toBeInstanceOf(StripeSandbox);
    // Never used: the key is refused before.
    const rest = { db: undefined as never, log: undefined as never, clock, webhookSecret: 'whsec_1' };
    expect(() => new StripeSandbox({ ...rest, secretKey: 'sk_live_1' })).toThrow('sk_test_');
  });
});

describe('an idempotency key', () => {
  test('used again answers as the first time and does nothing more', async () => {
    const { stripe } = running();
    const options = { idempotencyKey: 'once' };
    const before = await customers();
    const first = await stripe.customers.create({ email: 'a@example.com' }, options);
    const again = await stripe.customers.create({ email: 'a@example.com' }, options);
    expect(again).toEqual(first);
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(await customers()).toBe(before + 1);
  });

  test('used for another request is refused', async () => {
    const { stripe } = running();
    const options = { idempotencyKey: 'taken' };
    await stripe.customers.create({ email: 'a@example.com' }, options);
    expect(await errorOf(stripe.customers.create({ email: 'b@example.com' }, options))).toMatchObject({
      statusCode: 400,
      type: 'StripeIdempotencyError',
    });
  });

  test('used by many at once does it once: the others are told that it is in use, or the answer', async () => {
    const { stripe } = running();
    const before = await customers();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, () => stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'race' })),
    );
    const ids = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value.id] : []));
    const codes = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
    expect(new Set(ids).size).toBe(1);
    expect(new Set(codes).size).toBeLessThanOrEqual(1);
    expect(codes.every((code) => code === 'idempotency_key_in_use')).toBe(true);
    expect(await customers()).toBe(before + 1);
  });

  test('of a card that was declined repeats the decline without another attempt', async () => {
    const { stripe } = running();
    const { id } = await stripe.paymentIntents.create({ amount: 500, currency: 'usd' });
    const confirm = () =>
      errorOf(
        stripe.paymentIntents.confirm(
          id,
          { payment_method: 'pm_card_chargeDeclined' },
          { idempotencyKey: 'declined' },
        ),
      );
    expect((await confirm()).requestId).not.toBe((await confirm()).requestId);
    expect((await stripe.charges.list({ payment_intent: id })).data).toHaveLength(1);
  });

  test('of a request that could not be read is free for the right one', async () => {
    const { stripe } = running();
    const options = { idempotencyKey: 'mended' };
    const wrong = { amount: 1, currency: 'usd' };
    expect(await errorOf(stripe.paymentIntents.create(wrong, options))).toMatchObject({ statusCode: 400 });
    await expect(stripe.paymentIntents.create({ ...wrong, amount: 500 }, options)).resolves.toMatchObject({
      amount: 500,
    });
  });

  test('is forgotten after a day, as by Stripe', async () => {
    const { stripe, clock } = running();
    const options = { idempotencyKey: 'old' };
    const first = await stripe.customers.create({}, options);
    clock.advance(86_400_000);
    expect((await stripe.customers.create({}, options)).id).not.toBe(first.id);
  });
});

describe('a fault of requests', () => {
  const create = (name: string, key: string) =>
    running().stripe.customers.create({ name }, { idempotencyKey: key, maxNetworkRetries: 0 });

  test.for([
    ['RATE_LIMIT', 'StripeRateLimitError', 429, 0],
    ['SERVER_ERROR', 'StripeAPIError', 500, 0],
    ['SERVER_ERROR_AFTER', 'StripeAPIError', 500, 1],
    ['TIMEOUT_BEFORE', 'StripeConnectionError', undefined, 0],
    ['LOSE_RESPONSE', 'StripeConnectionError', undefined, 1],
  ] as const)('%s: %s %s, having made %s', async ([kind, type, statusCode, made]) => {
    const before = await customers();
    // The package itself repeats a request once whose connection broke off.
    await running().fault({
      kind,
      target: 'POST /v1/customers',
      times: type === 'StripeConnectionError' ? 2 : 1,
    });
    expect(await errorOf(create('Ada', kind))).toMatchObject({ type, statusCode });
    expect(await customers()).toBe(before + made);
    const repeated = create('Ada', kind);
    if (kind === 'SERVER_ERROR_AFTER') expect(await errorOf(repeated)).toMatchObject({ statusCode: 500 });
    else await repeated;
    expect(await customers()).toBe(before + 1);
  });

  test('hits the requests it is meant for', async () => {
    const { stripe, fault } = running();
    await fault({ kind: 'SERVER_ERROR', target: 'POST /v1/payment_intents/:id/confirm' });
    const { id } = await stripe.paymentIntents.create({ amount: 500, currency: 'usd' });
    const confirm = () => stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
    expect(await errorOf(confirm())).toMatchObject({ statusCode: 500 });
    await expect(confirm()).resolves.toMatchObject({ status: 'succeeded' });
  });
});

describe('a list', () => {
  test('is read from page to page, each object once, the newest first', async () => {
    const { stripe } = running();
    const { id: customer } = await stripe.customers.create();
    const made: string[] = [];
    for (let amount = 500; amount < 507; amount++) {
      made.unshift((await stripe.paymentIntents.create({ amount, currency: 'usd', customer })).id);
    }
    const first = await stripe.paymentIntents.list({ customer, limit: 3 });
    expect([first.has_more, first.url]).toEqual([true, '/v1/payment_intents']);
    const listed: string[] = [];
    for await (const { id } of stripe.paymentIntents.list({ customer, limit: 3 })) listed.push(id);
    expect(listed).toEqual(made);
    const back = await stripe.paymentIntents.list({ customer, limit: 2, ending_before: made[3] ?? '' });
    expect(back.data.map(({ id }) => id)).toEqual(made.slice(1, 3));
  });

  test('by time holds what was made in it', async () => {
    const { stripe, clock } = running();
    clock.advance(10_000);
    const { id, created } = await stripe.customers.create();
    clock.advance(10_000);
    await stripe.customers.create();
    const { data } = await stripe.customers.list({ created: { gte: created, lt: created + 10 } });
    expect(data.map((one) => one.id)).toEqual([id]);
  });

  test.for([
    [{ limit: 101 }, 'limit'],
    [{ limit: 0 }, 'limit'],
    [{ starting_after: 'cus_none' }, 'starting_after'],
  ] as const)('with %o is refused', async ([params, param]) => {
    expect(await errorOf(running().stripe.customers.list(params))).toMatchObject({ statusCode: 400, param });
  });
});

describe('what is expanded', () => {
  test('is the object in place of its id, through lists and members', async () => {
    const { stripe } = running();
    const { id: customer } = await stripe.customers.create();
    const paid = await stripe.paymentIntents.create({
      amount: 500,
      currency: 'usd',
      customer,
      payment_method: 'pm_card_visa',
      confirm: true,
    });
    const { data } = await stripe.paymentIntents.list({
      customer,
      expand: ['data.payment_method', 'data.latest_charge.balance_transaction', 'data.latest_charge.refunds'],
    });
    expect(data[0]).toMatchObject({
      payment_method: { id: paid.payment_method, object: 'payment_method' },
      latest_charge: {
        refunds: { object: 'list', data: [] },
        balance_transaction: { amount: 500, fee: 45, net: 455 },
      },
    });
  });

  test.for(['amount', 'id', 'latest_charge.colour', 'a.b.c.d.e'])('%s cannot be', async (path) => {
    const { stripe } = running();
    const create = stripe.paymentIntents.create({
      amount: 500,
      currency: 'usd',
      payment_method: 'pm_card_visa',
      confirm: true,
      expand: [path],
    });
    expect(await errorOf(create)).toMatchObject({ statusCode: 400, param: 'expand' });
  });
});
