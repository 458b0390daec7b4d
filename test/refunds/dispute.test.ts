import { afterEach, describe, expect, test } from 'vitest';
import { inTransaction } from '../../src/db/client.ts';
import { paymentById } from '../../src/gateway/payment-reads.ts';
import { newUuid } from '../../src/id.ts';
import { formatCredits } from '../../src/money.ts';
import { recordDispute } from '../../src/refunds/dispute-effects.ts';
import { pursueRefund } from '../../src/refunds/refund-pursue.ts';
import { usage } from '../support/world.ts';
import {
  ask,
  type Bought,
  balances,
  buy,
  calmDown,
  DAY_MS,
  decide,
  decideDispute,
  disputed,
  expectSound,
  priceOnce,
  refunded,
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

async function disputeRow({ teamId, paymentId }: Bought) {
  const rows = await world.db.sql`
    select status, amount_cents, reversed_cents, frozen_nano, debt_nano from disputes
    where team_id = ${teamId} and payment_id = ${paymentId}`;
  return [...rows];
}

describe('A dispute that opens', () => {
  test('withholds what is unspent of its payment alone, and stops auto-recharge', async () => {
    const bought = await buy(world);
    await buy(world, { teamId: bought.teamId, cents: 300n });
    await spend(world, bought.teamId, '12');
    await world.db.sql`
      insert into auto_recharges (team_id, enabled, threshold_nano, amount_cents, actor_kind, updated_at)
      values (${bought.teamId}, true, 1, 1000, 0, now())`;
    await disputed(world, bought);
    await world.settle();
    expect(await balances(world, bought.teamId)).toEqual({
      available: '3',
      held: '0',
      disputed: '8',
      unpaid: '0',
    });
    expect(await topUpOf(world, bought)).toMatchObject({ status: 'DISPUTED' });
    expect(await takenBack(world, bought)).toEqual({ refunded: 0n, disputed: 2000n });
    expect(await disputeRow(bought)).toEqual([
      {
        status: 'OPEN',
        amount_cents: 2000n,
        reversed_cents: 2000n,
        frozen_nano: 8_000_000_000n,
        debt_nano: 0n,
      },
    ]);
    const [recharge] = await world.db.sql`
      select suspended_reason from auto_recharges where team_id = ${bought.teamId}`;
    expect(recharge).toEqual({ suspended_reason: 'DISPUTED' });
    await expectSound(world);
  });

  test('by a card that disputes at once is there when its events have come', async () => {
    const bought = await buy(world, { token: 'pm_card_createDispute' });
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '0', disputed: '20' });
    await expectSound(world);
  });

  test('is told to the admins', async () => {
    const bought = await buy(world);
    const user = newUuid();
    await world.db.sql`
      insert into users (id, subject, email, created_at) values (${user}, ${user}, 'a@example.com', now())`;
    await world.db.sql`
      insert into memberships (team_id, user_id, role, created_at) values (${bought.teamId}, ${user}, 'OWNER', now())`;
    const id = await disputed(world, bought);
    await world.settle();
    await decideDispute(world, id, false);
    await world.settle();
    const mails = await world.db
      .sql`select subject from mails where team_id = ${bought.teamId} order by created_at, id`;
    expect(mails.map(({ subject }) => subject)).toEqual(
      expect.arrayContaining(['A payment of $20.00 is disputed', 'A disputed payment was taken back']),
    );
  });

  test('only as a question of the bank withholds nothing', async () => {
    const bought = await buy(world, { token: 'pm_card_createDisputeInquiry' });
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '20', disputed: '0' });
    expect(await disputeRow(bought)).toEqual([]);
    await expectSound(world);
  });

  test('refuses that its payment is refunded', async () => {
    const bought = await buy(world);
    const asked = await ask(world, bought, { amountCents: 100n });
    await disputed(world, bought, { amount: 500 });
    await world.settle();
    await expect(decide(world, asked)).rejects.toMatchObject({ details: { reason: 'NOT_REFUNDABLE' } });
    await decide(world, asked, { decision: 'REJECT' });
    await expect(ask(world, bought)).rejects.toMatchObject({ details: { reason: 'NOT_REFUNDABLE' } });
  });
});

describe('A dispute that ends', () => {
  test('for the team gives all of it back', async () => {
    const bought = await buy(world, { bonus: 1_000_000_000n });
    await spend(world, bought.teamId, '5');
    const id = await disputed(world, bought);
    await world.settle();
    await decideDispute(world, id, true);
    await world.settle();
    expect(await balances(world, bought.teamId)).toEqual({
      available: '16',
      held: '0',
      disputed: '0',
      unpaid: '0',
    });
    expect(await topUpOf(world, bought)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await takenBack(world, bought)).toEqual({ refunded: 0n, disputed: 0n });
    await expectSound(world);
  });

  test('for the bank takes what was left and makes debt of what was spent', async () => {
    const bought = await buy(world);
    await spend(world, bought.teamId, '5');
    const id = await disputed(world, bought);
    await world.settle();
    await decideDispute(world, id, false);
    await world.settle();
    expect(await balances(world, bought.teamId)).toEqual({
      available: '0',
      held: '0',
      disputed: '0',
      unpaid: '5',
    });
    expect(await topUpOf(world, bought)).toMatchObject({ status: 'DISPUTED' });
    expect(await disputeRow(bought)).toMatchObject([
      { status: 'LOST', frozen_nano: 15_000_000_000n, debt_nano: 5_000_000_000n },
    ]);
    await expectSound(world);
    await buy(world, { teamId: bought.teamId, cents: 800n });
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '3', unpaid: '0' });
    await expectSound(world);
  });

  test('for the bank voids the bonus in proportion', async () => {
    const bought = await buy(world, { bonus: 3_000_000_000n });
    const id = await disputed(world, bought, { amount: 500 });
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '18', disputed: '5' });
    await decideDispute(world, id, false);
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '17.25', unpaid: '0' });
    expect(await takenBack(world, bought)).toEqual({ refunded: 0n, disputed: 500n });
    await expectSound(world);
  });

  test('for the bank and then, on appeal, for the team leaves the team where it was', async () => {
    const bought = await buy(world, { bonus: 1_000_000_000n });
    await spend(world, bought.teamId, '7');
    const id = await disputed(world, bought);
    await world.settle();
    await decideDispute(world, id, false);
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '0', unpaid: '6' });
    const payment = await paymentById(world.db, bought.teamId, bought.paymentId);
    if (!payment) throw new Error('no payment');
    const lost = await world.stripe.disputes.retrieve(id);
    for (const status of ['appeal_under_review', 'won'] as const) {
      await inTransaction(world.db, (tx) => recordDispute(tx, world.deps, payment, { ...lost, status }));
    }
    expect(await balances(world, bought.teamId)).toMatchObject({
      available: '14',
      disputed: '0',
      unpaid: '0',
    });
    expect(await topUpOf(world, bought)).toMatchObject({ status: 'SUCCEEDED' });
    // Stripe's sandbox knows no appeals: as Stripe has it, it is lost.
    await world.advance(1);
    await inTransaction(world.db, (tx) => recordDispute(tx, world.deps, payment, lost));
    await expectSound(world);
  });
});

describe('Events of disputes', () => {
  test.for([
    ['twice', 'DUPLICATE_WEBHOOK', 99],
    ['out of order', 'REORDER_WEBHOOK', 3],
  ] as const)('have the same effect when they come %s', async ([, kind, times]) => {
    const bought = await buy(world);
    await spend(world, bought.teamId, '4');
    await world.settle();
    await world.fault(kind, 'charge.dispute.*', { times });
    const id = await disputed(world, bought);
    await decideDispute(world, id, false);
    await world.settle();
    await world.advance(60_000);
    expect(await balances(world, bought.teamId)).toMatchObject({
      available: '0',
      disputed: '0',
      unpaid: '4',
    });
    expect(await disputeRow(bought)).toMatchObject([{ status: 'LOST' }]);
    await expectSound(world);
  });

  test('of the end alone lead through the beginning', async () => {
    const bought = await buy(world);
    await world.fault('DROP_WEBHOOK', 'charge.dispute.created', { times: 1 });
    await world.fault('DROP_WEBHOOK', 'charge.dispute.funds_withdrawn', { times: 1 });
    await world.fault('DROP_WEBHOOK', 'charge.dispute.updated', { times: 1 });
    const id = await disputed(world, bought);
    await decideDispute(world, id, true);
    await world.settle();
    expect(await disputeRow(bought)).toMatchObject([{ status: 'WON' }]);
    const kinds = await world.db.sql`
      select kind from entries where team_id = ${bought.teamId} and kind in (13, 14) order by seq`;
    expect(kinds.map(({ kind }) => kind)).toEqual([13, 14]);
    await expectSound(world);
  });

  test('that do not come are made up for: Stripe is asked about what is open', async () => {
    const bought = await buy(world);
    const id = await disputed(world, bought);
    await world.settle();
    await world.fault('DROP_WEBHOOK', '*', { times: 99 });
    await decideDispute(world, id, false);
    await world.advance(2 * DAY_MS, DAY_MS);
    expect(await disputeRow(bought)).toMatchObject([{ status: 'LOST' }]);
    await calmDown(world);
    await expectSound(world);
  });

  test('before that of the payment record the payment first', async () => {
    const team = await world.world.team();
    await world.fault('DROP_WEBHOOK', 'payment_intent.*', { times: 9 });
    await world.fault('LOSE_RESPONSE', 'GET /v1/payment_intents/:id', { times: 9 });
    await expect(buy(world, { teamId: team, token: 'pm_card_createDispute' })).rejects.toThrow();
    await calmDown(world);
    await world.settle();
    expect(await balances(world, team)).toMatchObject({ available: '0', disputed: '20' });
    await expectSound(world);
  });
});

describe('Refunds and disputes of one payment', () => {
  test('never take back more than was paid', async () => {
    const bought = await buy(world, { bonus: 2_000_000_000n });
    await refunded(world, bought, 800n);
    await world.settle();
    const id = await disputed(world, bought);
    await world.settle();
    expect(await takenBack(world, bought)).toEqual({ refunded: 800n, disputed: 1200n });
    await decideDispute(world, id, false);
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({
      available: '0',
      disputed: '0',
      unpaid: '0',
    });
    await expectSound(world);
  });

  test('share what a refund leaves that Stripe refuses because of the dispute', async () => {
    const bought = await buy(world);
    const refund = await refunded(world, bought, 800n);
    const id = await disputed(world, bought, { amount: 2000 });
    const payment = await paymentById(world.db, bought.teamId, bought.paymentId);
    if (!payment) throw new Error('no payment');
    const there = await world.stripe.disputes.retrieve(id);
    await inTransaction(world.db, (tx) => recordDispute(tx, world.deps, payment, there));
    expect(await takenBack(world, bought)).toEqual({ refunded: 800n, disputed: 1200n });
    await pursueRefund(world.deps, bought.teamId, refund.id);
    expect((await reread(world, refund)).status).toBe('FAILED');
    expect(await takenBack(world, bought)).toEqual({ refunded: 0n, disputed: 2000n });
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '0', disputed: '20' });
    await decideDispute(world, id, true);
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '20', disputed: '0' });
    await expectSound(world);
  });
});

describe('At the same time', () => {
  test('a dispute and twenty charges leave nobody with credit that is not there', async () => {
    const bought = await buy(world);
    const model = await priceOnce(world);
    const charges = Array.from({ length: 20 }, () =>
      world.world.charge(usage(bought.teamId, model, { REQUEST: '1.1' }, { occurredAt: world.clock.now() })),
    );
    const id = await disputed(world, bought);
    await Promise.all([world.settle(), ...charges]);
    const results = (await Promise.all(charges)).flat();
    const spent = results.filter(({ ok }) => ok).length;
    await decideDispute(world, id, false);
    await world.settle();
    const unpaid = formatCredits(BigInt(spent) * 1_100_000_000n);
    expect(await balances(world, bought.teamId)).toEqual({
      available: '0',
      held: '0',
      disputed: '0',
      unpaid,
    });
    await expectSound(world);
  });

  test('a dispute, a refund and a purchase end the same in any order', async () => {
    const bought = await buy(world, { bonus: 1_000_000_000n });
    const asked = await ask(world, bought, { amountCents: 700n });
    const id = await disputed(world, bought, { amount: 2000 });
    await Promise.allSettled([
      world.settle(),
      decide(world, asked),
      buy(world, { teamId: bought.teamId, cents: 400n }),
      spend(world, bought.teamId, '3'),
    ]);
    for (let i = 0; i < 3; i++) await world.advance(120_000);
    await decideDispute(world, id, true);
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({
      available: '22',
      disputed: '0',
      unpaid: '0',
    });
    expect(await takenBack(world, bought)).toEqual({ refunded: 0n, disputed: 0n });
    await expectSound(world);
  });
});
