import { afterEach, describe, expect, test, vi } from 'vitest';
import { inTransaction } from '../../src/db/client.ts';
import { startRecharge } from '../../src/payments/recharge-team.ts';
import { RechargeTrigger } from '../../src/payments/recharge-trigger.ts';
import { expectHealthy } from '../support/audit.ts';
import { usage } from '../support/world.ts';
import { DAY_MS, HOUR_MS, useRechargeWorld } from './recharge-world.ts';

const { world, team, model, spend, story, attempts, wallet, atStripe, settings, clearFaults } =
  useRechargeWorld();
const MINUTE_MS = 60_000;

afterEach(clearFaults);

describe('a declining card', () => {
  test.for([
    { card: 'pm_card_chargeCustomerFail', most: 3 },
    // Each waits a day for the payer.
    { card: 'pm_card_authenticationRequired', most: 3 },
  ])('$card is tried no more than $most times in 30 days, hour by hour', async ({ card, most }) => {
    const id = await team({ card, credit: '5', dailyCap: '40', monthlyCap: '500' });
    const work = await model();
    await world.settle();
    for (let day = 0; day < 30; day += 1) {
      await spend(id, work, 20);
      await world.advance(DAY_MS, day < 5 ? HOUR_MS : 6 * HOUR_MS);
    }
    expect(await story(id)).toHaveLength(most);
    expect((await atStripe(id)).filter((payment) => payment.startsWith('succeeded'))).toEqual([]);
    expect(await settings(id)).toMatchObject({ suspendedReason: 'DECLINED' });
    await expectHealthy(world.db);
  });
});

test('a team that spends all it gets for 30 days is charged within its caps on every day and in every month', async () => {
  const id = await team({ credit: '1', threshold: '100', amount: '20', dailyCap: '60', monthlyCap: '300' });
  const work = await model();
  for (let step = 0; step < 30 * 6; step += 1) {
    await spend(id, work, 20);
    await world.advance(4 * HOUR_MS, 2 * HOUR_MS);
  }
  const all = await attempts(id);
  const sums = (length: number) =>
    [...Map.groupBy(all, ({ startedAt }) => startedAt.toISOString().slice(0, length)).values()].map((group) =>
      group.reduce((sum, { amountCents }) => sum + amountCents, 0n),
    );
  expect(sums(10).every((cents) => cents <= 6_000n)).toBe(true);
  expect(sums(10)).toContain(6_000n);
  expect(sums(7)).toContain(30_000n);
  expect(sums(7).every((cents) => cents <= 30_000n)).toBe(true);
  const starts = all.map(({ startedAt }) => startedAt.getTime());
  const gaps = starts.slice(1).map((at, i) => at - (starts[i] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(HOUR_MS);
  await expectHealthy(world.db);
});

describe('a process that dies', () => {
  test('after the charge and before anything else loses nothing', async () => {
    const id = await team();
    await spend(id, await model(), 3);
    // Whatever this process has heard of it is gone; the wallet still says so.
    expect((await wallet(id)).due).not.toBeNull();
    await world.settle();
    expect(await story(id)).toEqual(['THRESHOLD 20 SUCCEEDED']);
  });

  test('after the attempt was committed and before Stripe was asked is made up for, once', async () => {
    const id = await team();
    await spend(id, await model(), 3);
    await inTransaction(world.db, (tx) => startRecharge(tx, world.deps, id));
    expect(await atStripe(id)).toEqual([]);
    await world.settle();
    expect(await story(id)).toEqual(['THRESHOLD 20 IN_FLIGHT']);
    await world.advance(5 * MINUTE_MS, MINUTE_MS / 4);
    expect(await story(id)).toEqual(['THRESHOLD 20 SUCCEEDED']);
    expect(await atStripe(id)).toEqual(['succeeded 2000']);
    expect(await wallet(id)).toMatchObject({ available: '29', due: null });
  });

  test('before the attempt was committed leaves nothing of it', async () => {
    const id = await team();
    await spend(id, await model(), 3);
    const dying = inTransaction(world.db, async (tx) => {
      await startRecharge(tx, world.deps, id);
      throw new Error('killed');
    });
    await expect(dying).rejects.toThrow('killed');
    expect(await story(id)).toEqual([]);
    await world.settle();
    expect(await story(id)).toEqual(['THRESHOLD 20 SUCCEEDED']);
  });

  test.for([
    { at: 'Stripe charged the card and before the answer was written', fault: 'LOSE_RESPONSE' },
    { at: 'Stripe charged the card and answered that it had failed', fault: 'SERVER_ERROR_AFTER' },
  ])('after $at: the credit comes once', async ({ fault }) => {
    const id = await team();
    await world.fault(fault, 'POST /v1/payment_intents', { times: 1 });
    await world.fault('DROP_WEBHOOK', '*', { times: 20 });
    await spend(id, await model(), 3);
    await world.settle();
    await world.advance(5 * MINUTE_MS, MINUTE_MS / 4);
    expect(await story(id)).toEqual(['THRESHOLD 20 SUCCEEDED']);
    expect(await atStripe(id)).toEqual(['succeeded 2000']);
    expect((await wallet(id)).available).toBe('29');
    await expectHealthy(world.db);
  });
});

test('events that come twice, late and out of order change nothing', async () => {
  const id = await team();
  for (const kind of ['DUPLICATE_WEBHOOK', 'REORDER_WEBHOOK', 'DELAY_WEBHOOK'])
    await world.fault(kind, '*', { times: 3, delayMs: 30_000 });
  await spend(id, await model(), 3);
  await world.settle();
  await world.advance(10 * MINUTE_MS, MINUTE_MS);
  expect(await story(id)).toEqual(['THRESHOLD 20 SUCCEEDED']);
  expect((await wallet(id)).available).toBe('29');
  await expectHealthy(world.db);
});

// The last: its workers go on.
describe('with workers', () => {
  test('50 charges at once drive a team below its threshold: one payment within a second', async () => {
    const trigger = new RechargeTrigger(world.deps);
    world.jobs.start();
    trigger.start();
    try {
      const id = await team({ credit: '55', threshold: '10', amount: '20' });
      const work = await model();
      const batchers = [1, 2, 3, 4, 5].map(() => world.world.batcher());
      const started = performance.now();
      await Promise.all(
        Array.from({ length: 50 }, (_, i) => batchers[i % 5]?.charge([usage(id, work, { REQUEST: 1 })])),
      );
      await vi.waitFor(async () => expect(await story(id)).toEqual(['THRESHOLD 20 SUCCEEDED']), {
        timeout: 10_000,
        interval: 20,
      });
      expect(performance.now() - started).toBeLessThan(2_000);
      await world.settle();
      expect(await atStripe(id)).toEqual(['succeeded 2000']);
      expect(await wallet(id)).toMatchObject({ available: '25', due: null });
      await expectHealthy(world.db);
    } finally {
      await trigger.stop();
    }
  });
});
