import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { reverseCharge } from '../../src/charging/reverse-charge.ts';
import { inTransaction } from '../../src/db/client.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { entriesAfter } from '../../src/ledger/entries.ts';
import { type CommittedRates, readSpend, spendByModel, spendOf } from '../../src/usage/spend.ts';
import { periodsAt } from '../../src/usage/spend-periods.ts';
import { rollUpSpend, teamsBehind } from '../../src/usage/spend-rollup.ts';
import { SpendRollup } from '../../src/usage/spend-rollup-loop.ts';
import { runwaySeconds, SpendTally } from '../../src/usage/spend-tally.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { usage, type World, worldOn } from '../support/world.ts';

const database = useDatabase();
const noDeployments: CommittedRates = async () => new Map();
const NO_HOURS: ReadonlySet<Uuid> = new Set();
const MINUTE = 60_000;
const DAY = 86_400_000;
const ZONES = ['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/New_York', 'Pacific/Apia', 'Africa/Cairo'];

/** One charge as the test remembers it, in whole credits. */
interface Spent {
  readonly model: string;
  readonly atMs: number;
  readonly chargeId: Uuid;
  readonly credits: bigint;
  reversed: boolean;
}

/** A team with a zone, its charges, and what the test knows of them. */
async function teamIn(world: World, zone: string): Promise<Uuid> {
  const teamId = await world.team({ debtLimit: '4' });
  await database.ownerDb.sql`update teams set time_zone = ${zone} where id = ${teamId}`;
  return teamId;
}

async function spend(
  world: World,
  teamId: Uuid,
  model: string,
  credits: number,
  atMs: number,
): Promise<Spent> {
  const occurredAt = new Date(atMs);
  const [result] = await world.charge(
    usage(teamId, model, { REQUEST: credits }, { occurredAt, afterTheFact: true }),
  );
  if (!result?.ok) throw new Error(`not charged: ${JSON.stringify(result?.refusal)}`);
  const { id: chargeId, status } = result.charge;
  return { model, atMs, chargeId, credits: status === 'CHARGED' ? BigInt(credits) : 0n, reversed: false };
}

async function reverse(world: World, spent: Spent): Promise<void> {
  const input = { chargeId: spent.chargeId, reason: 'test', idempotencyKey: newUuid() };
  await inTransaction(world.db, (tx) => reverseCharge(tx, input, SYSTEM_ACTOR, world.clock.now()));
  spent.reversed = true;
}

/** The date and hour that clocks of a zone show, by another way than the product takes. */
function shown(zone: string, ms: number): string {
  return new Date(ms).toLocaleString('sv-SE', { timeZone: zone, timeZoneName: 'longOffset' });
}

/** The figures by brute force: each charge is looked at. */
function expected(all: readonly Spent[], zone: string, nowMs: number) {
  const sum = (isCounted: (atMs: number) => boolean) =>
    all
      .filter(({ atMs, reversed }) => !reversed && isCounted(atMs))
      .reduce((total, { credits }) => total + credits * 1_000_000_000n, 0n);
  const sameUpTo = (length: number) =>
    sum((at) => shown(zone, at).slice(0, length) === shown(zone, nowMs).slice(0, length));
  const hourText = (ms: number) => shown(zone, ms).slice(0, 13) + shown(zone, ms).slice(19);
  const burnStart = Math.floor(nowMs / (15 * MINUTE)) * 15 * MINUTE - 60 * MINUTE;
  const burnt = sum((at) => at >= burnStart && at < burnStart + 75 * MINUTE);
  const usageNanoPerHour = (burnt * 3_600_000n) / BigInt(nowMs - burnStart);
  return {
    hourNano: sum((at) => hourText(at) === hourText(nowMs)),
    dayNano: sameUpTo(10),
    monthNano: sameUpTo(7),
    usageNanoPerHour,
    deploymentNanoPerHour: 0n,
    burnNanoPerHour: usageNanoPerHour,
  };
}

describe('the spend of a team', () => {
  test('is what a look at every charge says, whatever was rolled up, reversed, unbilled or late, in any time zone', async () => {
    const step = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          kind: fc.constant('CHARGE' as const),
          ageMinutes: fc.oneof(fc.integer({ min: -5, max: 120 }), fc.integer({ min: 0, max: 34 * 24 * 60 })),
          credits: fc.integer({ min: 0, max: 3 }),
          model: fc.constantFrom('one', 'two'),
        }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('REVERSE' as const), which: fc.nat() }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('ROLL_UP' as const) }) },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('WAIT' as const),
          minutes: fc.integer({ min: 0, max: 3_000 }),
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ZONES),
        fc.date({ min: new Date('2026-03-20'), max: new Date('2026-11-05'), noInvalidDate: true }),
        fc.array(step, { minLength: 5, maxLength: 40 }),
        async (zone, start, steps) => {
          const clock = movableClock(start.getTime());
          const world = worldOn(database.db, clock);
          const models = { one: `one-${newUuid()}`, two: `two-${newUuid()}` };
          for (const key of Object.values(models)) await world.model(key, { REQUEST: '1' });
          const teamId = await teamIn(world, zone);
          await world.grant(teamId, '9');
          const all: Spent[] = [];
          for (const one of steps) {
            const nowMs = clock.now().getTime();
            if (one.kind === 'CHARGE')
              all.push(
                await spend(world, teamId, models[one.model], one.credits, nowMs - one.ageMinutes * MINUTE),
              );
            if (one.kind === 'WAIT') clock.advance(one.minutes * MINUTE);
            if (one.kind === 'ROLL_UP') await Promise.all([1, 2].map(() => rollUpSpend(world.db, [teamId])));
            const target = one.kind === 'REVERSE' ? all[one.which % all.length] : undefined;
            if (target && !target.reversed) await reverse(world, target);
          }
          const now = clock.now();
          const found = await spendOf(world.db, teamId, now, noDeployments);
          expect(found?.figures).toEqual(expected(all, zone, now.getTime()));
          const entries = await entriesAfter(world.db, teamId, 0n, 1_000);
          expect(found?.totals.seq).toBe(BigInt(entries.length));
          expect(found?.state.seq).toBe(BigInt(entries.length));
          const byModel = await spendByModel(world.db, teamId, periodsAt(now.getTime(), zone).month);
          const sum = byModel.reduce((total, { amountNano }) => total + amountNano, 0n);
          expect(sum).toBe(found?.figures.monthNano);
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);

  test('kept up to date with the journal is what is read anew, over hours, days and months', async () => {
    const clock = movableClock(Date.UTC(2026, 9, 31, 20, 50));
    const world = worldOn(database.db, clock);
    const model = `tally-${newUuid()}`;
    await world.model(model, { REQUEST: '1' });
    const teamId = await teamIn(world, 'Europe/Berlin');
    await world.grant(teamId, '1000');
    const start =
      (await readSpend(world.db, [teamId], clock.now(), noDeployments)).get(teamId) ?? expect.fail();
    const tally = new SpendTally(start.totals);
    for (let i = 1; i <= 60; i++) {
      const nowMs = clock.now().getTime();
      const ages = [-4, 0, 7, 50, 80, 900, 40_000];
      await spend(world, teamId, model, 1 + (i % 3), nowMs - (ages[i % ages.length] ?? 0) * MINUTE);
      expect(tally.apply(await entriesAfter(world.db, teamId, tally.seq, 10), NO_HOURS)).toBe(true);
      const anew = await spendOf(world.db, teamId, clock.now(), noDeployments);
      expect(tally.seq).toBe(anew?.totals.seq);
      expect(tally.figuresAt(nowMs)).toEqual(anew?.figures);
      clock.advance(((i * 7) % 40) * MINUTE);
    }
    expect(clock.now().getUTCMonth()).toBe(10);
  });

  test('cannot be kept up with a gap or a reversal, and says so without counting anything', async () => {
    const world = worldOn(database.db);
    const model = `gap-${newUuid()}`;
    await world.model(model, { REQUEST: '1' });
    const teamId = await teamIn(world, 'UTC');
    await world.grant(teamId, '10');
    const { totals } = (await spendOf(world.db, teamId, world.clock.now(), noDeployments)) ?? expect.fail();
    const tally = new SpendTally(totals);
    const before = tally.figuresAt(totals.asOfMs);
    const first = await spend(world, teamId, model, 1, totals.asOfMs);
    await spend(world, teamId, model, 1, totals.asOfMs);
    await reverse(world, first);
    const entries = await entriesAfter(world.db, teamId, 1n, 10);
    expect(tally.apply(entries.slice(1), NO_HOURS)).toBe(false);
    expect(tally.apply(entries, NO_HOURS)).toBe(false);
    expect(tally.apply([], NO_HOURS)).toBe(false);
    expect([tally.seq, tally.figuresAt(totals.asOfMs)]).toEqual([1n, before]);
  });

  test('by model names each model that was charged in the period, highest first', async () => {
    const world = worldOn(database.db);
    const [cheap, dear, free] = [`cheap-${newUuid()}`, `dear-${newUuid()}`, `free-${newUuid()}`];
    const ids = [
      await world.model(cheap, { REQUEST: '1' }),
      await world.model(dear, { REQUEST: '5' }),
      await world.model(free, { REQUEST: '0' }),
    ];
    const teamId = await teamIn(world, 'UTC');
    await world.grant(teamId, '100');
    const nowMs = world.clock.now().getTime();
    const spent = [];
    for (const model of [cheap, dear, free, cheap, dear])
      spent.push(await spend(world, teamId, model, 1, nowMs));
    await reverse(world, spent[4] ?? expect.fail());
    const { day } = periodsAt(nowMs, 'UTC');
    const wanted = [
      { modelId: ids[1], isInstanceType: false, amountNano: 5_000_000_000n, charges: 2n },
      { modelId: ids[0], isInstanceType: false, amountNano: 2_000_000_000n, charges: 2n },
      { modelId: ids[2], isInstanceType: false, amountNano: 0n, charges: 1n },
    ];
    expect(await spendByModel(world.db, teamId, day)).toEqual(wanted);
    await rollUpSpend(world.db, [teamId]);
    expect(await spendByModel(world.db, teamId, day)).toEqual(wanted);
    expect(await spendByModel(world.db, teamId, { startMs: day.startMs - DAY, endMs: day.startMs })).toEqual(
      [],
    );
  });

  test('of an unknown team is absent', async () => {
    expect(await spendOf(database.db, newUuid(), new Date(0), noDeployments)).toBeUndefined();
  });
});

describe('rolling up', () => {
  test('counts every charge once while charges are made and several processes roll up', async () => {
    const world = worldOn(database.db);
    const model = `race-${newUuid()}`;
    await world.model(model, { REQUEST: '1' });
    const teams = await Promise.all(Array.from({ length: 4 }, () => teamIn(world, 'UTC')));
    for (const teamId of teams) await world.grant(teamId, '10000');
    let posting = true;
    const rolling = [1, 2, 3].map(async (n) => {
      while (posting) await rollUpSpend(world.db, n === 1 ? teams.toReversed() : teams);
    });
    const reading = (async () => {
      while (posting) {
        for (const [teamId, { totals }] of await readSpend(
          world.db,
          teams,
          world.clock.now(),
          noDeployments,
        )) {
          const entries = await entriesAfter(world.db, teamId, 0n, 5_000);
          expect(totals.monthNano).toBe(BigInt(Number(totals.seq) - 1) * 1_000_000_000n);
          expect(totals.seq).toBeLessThanOrEqual(BigInt(entries.length));
        }
      }
    })();
    for (let i = 0; i < 40; i++) {
      const requests = teams.flatMap((teamId) =>
        Array.from({ length: 1 + (i % 4) }, () => usage(teamId, model, { REQUEST: 1 })),
      );
      await world.charge(...requests);
    }
    posting = false;
    await Promise.all([...rolling, reading]);
    await rollUpSpend(world.db, teams);
    for (const teamId of teams) {
      const [row] = await world.db.sql<{ amount: bigint; charges: bigint }[]>`
        select sum(amount_nano)::int8 as amount, sum(charges)::int8 as charges from spend_buckets where team_id = ${teamId}`;
      expect(row).toEqual({ amount: 100_000_000_000n, charges: 100n });
    }
  });

  test('finds the teams that have something to roll up', async () => {
    const world = worldOn(database.db);
    const model = `behind-${newUuid()}`;
    await world.model(model, { REQUEST: '1' });
    const [idle, charged, reversed] = [
      await teamIn(world, 'UTC'),
      await teamIn(world, 'UTC'),
      await teamIn(world, 'UTC'),
    ];
    const behind = async () => {
      const found: Uuid[] = [];
      for (
        let page = await teamsBehind(world.db, '00000000-0000-0000-0000-000000000000', 2);
        page.length > 0;
      ) {
        found.push(...page);
        page = await teamsBehind(world.db, page.at(-1) ?? '', 2);
      }
      return found;
    };
    for (const teamId of [charged, reversed]) await world.grant(teamId, '10');
    await spend(world, charged, model, 1, world.clock.now().getTime());
    const spent = await spend(world, reversed, model, 1, world.clock.now().getTime());
    await rollUpSpend(world.db, [reversed]);
    expect(await behind()).toContain(charged);
    expect(await behind()).not.toContain(reversed);
    await reverse(world, spent);
    expect(await behind()).toEqual(expect.arrayContaining([charged, reversed]));
    const rollup = new SpendRollup(world.db, { warn: () => expect.fail() });
    rollup.start();
    while ((await behind()).length > 0);
    await rollup.stop();
    expect(await behind()).not.toContain(idle);
    const rows = await world.db
      .sql`select amount_nano from spend_buckets where team_id in ${world.db.sql([charged, reversed])} order by 1`;
    expect(rows).toMatchObject([{ amount_nano: 0n }, { amount_nano: 1_000_000_000n }]);
  });
});

test('the runway is whole seconds, rounded down, and has no end when nothing burns', () => {
  expect(runwaySeconds(10n, 3n)).toBe(12_000n);
  expect(runwaySeconds(1n, 3_601n)).toBe(0n);
  expect(runwaySeconds(0n, 5n)).toBe(0n);
  expect(runwaySeconds(5n, 0n)).toBeNull();
  expect(runwaySeconds(5n, -1n)).toBeNull();
});
