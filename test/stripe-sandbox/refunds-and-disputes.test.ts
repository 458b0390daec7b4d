import Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { useSandbox } from './running-sandbox.ts';

const running = useSandbox();

async function paidWith(card: string): Promise<{ intent: string; charge: string }> {
  const paid = await running().stripe.paymentIntents.create({
    amount: 2500,
    currency: 'usd',
    payment_method: card,
    confirm: true,
  });
  return { intent: paid.id, charge: String(paid.latest_charge) };
}

const charge = (id: string) => running().stripe.charges.retrieve(id);

async function disputeOf(id: string): Promise<Stripe.Dispute> {
  const { data } = await running().stripe.disputes.list({ charge: id });
  return data[0] ?? expect.fail('There is no dispute.');
}

describe('a refund', () => {
  test('of part and then of the rest refunds the whole, and no more', async () => {
    const { stripe, eventsOf } = running();
    const paid = await paidWith('pm_card_visa');
    const part = await stripe.refunds.create({
      payment_intent: paid.intent,
      amount: 900,
      reason: 'duplicate',
    });
    expect(part).toMatchObject({
      amount: 900,
      status: 'succeeded',
      charge: paid.charge,
      reason: 'duplicate',
    });
    expect(await charge(paid.charge)).toMatchObject({ amount_refunded: 900, refunded: false });
    await expect(stripe.refunds.create({ charge: paid.charge, amount: 1601 })).rejects.toThrow(
      'Refund amount ($16.01) is greater than unrefunded amount on charge ($16.00)',
    );
    expect(await stripe.refunds.create({ charge: paid.charge })).toMatchObject({ amount: 1600 });
    expect(await charge(paid.charge)).toMatchObject({ amount_refunded: 2500, refunded: true });
    await expect(stripe.refunds.create({ payment_intent: paid.intent })).rejects.toMatchObject({
      code: 'charge_already_refunded',
    });
    expect(
      (await stripe.refunds.list({ payment_intent: paid.intent })).data.map(({ amount }) => amount),
    ).toEqual([1600, 900]);
    expect((await eventsOf(paid.charge)).slice(2)).toEqual([
      'refund.created',
      'charge.refunded',
      'refund.created',
      'charge.refunded',
    ]);
  });

  test('of the whole by many at once is one refund', async () => {
    const { stripe } = running();
    const paid = await paidWith('pm_card_visa');
    await Promise.allSettled(
      Array.from({ length: 8 }, (_, at) =>
        stripe.refunds.create(at % 2 ? { payment_intent: paid.intent } : { charge: paid.charge }),
      ),
    );
    expect((await stripe.refunds.list({ charge: paid.charge })).data).toHaveLength(1);
    expect(await charge(paid.charge)).toMatchObject({ amount_refunded: 2500 });
  });

  test('that the bank sends back fails later, and can be made again', async () => {
    const { stripe, clock, sandbox, eventsOf, nextDueAt } = running();
    const paid = await paidWith('pm_card_refundFail');
    const { id, status } = await stripe.refunds.create({ payment_intent: paid.intent });
    expect(status).toBe('succeeded');
    await sandbox.runDue();
    expect(await nextDueAt()).toEqual(new Date(clock.now().getTime() + 60_000));
    clock.advance(60_000);
    await sandbox.runDue();
    expect(await stripe.refunds.retrieve(id)).toMatchObject({
      status: 'failed',
      failure_reason: 'expired_or_canceled_card',
    });
    expect(await charge(paid.charge)).toMatchObject({ amount_refunded: 0, refunded: false });
    expect(await eventsOf(id)).toEqual([
      'refund.created',
      'refund.updated',
      'refund.failed',
      'charge.refund.updated',
    ]);
    await expect(stripe.refunds.create({ charge: paid.charge })).resolves.toMatchObject({ amount: 2500 });
  });

  test('that is pending succeeds later', async () => {
    const { stripe, clock, eventsOf } = running();
    const paid = await paidWith('pm_card_pendingRefund');
    const { id, status } = await stripe.refunds.create({ payment_intent: paid.intent });
    clock.advance(60_000);
    expect(await eventsOf(id)).toEqual(['refund.created', 'refund.updated']);
    expect([status, (await stripe.refunds.retrieve(id)).status]).toEqual(['pending', 'succeeded']);
  });

  test('of a payment that was not paid is refused', async () => {
    const { stripe } = running();
    const { id } = await stripe.paymentIntents.create({ amount: 500, currency: 'usd' });
    await expect(stripe.refunds.create({ payment_intent: id })).rejects.toThrow(
      'does not have a successful charge',
    );
  });
});

describe('a dispute', () => {
  test('follows the payment of the card that disputes, and takes the money', async () => {
    const { stripe, eventsOf } = running();
    const paid = await paidWith('pm_card_createDispute');
    const dispute = await disputeOf(paid.charge);
    expect(dispute).toMatchObject({
      amount: 2500,
      status: 'needs_response',
      reason: 'fraudulent',
      payment_intent: paid.intent,
      balance_transactions: [{ amount: -2500, fee: 1500 }],
    });
    expect(await charge(paid.charge)).toMatchObject({ disputed: true });
    await expect(stripe.refunds.create({ charge: paid.charge })).rejects.toMatchObject({
      code: 'charge_disputed',
    });
    expect((await eventsOf(paid.intent)).slice(-3)).toEqual([
      'payment_intent.succeeded',
      'charge.dispute.created',
      'charge.dispute.funds_withdrawn',
    ]);
  });

  test.for([
    ['winning_evidence', 'won', [-2500, 2500], ['charge.dispute.closed', 'charge.dispute.funds_reinstated']],
    ['losing_evidence', 'lost', [-2500], ['charge.dispute.updated', 'charge.dispute.closed']],
  ] as const)('with %s is %s', async ([text, status, moved, events]) => {
    const { stripe, eventsOf } = running();
    const { id } = await disputeOf((await paidWith('pm_card_createDispute')).charge);
    const closed = await stripe.disputes.update(id, { evidence: { uncategorized_text: text } });
    expect(closed.status).toBe(status);
    expect(closed.balance_transactions.map(({ amount }) => amount)).toEqual(moved);
    expect((await eventsOf(id)).slice(-2)).toEqual(events);
    await expect(stripe.disputes.close(id)).rejects.toMatchObject({ code: 'dispute_already_closed' });
  });

  test('that is given in is lost; other evidence is looked at', async () => {
    const { stripe } = running();
    const { id } = await disputeOf((await paidWith('pm_card_createDispute')).charge);
    const answered = await stripe.disputes.update(id, { evidence: { uncategorized_text: 'They used it.' } });
    expect(answered).toMatchObject({ status: 'under_review', evidence_details: { has_evidence: true } });
    expect(await stripe.disputes.close(id)).toMatchObject({ status: 'lost' });
  });

  test('that is a question takes no money', async () => {
    const { stripe, eventsOf } = running();
    const paid = await paidWith('pm_card_createDisputeInquiry');
    const { id } = await disputeOf(paid.charge);
    expect(
      await stripe.disputes.update(id, { evidence: { uncategorized_text: 'losing_evidence' } }),
    ).toMatchObject({
      status: 'warning_closed',
      balance_transactions: [],
    });
    expect(await eventsOf(id)).toEqual([
      'charge.dispute.created',
      'charge.dispute.updated',
      'charge.dispute.closed',
    ]);
  });

  test('of any payment, and of part of it, can be asked for', async () => {
    const { url } = running();
    const paid = await paidWith('pm_card_visa');
    const ask = () =>
      fetch(`${url}/sandbox/disputes`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ charge: paid.charge, amount: 700, reason: 'duplicate' }),
      });
    expect((await ask()).status).toBe(200);
    expect(await disputeOf(paid.charge)).toMatchObject({ amount: 700, reason: 'duplicate' });
    expect((await ask()).status).toBe(400);
  });
});
