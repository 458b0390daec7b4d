import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import type { Charge } from '../../src/charging/charge.ts';
import { reverseCharge } from '../../src/charging/reverse-charge.ts';
import { inTransaction } from '../../src/db/client.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { isLedgerPosted, type LedgerPosted } from '../../src/ledger/posted.ts';
import { type CommittedRates, readSpend, spendByModel, spendOf } from '../../src/usage/spend.ts';
import { periodsAt } from '../../src/usage/spend-periods.ts';
import { rollUpSpend } from '../../src/usage/spend-rollup.ts';
import { SpendTally } from '../../src/usage/spend-tally.ts';
import { useDatabase } from '../support/database.ts';
import { placeHold, releaseHold, settleHold } from '../support/holds.ts';
import { movableClock } from '../support/movable-clock.ts';
import { usage, type World, worldOn } from '../support/world.ts';
import { chargeHour, hourOf, instanceType } from './hour-charges.ts';

const database = useDatabase();
const MINUTE = 60_000;
const CREDIT = 1_000_000_000n;

/** A charge as the test remembers it. */
interface Spent {
  readonly charge: Charge;
  readonly isHour: boolean;
  reversed: boolean;
}

const ageMinutes = fc.oneof(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 20 * 24 * 60 }));
const aStep = fc.oneof(
  fc.record({ do: fc.constant('USE' as const), ageMinutes, credits: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ do: fc.constant('HOUR' as const), ageMinutes, isHeld: fc.boolean() }),
  fc.record({ do: fc.constant('HOLD' as const), settled: fc.integer({ min: 0, max: 6 }) }),
  fc.record({ do: fc.constant('REVERSE' as const), which: fc.nat() }),
  fc.record({ do: fc.constant('ROLL_UP' as const) }),
  fc.record({ do: fc.constant('WAIT' as const), minutes: fc.integer({ min: 0, max: 600 }) }),
);
type Step = typeof aStep extends fc.Arbitrary<infer T> ? T : never;

/** A team that uses a model and runs deployments, and all that the test knows of it. */
interface Setting {
  readonly world: World;
  readonly clock: ReturnType<typeof movableClock>;
  readonly teamId: Uuid;
  readonly model: string;
  readonly instanceTypeId: Uuid;
  readonly all: Spent[];
}

async function settingAt(startMs: number): Promise<Setting> {
  const clock = movableClock(startMs);
  const world = worldOn(database.db, clock);
  const model = `used-${newUuid()}`;
  await world.model(model, { REQUEST: '1' });
  const instanceTypeId = await instanceType(world, database.ownerDb, '1.8');
  const teamId = await world.team();
  await world.grant(teamId, '40');
  return { world, clock, teamId, model, instanceTypeId, all: [] };
}

/** Sets five credits aside, and settles some of it, or more, or returns all. */
async function holdAndSettle(
  { world, teamId, model }: Setting,
  settled: number,
): Promise<Charge | undefined> {
  const batcher = world.batcher();
  const [held] = await batcher.holds([placeHold(teamId, model, 5)]);
  if (!held?.ok) return undefined;
  const { hold } = held;
  const [result] = await batcher.holds([settled > 0 ? settleHold(hold, settled) : releaseHold(hold)]);
  return result?.ok ? (result.charge ?? undefined) : undefined;
}

async function take(setting: Setting, step: Step): Promise<void> {
  const { world, clock, teamId, model, instanceTypeId, all } = setting;
  const nowMs = clock.now().getTime();
  const keep = (charge: Charge | undefined, isHour: boolean) => {
    if (charge) all.push({ charge, isHour, reversed: false });
  };
  if (step.do === 'USE') {
    const occurredAt = new Date(nowMs - step.ageMinutes * MINUTE);
    const [result] = await world.charge(usage(teamId, model, { REQUEST: step.credits }, { occurredAt }));
    keep(result?.ok ? result.charge : undefined, false);
  }
  if (step.do === 'HOUR') {
    const hour = hourOf(teamId, instanceTypeId, nowMs - step.ageMinutes * MINUTE);
    keep(await chargeHour(world, hour, step.isHeld), true);
  }
  if (step.do === 'HOLD') keep(await holdAndSettle(setting, step.settled), false);
  if (step.do === 'WAIT') clock.advance(step.minutes * MINUTE);
  if (step.do === 'ROLL_UP') await rollUpSpend(world.db, [teamId]);
  if (step.do === 'REVERSE') await reverseOne(setting, step.which);
}

async function reverseOne({ world, all }: Setting, which: number): Promise<void> {
  const spent = all[which % all.length];
  if (!spent || spent.reversed) return;
  const input = { chargeId: spent.charge.id, reason: 'test', idempotencyKey: newUuid() };
  await inTransaction(world.db, (tx) => reverseCharge(tx, input, SYSTEM_ACTOR, world.clock.now()));
  spent.reversed = true;
}

/** What a look at every charge says. */
function expected({ all, clock }: Setting, committedNano: bigint) {
  const nowMs = clock.now().getTime();
  const sum = (isCounted: (atMs: number, spent: Spent) => boolean) =>
    all
      .filter((spent) => !spent.reversed && isCounted(spent.charge.occurredAt.getTime(), spent))
      .reduce((total, { charge }) => total + charge.amountNano, 0n);
  const iso = (ms: number) => new Date(ms).toISOString();
  const sameUpTo = (length: number) => sum((at) => iso(at).slice(0, length) === iso(nowMs).slice(0, length));
  const startMs = Math.floor(nowMs / (15 * MINUTE)) * 15 * MINUTE - 60 * MINUTE;
  const used = sum((at, { isHour }) => !isHour && at >= startMs);
  const usageNanoPerHour = (used * 3_600_000n) / BigInt(nowMs - startMs);
  const burnNanoPerHour = usageNanoPerHour + committedNano;
  return {
    hourNano: sameUpTo(13),
    dayNano: sameUpTo(10),
    monthNano: sameUpTo(7),
    usageNanoPerHour,
    deploymentNanoPerHour: committedNano,
    burnNanoPerHour,
  };
}

describe('the spend of a team that runs deployments', () => {
  test('kept up to date with its facts is what is read anew and what a look at every charge says', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.date({ min: new Date('2026-03-20'), max: new Date('2026-11-05'), noInvalidDate: true }),
        fc.array(aStep, { minLength: 5, maxLength: 30 }),
        fc.bigInt({ min: 0n, max: 10n * CREDIT }),
        async (start, steps, committedNano) => {
          const setting = await settingAt(start.getTime());
          const { world, clock, teamId } = setting;
          const rates: CommittedRates = async (_, ids) => new Map(ids.map((id) => [id, committedNano]));
          const anew = async () => (await spendOf(world.db, teamId, clock.now(), rates)) ?? expect.fail();
          const facts: LedgerPosted[] = [];
          const stop = world.db.onCommitted((told) => {
            facts.push(...told.filter(isLedgerPosted).filter((fact) => fact.teamId === teamId));
          });
          let tally = new SpendTally((await anew()).totals);
          for (const step of steps) {
            await take(setting, step);
            const read = await anew();
            for (const { entries, hours } of facts.splice(0)) {
              if (!tally.apply(entries, hours)) tally = new SpendTally(read.totals);
            }
            const figures = expected(setting, committedNano);
            expect(read.figures).toEqual(figures);
            expect(tally.figuresAt(clock.now().getTime())).toEqual(figures);
            expect(tally.seq).toBe(read.totals.seq);
          }
          stop();
        },
      ),
      { numRuns: 30 },
    );
  }, 120_000);

  test('is shown by instance type beside the models, each as what it is', async () => {
    const setting = await settingAt(Date.UTC(2026, 5, 15, 12));
    const { world, clock, teamId, instanceTypeId } = setting;
    await take(setting, { do: 'USE', ageMinutes: 0, credits: 1 });
    for (const isHeld of [true, false]) await take(setting, { do: 'HOUR', ageMinutes: 0, isHeld });
    const { day } = periodsAt(clock.now().getTime(), 'UTC');
    const byModel = async () =>
      (await spendByModel(world.db, teamId, day)).map(({ modelId, isInstanceType, amountNano, charges }) => [
        modelId === instanceTypeId,
        isInstanceType,
        amountNano,
        charges,
      ]);
    const wanted = [
      [true, true, 3_600_000_000n, 2n],
      [false, false, CREDIT, 1n],
    ];
    expect(await byModel()).toEqual(wanted);
    await rollUpSpend(world.db, [teamId]);
    expect(await byModel()).toEqual(wanted);
  });

  test('has the rates of the moment it is read at: those who run nothing have none', async () => {
    const setting = await settingAt(Date.UTC(2026, 5, 15, 12));
    const { world, clock, teamId } = setting;
    const other = await world.team();
    const rates: CommittedRates = async () => new Map([[teamId, 7n]]);
    const found = await readSpend(world.db, [teamId, other], clock.now(), rates);
    const committed = [teamId, other].map((id) => found.get(id)?.totals.committedNanoPerHour);
    expect(committed).toEqual([7n, 0n]);
  });
});
