import { afterEach, describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { inTransaction } from '../../src/db/client.ts';
import { voidGrant } from '../../src/grants/issue.ts';
import { newUuid } from '../../src/id.ts';
import {
  balances,
  buy,
  calmDown,
  expectSound,
  spend,
  takenBack,
  topUpOf,
  useRefundWorld,
} from './refund-world.ts';

const world = useRefundWorld();

afterEach(async () => {
  await calmDown(world);
});

describe('A refund that somebody made at Stripe', () => {
  test('is taken in: what is unspent goes, the bonus with it', async () => {
    const bought = await buy(world, { cents: 1000n, bonus: 1_000_000_000n });
    await world.stripe.refunds.create({ payment_intent: bought.paymentIntent, amount: 400 });
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '6.6', unpaid: '0' });
    expect(await takenBack(world, bought)).toEqual({ refunded: 400n, disputed: 0n });
    const [row] = await world.db.sql`select * from refunds where payment_id = ${bought.paymentId}`;
    expect(row).toMatchObject({ status: 'SUCCEEDED', amount_cents: 400n, requested_by_kind: 0 });
    await expectSound(world);
  });

  test('in parts is taken in part by part', async () => {
    const bought = await buy(world, { cents: 1000n });
    for (const amount of [200, 300]) {
      await world.stripe.refunds.create({ payment_intent: bought.paymentIntent, amount });
      await world.settle();
    }
    expect(await takenBack(world, bought)).toEqual({ refunded: 500n, disputed: 0n });
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '5', unpaid: '0' });
    await expectSound(world);
  });

  test('makes debt of what had been spent, and is taken in once however often it is told', async () => {
    const bought = await buy(world);
    await spend(world, bought.teamId, '15');
    await world.settle();
    await world.fault('DUPLICATE_WEBHOOK', '*', { times: 9 });
    await world.stripe.refunds.create({ payment_intent: bought.paymentIntent });
    await world.settle();
    await world.advance(60_000);
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '0', unpaid: '15' });
    expect(await topUpOf(world, bought)).toMatchObject({ status: 'REFUNDED' });
    const rows = await world.db.sql`select debt_nano from refunds where payment_id = ${bought.paymentId}`;
    expect([...rows]).toEqual([{ debt_nano: 15_000_000_000n }]);
    await expectSound(world);
  });

  test('and fails later gives back what it took, debt included', async () => {
    const bought = await buy(world, { token: 'pm_card_refundFail', bonus: 1_000_000_000n });
    await spend(world, bought.teamId, '16');
    await world.stripe.refunds.create({ payment_intent: bought.paymentIntent });
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '0', unpaid: '15' });
    await world.advance(10 * 60_000, 60_000);
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '5', unpaid: '0' });
    expect(await topUpOf(world, bought)).toMatchObject({ status: 'SUCCEEDED' });
    await expectSound(world);
  });

  test('pays what an operator had voided from what was voided', async () => {
    const bought = await buy(world);
    await spend(world, bought.teamId, '5');
    const [payment] = await world.db.sql<{ grant_id: string }[]>`
      select grant_id from payments where id = ${bought.paymentId}`;
    const input = {
      teamId: bought.teamId,
      grantId: payment?.grant_id ?? '',
      reason: 'Paid back by hand',
      idempotencyKey: newUuid(),
    };
    await inTransaction(world.db, (tx) => voidGrant(tx, input, SYSTEM_ACTOR, world.clock.now()));
    await world.stripe.refunds.create({ payment_intent: bought.paymentIntent, amount: 1500 });
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '0', unpaid: '0' });
    await expectSound(world);
  });

  test('before the payment itself was told of is recorded after it', async () => {
    const team = await world.world.team();
    await world.fault('DROP_WEBHOOK', 'payment_intent.*', { times: 9 });
    await world.fault('LOSE_RESPONSE', 'GET /v1/payment_intents/:id', { times: 9 });
    await expect(buy(world, { teamId: team })).rejects.toThrow();
    await calmDown(world);
    const [customer] = await world.db.sql<{ stripe_id: string }[]>`
      select stripe_id from stripe_customers where team_id = ${team}`;
    const { data } = await world.stripe.paymentIntents.list({ customer: customer?.stripe_id ?? '' });
    await world.stripe.refunds.create({ payment_intent: data[0]?.id ?? '', amount: 500 });
    await world.settle();
    expect(await balances(world, team)).toMatchObject({ available: '15' });
    await expectSound(world);
  });
});
