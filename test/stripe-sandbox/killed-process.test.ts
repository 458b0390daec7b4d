import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import Stripe from 'stripe';
import { expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { clientOf, SECRET_KEY, WEBHOOK_SECRET } from './running-sandbox.ts';

const database = useDatabase();
const PROGRAM = fileURLToPath(new URL('sandbox-process.ts', import.meta.url));
const PAYMENTS = 60;
const ANSWERS_BEFORE_KILL = [1, 20];

interface Running {
  readonly child: ChildProcess;
  readonly stripe: Stripe;
}

async function start(webhookUrl: string): Promise<Running> {
  const child = fork(PROGRAM, [database.url, SECRET_KEY, WEBHOOK_SECRET, webhookUrl], {
    execArgv: ['--import', 'tsx'],
  });
  const [{ port }] = await once(child, 'message');
  return { child, stripe: clientOf(port) };
}

/** Asks for all payments that wait, at once; those that are answered wait no more. */
async function payAll({ stripe }: Running, waiting: Set<number>, onAnswer: () => void): Promise<void> {
  const paid = [...waiting].map(async (at) => {
    const payment = { amount: 1000 + at, currency: 'usd', payment_method: 'pm_card_visa', confirm: true };
    await stripe.paymentIntents.create(payment, { idempotencyKey: `payment ${at}` });
    waiting.delete(at);
    onAnswer();
  });
  await Promise.allSettled(paid);
}

async function kill({ child }: Running): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

test('a process that is killed again and again loses no payment, repeats none and tells of each', async () => {
  const told = new Map<string, number>();
  const endpoint = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const event: Stripe.Event = JSON.parse(Buffer.concat(chunks).toString());
      if (event.type === 'payment_intent.succeeded') {
        const { id } = event.data.object;
        told.set(id, (told.get(id) ?? 0) + 1);
      }
      response.writeHead(200).end();
    });
  });
  endpoint.listen(0, '127.0.0.1');
  await once(endpoint, 'listening');
  const address = endpoint.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const hook = `http://127.0.0.1:${port}/`;

  let running = await start(hook);
  const waiting = new Set(Array.from({ length: PAYMENTS }, (_, at) => at));
  for (const answers of ANSWERS_BEFORE_KILL) {
    let answered = 0;
    await payAll(running, waiting, () => {
      if (++answered === answers) running.child.kill('SIGKILL');
    });
    expect(waiting.size, 'It was killed in the middle.').toBeGreaterThan(0);
    running = await start(hook);
  }
  await payAll(running, waiting, () => undefined);
  expect([...waiting]).toEqual([]);

  const { stripe } = running;
  const intents = await stripe.paymentIntents.list({ limit: 100 }).autoPagingToArray({ limit: 1000 });
  expect(intents.map(({ amount }) => amount).sort()).toEqual(
    Array.from({ length: PAYMENTS }, (_, at) => 1000 + at),
  );
  expect(intents.every(({ status }) => status === 'succeeded')).toBe(true);
  const charges = await stripe.charges.list({ limit: 100 }).autoPagingToArray({ limit: 1000 });
  expect(charges).toHaveLength(PAYMENTS);
  await expect.poll(() => told.size, { timeout: 10_000 }).toBe(PAYMENTS);
  expect([...told.keys()].sort()).toEqual(intents.map(({ id }) => id).sort());
  await kill(running);
  endpoint.close();
}, 120_000);
