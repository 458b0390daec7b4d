import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Stripe from 'stripe';
import { afterAll, beforeAll } from 'vitest';
import { type Db, inTransaction } from '../../src/db/client.ts';
import { stripeCustomer } from '../../src/gateway/customers.ts';
import { lockPayments } from '../../src/gateway/payment-heads.ts';
import { type Gateway, openGateway } from '../../src/gateway/stripe.ts';
import { type EventEffects, StripeInbox } from '../../src/gateway/stripe-events.ts';
import { stripeWebhook } from '../../src/gateway/webhook-endpoint.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { type Due, enqueueAllDue } from '../../src/jobs/due.ts';
import { JobQueue } from '../../src/jobs/job-queue.ts';
import { parseCredits } from '../../src/money.ts';
import type { PaymentDeps } from '../../src/payments/payment-deps.ts';
import { handleTopUps, topUpEffects, topUpsDue } from '../../src/payments/top-up-effects.ts';
import { StripeSandbox } from '../../src/stripe-sandbox/server.ts';
import { type TestDatabase, useDatabase } from './database.ts';
import { type MovableClock, movableClock } from './movable-clock.ts';
import { type World, worldOn } from './world.ts';

const SECRET_KEY = 'sk_test_sandbox';
const WEBHOOK_SECRET = 'whsec_sandbox';

/** A room's part in what comes of events and of time: its effects, its job handlers, and what falls due in it. */
export interface Extra {
  readonly effects?: EventEffects;
  readonly dues?: readonly Due[];
}

/** Everything that payments are made with: the real `stripe` package, the Stripe sandbox over HTTP, events and jobs. */
export interface StripeWorld {
  readonly database: TestDatabase;
  readonly db: Db;
  readonly clock: MovableClock;
  readonly world: World;
  readonly sandbox: StripeSandbox;
  readonly sandboxUrl: string;
  readonly gateway: Gateway;
  readonly stripe: Stripe;
  readonly jobs: JobQueue;
  readonly deps: PaymentDeps;
  readonly inbox: StripeInbox;
  /** Delivers events, does jobs and what is due, until nothing is left to do at this time. */
  settle(): Promise<void>;
  /** Moves time ahead, settling every `stepMs` (default: at once at the end). */
  advance(ms: number, stepMs?: number): Promise<void>;
  /** A team's card: `pm_card_visa` unless named. Answers our id of it. */
  card(teamId: Uuid, token?: string): Promise<Uuid>;
  /** Has the sandbox fail: see its README. */
  fault(kind: string, target: string, options?: { times?: number; [option: string]: unknown }): Promise<void>;
}

/** For the tests of a file. `extras` are what its rooms add to top-ups; called once the world is there. */
export function useStripeWorld(extras: (deps: PaymentDeps) => readonly Extra[] = () => []): StripeWorld {
  const database = useDatabase();
  const clock = movableClock(Date.UTC(2026, 10, 10, 12));
  const log = { warn: () => undefined, error: () => undefined, info: () => undefined };
  let made: Omit<StripeWorld, 'database' | 'clock'> | undefined;
  let endpoint: Server | undefined;

  beforeAll(async () => {
    const { db } = database;
    const sandbox = new StripeSandbox({
      db,
      clock,
      log,
      secretKey: SECRET_KEY,
      webhookSecret: WEBHOOK_SECRET,
    });
    const { url } = await sandbox.listen(0, '127.0.0.1');
    const gateway = openGateway({
      secretKey: SECRET_KEY,
      webhookSecret: WEBHOOK_SECRET,
      url,
      timeoutMs: 5_000,
    });
    const jobs = new JobQueue(db, log);
    const deps: PaymentDeps = {
      db,
      clock,
      gateway,
      jobs,
      log,
      payAsYouGoLimitNano: parseCredits('50'),
      minPurchaseCents: 100n,
      publicUrl: 'http://127.0.0.1/done',
    };
    handleTopUps(deps);
    const rooms: readonly Extra[] = [
      { effects: topUpEffects(deps), dues: [topUpsDue(deps)] },
      ...extras(deps),
    ];
    const inbox = new StripeInbox(
      deps,
      rooms.map(({ effects }) => effects ?? {}),
    );
    const dues = [inbox.due(), ...rooms.flatMap((room) => room.dues ?? [])];
    const handle = stripeWebhook(inbox, log);
    endpoint = createServer((request, response) => {
      handle(request, response).catch(() => response.writeHead(500).end());
    });
    await new Promise<void>((resolve) => endpoint?.listen(0, '127.0.0.1', resolve));
    // A TCP server has an address and port.
    const { port } = endpoint.address() as AddressInfo;
    sandbox.setWebhookUrl(`http://127.0.0.1:${port}/webhooks/stripe`);
    const settle = async (): Promise<void> => {
      for (let quiet = 0; quiet < 2; ) {
        await sandbox.runDue();
        for (const due of dues) await enqueueAllDue(db, due, clock.now());
        quiet = (await jobs.drain()) > 0 ? 0 : quiet + 1;
      }
    };
    made = {
      db,
      world: worldOn(db, clock),
      sandbox,
      sandboxUrl: url,
      gateway,
      stripe: gateway.stripe,
      jobs,
      deps,
      inbox,
      settle,
      advance: async (ms, stepMs = ms) => {
        for (let left = ms; left > 0; left -= stepMs) {
          clock.advance(Math.min(stepMs, left));
          await settle();
        }
      },
      card: (teamId, token = 'pm_card_visa') => addCard(deps, teamId, token),
      fault: (kind, target, options = {}) => plant(url, { kind, target, ...options }),
    };
  });
  afterAll(async () => {
    await made?.jobs.stop();
    await made?.sandbox.close();
    endpoint?.closeAllConnections();
    await new Promise((resolve) => endpoint?.close(resolve));
  });
  const current = () => {
    if (!made) throw new Error('The world exists only while tests run: use it inside test().');
    return made;
  };
  return {
    database,
    clock,
    get db() {
      return current().db;
    },
    get world() {
      return current().world;
    },
    get sandbox() {
      return current().sandbox;
    },
    get sandboxUrl() {
      return current().sandboxUrl;
    },
    get gateway() {
      return current().gateway;
    },
    get stripe() {
      return current().stripe;
    },
    get jobs() {
      return current().jobs;
    },
    get deps() {
      return current().deps;
    },
    get inbox() {
      return current().inbox;
    },
    settle: () => current().settle(),
    advance: (ms, stepMs) => current().advance(ms, stepMs),
    card: (teamId, token) => current().card(teamId, token),
    fault: (kind, target, options) => current().fault(kind, target, options),
  };
}

/** Attaches a card at Stripe and writes it down as the team's default, as the room of payment methods does. */
async function addCard({ db, gateway, clock }: PaymentDeps, teamId: Uuid, token: string): Promise<Uuid> {
  const customer = await stripeCustomer(db, gateway, teamId, clock.now());
  const method = await gateway.stripe.paymentMethods.attach(token, { customer });
  await gateway.stripe.customers.update(customer, {
    invoice_settings: { default_payment_method: method.id },
  });
  const id = newUuid();
  await inTransaction(db, async (tx) => {
    await lockPayments(tx, teamId);
    await tx.sql`update payment_methods set is_default = false where team_id = ${teamId} and is_default`;
    await tx.sql`insert into payment_methods ${tx.sql({
      team_id: teamId,
      id,
      stripe_id: method.id,
      type: method.type,
      brand: method.card?.brand ?? null,
      last4: method.card?.last4 ?? null,
      exp_month: method.card?.exp_month ?? null,
      exp_year: method.card?.exp_year ?? null,
      fingerprint: method.card?.fingerprint ?? null,
      is_default: true,
      created_at: clock.now().toISOString(),
    })} on conflict (team_id, stripe_id) do update set is_default = true`;
  });
  return id;
}

async function plant(url: string, fault: object): Promise<void> {
  const response = await fetch(`${url}/sandbox/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
  if (!response.ok) throw new Error(`The fault was not taken: ${response.status} ${await response.text()}`);
}
