import { describe, expect, test } from 'vitest';
import { inTransaction } from '../../src/db/client.ts';
import { meterAllDue, meterDue } from '../../src/deployments/metering.ts';
import { pauseDeployment, scaleDeployment, startDeployment } from '../../src/deployments/operate.ts';
import type { Uuid } from '../../src/id.ts';
import { expectHealthy } from '../support/audit.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { usage, worldOn } from '../support/world.ts';
import { MeteredWorld, one } from './metered-world.ts';

/** A database of its own for each test: what is left due by one must not be done by another. */
async function withDatabase(work: (database: TestDatabase) => Promise<void>): Promise<void> {
  const database = await testDatabase();
  await work(database);
  await database.close();
}

/** Teams with a deployment of two replicas each, started at minute 0. */
async function manyRunning(w: MeteredWorld, teams: number): Promise<{ team: Uuid; id: Uuid }[]> {
  return Promise.all(
    Array.from({ length: teams }, async () => {
      const team = await w.team('10');
      const id = await w.create(team, { replicas: 2 });
      await w.call(startDeployment, one(team, id));
      return { team, id };
    }),
  );
}

describe('several loops at once', () => {
  test('charge each hour once, and all of them', () =>
    withDatabase(async ({ db }) => {
      const w = await MeteredWorld.on(db);
      const running = await manyRunning(w, 30);
      // Another process has its own catalogue.
      const other = worldOn(db, w.clock);
      for (const minutes of [45, 60, 110, 250]) {
        w.goTo(minutes);
        const deps = [w.deps, w.deps, { catalog: other.catalog, clock: w.clock }];
        await Promise.all(deps.map((each) => meterAllDue(db, each, 4)));
        await w.meter();
      }
      for (const { team } of running) {
        expect(await w.begun(team, 1)).toEqual([0, 60, 120, 180, 240]);
        expect(await w.begun(team, 2)).toEqual([0, 60, 120, 180, 240]);
      }
      await w.expectHealthy();
      await expectHealthy(db);
    }));

  test('and calls and plain charges of the same teams neither miss nor block each other', () =>
    withDatabase(async ({ db }) => {
      const w = await MeteredWorld.on(db);
      const running = await manyRunning(w, 12);
      await w.world.model('chat', { REQUEST: '0.001' });
      w.goTo(200);
      await Promise.all([
        meterAllDue(db, w.deps, 3),
        meterAllDue(db, w.deps, 5),
        w.world.charge(
          ...running.flatMap(({ team }) => [1, 2, 3].map(() => usage(team, 'chat', { REQUEST: 1 }))),
        ),
        ...running.map(({ team, id }, i) =>
          i % 2 === 0
            ? w.call(pauseDeployment, one(team, id))
            : w.call(scaleDeployment, { ...one(team, id), replicas: 3 }),
        ),
      ]);
      for (const [i, { team, id }] of running.entries()) {
        expect(await w.begun(team, 1)).toEqual([0, 60, 120, 180]);
        expect(await w.begun(team, 3)).toEqual(i % 2 === 0 ? [] : [200]);
        expect(await w.state(id)).toBe(i % 2 === 0 ? 'PAUSED USER 200' : 'RUNNING');
      }
      await w.expectHealthy();
      await expectHealthy(db);
    }));

  test('pass over a team that somebody works on, and come back to it', () =>
    withDatabase(async ({ db }) => {
      const w = await MeteredWorld.on(db);
      const [first, second] = await manyRunning(w, 2);
      w.goTo(61);
      await inTransaction(db, async (tx) => {
        await tx.sql`select 1 from deployment_heads where team_id = ${first?.team ?? ''} for update`;
        await w.meter();
        expect(await w.begun(second?.team ?? '')).toEqual([0, 60]);
        expect(await w.begun(first?.team ?? '')).toEqual([0]);
      });
      await w.meter();
      expect(await w.begun(first?.team ?? '')).toEqual([0, 60]);
    }));
});

describe('a pass that fails', () => {
  const TABLES = [
    'wallets',
    'entries',
    'charges',
    'holds',
    'deployment_slots',
    'deployments',
    'deployment_events',
    'deployment_heads',
  ];

  test.for(TABLES)('when %s cannot be written leaves all as it was, and is done later', (table) =>
    withDatabase(async ({ db, ownerDb }) => {
      const w = await MeteredWorld.on(db);
      const team = await w.team('2.5');
      const id = await w.create(team, { replicas: 2 });
      await w.call(startDeployment, one(team, id));
      await w.passTo(50);
      const before = await everything(w, team);
      await ownerDb.sql`create function fail() returns trigger language plpgsql as $$ begin raise 'broken'; end $$`;
      const broken = ownerDb.sql(table);
      await ownerDb.sql`create trigger broken before insert or update on ${broken} for each row execute function fail()`;
      w.goTo(200);
      await expect(meterDue(db, w.deps, 10)).rejects.toThrow('broken');
      expect(await everything(w, team)).toEqual(before);
      await ownerDb.sql`drop trigger broken on ${broken}`;
      w.clock.advance(31_000);
      await w.meter();
      expect(await w.begun(team, 1)).toEqual([0, 60]);
      expect(await w.state(id)).toBe('PAUSED OUT_OF_CREDITS 120');
      expect((await w.hours(team)).filter(({ status }) => status === 'UNBILLED')).toHaveLength(4);
      await w.expectHealthy();
      await expectHealthy(db);
    }),
  );

  async function everything(w: MeteredWorld, team: Uuid): Promise<unknown> {
    const { sql } = w.db;
    return {
      hours: await w.hours(team),
      events: await w.events(team),
      balance: await w.balance(team),
      slots: await sql`select * from deployment_slots where team_id = ${team} order by slot`,
      deployments: await sql`select * from deployments where team_id = ${team}`,
      entries: await sql`select count(*) from entries where team_id = ${team}`,
    };
  }

  test('for one team does not keep the others from being metered, and leaves it alone for a while', () =>
    withDatabase(async ({ db, ownerDb }) => {
      const w = await MeteredWorld.on(db);
      const running = await manyRunning(w, 7);
      const [broken, ...others] = running;
      if (!broken) throw new Error('there are teams');
      await ownerDb.sql`update wallets set available_nano = 1 where team_id = ${broken.team}`;
      w.goTo(61);
      await expect(meterDue(db, w.deps, 10)).rejects.toThrow('never negative');
      for (const { team } of others) expect(await w.begun(team)).toEqual([0, 60]);
      expect(await w.begun(broken.team)).toEqual([0]);
      expect(await meterDue(db, w.deps, 10)).toMatchObject({ teams: 0 });
      await ownerDb.sql`update wallets set available_nano = 8800000000 where team_id = ${broken.team}`;
      w.clock.advance(31_000);
      await w.meter();
      expect(await w.begun(broken.team)).toEqual([0, 60]);
      await w.expectHealthy();
    }));
});
