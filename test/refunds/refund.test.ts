import { afterEach, describe, expect, test } from 'vitest';
import { newUuid } from '../../src/id.ts';
import { pursueRefund } from '../../src/refunds/refund-pursue.ts';
import { usage } from '../support/world.ts';
import {
  ask,
  balances,
  buy,
  calmDown,
  DAY_MS,
  decide,
  expectSound,
  priceOnce,
  refunded,
  refundsAtStripe,
  reread,
  spend,
  takenBack,
  topUpOf,
  useRefundWorld,
} from './refund-world.ts';

const world = useRefundWorld();

afterEach(async () => {
  await calmDown(world);
});

describe('Asking for a refund', () => {
  test('moves nothing until an operator decides', async () => {
    const bought = await buy(world);
    const refund = await ask(world, bought);
    expect(refund).toMatchObject({ status: 'REQUESTED', requestedCents: null, amountCents: null });
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '20' });
    const rejected = await decide(world, refund, { decision: 'REJECT' });
    expect(rejected).toMatchObject({ status: 'REJECTED', decisionReason: 'As our terms say.' });
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '20' });
    expect(await refundsAtStripe(world, bought)).toEqual([]);
    await expectSound(world);
  });

  test('by its top-up is the same', async () => {
    const bought = await buy(world);
    const refund = await ask(world, bought, { paymentId: null, topUpId: bought.topUpId });
    expect(refund.paymentId).toBe(bought.paymentId);
  });

  test('with the same key is one request, and another one with other input is refused', async () => {
    const bought = await buy(world);
    const idempotencyKey = newUuid();
    const first = await ask(world, bought, { idempotencyKey });
    expect((await ask(world, bought, { idempotencyKey })).id).toBe(first.id);
    await expect(ask(world, bought, { idempotencyKey, amountCents: 5n })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    });
  });

  test('of more than is unspent is refused, and so is one of nothing', async () => {
    const bought = await buy(world);
    await spend(world, bought.teamId, '19.995');
    await expect(ask(world, bought)).rejects.toMatchObject({ details: { reason: 'NOT_REFUNDABLE' } });
    const other = await buy(world, { teamId: bought.teamId, cents: 500n });
    await expect(ask(world, other, { amountCents: 501n })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: 'amount: must be at most $5.00: what is unspent of this payment.',
    });
  });

  test('while one waits to be decided is refused', async () => {
    const bought = await buy(world);
    await ask(world, bought, { amountCents: 100n });
    await expect(ask(world, bought)).rejects.toMatchObject({ details: { reason: 'NOT_REFUNDABLE' } });
  });

  test("names nothing of another team's", async () => {
    const bought = await buy(world);
    const stranger = await world.world.team();
    const foreign = { ...bought, teamId: stranger };
    await expect(ask(world, foreign)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const byTopUp = { paymentId: null, topUpId: bought.topUpId };
    await expect(ask(world, foreign, byTopUp)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('A refund that is approved', () => {
  test('leaves the grant at once, and is paid by Stripe', async () => {
    const bought = await buy(world);
    const refund = await refunded(world, bought);
    expect(refund).toMatchObject({ status: 'PENDING', amountCents: 2000n });
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '0' });
    await world.settle();
    expect(await reread(world, refund)).toMatchObject({ status: 'SUCCEEDED', failureReason: null });
    expect(await refundsAtStripe(world, bought)).toEqual([{ amount: 2000, status: 'succeeded' }]);
    expect(await topUpOf(world, bought)).toMatchObject({ status: 'REFUNDED' });
    await expectSound(world);
  });

  test('is at most what is unspent of that purchase, rounded down to the cent', async () => {
    const bought = await buy(world);
    const other = await buy(world, { teamId: bought.teamId, cents: 700n });
    await spend(world, bought.teamId, '12.345678901');
    const refund = await refunded(world, bought);
    expect(refund).toMatchObject({ amountCents: 765n, creditNano: 7_650_000_000n });
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '7.004321099' });
    expect(await topUpOf(world, bought)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await takenBack(world, other)).toEqual({ refunded: 0n, disputed: 0n });
    await expectSound(world);
  });

  test('pays back less than was asked for when it was spent meanwhile, or the operator says so', async () => {
    const bought = await buy(world);
    const asked = await ask(world, bought, { amountCents: 1500n });
    await spend(world, bought.teamId, '10');
    await expect(decide(world, asked, { amountCents: 1501n })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    expect(await decide(world, asked, { amountCents: 1200n })).toMatchObject({ amountCents: 1000n });
    const again = await buy(world, { teamId: bought.teamId });
    expect(await decide(world, await ask(world, again), { amountCents: 1n })).toMatchObject({
      amountCents: 1n,
    });
    await world.settle();
    await expectSound(world);
  });

  test('that nothing is left of is refused and waits on; a decided one is not decided again', async () => {
    const bought = await buy(world);
    const asked = await ask(world, bought);
    await spend(world, bought.teamId, '20');
    await expect(decide(world, asked)).rejects.toMatchObject({ details: { reason: 'NOT_REFUNDABLE' } });
    expect(await reread(world, asked)).toMatchObject({ status: 'REQUESTED' });
    await decide(world, asked, { decision: 'REJECT' });
    await expect(decide(world, asked)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('with the same key is decided once', async () => {
    const bought = await buy(world);
    const asked = await ask(world, bought, { amountCents: 300n });
    const idempotencyKey = newUuid();
    const both = await Promise.all([
      decide(world, asked, { idempotencyKey }),
      decide(world, asked, { idempotencyKey }),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['PENDING', 'PENDING']);
    await world.settle();
    expect(await refundsAtStripe(world, bought)).toEqual([{ amount: 300, status: 'succeeded' }]);
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '17' });
  });

  test('voids the bonus in proportion, exactly, in any number of parts', async () => {
    const bonus = 1_000_000_001n;
    const bought = await buy(world, { cents: 1000n, bonus });
    let voided = 0n;
    for (const cents of [333n, 333n, 334n]) {
      voided += (await refunded(world, bought, cents)).bonusVoidedNano;
      await world.settle();
    }
    expect(voided).toBe(bonus);
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '0' });
    expect(await takenBack(world, bought)).toEqual({ refunded: 1000n, disputed: 0n });
    expect(await topUpOf(world, bought)).toMatchObject({ status: 'REFUNDED' });
    await expectSound(world);
  });

  test('voids of the bonus only what nobody has used', async () => {
    const bought = await buy(world, { cents: 1000n, bonus: 2_000_000_000n });
    await spend(world, bought.teamId, '1.5');
    const refund = await refunded(world, bought, 500n);
    expect(refund).toMatchObject({ amountCents: 500n, bonusVoidedNano: 500_000_000n });
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '5' });
    await expectSound(world);
  });

  test('competes with twenty charges and never pays back what one of them has spent', async () => {
    const bought = await buy(world);
    const model = await priceOnce(world);
    const asked = await ask(world, bought);
    const charges = Array.from({ length: 20 }, () =>
      world.world.charge(usage(bought.teamId, model, { REQUEST: '0.95' }, { occurredAt: world.clock.now() })),
    );
    const [refund] = await Promise.all([decide(world, asked), ...charges]);
    const results = (await Promise.all(charges)).flat();
    const spent = BigInt(results.filter(({ ok }) => ok).length) * 950_000_000n;
    expect(spent + refund.creditNano).toBeLessThanOrEqual(20_000_000_000n);
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({ unpaid: '0' });
    await expectSound(world);
  });

  test('of which another part is approved counts for itself, not for all so far', async () => {
    const bought = await buy(world);
    const first = await refunded(world, bought, 500n);
    await world.settle();
    const second = await refunded(world, bought, 700n);
    await world.settle();
    expect([await reread(world, first), await reread(world, second)]).toMatchObject([
      { amountCents: 500n, status: 'SUCCEEDED' },
      { amountCents: 700n, status: 'SUCCEEDED' },
    ]);
    expect(await takenBack(world, bought)).toEqual({ refunded: 1200n, disputed: 0n });
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '8' });
    await expectSound(world);
  });
});

describe('A refund whose way to Stripe is rough', () => {
  test.for([
    ['its answer gets lost', 'LOSE_RESPONSE', 'POST /v1/refunds', 3],
    ['the request does not arrive', 'TIMEOUT_BEFORE', 'POST /v1/refunds', 3],
    ['Stripe is overloaded', 'RATE_LIMIT', 'POST /v1/refunds', 3],
    ['Stripe fails before it', 'SERVER_ERROR', 'POST /v1/refunds', 3],
    ['Stripe fails after it', 'SERVER_ERROR_AFTER', 'POST /v1/refunds', 1],
    ['events come twice', 'DUPLICATE_WEBHOOK', '*', 9],
    ['events come out of order', 'REORDER_WEBHOOK', '*', 2],
    ['events do not come', 'DROP_WEBHOOK', '*', 99],
  ] as const)('is paid exactly once when %s', async ([, kind, target, times]) => {
    const bought = await buy(world);
    await world.settle();
    await world.fault(kind, target, { times });
    const refund = await refunded(world, bought, 700n);
    for (let i = 0; i < 8; i++) {
      await pursueRefund(world.deps, bought.teamId, refund.id).catch(() => undefined);
      await world.advance(120_000);
    }
    expect(await reread(world, refund)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await refundsAtStripe(world, bought)).toEqual([{ amount: 700, status: 'succeeded' }]);
    expect(await takenBack(world, bought)).toEqual({ refunded: 700n, disputed: 0n });
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '13' });
    await calmDown(world);
    await expectSound(world);
  });

  test('is asked for once by many at once', async () => {
    const bought = await buy(world);
    const refund = await refunded(world, bought);
    const pursue = () => pursueRefund(world.deps, bought.teamId, refund.id).catch(() => undefined);
    await Promise.all([pursue(), pursue(), pursue(), pursue()]);
    await world.settle();
    await pursue();
    expect(await refundsAtStripe(world, bought)).toEqual([{ amount: 2000, status: 'succeeded' }]);
    expect(await reread(world, refund)).toMatchObject({ status: 'SUCCEEDED' });
    await expectSound(world);
  });

  test('is found by its mark when it was made and nobody was told', async () => {
    const bought = await buy(world);
    const refund = await refunded(world, bought, 100n);
    await world.fault('LOSE_RESPONSE', 'POST /v1/refunds', { times: 9 });
    await world.fault('DROP_WEBHOOK', '*', { times: 99 });
    await pursueRefund(world.deps, bought.teamId, refund.id).catch(() => undefined);
    // Stripe forgets idempotency keys.
    await world.db.sql`delete from sandbox_stripe_keys`;
    await pursueRefund(world.deps, bought.teamId, refund.id);
    expect(await refundsAtStripe(world, bought)).toHaveLength(1);
    expect(await reread(world, refund)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('A refund that fails', () => {
  test('after it had succeeded returns its credit and its bonus to the team', async () => {
    const bought = await buy(world, { token: 'pm_card_refundFail', bonus: 3_000_000_000n });
    const refund = await refunded(world, bought, 1000n);
    await pursueRefund(world.deps, bought.teamId, refund.id);
    expect(await reread(world, refund)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '11.5' });
    await world.advance(10 * 60_000, 60_000);
    expect(await reread(world, refund)).toMatchObject({
      status: 'FAILED',
      failureReason: 'expired_or_canceled_card',
      creditNano: 10_000_000_000n,
    });
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '23' });
    expect(await takenBack(world, bought)).toEqual({ refunded: 0n, disputed: 0n });
    expect(await topUpOf(world, bought)).toMatchObject({ status: 'SUCCEEDED' });
    await expectSound(world);
  });

  test('is noticed although no event comes, and its bonus can be voided with the next one', async () => {
    const bought = await buy(world, { token: 'pm_card_refundFail', bonus: 2_000_000_000n });
    await world.settle();
    await world.fault('DROP_WEBHOOK', '*', { times: 999 });
    const refund = await refunded(world, bought);
    await world.settle();
    expect(await topUpOf(world, bought)).toMatchObject({ status: 'REFUNDED' });
    await world.advance(2 * DAY_MS, DAY_MS);
    expect(await reread(world, refund)).toMatchObject({ status: 'FAILED' });
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '22' });
    const again = await refunded(world, bought);
    expect(again).toMatchObject({ amountCents: 2000n, bonusVoidedNano: 2_000_000_000n });
    await calmDown(world);
    await expectSound(world);
  });

  test('because Stripe refuses it returns its credit', async () => {
    const bought = await buy(world);
    const refund = await refunded(world, bought, 1500n);
    // Somebody was faster at Stripe.
    await world.stripe.refunds.create({ payment_intent: bought.paymentIntent, amount: 1000 });
    await pursueRefund(world.deps, bought.teamId, refund.id);
    const failed = await reread(world, refund);
    expect(failed.status).toBe('FAILED');
    expect(failed.failureReason).toMatch(/greater than unrefunded amount/);
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '10', unpaid: '0' });
    expect(await takenBack(world, bought)).toEqual({ refunded: 1000n, disputed: 0n });
    await expectSound(world);
  });

  test('pays what the team owes by then with what returns', async () => {
    const bought = await buy(world, { token: 'pm_card_refundFail' });
    const refund = await refunded(world, bought);
    await world.settle();
    await spend(world, bought.teamId, '2');
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '0', unpaid: '2' });
    await world.advance(10 * 60_000, 60_000);
    expect(await reread(world, refund)).toMatchObject({ status: 'FAILED' });
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '18', unpaid: '0' });
    await expectSound(world);
  });

  test('stays PENDING while the bank takes its time', async () => {
    const bought = await buy(world, { token: 'pm_card_pendingRefund' });
    const refund = await refunded(world, bought);
    await pursueRefund(world.deps, bought.teamId, refund.id);
    expect(await reread(world, refund)).toMatchObject({ status: 'PENDING' });
    expect(await topUpOf(world, bought)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '0' });
    await world.advance(10 * 60_000, 60_000);
    expect(await reread(world, refund)).toMatchObject({ status: 'SUCCEEDED' });
    await expectSound(world);
  });
});
