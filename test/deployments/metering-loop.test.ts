import { expect, onTestFinished, test } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { isDeploymentChanged } from '../../src/deployments/changed.ts';
import { committedRates } from '../../src/deployments/committed-rates.ts';
import { MeteringLoop } from '../../src/deployments/metering-loop.ts';
import { scaleDeployment, startDeployment } from '../../src/deployments/operate.ts';
import type { Uuid } from '../../src/id.ts';
import { isLedgerPosted } from '../../src/ledger/posted.ts';
import { useDatabase } from '../support/database.ts';
import { HOUR, MeteredWorld, one } from './metered-world.ts';

const database = useDatabase();
const log = { warn: () => undefined };

/** The posting times of the entries of a team, as they are posted. */
function nextPosting(team: Uuid): Promise<number> {
  return new Promise((resolve) => {
    database.db.onCommitted((facts) => {
      for (const fact of facts) if (isLedgerPosted(fact) && fact.teamId === team) resolve(fact.atMs);
    });
  });
}

function loopOn(w: MeteredWorld, clock: Clock): MeteringLoop {
  const loop = new MeteringLoop({ db: w.db, catalog: w.world.catalog, clock, log });
  onTestFinished(() => loop.stop());
  return loop;
}

test('the loop charges an hour when it begins, and rests until then', async () => {
  const w = await MeteredWorld.on(database.db);
  const team = await w.team('10');
  const id = await w.create(team);
  await w.call(startDeployment, one(team, id));
  await w.passTo(50);
  const beginsAt = w.clock.now().getTime() + HOUR / 6;
  const offsetMs = beginsAt - 400 - performance.timeOrigin - performance.now();
  // Time goes by from 400 ms before the hour begins.
  const clock = { now: () => new Date(Math.floor(performance.timeOrigin + performance.now() + offsetMs)) };
  const posted = nextPosting(team);
  loopOn(w, clock).start();
  const lateMs = (await posted) - beginsAt;
  expect(lateMs).toBeGreaterThanOrEqual(0);
  expect(lateMs).toBeLessThan(300);
  expect(await w.begun(team)).toEqual([0, 60]);
});

test('the loop is woken by a deployment that starts, and brings one back when credit comes', async () => {
  const w = await MeteredWorld.on(database.db);
  const team = await w.team('0.6');
  const id = await w.create(team, { resumeOnTopUp: true });
  await w.call(startDeployment, one(team, id));
  await w.passTo(61);
  expect(await w.state(id)).toBe('PAUSED OUT_OF_CREDITS 60');
  loopOn(w, w.clock).start();
  const resumed = new Promise<void>((resolve) => {
    w.db.onCommitted((facts) => {
      const events = facts.filter(isDeploymentChanged).flatMap((fact) => fact.events);
      if (events.some((event) => event.deploymentId === id && event.kind === 'RESUMED')) resolve();
    });
  });
  await w.world.grant(team, '10');
  await resumed;
  expect(await w.begun(team)).toEqual([0, 61]);
});

test('what is committed is told with the numbers of its events', async () => {
  const w = await MeteredWorld.on(database.db);
  const team = await w.team('10');
  const told: unknown[] = [];
  w.db.onCommitted((facts) => {
    for (const fact of facts) {
      if (isDeploymentChanged(fact) && fact.teamId === team) told.push([fact.fromSeq, fact.seq, fact.events]);
    }
  });
  const id = await w.create(team);
  await w.call(startDeployment, one(team, id));
  const [created, started] = await w.events(team);
  expect(told).toEqual([
    [1n, 1n, [created]],
    [2n, 2n, [started]],
  ]);
});

test('running deployments cost what all of their replicas cost an hour', async () => {
  const w = await MeteredWorld.on(database.db);
  const [team, idle] = [await w.team('100'), await w.team('100')];
  const rates = () => committedRates(w.db, [team, idle], w.deps);
  await w.create(idle);
  expect(await rates()).toEqual(new Map());
  const [small, large] = [await w.create(team, { replicas: 2 }), await w.create(team, { type: 'gpu-l' })];
  await w.call(startDeployment, one(team, small));
  await w.call(startDeployment, one(team, large));
  expect(await rates()).toEqual(new Map([[team, 4_700_000_000n]]));
  await w.call(scaleDeployment, { ...one(team, small), replicas: 1 });
  expect(await rates()).toEqual(new Map([[team, 4_100_000_000n]]));
});
