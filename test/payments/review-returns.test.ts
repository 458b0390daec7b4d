import { describe, expect, test } from 'vitest';
import { inTransaction } from '../../src/db/client.ts';
import { publicId } from '../../src/id.ts';
import { disputeEffects } from '../../src/refunds/dispute-effects.ts';
import { settleRefund } from '../../src/refunds/refund-settle.ts';
import {
  balances,
  buy,
  decideDispute,
  disputed,
  expectSound,
  refunded,
  reread,
  spend,
  useRefundWorld,
} from '../refunds/refund-world.ts';

const world = useRefundWorld();

describe('A dispute', () => {
  test('that Stripe was asked about before it was lost stays lost', async () => {
    const bought = await buy(world);
    await spend(world, bought.teamId, '15');
    const id = await disputed(world, bought);
    await world.settle();
    const look = disputeEffects(world.deps)['charge.dispute.updated'];
    const write = await look?.({ id: 'evt_1', type: 'charge.dispute.updated', objectId: id });
    await decideDispute(world, id, false);
    await world.settle();
    const after = await balances(world, bought.teamId);
    expect(after).toMatchObject({ available: '0', unpaid: '15' });
    // It waited for a lock meanwhile.
    const late = inTransaction(world.db, async (tx) => write?.(tx));
    await expect(late).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await balances(world, bought.teamId)).toEqual(after);
    await expectSound(world);
  });
});

describe('A refund', () => {
  test('that was refused here and made at Stripe all the same takes its credit', async () => {
    const bought = await buy(world);
    const refund = await refunded(world, bought);
    await inTransaction(world.db, (tx) =>
      settleRefund(tx, world.deps, refund, { failure: 'It has been refunded already.' }),
    );
    expect(await reread(world, refund)).toMatchObject({ status: 'FAILED' });
    await world.stripe.refunds.create({
      payment_intent: bought.paymentIntent,
      amount: 2000,
      metadata: { refundId: publicId('refund', refund.id) },
    });
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '0', unpaid: '0' });
    await expectSound(world);
  });
});
