import { afterEach, describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { inTransaction } from '../../src/db/client.ts';
import { recordPayment } from '../../src/gateway/record-payment.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { expectHealthy } from '../support/audit.ts';
import {
  ask,
  type Bought,
  balances,
  buy,
  calmDown,
  decide,
  decideDispute,
  disputed,
  expectSound,
  spend,
  takenBack,
  useRefundWorld,
} from './refund-world.ts';

const world = useRefundWorld();

afterEach(async () => {
  await calmDown(world);
});

describe('Payments of plans', () => {
  async function subscribed(credit: bigint | null): Promise<Bought> {
    const bought = await buy(world, { cents: 100n });
    const { teamId } = bought;
    const customer = await world.db.sql<{ stripe_id: string }[]>`
      select stripe_id from stripe_customers where team_id = ${teamId}`;
    const intent = await world.stripe.paymentIntents.create({
      amount: 1900,
      currency: 'usd',
      customer: customer[0]?.stripe_id ?? '',
      payment_method: await methodOf(teamId),
      confirm: true,
      off_session: true,
    });
    const charge = typeof intent.latest_charge === 'string' ? intent.latest_charge : '';
    world.clock.advance(1);
    const { payment } = await inTransaction(world.db, (tx) =>
      recordPayment(
        tx,
        {
          teamId,
          kind: 'SUBSCRIPTION',
          paymentIntent: intent.id,
          charge,
          amountCents: 1900n,
          description: 'Personal, a month',
          card: null,
          credit: credit === null ? null : { source: 'PLAN', amountNano: credit },
          bonusNano: 0n,
          subscriptionId: newUuid(),
          stripeInvoice: 'in_1',
          actor: SYSTEM_ACTOR,
        },
        world.deps,
        world.clock.now(),
      ),
    );
    return { teamId, topUpId: '', paymentId: payment.id, paymentIntent: intent.id, charge };
  }

  async function methodOf(teamId: Uuid): Promise<string> {
    const [row] = await world.db.sql<{ stripe_id: string }[]>`
      select stripe_id from payment_methods where team_id = ${teamId} and is_default`;
    return row?.stripe_id ?? '';
  }

  test('are refunded whole or not at all, and only while nothing of them is spent', async () => {
    const bought = await subscribed(19_000_000_000n);
    await expect(ask(world, bought, { amountCents: 100n })).rejects.toMatchObject({
      details: { reason: 'NOT_REFUNDABLE' },
    });
    const asked = await ask(world, bought);
    await expect(decide(world, asked, { amountCents: 100n })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    expect(await decide(world, asked)).toMatchObject({ amountCents: 1900n, creditNano: 19_000_000_000n });
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '1' });
    await expectSound(world);

    const spent = await subscribed(19_000_000_000n);
    await spend(world, spent.teamId, '1.5');
    await expect(ask(world, spent)).rejects.toMatchObject({ details: { reason: 'NOT_REFUNDABLE' } });
  });

  test('that gave no credit are not refunded, and a dispute of them withholds nothing', async () => {
    const bought = await subscribed(null);
    await expect(ask(world, bought)).rejects.toMatchObject({ details: { reason: 'NOT_REFUNDABLE' } });
    const id = await disputed(world, bought);
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '1', disputed: '0' });
    await decideDispute(world, id, true);
    await world.settle();
    expect(await takenBack(world, bought)).toEqual({ refunded: 0n, disputed: 0n });
    await expectHealthy(world.db);
  });

  test('that are disputed lose the credit of their invoice', async () => {
    const bought = await subscribed(19_000_000_000n);
    await spend(world, bought.teamId, '3');
    const id = await disputed(world, bought);
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '0', disputed: '17' });
    await decideDispute(world, id, false);
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({
      available: '0',
      disputed: '0',
      unpaid: '2',
    });
  });
});
