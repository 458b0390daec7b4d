import type { Catalog } from '../catalog/catalog-cache.ts';
import type { Batcher } from '../charging/batcher.ts';
import { nextHoldExpiryAt, sweepHolds } from '../charging/hold-sweeper.ts';
import type { Clock } from '../clock.ts';
import type { Db } from '../db/client.ts';
import { nextMeteringDueAt } from '../deployments/heads.ts';
import { meterAllDue } from '../deployments/metering.ts';
import { resumeWaiting } from '../deployments/resume-on-credit.ts';
import { bookDueExpiries, nextDueAt } from '../grants/expire.ts';
import { type Due, enqueueAllDue } from '../jobs/due.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { StripeSandbox } from '../stripe-sandbox/server.ts';
import type { DueWork } from './advance-clock.ts';

const GRANTS = 200;
const HOLDS = 500;
const TEAMS = 200;

/** What of payments falls due. */
interface PaymentWork {
  readonly jobs: JobQueue;
  readonly dues: readonly Due[];
  readonly sandbox: { readonly server: StripeSandbox } | undefined;
}

/**
 * All that falls due by time alone. At the same instant: first credit comes and goes, then what was set aside returns,
 * then payments are made and heard of, and then hours begin.
 */
export function allDueWork(services: {
  readonly db: Db;
  readonly clock: Clock;
  readonly catalog: Catalog;
  readonly batcher: Batcher;
  readonly payments: PaymentWork;
}): DueWork[] {
  const { db, clock, batcher, payments } = services;
  const bookGrants = async () => {
    while (await bookDueExpiries(db, clock, GRANTS));
    // Credit that has just started brings back who waited for it.
    await resumeWaiting(db, services);
  };
  const expireHolds = async () => {
    while (await sweepHolds(db, batcher, clock, HOLDS));
  };
  return [
    { name: 'grants', nextAt: nextDueAt, run: bookGrants },
    { name: 'holds', nextAt: (reader) => nextHoldExpiryAt(reader), run: expireHolds },
    ...paymentWork(db, clock, payments),
    {
      name: 'deployments',
      nextAt: nextMeteringDueAt,
      run: async () => {
        await meterAllDue(db, services, TEAMS);
      },
    },
  ];
}

/** First Stripe's side, whose events then have their effects; jobs are done before time goes on. */
function paymentWork(db: Db, clock: Clock, { jobs, dues, sandbox }: PaymentWork): DueWork[] {
  const ofDues = dues.map((due): DueWork => {
    const run = async (): Promise<void> => {
      await enqueueAllDue(db, due, clock.now());
      await jobs.drain();
    };
    return { name: due.name, nextAt: due.nextAt, run };
  });
  if (!sandbox) return ofDues;
  const runSandbox = async (): Promise<void> => {
    await sandbox.server.runDue();
    await jobs.drain();
  };
  return [
    { name: 'stripe', nextAt: (reader) => sandbox.server.nextDueAt(reader), run: runSandbox },
    ...ofDues,
  ];
}
