import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { setModelPrice } from '../../src/catalog/catalog.ts';
import { priceOfHour } from '../../src/catalog/instance-price.ts';
import { inTransaction } from '../../src/db/client.ts';
import { parseDecimal } from '../../src/decimal.ts';
import { HOURS_AT_ONCE } from '../../src/deployments/meter-fleet.ts';
import { meterAllDue, meterDue } from '../../src/deployments/metering.ts';
import { pauseDeployment, resumeDeployment, startDeployment } from '../../src/deployments/operate.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { balanceOf } from '../../src/ledger/balance.ts';
import { formatCredits } from '../../src/money.ts';
import { useDatabase } from '../support/database.ts';
import { MeteredWorld, one } from './metered-world.ts';

const database = useDatabase();

describe('after downtime', () => {
  test('each hour is charged at its own time and price', async () => {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('20');
    const id = await w.create(team, { replicas: 2, type: 'gpu-m' });
    await w.call(startDeployment, one(team, id));
    const price = priceOfHour(parseDecimal('1'));
    const effectiveAt = new Date(w.clock.now().getTime() + 120 * 60_000);
    const input = { modelKey: 'gpu-m', price, effectiveAt, reason: 'test', idempotencyKey: newUuid() };
    await inTransaction(w.db, (tx) => setModelPrice(tx, input, SYSTEM_ACTOR, w.clock.now()));
    w.goTo(190);
    await w.meter();
    expect((await w.hours(team)).map(({ slot, at, credits }) => `${slot}@${at} ${credits}`)).toEqual([
      '1@0 1.8',
      '2@0 1.8',
      '1@60 1.8',
      '2@60 1.8',
      '1@120 1',
      '2@120 1',
      '1@180 1',
      '2@180 1',
    ]);
    const events = await w.told(team);
    expect(events).toEqual(['CREATED 0', 'STARTED 0']);
    await w.expectHealthy();
  });

  test('the oldest hours of all deployments of a team are charged first, in order', async () => {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('3.6');
    const ids = [await w.create(team), await w.create(team)];
    for (const [i, minutes] of [0, 20].entries()) {
      w.goTo(minutes);
      await w.call(startDeployment, one(team, ids[i] ?? ''));
    }
    w.goTo(1000);
    await w.meter();
    const posted = await w.db.sql<{ at: Date }[]>`
      select occurred_at as at from charges where team_id = ${team} and status = 1 order by id`;
    const minutes = posted.map(({ at }) => (at.getTime() - Date.UTC(2026, 0, 1)) / 60_000);
    expect(minutes).toEqual([0, 20, 60, 80, 120, 140]);
    expect(await w.state(ids[0] ?? '')).toBe('PAUSED OUT_OF_CREDITS 180');
    expect(await w.state(ids[1] ?? '')).toBe('PAUSED OUT_OF_CREDITS 200');
    await w.expectHealthy();
  });

  test('the first unpaid hour pauses at its boundary, and hours that machines ran on are UNBILLED, never debt', async () => {
    const w = await MeteredWorld.on(database.db);
    const team = await w.world.team({ debtLimit: '100' });
    await w.world.grant(team, '1.3');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    w.goTo(250);
    await w.meter();
    expect((await w.hours(team)).map(({ at, status }) => `${at} ${status}`)).toEqual([
      '0 CHARGED',
      '60 CHARGED',
      '120 UNBILLED',
      '180 UNBILLED',
      '240 UNBILLED',
    ]);
    expect(await w.state(id)).toBe('PAUSED OUT_OF_CREDITS 120');
    expect((await w.told(team)).slice(2)).toEqual([
      'PAUSED 120',
      'HOUR_UNBILLED 120',
      'HOUR_UNBILLED 180',
      'HOUR_UNBILLED 240',
    ]);
    expect((await w.events(team)).at(-1)).toMatchObject({
      recordedAt: w.clock.now(),
      details: { slots: [1], hourAt: '2026-01-01T04:00:00.000Z', amountNano: '600000000' },
    });
    const balance = await balanceOf(w.db, team, w.clock.now());
    expect(balance?.balances).toMatchObject({ availableNano: 100_000_000n, unpaidNano: 0n });
    await w.world.grant(team, '5');
    expect((await w.call(resumeDeployment, one(team, id))).charges).toHaveLength(1);
    expect(await w.begun(team)).toEqual([0, 60, 250]);
    await w.expectHealthy();
  });

  test('of a minute nothing counts as having run on', async () => {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('0.6');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    w.goTo(61);
    await w.meter();
    expect(await w.state(id)).toBe('PAUSED OUT_OF_CREDITS 60');
    expect(await w.hours(team)).toHaveLength(1);
  });

  test('of more than a minute the hour at the boundary itself is UNBILLED', async () => {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('0.6');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    w.goTo(61.001);
    await w.meter();
    expect((await w.hours(team)).map(({ at, status }) => `${at} ${status}`)).toEqual([
      '0 CHARGED',
      '60 UNBILLED',
    ]);
  });

  test('a hold that is still open pays the hour it was for, however little is left beside it', async () => {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('1.2');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    await w.passTo(46);
    w.goTo(100);
    await w.meter();
    expect(await w.begun(team)).toEqual([0, 60]);
    expect(await w.state(id)).toBe('RUNNING');
    expect(await w.balance(team)).toEqual({ available: '0', held: '0' });
    await w.expectHealthy();
  });

  test('late warnings are told once for what has passed, and never for hours that have begun', async () => {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('0.7');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    w.goTo(57);
    await w.meter();
    await w.passTo(60);
    expect((await w.told(team)).slice(2)).toEqual(['CREDIT_ENDING 45', 'CREDIT_ENDING 59', 'PAUSED 60']);
  });
});

describe('more than one transaction may take', () => {
  test('is charged in the order of time all the same', async () => {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('100000');
    const ids = [
      await w.create(team, { type: 'cpu-s', replicas: 7 }),
      await w.create(team, { type: 'cpu-s', replicas: 3 }),
    ];
    for (const id of ids) await w.call(startDeployment, one(team, id));
    w.goTo(300 * 60);
    const [first = ''] = ids;
    await expect(w.call(pauseDeployment, one(team, first))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const pass = await meterDue(w.db, w.deps, 20);
    expect(pass.isBehind).toBe(true);
    expect(pass.hours).toBeLessThan(HOURS_AT_ONCE + 7);
    const [ends] = await w.db.sql<{ from: Date; to: Date }[]>`
      select min(paid_until) as from, max(paid_until) as to from deployment_slots where team_id = ${team}`;
    expect(Number(ends?.to) - Number(ends?.from)).toBeLessThanOrEqual(3_600_000);
    await w.meter();
    await w.call(pauseDeployment, one(team, first));
    expect(await orderOfHours(w, team)).toEqual({ ordered: true, hours: 10 * 301 });
    await w.expectHealthy();
  });

  test('deployments of a team that is read in parts are charged in the order of time', async () => {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('100000');
    const ids = await Promise.all(Array.from({ length: 510 }, () => w.create(team, { type: 'cpu-s' })));
    for (const [i, id] of ids.entries()) {
      w.goTo(i / 10);
      await w.call(startDeployment, one(team, id));
    }
    w.goTo(96);
    await meterAllDue(w.db, w.deps, 1);
    expect(await orderOfHours(w, team)).toEqual({ ordered: true, hours: 510 + 361 });
    expect((await w.balance(team)).held).toBe(formatCredits(149n * 80_000_000n));
    w.goTo(190);
    await meterAllDue(w.db, w.deps, 1);
    const begun = ids.reduce((sum, _, i) => sum + 1 + Math.floor((190 - i / 10) / 60), 0);
    expect(await orderOfHours(w, team)).toEqual({ ordered: true, hours: begun });
    await w.expectHealthy();
  }, 60_000);

  test('a pass says that more is due when it has not read all of it', async () => {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('100000');
    const ids = await Promise.all(Array.from({ length: 501 }, () => w.create(team, { type: 'cpu-s' })));
    await Promise.all(ids.map((id) => w.call(startDeployment, one(team, id))));
    w.goTo(45);
    await w.meter();
    expect((await w.balance(team)).held).toBe(formatCredits(501n * 80_000_000n));
  }, 60_000);

  /** Whether hours were charged in the order in which they began, and how many. */
  async function orderOfHours(w: MeteredWorld, team: Uuid) {
    const [found] = await w.db.sql<{ ordered: boolean; hours: number }[]>`
      select bool_and(occurred_at >= before_at) as ordered, count(*)::int as hours from (
        select occurred_at, lag(occurred_at, 1, occurred_at) over (order by id) as before_at
        from charges where team_id = ${team}) c`;
    return found;
  }
});
