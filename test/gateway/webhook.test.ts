import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemMillis } from '../../src/clock.ts';
import { openGateway } from '../../src/gateway/stripe.ts';
import { StripeInbox } from '../../src/gateway/stripe-events.ts';
import { stripeWebhook } from '../../src/gateway/webhook-endpoint.ts';
import { newUuid } from '../../src/id.ts';
import { enqueueAllDue } from '../../src/jobs/due.ts';
import { JobQueue } from '../../src/jobs/job-queue.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';

const database = useDatabase();
const SECRET = 'whsec_of_the_test';
const gateway = openGateway({ secretKey: 'sk_test_1', webhookSecret: SECRET, url: 'http://127.0.0.1:1' });
const log = { warn: () => undefined };
const clock = movableClock();
const effects: string[] = [];
let jobs: JobQueue;
let inbox: StripeInbox;
let server: Server;

beforeAll(async () => {
  jobs = new JobQueue(database.db, log);
  inbox = new StripeInbox({ db: database.db, clock, gateway, jobs }, [
    {
      'payment_intent.succeeded': async ({ objectId }) => {
        if (objectId === 'pi_unreachable') throw new Error('Stripe is out of reach');
        return async () => {
          if (objectId === 'pi_unwritable') throw new Error('it cannot be written now');
          effects.push(objectId);
        };
      },
    },
  ]);
  const handle = stripeWebhook(inbox, log);
  server = createServer((request, response) => {
    handle(request, response).catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await jobs.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function eventOf(type = 'payment_intent.succeeded', object: object = { id: 'pi_1' }) {
  return {
    id: `evt_${newUuid().replaceAll('-', '')}`,
    object: 'event',
    type,
    created: 1_760_000_000,
    api_version: '1',
    data: { object },
  };
}

interface Sending {
  readonly secret?: string;
  readonly ageSeconds?: number;
  readonly headers?: Record<string, string>;
}

async function send(body: string, { secret = SECRET, ageSeconds = 0, headers }: Sending = {}) {
  const timestamp = Math.floor(systemMillis() / 1000) - ageSeconds;
  const signature = gateway.stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp });
  // A TCP server has an address and port.
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/webhooks/stripe`, {
    method: 'POST',
    headers: headers ?? { 'stripe-signature': signature },
    body,
  });
  return { status: response.status, text: await response.text() };
}

const stored = (id: string) =>
  database.db.sql`select type, object_id, status from stripe_events where id = ${id}`.then((rows) => [
    ...rows,
  ]);
const count = () => database.db.sql`select id from stripe_events`.then((rows) => rows.length);

describe('The webhook endpoint', () => {
  test('records an event before it answers, and has its effect once however often it comes', async () => {
    const event = eventOf();
    const body = JSON.stringify(event);
    effects.length = 0;
    expect(await send(body)).toEqual({ status: 200, text: 'RECORDED' });
    expect(await stored(event.id)).toEqual([
      { type: 'payment_intent.succeeded', object_id: 'pi_1', status: 'RECEIVED' },
    ]);
    expect(effects).toEqual([]);
    expect(await Promise.all([send(body), send(body)])).toEqual([
      { status: 200, text: 'KNOWN' },
      { status: 200, text: 'KNOWN' },
    ]);
    await jobs.drain();
    await inbox.process(event.id);
    expect(effects).toEqual(['pi_1']);
    expect(await stored(event.id)).toMatchObject([{ status: 'DONE' }]);
  });

  test('takes one of many that come at once', async () => {
    const body = JSON.stringify(eventOf());
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(body)));
    expect(answers.map(({ text }) => text).filter((text) => text === 'RECORDED')).toHaveLength(1);
    await jobs.drain();
  });

  test('acknowledges, records and ignores an event of an unknown type', async () => {
    const event = eventOf('issuing_card.created', { id: 'ic_1' });
    expect(await send(JSON.stringify(event))).toEqual({ status: 200, text: 'IGNORED' });
    expect(await stored(event.id)).toMatchObject([{ type: 'issuing_card.created', status: 'IGNORED' }]);
    expect(await jobs.drain()).toBe(0);
  });

  test.for(['pi_unreachable', 'pi_unwritable'])(
    'keeps an event whose effect fails for later: %s',
    async (id) => {
      const event = eventOf('payment_intent.succeeded', { id });
      expect(await send(JSON.stringify(event))).toMatchObject({ status: 200 });
      await jobs.drain();
      expect(await stored(event.id)).toMatchObject([{ status: 'RECEIVED' }]);
    },
  );

  test('has the effect of an event whose job has given up, some hours later', async () => {
    const event = eventOf();
    await send(JSON.stringify(event));
    await database.db.sql`delete from ${database.db.sql('jobs')}.job`;
    await jobs.drain();
    expect(await stored(event.id)).toMatchObject([{ status: 'RECEIVED' }]);
    clock.advance(2 * 3_600_000);
    await enqueueAllDue(database.db, inbox.due(), clock.now());
    await jobs.drain();
    expect(await stored(event.id)).toMatchObject([{ status: 'DONE' }]);
  });

  test.for<[string, () => Promise<{ status: number; text: string }>, number]>([
    ['a signature by another secret', () => send(JSON.stringify(eventOf()), { secret: 'whsec_other' }), 400],
    ['a signature of ten minutes ago', () => send(JSON.stringify(eventOf()), { ageSeconds: 600 }), 400],
    ['no signature', () => send(JSON.stringify(eventOf()), { headers: {} }), 400],
    ['a signature that is none', () => send('{}', { headers: { 'stripe-signature': 'v1=1' } }), 400],
    ['what is no JSON', () => send('{"id": '), 400],
    ['more than a megabyte', () => send('x'.repeat(1_100_000)), 413],
  ])('refuses %s and writes nothing', async ([, sending, status]) => {
    const before = await count();
    const answer = await sending();
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain(SECRET);
    expect(await count()).toBe(before);
  });

  test('refuses a body that was changed on its way', async () => {
    const event = eventOf();
    const timestamp = Math.floor(systemMillis() / 1000);
    const payload = JSON.stringify(event);
    const signature = gateway.stripe.webhooks.generateTestHeaderString({
      payload,
      secret: SECRET,
      timestamp,
    });
    const changed = JSON.stringify({ ...event, data: { object: { id: 'pi_2' } } });
    expect(await send(changed, { headers: { 'stripe-signature': signature } })).toMatchObject({
      status: 400,
    });
    expect(await stored(event.id)).toEqual([]);
  });
});

describe('The way to Stripe', () => {
  test('does not open to anything but Stripe with a live key', () => {
    const open = () =>
      openGateway({ secretKey: 'sk_live_1', webhookSecret: SECRET, url: 'http://127.0.0.1:1' });
    expect(open).toThrow(/live key is for Stripe alone/);
    expect(openGateway({ secretKey: 'rk_live_1', webhookSecret: SECRET }).kind).toBe('LIVE');
    expect(openGateway({ secretKey: 'sk_test_1', webhookSecret: SECRET }).kind).toBe('TEST');
  });
});
