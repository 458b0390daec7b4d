import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { useSandbox, WEBHOOK_SECRET } from './running-sandbox.ts';

const running = useSandbox();

async function newCustomer(): Promise<string> {
  return (await running().stripe.customers.create()).id;
}

describe('an event', () => {
  test('is signed so that the package takes it, and is the one the API lists', async () => {
    const { stripe, received, eventsOf } = running();
    const id = await newCustomer();
    expect(await eventsOf(id)).toEqual(['customer.created']);
    const { payload, signature, event } = received.at(-1) ?? expect.fail('Nothing was received.');
    expect(stripe.webhooks.constructEvent(payload, signature, WEBHOOK_SECRET).id).toBe(event.id);
    expect(() => stripe.webhooks.constructEvent(`${payload} `, signature, WEBHOOK_SECRET)).toThrow();
    const [, t = '', v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? [];
    expect(createHmac('sha256', WEBHOOK_SECRET).update(`${t}.${payload}`).digest('hex')).toBe(v1);
    expect(await stripe.events.retrieve(event.id)).toEqual(event);
    const listed = await stripe.events.list({ type: 'customer.created', limit: 1 });
    expect(listed.data).toEqual([event]);
    expect(event.request?.idempotency_key).toMatch(/^stripe-node-retry-/);
  });

  test('that was not taken comes again after 1 s, 5 s and 30 s by the clock, and then no more', async () => {
    const { eventsOf, answerWith, clock, sandbox } = running();
    answerWith(500);
    const id = await newCustomer();
    await sandbox.runDue();
    for (const ms of [1000, 5000]) {
      clock.advance(ms);
      await sandbox.runDue();
    }
    answerWith(200);
    clock.advance(29_999);
    expect(await eventsOf(id)).toEqual([]);
    clock.advance(1);
    expect(await eventsOf(id)).toEqual(['customer.created']);
    clock.advance(86_400_000);
    expect(await eventsOf(id)).toEqual(['customer.created']);
  });

  test('that nobody takes is given up after days, so that time can go on', async () => {
    const { answerWith, clock, sandbox, nextDueAt } = running();
    answerWith(0);
    await newCustomer();
    for (let hours = 0; hours < 24 * 8; hours += 6) {
      clock.advance(6 * 3_600_000);
      await sandbox.runDue();
    }
    answerWith(200);
    expect(await nextDueAt()).toBeUndefined();
  });

  test('that waits is sent by the next process', async () => {
    const { answerWith, restart, clock } = running();
    answerWith(503);
    const id = await newCustomer();
    await running().sandbox.runDue();
    await restart();
    answerWith(200);
    clock.advance(1000);
    expect(await running().eventsOf(id)).toEqual(['customer.created']);
  });

  test('is sent without being asked for', async () => {
    const { received } = running();
    const id = await newCustomer();
    await expect.poll(() => received.some(({ payload }) => payload.includes(id))).toBe(true);
  });

  test('of a request that is refused does not exist', async () => {
    const { stripe } = running();
    const before = await stripe.events.list({ limit: 1 });
    await expect(stripe.customers.create({ payment_method: 'pm_none' })).rejects.toThrow(
      /No such PaymentMethod/,
    );
    expect((await stripe.events.list({ limit: 1 })).data).toEqual(before.data);
  });
});

describe('a fault of webhooks', () => {
  test('DROP_WEBHOOK: the event happened, and is never sent', async () => {
    const { stripe, fault, eventsOf, clock } = running();
    await fault({ kind: 'DROP_WEBHOOK', target: 'customer.created' });
    const id = await newCustomer();
    clock.advance(7 * 86_400_000);
    expect(await eventsOf(id)).toEqual([]);
    expect((await stripe.events.list({ limit: 1 })).data[0]?.data.object).toMatchObject({ id });
  });

  test('DUPLICATE_WEBHOOK: one event is sent twice', async () => {
    const { fault, eventsOf, received } = running();
    await fault({ kind: 'DUPLICATE_WEBHOOK', target: 'customer.*' });
    const id = await newCustomer();
    expect(await eventsOf(id)).toEqual(['customer.created', 'customer.created']);
    expect(new Set(received.slice(-2).map(({ event }) => event.id)).size).toBe(1);
  });

  test('DELAY_WEBHOOK: the event is late by the clock', async () => {
    const { fault, eventsOf, clock } = running();
    await fault({ kind: 'DELAY_WEBHOOK', delayMs: 60_000 });
    const id = await newCustomer();
    clock.advance(59_999);
    expect(await eventsOf(id)).toEqual([]);
    clock.advance(1);
    expect(await eventsOf(id)).toEqual(['customer.created']);
  });

  test('REORDER_WEBHOOK: the event comes after the one that followed it', async () => {
    const { stripe, fault, eventsOf } = running();
    await fault({ kind: 'REORDER_WEBHOOK', target: 'payment_intent.created' });
    const { id } = await stripe.paymentIntents.create({
      amount: 500,
      currency: 'usd',
      payment_method: 'pm_card_visa',
      confirm: true,
    });
    expect(await eventsOf(id)).toEqual([
      'charge.succeeded',
      'payment_intent.created',
      'payment_intent.succeeded',
    ]);
  });

  test('hits as many events as were asked for, and those that are meant', async () => {
    const { fault, eventsOf } = running();
    await fault({ kind: 'DROP_WEBHOOK', target: 'customer.created', times: 2 });
    const ids = [await newCustomer(), await newCustomer(), await newCustomer()];
    const sent = [];
    for (const id of ids) sent.push((await eventsOf(id)).length);
    expect(sent).toEqual([0, 0, 1]);
  });

  test('is listed, and called off', async () => {
    const { fault, url, eventsOf } = running();
    await fault({ kind: 'DROP_WEBHOOK', times: 7 });
    const { data } = await (await fetch(`${url}/sandbox/faults`)).json();
    expect(data).toMatchObject([{ kind: 'DROP_WEBHOOK', target: '*', remaining: 7 }]);
    await fetch(`${url}/sandbox/faults/${data[0].id}`, { method: 'DELETE' });
    expect(await eventsOf(await newCustomer())).toEqual(['customer.created']);
  });

  test('is not taken from a form of another site', async () => {
    const { url } = running();
    const response = await fetch(`${url}/sandbox/faults`, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'cross-site' },
      body: new URLSearchParams({ kind: 'DROP_WEBHOOK' }),
    });
    expect(response.status).toBe(400);
  });
});
