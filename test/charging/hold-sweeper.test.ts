import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Hold, HoldResult } from '../../src/charging/hold.ts';
import { holdsById } from '../../src/charging/hold-rows.ts';
import { holdSweepLoop, nextHoldExpiryAt, sweepHolds } from '../../src/charging/hold-sweeper.ts';
import type { Clock } from '../../src/clock.ts';
import { newUuid } from '../../src/id.ts';
import { balanceOf } from '../../src/ledger/balance.ts';
import { formatCredits } from '../../src/money.ts';
import { expectHealthy } from '../support/audit.ts';
import { useDatabase } from '../support/database.ts';
import { extendHold, placeHold, releaseHold, reportHold, settleHold } from '../support/holds.ts';
import { movableClock } from '../support/movable-clock.ts';
import { worldOn } from '../support/world.ts';

const database = useDatabase();
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const START = Date.UTC(2026, 10, 21, 12);
const silent = { warn: () => undefined };

/** Each test has the table of holds, and the mark of what was swept, to itself. */
beforeEach(async () => {
  await database.ownerDb.sql`update hold_sweeps set swept_to = 'epoch'`;
});

/** Teams with ten credits each, a model of one credit a request, and two processes. */
async function setUp(teamCount = 1, clock: Clock = movableClock(START)) {
  const world = worldOn(database.db, clock);
  const model = `m-${newUuid()}`;
  await world.model(model, { REQUEST: '1' });
  const teams = await Promise.all(Array.from({ length: teamCount }, () => world.team()));
  for (const team of teams) await world.grant(team, '10', { kind: 'PREPAID' });
  const [team = ''] = teams;
  const [batcher, other] = [world.batcher(), world.batcher()];
  const place = async (count: number, lifeMs: number, teamId = team): Promise<Hold> => {
    const [result] = await batcher.holds([placeHold(teamId, model, count, { lifeMs })]);
    return done(result).hold;
  };
  const now = async (hold: Hold): Promise<Hold> => {
    const [found] = await holdsById(database.db, [hold]);
    if (!found) throw new Error('no such hold');
    return found;
  };
  const figures = async (teamId = team) => {
    const balance = await balanceOf(database.db, teamId, clock.now());
    if (!balance) throw new Error('no such team');
    const { availableNano, heldNano } = balance.balances;
    return [formatCredits(availableNano), formatCredits(heldNano)];
  };
  return { world, teams, batcher, other, place, now, figures };
}

function done(result: HoldResult | undefined): Extract<HoldResult, { ok: true }> {
  if (!result?.ok) throw new Error(result?.refusal.message ?? 'no result');
  return result;
}

async function sweptTo(): Promise<string | undefined> {
  const [row] = await database.db.sql<{ swept_to: Date }[]>`select swept_to from hold_sweeps`;
  return row?.swept_to.toISOString();
}

describe('a sweep', () => {
  test('settles holds of all teams whose time is over by their last reports, once, however many sweep', async () => {
    const clock = movableClock(START);
    const { teams, place, now, figures, batcher, other } = await setUp(6, clock);
    const due: Hold[] = [];
    for (const team of teams) {
      due.push(await place(4, MINUTE, team), await place(1, MINUTE, team));
      await place(2, 10 * MINUTE, team);
    }
    await batcher.holds(due.map((hold, i) => reportHold(hold, i % 2)));
    expect(await nextHoldExpiryAt(database.db)).toEqual(new Date(START + MINUTE));
    clock.advance(2 * MINUTE);
    const sweeps = () => [batcher, other, batcher].map((by) => sweepHolds(database.db, by, clock, 3));
    while ((await Promise.all(sweeps())).includes(true));
    for (const hold of due) expect((await now(hold)).status).toBe('EXPIRED');
    for (const team of teams) expect(await figures(team)).toEqual(['7', '2']);
    expect(await sweptTo()).toBe(clock.now().toISOString());
    expect(await nextHoldExpiryAt(database.db)).toEqual(new Date(START + 10 * MINUTE));
    clock.advance(10 * MINUTE);
    await sweepHolds(database.db, other, clock, 100);
    expect(await nextHoldExpiryAt(database.db)).toBeUndefined();
    await expectHealthy(database.db);
  });

  test('leaves alone what is not due, was extended or is resolved', async () => {
    const clock = movableClock(START);
    const { place, now, batcher } = await setUp(1, clock);
    const [early, extended, released] = [
      await place(1, 3 * MINUTE),
      await place(1, MINUTE),
      await place(1, MINUTE),
    ];
    await batcher.holds([extendHold(extended, 3 * MINUTE), releaseHold(released)]);
    clock.advance(2 * MINUTE);
    expect(await sweepHolds(database.db, batcher, clock, 10)).toBe(false);
    expect([await now(early), await now(extended), await now(released)].map(({ status }) => status)).toEqual([
      'HELD',
      'HELD',
      'RELEASED',
    ]);
    clock.advance(MINUTE);
    await sweepHolds(database.db, batcher, clock, 10);
    expect((await now(early)).status).toBe('EXPIRED');
  });

  test('says that more may be due until all is done, the longest due first', async () => {
    const clock = movableClock(START);
    const { place, now, batcher } = await setUp(1, clock);
    const holds: Hold[] = [];
    for (const seconds of [30, 20, 10]) holds.push(await place(1, seconds * SECOND));
    clock.advance(MINUTE);
    const expired = async () => (await Promise.all(holds.map(now))).map(({ status }) => status === 'EXPIRED');
    expect(await sweepHolds(database.db, batcher, clock, 2)).toBe(true);
    expect(await expired()).toEqual([false, true, true]);
    expect(await sweepHolds(database.db, batcher, clock, 2)).toBe(false);
    expect(await expired()).toEqual([true, true, true]);
  });

  test('finds a hold whose placing was committed after the mark had passed its expiry', async () => {
    const clock = movableClock(START);
    const { place, now, batcher } = await setUp(1, clock);
    const hold = await place(1, 10 * SECOND);
    clock.advance(4 * MINUTE);
    await database.ownerDb.sql`update hold_sweeps set swept_to = ${clock.now().toISOString()}::timestamptz`;
    await sweepHolds(database.db, batcher, clock, 10);
    expect((await now(hold)).status).toBe('EXPIRED');
  });

  test('that cannot resolve a hold resolves the others, and comes back to it', async () => {
    const clock = movableClock(START);
    const { place, now, batcher, other, teams } = await setUp(2, clock);
    const [broken, fine] = [await place(2, MINUTE, teams[0]), await place(2, MINUTE, teams[1])];
    const { sql } = database.ownerDb;
    await sql`update wallets set held_nano = 1 where team_id = ${broken.teamId}`;
    clock.advance(2 * MINUTE);
    await expect(sweepHolds(database.db, other, clock, 10)).rejects.toThrow('never negative');
    await expect.poll(async () => (await now(fine)).status, { interval: 5 }).toBe('EXPIRED');
    expect((await now(broken)).status).toBe('HELD');
    expect(await sweptTo()).toBe('1970-01-01T00:00:00.000Z');
    await sql`update wallets set held_nano = 2000000000 where team_id = ${broken.teamId}`;
    await sweepHolds(database.db, batcher, clock, 10);
    expect((await now(broken)).status).toBe('EXPIRED');
    expect(await sweptTo()).toBe(clock.now().toISOString());
    await expectHealthy(database.db);
  });

  test('and a settlement from another process: one of them resolves a hold, and all is charged once', async () => {
    const clock = movableClock(START);
    const { place, now, figures, batcher, other, teams } = await setUp(8, clock);
    const holds: Hold[] = [];
    for (const team of teams) for (let i = 0; i < 3; i++) holds.push(await place(3, MINUTE, team));
    await batcher.holds(holds.map((hold) => reportHold(hold, 1)));
    clock.advance(2 * MINUTE);
    const sweeping = [other, batcher].map((by) => sweepHolds(database.db, by, clock, 100));
    const settling = holds.map(async (hold, i) => {
      const [result] = await (i % 2 ? batcher : other).holds([settleHold(hold, 2)]);
      return done(result);
    });
    const settled = await Promise.all(settling);
    await Promise.all(sweeping);
    for (const [i, hold] of holds.entries()) {
      const { status, chargeId, lateChargeId } = await now(hold);
      const { charge, alreadyResolved } = settled[i] ?? {};
      expect(alreadyResolved).toBe(false);
      const isLate = status === 'EXPIRED';
      expect(charge?.id).toBe(isLate ? lateChargeId : chargeId);
      expect([formatCredits(charge?.amountNano ?? 0n), formatCredits(charge?.priorNano ?? 0n)]).toEqual(
        isLate ? ['1', '1'] : ['2', '0'],
      );
    }
    for (const team of teams) expect(await figures(team)).toEqual(['4', '0']);
    await expectHealthy(database.db);
  });
});

test('the loop expires a hold when its time is over, without anybody touching the team', async () => {
  const { world, place, now, batcher } = await setUp(1, worldOn(database.db).clock);
  const resolved = Promise.withResolvers<number>();
  const loop = holdSweepLoop(database.db, batcher, world.clock, silent);
  onTestFinished(() => loop.stop());
  const [first, second] = [await place(1, 300), await place(1, 900)];
  database.db.onCommitted(() => {
    void now(second).then(({ resolvedAt }) => resolvedAt && resolved.resolve(resolvedAt.getTime()));
  });
  loop.start();
  const lateMs = (await resolved.promise) - second.expiresAt.getTime();
  expect((await now(first)).status).toBe('EXPIRED');
  expect(lateMs).toBeGreaterThanOrEqual(0);
  expect(lateMs).toBeLessThan(2 * SECOND);
});

test('the loop finds a hold that was placed just before the clock was moved, although others have swept since', async () => {
  const clock = movableClock(START);
  const { place, now, batcher } = await setUp(1, clock);
  const loop = holdSweepLoop(database.db, batcher, clock, silent);
  onTestFinished(() => loop.stop());
  loop.start();
  await expect.poll(sweptTo, { interval: 5 }).toBe(clock.now().toISOString());
  const hold = await place(1, MINUTE);
  clock.advance(24 * 60 * MINUTE);
  await database.ownerDb.sql`update hold_sweeps set swept_to = ${clock.now().toISOString()}::timestamptz`;
  loop.wake();
  await expect.poll(async () => (await now(hold)).status, { interval: 5 }).toBe('EXPIRED');
});

test('what is due is found without a look at all that was placed in a day, when some live for a day', async () => {
  const { teams } = await setUp();
  const { sql } = database.ownerDb;
  const placed = 40_000;
  await sql`alter table holds set (autovacuum_enabled = false)`;
  await sql`
    insert into holds (team_id, id, key_digest, request_digest, status, amount_nano, draws, placed_at, expires_at,
      resolved_at, actor_kind)
    select ${teams[0] ?? ''}, gen_random_uuid(), decode(md5(n::text), 'hex'), '', 2, 0, '[]', at,
      at + case when n % 50 = 0 then interval '24 hours' else interval '15 minutes' end, at, 0
    from generate_series(1, ${placed}) n,
      lateral (select ${new Date(START)}::timestamptz + n * interval '1 day' / ${placed} as at) as placed_at`;
  await sql`vacuum analyze holds`;
  const late = (minutes: number) => new Date(START + 24 * 60 * MINUTE + minutes * MINUTE).toISOString();
  const rows = await sql.unsafe<{ 'QUERY PLAN': string }[]>(
    `explain (analyze, costs off) select expires_at from holds where expires_at >= '${late(-5)}'
      and expires_at <= '${late(0)}' and status = 1 order by expires_at limit 500`,
  );
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).toContain('holds_due');
  const looked = [...plan.matchAll(/Rows Removed by (?:Index Recheck|Filter): (\d+)/g)];
  expect(looked.reduce((sum, [, count]) => sum + Number(count), 0)).toBeLessThan(placed / 10);
});
