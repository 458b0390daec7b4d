import { describe, expect, test } from 'vitest';
import { inTransaction } from '../../src/db/client.ts';
import { lockPayments } from '../../src/gateway/payment-heads.ts';
import { newUuid } from '../../src/id.ts';
import { pursueTopUp } from '../../src/payments/pursue-top-up.ts';
import { suspendForDispute } from '../../src/payments/recharge-suspend.ts';
import { noteNewCard } from '../../src/payments/recharge-suspension.ts';
import { recharge } from '../../src/payments/recharge-team.ts';
import { expectHealthy } from '../support/audit.ts';
import { HOUR_MS, useRechargeWorld } from './recharge-world.ts';

const { world, configure, team, model, spend, story, attempts, settings, wallet, atStripe, buy } =
  useRechargeWorld();

describe('§5.1: auto-recharge is off unless an admin turned it on', () => {
  test('a team that never did, or turned it off, is never charged', async () => {
    const [never, off] = [await world.world.team(), await team()];
    await configure(off, { enabled: false });
    const work = await model();
    await world.world.grant(never, '12');
    for (const id of [never, off]) await spend(id, work, 11);
    for (const id of [never, off]) await spend(id, work, 11);
    await world.advance(2 * HOUR_MS);
    expect([await story(off), await atStripe(off), await atStripe(never)]).toEqual([[], [], []]);
  });

  test('off, neither a payment, nor a new card, nor a dispute turns it on', async () => {
    const id = await team({ credit: '5' });
    await configure(id, { enabled: false });
    const topUp = await buy(id, await world.card(id, 'pm_card_mastercard'), 100n);
    await pursueTopUp(world.deps, id, topUp.id);
    await inTransaction(world.db, async (tx) => {
      await lockPayments(tx, id);
      await noteNewCard(tx, id, 'another', world.clock.now());
      await suspendForDispute(tx, id, world.clock.now());
    });
    await world.advance(HOUR_MS);
    expect(await settings(id)).toMatchObject({ enabled: false, suspendedReason: null });
    expect(await story(id)).toEqual([]);
  });
});

describe('§5.2: it fires', () => {
  test('when a charge takes the credit below the threshold, with exactly the amount', async () => {
    const id = await team({ threshold: '10', amount: '20' });
    const work = await model();
    await spend(id, work, 2);
    await world.settle();
    expect(await story(id)).toEqual([]);
    await spend(id, work, 1);
    expect((await wallet(id)).due).toEqual(world.clock.now());
    await world.settle();
    expect(await story(id)).toEqual(['THRESHOLD 20 SUCCEEDED']);
    expect(await wallet(id)).toMatchObject({ available: '29', due: null });
    expect(await atStripe(id)).toEqual(['succeeded 2000']);
    await expectHealthy(world.db);
  });

  test('when a charge is refused for lack of credit, also above the threshold', async () => {
    const id = await team({ threshold: '10', amount: '20' });
    const work = await model();
    expect(await spend(id, work, 15)).toMatchObject({ ok: false });
    await world.settle();
    expect(await story(id)).toEqual(['REFUSED 20 SUCCEEDED']);
    expect(await spend(id, work, 15)).toMatchObject({ ok: true });
  });

  test('not while top-ups in flight reach the threshold, and once they have failed', async () => {
    const id = await team({ threshold: '10', amount: '20' });
    const declining = await world.card(id, 'pm_card_chargeCustomerFail');
    const good = await world.card(id);
    await configure(id, { method: good });
    const topUp = await buy(id, declining);
    await spend(id, await model(), 3);
    for (let i = 0; i < 3; i += 1) await recharge(world.deps, id);
    expect(await story(id)).toEqual([]);
    await pursueTopUp(world.deps, id, topUp.id);
    await world.settle();
    expect(await story(id)).toEqual(['THRESHOLD 20 SUCCEEDED']);
  });

  test('with the smallest multiple that reaches the threshold only where a greatest charge allows it', async () => {
    const [plain, more, little] = [
      await team({ threshold: '50', amount: '20' }),
      await team({ threshold: '50', amount: '20', maxPerCharge: '100' }),
      await team({ threshold: '50', amount: '10', maxPerCharge: '25' }),
    ];
    await world.settle();
    expect(await story(plain)).toEqual(['THRESHOLD 20 SUCCEEDED']);
    expect(await story(more)).toEqual(['THRESHOLD 40 SUCCEEDED']);
    expect(await story(little)).toEqual(['THRESHOLD 20 SUCCEEDED']);
  });

  test('not for credit that came back after a crossing that could not be acted on', async () => {
    const id = await team({ threshold: '10', amount: '20' });
    const work = await model();
    await spend(id, work, 3);
    await world.settle();
    await spend(id, work, 20);
    expect((await wallet(id)).due).not.toBeNull();
    await world.settle();
    world.clock.advance(60_000);
    await world.world.grant(id, '10');
    await world.advance(3 * HOUR_MS, HOUR_MS);
    expect(await story(id)).toEqual(['THRESHOLD 20 SUCCEEDED']);
    expect((await wallet(id)).due).toBeNull();
  });
});

describe('a team without a payment method', () => {
  test('is not charged, and is once a card has been saved', async () => {
    const id = await team();
    const removedAt = world.clock.now().toISOString();
    await world.db.sql`
      update payment_methods set removed_at = ${removedAt}, is_default = false where team_id = ${id}`;
    await spend(id, await model(), 3);
    await world.settle();
    expect(await story(id)).toEqual([]);
    await world.card(id, 'pm_card_mastercard');
    await inTransaction(world.db, async (tx) => {
      await lockPayments(tx, id);
      await noteNewCard(tx, id, 'another', world.clock.now());
    });
    await world.settle();
    expect(await story(id)).toEqual(['THRESHOLD 20 SUCCEEDED']);
  });
});

describe('§5.3: one attempt is in flight', () => {
  test('of any number of processes that judge a team at once, one begins', async () => {
    const id = await team();
    await spend(id, await model(), 3);
    await Promise.all(Array.from({ length: 12 }, () => recharge(world.deps, id)));
    await world.settle();
    expect(await story(id)).toEqual(['THRESHOLD 20 SUCCEEDED']);
    expect(await atStripe(id)).toEqual(['succeeded 2000']);
  });

  test('the database refuses a second one, whatever the code believes', async () => {
    const id = await team();
    const row = {
      team_id: id,
      trigger: 'REFUSED',
      status: 'IN_FLIGHT',
      amount_cents: 100n,
      top_up_id: newUuid(),
    };
    const insert = () =>
      inTransaction(
        world.db,
        (tx) =>
          tx.sql`insert into recharge_attempts ${tx.sql({ ...row, id: newUuid(), started_at: world.clock.now().toISOString() })}`,
      );
    await insert();
    await expect(insert()).rejects.toThrow(/recharge_attempts_one_in_flight/);
  });
});

describe('§5.4: caps', () => {
  test('at most one charge an hour', async () => {
    const id = await team({ threshold: '10', amount: '20' });
    const work = await model();
    await spend(id, work, 3);
    await world.settle();
    await spend(id, work, 25);
    await world.advance(HOUR_MS - 60_000, 10 * 60_000);
    expect(await story(id)).toHaveLength(1);
    await world.advance(60_000);
    expect(await story(id)).toEqual(['THRESHOLD 20 SUCCEEDED', 'THRESHOLD 20 SUCCEEDED']);
    const [first, second] = await attempts(id);
    expect((second?.startedAt.getTime() ?? 0) - (first?.startedAt.getTime() ?? 0)).toBe(HOUR_MS);
  });

  test.for([
    { cap: { dailyCap: '45' }, name: 'day', next: '2026-11-11T00:00:00.000Z' },
    { cap: { monthlyCap: '45' }, name: 'month', next: '2026-12-01T00:00:00.000Z' },
  ])('of a UTC $name are kept, and it goes on in the next', async ({ cap, next }) => {
    const id = await team({ credit: '1', threshold: '100', amount: '20', ...cap });
    world.clock.advance(Math.max(0, Date.UTC(2026, 10, 10, 18) - world.clock.now().getTime()));
    await world.settle();
    for (let hour = 0; hour < 4; hour += 1) await world.advance(HOUR_MS);
    expect(await story(id)).toHaveLength(2);
    expect((await settings(id)).nextCheckAt?.toISOString()).toBe(next);
    world.clock.advance(Date.parse(next) - world.clock.now().getTime() - 1);
    await world.settle();
    expect(await story(id)).toHaveLength(2);
    world.clock.advance(1);
    await world.settle();
    expect(await story(id)).toHaveLength(3);
  });

  test('count attempts that failed: each keeps its slot', async () => {
    const id = await team({ credit: '1', amount: '20', dailyCap: '20', card: 'pm_card_chargeCustomerFail' });
    await world.settle();
    expect(await story(id)).toEqual(['THRESHOLD 20 FAILED']);
    await configure(id, { method: await world.card(id), dailyCap: '20' });
    await world.advance(2 * HOUR_MS, HOUR_MS);
    expect(await story(id)).toHaveLength(1);
  });
});
