import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from 'vitest';
import { StripeInbox } from '../../../src/gateway/stripe-events.ts';
import { stripeWebhook } from '../../../src/gateway/webhook-endpoint.ts';
import { enqueueAllDue } from '../../../src/jobs/due.ts';
import { JobQueue } from '../../../src/jobs/job-queue.ts';
import type { PaymentDeps } from '../../../src/payments/payment-deps.ts';
import { handleTopUps, topUpEffects, topUpsDue } from '../../../src/payments/top-up-effects.ts';
import { Life, type Living, mortalDb, mortalGateway } from '../../support/mortal.ts';
import { paymentRooms } from '../../support/payment-rooms.ts';
import type { StripeWorld } from '../../support/stripe-world.ts';

/** A process of the installation beside that of the world, with the same rooms; it can be killed at any of its steps. */
export interface MortalProcess {
  readonly deps: PaymentDeps;
  /** Where events come to it, or to the world once it is killed. */
  readonly eventsUrl: string;
  /** Lives from now on, until its `killedAt`-th step. */
  start(killedAt: number): void;
  readonly isKilled: boolean;
  /** Takes events in, does jobs and what is due, until nothing is left to do. @throws ProcessKilled */
  settle(): Promise<void>;
}

/** For the tests of a file: events come to it as long as it lives, then to the world. */
export function useMortalProcess(world: StripeWorld): MortalProcess {
  const living: Living = { life: new Life(Number.POSITIVE_INFINITY) };
  let made: Pick<MortalProcess, 'deps' | 'eventsUrl' | 'settle'> | undefined;
  let endpoint: Server | undefined;
  beforeAll(async () => {
    made = await makeProcess(world, living, (server) => {
      endpoint = server;
    });
  });
  afterAll(async () => {
    living.life = new Life(Number.POSITIVE_INFINITY);
    await made?.deps.jobs.stop();
    endpoint?.closeAllConnections();
    endpoint?.close();
  });
  const current = () => {
    if (!made) throw new Error('The process exists only while tests run: use it inside test().');
    return made;
  };
  return {
    get deps() {
      return current().deps;
    },
    get eventsUrl() {
      return current().eventsUrl;
    },
    get isKilled() {
      return living.life.isOver;
    },
    start: (killedAt) => {
      living.life = new Life(killedAt);
    },
    settle: () => current().settle(),
  };
}

async function makeProcess(world: StripeWorld, living: Living, keep: (server: Server) => void) {
  const { clock, sandbox, sandboxUrl } = world;
  const db = mortalDb(world.db, living);
  const gateway = mortalGateway(world.gateway, { secretKey: 'sk_test_sandbox', url: sandboxUrl }, living);
  const jobs = new JobQueue(db, world.deps.log);
  const deps: PaymentDeps = { ...world.deps, db, gateway, jobs };
  handleTopUps(deps);
  const rooms = [{ effects: topUpEffects(deps), dues: [topUpsDue(deps)] }, ...paymentRooms(deps)];
  const inbox = new StripeInbox(
    deps,
    rooms.map(({ effects }) => effects ?? {}),
  );
  const dues = [inbox.due(), ...rooms.flatMap((room) => room.dues ?? [])];
  const eventsUrl = await serveEvents(world, living, inbox, keep);
  sandbox.setWebhookUrl(eventsUrl);
  const settle = async (): Promise<void> => {
    for (let quiet = 0; quiet < 2; ) {
      living.life.go();
      await sandbox.runDue();
      for (const due of dues) await enqueueAllDue(db, due, clock.now());
      quiet = (await jobs.drain()) > 0 ? 0 : quiet + 1;
    }
    living.life.go();
  };
  await settle();
  return { deps, eventsUrl, settle };
}

async function serveEvents(
  { inbox, deps }: StripeWorld,
  living: Living,
  mortalInbox: StripeInbox,
  keep: (server: Server) => void,
): Promise<string> {
  const [mortal, immortal] = [stripeWebhook(mortalInbox, deps.log), stripeWebhook(inbox, deps.log)];
  const server = createServer((request, response) => {
    const handle = living.life.isOver ? immortal : mortal;
    handle(request, response).catch(() => response.writeHead(500).end());
  });
  keep(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A TCP server has an address and port.
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}/webhooks/stripe`;
}
