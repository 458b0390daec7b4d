import { describe, expect, test } from 'vitest';
import { newUuid } from '../../src/id.ts';
import type { Subscription } from '../../src/plans/subscription.ts';
import { expectHealthy } from '../support/audit.ts';
import { confirmPayment, DAY, proration, Subscriber, usePlanWorld } from './plan-world.ts';

const w = usePlanWorld();
const HOUR = DAY / 24;

/** What is left of a period costs more now, in cents. */
function restOf({ w }: Subscriber, subscription: Subscription, from: bigint, to: bigint): number {
  const { currentPeriodStart: start, currentPeriodEnd: end } = subscription;
  if (!start || !end) throw new Error('The subscription is in a period.');
  return Number(proration(from, to, { start, now: w.clock.now(), end }));
}

describe('an upgrade', () => {
  test('that is declined leaves the plan, says why, and leaves nothing that could be paid later', async () => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    const { stripeId } = await one.subscribe('workflow-personal');
    await w.advance(10 * DAY);
    await w.card(one.team, 'pm_card_chargeCustomerFail');
    const changed = await one.change('workflow-pro');
    expect(changed).toMatchObject({
      status: 'ACTIVE',
      task: null,
      actionUrl: null,
      failureMessage: expect.stringContaining('declined'),
    });
    expect(await one.planOf(changed)).toBe('workflow-personal');
    const { data } = await w.stripe.invoices.list({ subscription: stripeId ?? '', status: 'open' });
    expect(data).toEqual([]);
    await w.settle();
    expect(await one.grants()).toEqual(['19']);
    expect(await one.now(changed)).toMatchObject({ failureMessage: expect.stringContaining('declined') });
    await w.card(one.team, 'pm_card_mastercard');
    const again = await one.change('workflow-pro');
    expect(again).toMatchObject({ status: 'ACTIVE', failureMessage: null });
    expect(await one.planOf(again)).toBe('workflow-pro');
    await one.expectAgreement('GRANTED');
  });

  test('that the bank wants confirmed takes effect once its payer has', async () => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    await one.subscribe('workflow-personal');
    await w.advance(3 * DAY);
    await w.card(one.team, 'pm_card_authenticationRequired');
    const waiting = await one.change('workflow-business');
    expect(waiting).toMatchObject({ status: 'ACTIVE', actionUrl: expect.stringMatching(/^http/) });
    expect(await one.planOf(waiting)).toBe('workflow-personal > workflow-business');
    await expect(one.change('workflow-pro')).rejects.toMatchObject({ details: { reason: 'WRONG_STATE' } });
    await confirmPayment(w, waiting.clientSecret);
    await w.settle();
    const now = await one.now(waiting);
    expect(now).toMatchObject({ status: 'ACTIVE', actionUrl: null, clientSecret: null });
    expect(await one.planOf(now)).toBe('workflow-business');
    await one.expectAgreement('GRANTED');
  });

  test('that nobody confirms is forgotten', async () => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    await one.subscribe('platform-pro');
    await w.card(one.team, 'pm_card_authenticationRequired');
    const waiting = await one.change('platform-business');
    expect(await one.entitlements()).toMatchObject({ prioritySupport: false });
    await w.advance(2 * DAY, 6 * HOUR);
    const now = await one.now(waiting);
    expect(now).toMatchObject({ status: 'ACTIVE', actionUrl: null, nextPlanVersionId: null });
    expect(await one.planOf(now)).toBe('platform-pro');
    expect(await one.charged()).toEqual([2000]);
  });

  test('entitles at once', async () => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    const subscription = await one.subscribe('platform-pro');
    await w.advance(15 * DAY);
    await one.change('platform-business');
    expect(await one.entitlements()).toMatchObject({ prioritySupport: true, computeDiscountBps: 3000n });
    expect(await one.charged()).toEqual([2000, restOf(one, await one.now(subscription), 2000n, 10_000n)]);
  });

  test('after a lower plan was chosen costs what it would have cost without', async () => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    await one.subscribe('workflow-pro');
    await one.change('workflow-personal');
    await w.advance(15 * DAY);
    const changed = await one.change('workflow-business');
    expect(await one.planOf(changed)).toBe('workflow-business');
    expect(await one.charged()).toEqual([5900, restOf(one, changed, 5900n, 59_900n)]);
    await one.expectAgreement('GRANTED');
  });
});

describe('a lower plan', () => {
  test('holds from the next period on, and its own plan takes that back', async () => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    const subscription = await one.subscribe('platform-business');
    expect(await one.planOf(await one.change('platform-pro'))).toBe('platform-business > platform-pro');
    expect(await one.planOf(await one.change('platform-business'))).toBe('platform-business');
    await one.change('platform-pro');
    await w.advance(29 * DAY);
    expect(await one.entitlements()).toMatchObject({ computeDiscountBps: 3000n });
    await w.advance(2 * DAY, 6 * HOUR);
    expect(await one.planOf(await one.now(subscription))).toBe('platform-pro');
    expect(await one.entitlements()).toMatchObject({ computeDiscountBps: 0n, apiKeys: true });
    expect(await one.charged()).toEqual([10_000, 2000]);
  });

  test('that costs nothing is what is left when the period ends', async () => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    const subscription = await one.subscribe('platform-pro');
    const leaving = await one.change('platform-personal');
    expect(leaving).toMatchObject({ status: 'ACTIVE', cancelAtPeriodEnd: true });
    expect(await one.planOf(leaving)).toBe('platform-pro > platform-personal');
    await w.advance(31 * DAY, DAY);
    expect(await one.all()).toEqual(['platform-pro CANCELED', 'platform-personal ACTIVE']);
    expect(await one.entitlements()).toMatchObject({ apiKeys: false });
    expect(await one.charged()).toEqual([2000]);
    await expect(one.cancel(subscription)).rejects.toMatchObject({ details: { reason: 'WRONG_STATE' } });
  });
});

describe('a cancellation', () => {
  test('is taken back by a change to its own plan', async () => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    const subscription = await one.subscribe('workflow-personal');
    expect(await one.cancel(subscription)).toMatchObject({ status: 'ACTIVE', cancelAtPeriodEnd: true });
    await expect(one.change('workflow-pro')).rejects.toMatchObject({ details: { reason: 'WRONG_STATE' } });
    expect(await one.change('workflow-personal')).toMatchObject({ cancelAtPeriodEnd: false });
    await w.advance(31 * DAY, DAY);
    expect(await one.grants()).toEqual(['19', '19']);
  });

  test('of what waits for its first payment ends it at once, and it cannot be paid any more', async () => {
    const one = await Subscriber.on(w, 'pm_card_authenticationRequired');
    const waiting = await one.subscribe('workflow-personal');
    expect(await one.cancel(waiting)).toMatchObject({ status: 'FAILED', actionUrl: null });
    const { data } = await w.stripe.invoices.list({ subscription: waiting.stripeId ?? '' });
    expect(data.map(({ status }) => status)).toEqual(['void']);
    await w.settle();
    expect(await one.charged()).toEqual([]);
  });
});

describe('a renewal that nobody pays', () => {
  test('keeps the plan while it is tried again, then takes it, and tells the admins', async () => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    const subscription = await one.subscribe('platform-business');
    await w.card(one.team, 'pm_card_chargeCustomerFail');
    await w.advance(36 * DAY, DAY);
    expect(await one.now(subscription)).toMatchObject({ status: 'PAST_DUE' });
    expect(await one.entitlements()).toMatchObject({ apiKeys: true, computeDiscountBps: 3000n });
    await w.advance(6 * DAY, DAY);
    expect(await one.all()).toEqual(['platform-business CANCELED', 'platform-personal ACTIVE']);
    expect(await one.entitlements()).toMatchObject({ apiKeys: false, computeDiscountBps: 0n });
    const subjects = await one.subjects();
    expect(subjects.at(-1)).toBe('Your plan Business has ended');
    expect(subjects.slice(0, -1)).toEqual(
      Array(subjects.length - 1).fill('The payment of your plan Business has failed'),
    );
    const { data } = await w.stripe.invoices.list({
      subscription: subscription.stripeId ?? '',
      status: 'open',
    });
    expect(data).toEqual([]);
    expect(await one.charged()).toEqual([10_000]);
  });

  test('is made when the holder of the card confirms it', async () => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    const subscription = await one.subscribe('workflow-personal');
    await w.card(one.team, 'pm_card_authenticationRequired');
    await w.advance(31 * DAY, DAY);
    const behind = await one.now(subscription);
    expect(behind).toMatchObject({ status: 'PAST_DUE', actionUrl: expect.stringMatching(/^http/) });
    expect(await one.subjects()).toContain(
      'Your bank wants you to confirm the payment of your plan Workflow Personal',
    );
    const intent = behind.clientSecret?.split('_secret_')[0] ?? '';
    const method = await w.plans.chosenMethod(w.db, one.team, null);
    const params = { payment_method: method?.stripeId ?? '', return_url: 'http://127.0.0.1/' };
    await w.stripe.paymentIntents.confirm(intent, params);
    await confirmPayment(w, behind.clientSecret);
    await w.settle();
    expect(await one.now(subscription)).toMatchObject({ status: 'ACTIVE', pastDueSince: null });
    expect(await one.grants()).toEqual(['19', '19']);
    await one.expectAgreement('GRANTED');
  });
});

describe('a call', () => {
  test('with the same key changes the plan once, and is refused with another plan', async () => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    await one.subscribe('workflow-personal');
    await w.advance(5 * DAY);
    const key = newUuid();
    await one.change('workflow-pro', key);
    await one.change('workflow-pro', key);
    await expect(one.change('workflow-business', key)).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    });
    expect(await one.charged()).toHaveLength(2);
  });

  test.for([
    ['platform-pro', 'CONFLICT'],
    ['workflow-personal', 'BAD_USER_INPUT'],
    ['workflow-none', 'NOT_FOUND'],
    ['other-plan', 'NOT_FOUND'],
  ] as const)('to change to %s is refused with %s', async ([code, refusal]) => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    await one.subscribe('workflow-personal');
    await expect(one.change(code)).rejects.toMatchObject({ code: refusal });
    await expectHealthy(w.db);
  });
});
