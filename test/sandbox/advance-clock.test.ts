import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { connect } from '../../src/db/client.ts';
import { bookDueExpiries, nextDueAt } from '../../src/grants/expire.ts';
import { newUuid } from '../../src/id.ts';
import { type AdvanceServices, advanceClock, type DueWork } from '../../src/sandbox/advance-clock.ts';
import { SandboxClock } from '../../src/sandbox/sandbox-clock.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { worldOn } from '../support/world.ts';
import { type Done, dueList } from './due-list.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const STARTED_MS = Date.UTC(2026, 0, 1);
const log = { warn: () => undefined };

let database: TestDatabase;
let clock: SandboxClock;
let done: Done[];

beforeEach(async () => {
  const fresh = await testDatabase();
  onTestFinished(() => fresh.close());
  database = fresh;
  // The machine's own time stands still, so that every instant can be foretold.
  clock = new SandboxClock(fresh.db, log, () => STARTED_MS);
  done = [];
});

const hence = (ms: number) => new Date(STARTED_MS + ms);
const services = (...due: DueWork[]): AdvanceServices => ({ db: database.db, clock, due });
const advance = (due: DueWork[], to: Date, idempotencyKey?: string) =>
  advanceClock(services(...due), { to, reason: 'test', idempotencyKey }, SYSTEM_ACTOR);

describe('advancing the clock', () => {
  test('does what falls due in order of time, each at its own instant', async () => {
    const grants = dueList('grants', [hence(3 * HOUR_MS), hence(HOUR_MS)], clock, done);
    const holds = dueList('holds', [hence(2 * HOUR_MS), hence(HOUR_MS), hence(9 * HOUR_MS)], clock, done);
    const result = await advance([grants, holds], hence(5 * HOUR_MS));
    expect(done.map(({ name, dueMs }) => [name, (dueMs - STARTED_MS) / HOUR_MS])).toEqual([
      ['grants', 1],
      ['holds', 1],
      ['holds', 2],
      ['grants', 3],
    ]);
    expect(done.every(({ dueMs, atMs }) => dueMs === atMs)).toBe(true);
    expect(result).toEqual({
      now: hence(5 * HOUR_MS),
      steps: 3,
      ran: new Map([
        ['grants', 2],
        ['holds', 2],
      ]),
      replayed: false,
    });
    expect(clock.now()).toEqual(hence(5 * HOUR_MS));
  });

  test('does what has been due for longest first, and what is due at the very end', async () => {
    const late = dueList('late', [hence(-HOUR_MS)], clock, done);
    const later = dueList('later', [hence(-2 * HOUR_MS), hence(HOUR_MS)], clock, done);
    await advance([late, later], hence(HOUR_MS));
    expect(done.map(({ name, dueMs }) => [name, (dueMs - STARTED_MS) / HOUR_MS])).toEqual([
      ['later', -2],
      ['late', -1],
      ['later', 1],
    ]);
  });

  test('does what only falls due because of what was done on the way', async () => {
    const hourly = dueList('deployments', [hence(HOUR_MS)], clock, done, (dueMs) => [
      new Date(dueMs + HOUR_MS),
    ]);
    const { steps } = await advance([hourly], hence(30 * DAY_MS));
    expect(steps).toBe(720);
    expect(done.map(({ atMs }) => (atMs - STARTED_MS) / HOUR_MS)).toEqual(
      Array.from({ length: 720 }, (_, i) => i + 1),
    );
  });

  test('stops at ten thousand instants exactly, and after that is less than a minute late', async () => {
    const exact = 10_000;
    const instants = Array.from({ length: exact + 2_000 }, (_, i) => hence((i + 1) * 20_000));
    const { steps } = await advance([dueList('work', instants, clock, done)], hence(3 * DAY_MS));
    expect(done.map(({ dueMs }) => dueMs)).toEqual(instants.map((at) => at.getTime()));
    const lateness = done.map(({ dueMs, atMs }) => atMs - dueMs);
    expect(Math.max(...lateness.slice(0, exact))).toBe(0);
    expect(Math.max(...lateness)).toBeGreaterThan(0);
    expect(Math.max(...lateness)).toBeLessThan(MINUTE_MS);
    expect(steps).toBeLessThan(exact + 1_000);
  });

  test('waits for what another process is about to do', async () => {
    const looks: boolean[] = [];
    const held: DueWork = {
      name: 'held',
      nextAt: async () => (looks.length < 4 ? hence(HOUR_MS) : undefined),
      run: async () => void looks.push(true),
    };
    await advance([held], hence(2 * HOUR_MS));
    expect(looks).toHaveLength(4);
    expect(clock.now()).toEqual(hence(2 * HOUR_MS));
  });

  test('books expiries of grants at their own instants', async () => {
    const { db } = database;
    const world = worldOn(db, clock);
    const teamId = await world.team();
    for (const days of [20, 3, 11]) await world.grant(teamId, '5', { expiresAt: hence(days * DAY_MS) });
    const expiries: DueWork = {
      name: 'grants',
      nextAt: nextDueAt,
      run: async () => {
        while (await bookDueExpiries(db, clock, 100));
      },
    };
    await advance([expiries], hence(30 * DAY_MS));
    const entries = await db.sql<{ posted_at: Date }[]>`
      select posted_at from entries where team_id = ${teamId} order by seq offset 3`;
    expect(entries.map((entry) => entry.posted_at)).toEqual([3, 11, 20].map((days) => hence(days * DAY_MS)));
  });

  test.for([
    ['an instant that has passed', -1],
    ['the present', 0],
    ['more than five years', 5 * 366 * DAY_MS + 1],
  ] as const)('refuses %s and records nothing', async ([, ms]) => {
    const refused = advance([], hence(ms), 'key');
    await expect(refused).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { field: 'to' } });
    expect(clock.now()).toEqual(hence(0));
    expect(await database.db.sql`select 1 from audit_events`).toHaveLength(0);
    expect(await database.db.sql`select 1 from idempotency_keys`).toHaveLength(0);
  });

  test('is recorded with who did it, and why', async () => {
    await advance([], hence(DAY_MS));
    const events = await database.db.sql`select action, details from audit_events`;
    expect(events).toMatchObject([
      {
        action: 'clock.advanced',
        details: { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z', reason: 'test' },
      },
    ]);
  });

  test('is refused while another call moves the clock, from this process or another', async () => {
    const { promise: running, resolve: started } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    let isDone = false;
    const slow: DueWork = {
      name: 'slow',
      nextAt: async () => (isDone ? undefined : hence(HOUR_MS)),
      run: async () => {
        started();
        await released;
        isDone = true;
      },
    };
    const first = advance([slow], hence(DAY_MS));
    await running;
    const otherDb = connect({ url: database.url, role: 'drawdown_app', poolSize: 4 });
    onTestFinished(() => otherDb.close());
    const otherClock = new SandboxClock(otherDb, log, () => STARTED_MS);
    const there = { db: otherDb, clock: otherClock, due: [] };
    const input = { to: hence(2 * DAY_MS), reason: 'test', idempotencyKey: 'key' };
    for (const process of [services(), there])
      await expect(advanceClock(process, input, SYSTEM_ACTOR)).rejects.toMatchObject({ code: 'CONFLICT' });
    release();
    expect((await first).now).toEqual(hence(DAY_MS));
    expect(await advanceClock(there, input, SYSTEM_ACTOR)).toMatchObject({
      now: hence(2 * DAY_MS),
      replayed: false,
    });
  });

  test('stands where it was cut off, and the same call goes on from there', async () => {
    let fails = true;
    const failing = dueList('work', [hence(HOUR_MS), hence(2 * HOUR_MS)], clock, done, (dueMs) => {
      if (fails && dueMs === STARTED_MS + 2 * HOUR_MS) throw new Error('out of reach');
      return [];
    });
    const expiring = dueList('more', [hence(2 * HOUR_MS)], clock, done);
    await expect(advance([failing, expiring], hence(DAY_MS), 'key')).rejects.toThrow('out of reach');
    expect(clock.now()).toEqual(hence(2 * HOUR_MS));
    fails = false;
    const again = await advance([failing, expiring], hence(DAY_MS), 'key');
    expect(again).toMatchObject({ now: hence(DAY_MS), replayed: true });
    expect(done.filter(({ name }) => name === 'more')).toHaveLength(1);
  });

  test('answers a repeat with the same key once it has arrived, and refuses other input for it', async () => {
    const key = newUuid();
    const hourly = [dueList('work', [hence(HOUR_MS)], clock, done)];
    await advance(hourly, hence(DAY_MS), key);
    const again = await advance(hourly, hence(DAY_MS), key);
    expect(again).toEqual({ now: hence(DAY_MS), steps: 0, ran: new Map(), replayed: true });
    expect(done).toHaveLength(1);
    await expect(advance(hourly, hence(2 * DAY_MS), key)).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    });
  });

  test('wakes those who sleep, also when it fails', async () => {
    let woken = 0;
    clock.onMoved(() => {
      woken += 1;
    });
    await advance([], hence(HOUR_MS));
    expect(woken).toBe(1);
    const failing: DueWork = {
      name: 'failing',
      nextAt: async () => hence(2 * HOUR_MS),
      run: () => Promise.reject(new Error('no')),
    };
    await expect(advance([failing], hence(DAY_MS))).rejects.toThrow('no');
    expect(woken).toBe(2);
  });
});
