import type { Catalog } from '../catalog/catalog-cache.ts';
import type { Batcher } from '../charging/batcher.ts';
import { nextHoldExpiryAt, sweepHolds } from '../charging/hold-sweeper.ts';
import type { Clock } from '../clock.ts';
import type { Db } from '../db/client.ts';
import { nextMeteringDueAt } from '../deployments/heads.ts';
import { meterAllDue } from '../deployments/metering.ts';
import { resumeWaiting } from '../deployments/resume-on-credit.ts';
import { bookDueExpiries, nextDueAt } from '../grants/expire.ts';
import type { DueWork } from './advance-clock.ts';

const GRANTS = 200;
const HOLDS = 500;
const TEAMS = 200;

/**
 * All that falls due by time alone. At the same instant: first credit comes and goes, then what was set aside returns,
 * and then hours begin.
 */
export function allDueWork(services: {
  readonly db: Db;
  readonly clock: Clock;
  readonly catalog: Catalog;
  readonly batcher: Batcher;
}): DueWork[] {
  const { db, clock, batcher } = services;
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
    {
      name: 'deployments',
      nextAt: nextMeteringDueAt,
      run: async () => {
        await meterAllDue(db, services, TEAMS);
      },
    },
  ];
}
