import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from '../../../src/db/client.ts';
import { openGateway } from '../../../src/gateway/stripe.ts';
import { StripeInbox } from '../../../src/gateway/stripe-events.ts';
import { stripeWebhook } from '../../../src/gateway/webhook-endpoint.ts';
import type { Uuid } from '../../../src/id.ts';
import { dueLoop } from '../../../src/jobs/due.ts';
import { JobQueue } from '../../../src/jobs/job-queue.ts';
import { parseCredits } from '../../../src/money.ts';
import type { PaymentDeps } from '../../../src/payments/payment-deps.ts';
import { handleTopUps, topUpEffects, topUpsDue } from '../../../src/payments/top-up-effects.ts';
import { paymentRooms } from '../../support/payment-rooms.ts';
import { KILLABLE } from './killable-operations.ts';

/** What the program is told: where everything is, what time it is, and what it is asked for. */
export interface InstallationTask {
  readonly databaseUrl: string;
  readonly sandboxUrl: string;
  readonly nowMs: number;
  readonly asked: readonly AskedOperation[];
}

export interface AskedOperation {
  readonly operation: string;
  readonly teamId: Uuid;
  readonly made: readonly (readonly [string, string])[];
}

/** What it tells: where it takes events, and which of the operations it has answered. */
export type InstallationNews = { readonly eventsUrl: string } | { readonly answered: Uuid };

if (process.send !== undefined) {
  // The parent wrote it as a task.
  await run(JSON.parse(process.argv[2] ?? '{}') as InstallationTask);
}

/** A program that does everything a process of the product does with payments, until it is killed. */
async function run(task: InstallationTask): Promise<void> {
  const { databaseUrl, sandboxUrl, nowMs } = task;
  const log = { warn: () => undefined };
  const db = connect({ url: databaseUrl, role: 'drawdown_app', poolSize: 8 });
  const jobs = new JobQueue(db, log);
  const keys = { secretKey: 'sk_test_sandbox', webhookSecret: 'whsec_sandbox' };
  const deps: PaymentDeps = {
    db,
    clock: { now: () => new Date(nowMs) },
    gateway: openGateway({ ...keys, url: sandboxUrl }),
    jobs,
    log,
    payAsYouGoLimitNano: parseCredits('50'),
    minPurchaseCents: 100n,
    publicUrl: 'http://127.0.0.1/done',
  };
  handleTopUps(deps);
  const rooms = [{ effects: topUpEffects(deps), dues: [topUpsDue(deps)] }, ...paymentRooms(deps)];
  const inbox = new StripeInbox(
    deps,
    rooms.map(({ effects }) => effects ?? {}),
  );
  jobs.start();
  dueLoop({ ...deps, dues: [inbox.due(), ...rooms.flatMap(({ dues }) => dues ?? [])] }).start();
  tell({ eventsUrl: await serveEvents(inbox, log) });
  await Promise.all(task.asked.map((asked) => perform(deps, asked)));
}

async function perform(deps: PaymentDeps, { operation, teamId, made }: AskedOperation): Promise<void> {
  const found = KILLABLE.find(({ name }) => name === operation);
  for (const { asks } of found?.acts ?? []) await asks?.({ deps, teamId, made: new Map(made) });
  tell({ answered: teamId });
}

async function serveEvents(inbox: StripeInbox, log: PaymentDeps['log']): Promise<string> {
  const handle = stripeWebhook(inbox, log);
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A TCP server has an address and port.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/stripe`;
}

function tell(news: InstallationNews): void {
  process.send?.(news);
}
