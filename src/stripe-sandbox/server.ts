import type { Server } from 'node:http';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Clock } from '../clock.ts';
import type { Db, Reader } from '../db/client.ts';
import { Loop, type LoopLog } from '../loop.ts';
import { Api, type ApiLog } from './api.ts';
import {
  BILLING_ENDPOINTS,
  BILLING_FOLLOWERS,
  BILLING_INCLUDES,
  BILLING_PAGES,
  DUE_WORK,
} from './billing.ts';
import { CallRunner } from './call-runner.ts';
import { controlRoutes } from './controls.ts';
import { Deliveries } from './deliveries.ts';
import { DueObjects } from './due-objects.ts';
import { pageRoutes } from './page-routes.ts';
import { THREE_D_SECURE_PAGES } from './pages-3ds.ts';
import { INDEX_PAGES } from './pages-index.ts';
import { RECEIPT_PAGES } from './pages-receipt.ts';
import { PAYMENT_DUE_WORK, PAYMENT_ENDPOINTS, PAYMENT_INCLUDES } from './payment-endpoints.ts';

export interface StripeSandboxOptions {
  readonly db: Db;
  /** Business time: what happens by itself happens by this clock. */
  readonly clock: Clock;
  readonly log: LoopLog & ApiLog;
  /** The only key that is taken: `sk_test_…`. */
  readonly secretKey: string;
  /** What events are signed with: `whsec_…`. */
  readonly webhookSecret: string;
  /** Where browsers reach its pages, when that is not where it listens. */
  readonly publicUrl?: string | undefined;
}

const REST_MS = 500;
const LARGEST_BODY = 1_000_000;

/**
 * A stand-in for the part of Stripe that the product uses: its HTTP API, its events and its hosted pages. Everything it
 * knows is in the database: after a `kill -9` the next process goes on where the last one was.
 */
export class StripeSandbox {
  private readonly runner: CallRunner;
  private readonly deliveries: Deliveries;
  private readonly dueObjects: DueObjects;
  private readonly loop: Loop;
  private readonly server: Server;
  private readonly publicUrl: string | undefined;

  /** @throws Error for a live key: it never runs next to one. */
  constructor(options: StripeSandboxOptions) {
    const { db, clock, log, secretKey, webhookSecret } = options;
    if (!secretKey.startsWith('sk_test_')) {
      throw new Error('The Stripe sandbox takes only a secret key that begins with sk_test_.');
    }
    this.publicUrl = options.publicUrl?.replace(/\/+$/, '');
    this.loop = new Loop(() => this.step(), { name: 'stripe sandbox', restMs: REST_MS, log });
    this.runner = new CallRunner(db, clock, BILLING_FOLLOWERS, () => this.loop.wake());
    this.deliveries = new Deliveries(db, clock, webhookSecret);
    this.dueObjects = new DueObjects(this.runner, [...PAYMENT_DUE_WORK, ...DUE_WORK], log);
    const api = new Api(this.runner, secretKey, { ...PAYMENT_INCLUDES, ...BILLING_INCLUDES }, log);
    this.server = serverOf(this.routes(api, log));
  }

  /** Serves requests and sends events until `close`. @returns where; `port` 0 takes any that is free. */
  async listen(port = 0, host = '127.0.0.1'): Promise<{ readonly port: number; readonly url: string }> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => resolve());
    });
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('It listens on no port.');
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
    this.runner.baseUrl = this.publicUrl ?? url;
    this.loop.start();
    return { port: address.port, url };
  }

  /** Stops. What was not delivered is, by the next process that listens. */
  async close(): Promise<void> {
    this.deliveries.close();
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await Promise.all([closed, this.loop.stop()]);
  }

  /** Where events are sent to; until it is known they wait. */
  setWebhookUrl(url: string): void {
    this.deliveries.url = url;
    this.loop.wake();
  }

  /** The next instant at which something happens by itself, also one in the past; undefined for never. */
  async nextDueAt(reader: Reader): Promise<Date | undefined> {
    const dates = [await this.dueObjects.nextDueAt(reader), await this.deliveries.nextDueAt(reader)];
    return dates.reduce((first, date) => (first && (!date || first <= date) ? first : date), undefined);
  }

  /** Does what is due by now, and returns when the events of that have been sent. */
  async runDue(): Promise<void> {
    await this.dueObjects.runDue();
    await this.deliveries.deliverDue();
  }

  /** Sends the events that are due by now, and returns when each has been answered or failed. */
  deliverDue(): Promise<void> {
    return this.deliveries.deliverDue();
  }

  private async step(): Promise<undefined> {
    await this.runDue();
    return undefined;
  }

  private routes(api: Api, log: ApiLog): Hono<{ Bindings: HttpBindings }> {
    const app = new Hono<{ Bindings: HttpBindings }>();
    app.use(bodyLimit({ maxSize: LARGEST_BODY }));
    app.route('/', controlRoutes(this.runner));
    const pages = [...INDEX_PAGES, ...THREE_D_SECURE_PAGES, ...RECEIPT_PAGES, ...BILLING_PAGES];
    app.route('/', pageRoutes(pages, this.runner, log));
    app.route('/', api.routes([...PAYMENT_ENDPOINTS, ...BILLING_ENDPOINTS]));
    return app;
  }
}

function serverOf(app: Hono<{ Bindings: HttpBindings }>): Server {
  const server = createAdaptorServer({ fetch: app.fetch });
  // Made without options, it is a plain HTTP server.
  return server as Server;
}
