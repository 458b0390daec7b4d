import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import type { Batcher } from '../../src/charging/batcher.ts';
import { reverseCharge } from '../../src/charging/reverse-charge.ts';
import { inTransaction } from '../../src/db/client.ts';
import { parseDecimal } from '../../src/decimal.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { balanceOf } from '../../src/ledger/balance.ts';
import { parseCredits } from '../../src/money.ts';
import { endRun } from '../../src/usage/end-run.ts';
import { type RunUsageItem, recordRunUsage } from '../../src/usage/record-run-usage.ts';
import { costByModel, type RunCost, wholeCost } from '../../src/usage/run-cost.ts';
import { costsOf, findRuns } from '../../src/usage/run-reads.ts';
import { startRun } from '../../src/usage/start-run.ts';
import { expectHealthy } from '../support/audit.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { worldOn } from '../support/world.ts';

const database = useDatabase();

/** Prices with more places than credits have: every charge is rounded. */
const PRICES = ['0.0000000007', '0.00000000325', '0.4'] as const;

const arbitraryStep = fc.record({
  model: fc.integer({ min: 0, max: 2 }),
  quantity: fc.integer({ min: 0, max: 5 }),
  times: fc.integer({ min: 1, max: 9 }),
});
const arbitraryUse = fc.record({
  what: fc.constant('USE' as const),
  run: fc.nat(),
  step: fc.nat(),
  quantity: fc.integer({ min: 0, max: 7 }),
  afterTheFact: fc.boolean(),
  /** Sent again with its key, in the same call. */
  twice: fc.boolean(),
});
const arbitraryAct = fc.oneof(
  { weight: 12, arbitrary: arbitraryUse },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('REVERSE' as const), charge: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('END' as const), run: fc.nat(), cancel: fc.boolean() }),
  },
);
const arbitraryHistory = fc.record({
  granted: fc.constantFrom('3', '20', '1000'),
  runs: fc.array(
    fc.record({ steps: fc.array(arbitraryStep, { minLength: 1, maxLength: 4 }), hold: fc.boolean() }),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
  /** What is done at the same time. */
  rounds: fc.array(fc.array(arbitraryAct, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 }),
});

/** A charge of a run as the test remembers it. */
interface Remembered {
  readonly chargeId: Uuid;
  readonly runId: Uuid;
  readonly step: number;
  readonly modelId: Uuid;
  readonly nano: bigint;
  reversed: boolean;
}

type Act = typeof arbitraryAct extends fc.Arbitrary<infer T> ? T : never;
type History = typeof arbitraryHistory extends fc.Arbitrary<infer T> ? T : never;

/** Plays histories on a database, as two processes would, and remembers what was answered. */
class Player {
  readonly clock = movableClock();
  readonly world = worldOn(database.db, this.clock);
  readonly remembered: Remembered[] = [];
  readonly runIds: Uuid[] = [];
  private readonly batchers: readonly Batcher[] = [this.world.batcher(), this.world.batcher()];
  private next = 0;

  private constructor(readonly team: Uuid) {}

  static async play(history: History, models: readonly string[]): Promise<Player> {
    const team = await worldOn(database.db, movableClock()).team({ debtLimit: '5' });
    const player = new Player(team);
    await player.world.grant(team, history.granted);
    for (const { steps, hold } of history.runs) await player.start(steps, hold, models);
    for (const round of history.rounds) {
      player.clock.advance(1_000);
      await Promise.all(round.map((act) => player.act(act)));
    }
    return player;
  }

  private get services() {
    const { db, clock, catalog } = this.world;
    const batcher = this.batchers[this.next++ % 2];
    if (!batcher) throw new Error('there are two');
    return { db, clock, catalog, batcher };
  }

  private async start(
    steps: History['runs'][number]['steps'],
    hold: boolean,
    models: readonly string[],
  ): Promise<void> {
    const plan = steps.map(({ model, quantity, times }, place) => ({
      key: `s${place}`,
      model: models[model] ?? '',
      quantities: [{ meter: 'REQUEST' as const, quantity: parseDecimal(String(quantity)) }],
      times,
    }));
    const form = { idempotencyKey: newUuid(), teamId: publicId('team', this.team), plan: { steps: plan } };
    const started = await startRun(this.services, { ...form, hold }, SYSTEM_ACTOR);
    // Without the credit to hold it runs without a hold.
    const result = started.ok || !hold ? started : await startRun(this.services, form, SYSTEM_ACTOR);
    if (!result.ok) throw new Error(result.refusal.message);
    this.runIds.push(result.run.id);
  }

  private act(act: Act): Promise<void> {
    if (act.what === 'USE') return this.use(act);
    return act.what === 'REVERSE' ? this.reverse(act.charge) : this.end(act.run, act.cancel);
  }

  private async use(use: Extract<Act, { what: 'USE' }>): Promise<void> {
    const runId = this.runIds[use.run % this.runIds.length] ?? '';
    const [run] = await findRuns(database.db, [runId]);
    const step = use.step % (run?.steps.length ?? 1);
    const item: RunUsageItem = {
      idempotencyKey: newUuid(),
      teamId: publicId('team', this.team),
      runId: publicId('run', runId),
      step: `s${step}`,
      quantities: [{ meter: 'REQUEST', quantity: parseDecimal(String(use.quantity)) }],
      afterTheFact: use.afterTheFact,
    };
    const items = use.twice ? [item, item] : [item];
    const [first, again] = await recordRunUsage(this.services, items, SYSTEM_ACTOR);
    if (!first?.ok) return;
    if (use.twice) expect(again).toMatchObject({ ok: true, replayed: true, charge: { id: first.charge.id } });
    const { id: chargeId, modelId, status, amountNano } = first.charge;
    const nano = status === 'CHARGED' ? amountNano : 0n;
    this.remembered.push({ chargeId, runId, step, modelId, nano, reversed: false });
  }

  private async reverse(which: number): Promise<void> {
    const charge = this.remembered[which % Math.max(1, this.remembered.length)];
    if (!charge || charge.reversed) return;
    charge.reversed = true;
    const input = { chargeId: charge.chargeId, reason: 'test', idempotencyKey: newUuid() };
    await inTransaction(database.db, (tx) => reverseCharge(tx, input, SYSTEM_ACTOR, this.clock.now()));
  }

  private async end(which: number, cancel: boolean): Promise<void> {
    const runId = this.runIds[which % this.runIds.length] ?? '';
    const form = { teamId: publicId('team', this.team), runId: publicId('run', runId) };
    const result = await endRun(
      this.services.batcher,
      cancel ? { ...form, reason: 'test' } : form,
      SYSTEM_ACTOR,
    );
    expect(result.ok).toBe(true);
  }

  async endAll(): Promise<void> {
    for (const which of this.runIds.keys()) await this.end(which, false);
  }

  /** What the test remembers of a run, by the place of the step. */
  expectedCost(runId: Uuid): RunCost {
    const own = this.remembered.filter((charge) => charge.runId === runId);
    const bySteps = Map.groupBy(own, ({ step }) => step);
    return new Map(
      [...bySteps].map(([step, charges]) => [
        step,
        { spentNano: kept(charges), charges: BigInt(charges.length) },
      ]),
    );
  }
}

function kept(charges: readonly Remembered[]): bigint {
  return charges.reduce((sum, { nano, reversed }) => sum + (reversed ? 0n : nano), 0n);
}

describe('a run', () => {
  test('costs what its steps cost and what its models cost, to the nano-credit, whatever happens at the same time', async () => {
    const models = PRICES.map((_, n) => `m${n}-${newUuid()}`);
    const world = worldOn(database.db, movableClock());
    for (const [n, price] of PRICES.entries()) await world.model(models[n] ?? '', { REQUEST: price });
    await fc.assert(
      fc.asyncProperty(arbitraryHistory, async (history) => {
        const player = await Player.play(history, models);
        const runs = await findRuns(database.db, player.runIds);
        const costs = await costsOf(database.db, runs);
        for (const [place, run] of runs.entries()) {
          const cost = costs[place] ?? expect.fail('each run has a cost');
          expect(cost).toEqual(player.expectedCost(run.id));
          const own = player.remembered.filter(({ runId }) => runId === run.id);
          const whole = wholeCost(cost);
          expect(whole).toEqual({ spentNano: kept(own), charges: BigInt(own.length) });
          const byModel = costByModel(run.steps, cost);
          for (const { modelId, spentNano } of byModel)
            expect(spentNano).toBe(kept(own.filter((charge) => charge.modelId === modelId)));
          expect(byModel.reduce((sum, { spentNano }) => sum + spentNano, 0n)).toBe(whole.spentNano);
          expect(byModel.reduce((sum, { estimatedNano }) => sum + estimatedNano, 0n)).toBe(run.estimatedNano);
          expect(run.steps.reduce((sum, { estimatedNano }) => sum + estimatedNano, 0n)).toBe(
            run.estimatedNano,
          );
          const reversedNano = own.reduce((sum, { nano, reversed }) => sum + (reversed ? nano : 0n), 0n);
          expect(run.spentNano).toBe(whole.spentNano + reversedNano);
        }
        await player.endAll();
        const balance = await balanceOf(database.db, player.team, player.clock.now());
        const { availableNano, heldNano, unpaidNano } = balance?.balances ?? expect.fail('no balance');
        expect(heldNano).toBe(0n);
        expect(availableNano + kept(player.remembered) - unpaidNano).toBe(parseCredits(history.granted));
      }),
      { numRuns: 60 },
    );
    await expectHealthy(database.db);
  }, 120_000);

  test('that another process started, with credit that this one has not seen held, is charged from what it holds', async () => {
    const models = [`m-${newUuid()}`];
    await worldOn(database.db, movableClock()).model(models[0] ?? '', { REQUEST: '1' });
    const steps = [{ model: 0, quantity: 3, times: 1 }];
    const use = { what: 'USE' as const, run: 1, step: 0, quantity: 1, afterTheFact: false, twice: false };
    const runs = [
      { steps, hold: false },
      { steps, hold: true },
    ];
    const player = await Player.play({ granted: '20', runs, rounds: [[use]] }, models);
    expect(player.remembered).toMatchObject([{ runId: player.runIds[1], nano: 1_000_000_000n }]);
    const balance = await balanceOf(database.db, player.team, player.clock.now());
    expect(balance?.balances).toMatchObject({ availableNano: 17_000_000_000n, heldNano: 2_000_000_000n });
  });
});
