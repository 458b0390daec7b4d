import { createServer, type Server } from 'node:http';
import { inspect } from 'node:util';
import Stripe from 'stripe';
import { afterAll, beforeAll } from 'vitest';
import { StripeSandbox } from '../../src/stripe-sandbox/server.ts';
import { useDatabase } from '../support/database.ts';
import { type MovableClock, movableClock } from '../support/movable-clock.ts';

export const SECRET_KEY = 'sk_test_sandbox';
export const WEBHOOK_SECRET = 'whsec_sandbox';

/** What the webhook endpoint was sent. */
export interface Received {
  readonly event: Stripe.Event;
  readonly payload: string;
  readonly signature: string;
}

/** A sandbox that listens, a real client of it, and an endpoint that takes its events. */
export interface RunningSandbox {
  readonly stripe: Stripe;
  readonly sandbox: StripeSandbox;
  readonly clock: MovableClock;
  readonly url: string;
  readonly received: Received[];
  /** What the endpoint answers from now on; 0: it hangs up. */
  answerWith(status: number): void;
  /** Types of what was received for the object, in the order of arrival, once all that is due has been sent. */
  eventsOf(id: string): Promise<string[]>;
  fault(fault: { kind: string; target?: string; times?: number; delayMs?: number }): Promise<void>;
  /** When something happens by itself next. */
  nextDueAt(): Promise<Date | undefined>;
  /** Stops the process's part of it, and starts it again on the same database. */
  restart(): Promise<void>;
}

const log = {
  warn: () => undefined,
  error: (fields: object, message: string) => {
    process.stderr.write(`${message}: ${inspect(fields)}\n`);
  },
};

/** For the tests of a file; `running()` within tests. */
export function useSandbox(publicUrl?: string): () => RunningSandbox {
  const database = useDatabase();
  const clock = movableClock();
  const endpoint = webhookEndpoint();
  let sandbox: StripeSandbox | undefined;
  let at = { port: 0, url: '' };
  const start = async (): Promise<void> => {
    sandbox = new StripeSandbox({
      db: database.db,
      clock,
      log,
      secretKey: SECRET_KEY,
      webhookSecret: WEBHOOK_SECRET,
      publicUrl,
    });
    at = await sandbox.listen(at.port);
    sandbox.setWebhookUrl(`http://127.0.0.1:${endpoint.port()}/webhooks`);
  };
  beforeAll(async () => {
    await endpoint.listen();
    await start();
  });
  afterAll(async () => {
    await sandbox?.close();
    await endpoint.close();
  });
  const current = (): StripeSandbox => {
    if (!sandbox) throw new Error('The sandbox runs only while tests run: use it inside test().');
    return sandbox;
  };
  return () => ({
    sandbox: current(),
    stripe: clientOf(at.port),
    clock,
    url: at.url,
    received: endpoint.received,
    answerWith: endpoint.answerWith,
    eventsOf: async (id) => {
      await current().runDue();
      return endpoint.received.filter(({ event }) => isAbout(event, id)).map(({ event }) => event.type);
    },
    fault: async (fault) => {
      const response = await fetch(`${at.url}/sandbox/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(fault),
      });
      if (!response.ok) throw new Error(await response.text());
    },
    nextDueAt: () => current().nextDueAt(database.db),
    restart: async () => {
      await current().close();
      await start();
    },
  });
}

/** A client as the product has one. It tries a request whose connection broke off once more, with the same key. */
export function clientOf(port: number, apiKey = SECRET_KEY): Stripe {
  return new Stripe(apiKey, {
    host: '127.0.0.1',
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

function isAbout(event: Stripe.Event, id: string): boolean {
  return JSON.stringify(event.data.object).includes(id);
}

function webhookEndpoint() {
  const received: Received[] = [];
  let status = 200;
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const payload = Buffer.concat(chunks).toString();
      const event: Stripe.Event = JSON.parse(payload);
      if (status === 200) {
        received.push({ event, payload, signature: String(request.headers['stripe-signature']) });
      }
      if (status === 0) request.socket.destroy();
      else response.writeHead(status).end();
    });
  });
  return {
    received,
    answerWith: (next: number) => {
      status = next;
    },
    port: () => {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('It listens on no port.');
      return address.port;
    },
    listen: () => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve())),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
