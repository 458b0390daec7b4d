import { expect, test } from 'vitest';
import { formatCredits } from '../../src/money.ts';
import { DAY, proration, Subscriber, usePlanWorld } from '../plans/plan-world.ts';
import { expectHealthy } from '../support/audit.ts';

const w = usePlanWorld();

const at = (text: string) => new Date(`${text}Z`);

/** Lets time go by to an instant, a few days at once. */
async function until(text: string, stepDays = 4): Promise<void> {
  await w.advance(at(text).getTime() - w.clock.now().getTime(), stepDays * DAY);
}

/** Calls off what was to go wrong. */
async function noFaults(): Promise<void> {
  await fetch(`${w.sandboxUrl}/sandbox/faults`, { method: 'DELETE' });
}

test('a subscription lives for 14 months, and Stripe and the ledger agree on all of it', {
  timeout: 240_000,
}, async () => {
  const one = await Subscriber.on(w, 'pm_card_visa');
  // The world begins on 10 November 2026 at 12:00.
  const subscription = await one.subscribe('workflow-personal');
  await w.settle();
  expect(await one.grants()).toEqual(['19']);

  await renewalToldTwice();
  await renewalToldLate();
  await renewalNotTold();
  await failedRenewal();
  const upgradeCents = await upgrade();
  await downgrade();
  await cancel();

  const credits = (cents: bigint) => formatCredits(cents * 10_000_000n);
  const months = [
    '19',
    '19',
    '19',
    '19',
    '19',
    '19',
    credits(upgradeCents),
    '59',
    '59',
    '19',
    '19',
    '19',
    '19',
    '19',
    '19',
  ];
  expect(await one.grants()).toEqual(months);
  expect(await one.all()).toEqual(['workflow-personal CANCELED']);
  await one.expectAgreement('GRANTED');
  await expectHealthy(w.db);

  /** December: each event comes twice. */
  async function renewalToldTwice(): Promise<void> {
    await w.fault('DUPLICATE_WEBHOOK', '*', { times: 20 });
    await until('2026-12-11T00:00:00');
    expect(await one.grants()).toEqual(['19', '19']);
  }

  /** January: the events come three weeks late, and what they tell is known by then. */
  async function renewalToldLate(): Promise<void> {
    await noFaults();
    await until('2027-01-10T11:00:00');
    await w.fault('DELAY_WEBHOOK', '*', { times: 30, delayMs: 21 * DAY });
    await until('2027-01-10T13:00:00');
    expect(await one.grants()).toEqual(['19', '19']);
    await until('2027-01-11T00:00:00', 0.25);
    expect(await one.grants()).toEqual(['19', '19', '19']);
    await until('2027-02-09T00:00:00');
    expect(await one.grants()).toEqual(['19', '19', '19']);
  }

  /** February: no event comes at all. */
  async function renewalNotTold(): Promise<void> {
    await noFaults();
    await w.fault('DROP_WEBHOOK', '*', { times: 30 });
    await until('2027-02-11T00:00:00', 0.5);
    expect(await one.grants()).toHaveLength(4);
    await noFaults();
  }

  /** March: the card is declined, and again; another card brings the subscription back. */
  async function failedRenewal(): Promise<void> {
    await until('2027-03-09T00:00:00');
    await w.card(one.team, 'pm_card_chargeCustomerFail');
    await until('2027-03-11T00:00:00', 0.5);
    expect(await one.now(subscription)).toMatchObject({
      status: 'PAST_DUE',
      pastDueSince: expect.any(Date),
      actionUrl: expect.stringMatching(/^http/),
    });
    await until('2027-03-14T00:00:00', 0.5);
    expect(await one.grants()).toHaveLength(4);
    expect(await one.subjects()).toEqual([
      'The payment of your plan Workflow Personal has failed',
      'The payment of your plan Workflow Personal has failed',
    ]);
    await w.card(one.team, 'pm_card_mastercard');
    await until('2027-03-16T00:00:00', 0.5);
    expect(await one.now(subscription)).toMatchObject({
      status: 'ACTIVE',
      pastDueSince: null,
      actionUrl: null,
    });
    expect(await one.grants()).toHaveLength(5);
  }

  /** April: a higher plan in the middle of the month, charged to the cent and granted to the nano-credit. */
  async function upgrade(): Promise<bigint> {
    await until('2027-04-22T07:31:17');
    const changed = await one.change('workflow-pro');
    expect(await one.planOf(changed)).toBe('workflow-pro');
    const cents = proration(1900n, 5900n, {
      start: at('2027-04-10T12:00:00'),
      now: at('2027-04-22T07:31:17'),
      end: at('2027-05-10T12:00:00'),
    });
    expect((await one.charged()).at(-1)).toBe(Number(cents));
    await until('2027-05-11T00:00:00');
    expect((await one.grants()).at(-1)).toBe('59');
    return cents;
  }

  /** June: a lower plan from July on. */
  async function downgrade(): Promise<void> {
    await until('2027-06-20T00:00:00');
    const changed = await one.change('workflow-personal');
    expect(await one.planOf(changed)).toBe('workflow-pro > workflow-personal');
    await until('2027-07-11T00:00:00');
    expect(await one.planOf(await one.now(subscription))).toBe('workflow-personal');
    expect((await one.grants()).at(-1)).toBe('19');
  }

  /** December: it is cancelled, and ends in January. */
  async function cancel(): Promise<void> {
    await until('2027-12-15T00:00:00');
    const leaving = await one.cancel(subscription);
    expect(leaving).toMatchObject({ status: 'ACTIVE', cancelAtPeriodEnd: true });
    await until('2028-01-12T00:00:00');
    expect(await one.now(subscription)).toMatchObject({ status: 'CANCELED', endedAt: expect.any(Date) });
    await until('2028-03-01T00:00:00', 10);
  }
});
