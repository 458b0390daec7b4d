import { describe, expect, test } from 'vitest';
import { confirmPayment, DAY, Subscriber, usePlanWorld } from './plan-world.ts';

const w = usePlanWorld();

describe('subscribing', () => {
  test('to a plan that grants credit charges the saved card and grants what was paid, once', async () => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    const subscription = await one.subscribe('workflow-pro');
    expect(subscription).toMatchObject({
      status: 'ACTIVE',
      task: null,
      actionUrl: null,
      failureMessage: null,
    });
    expect(await one.grants()).toEqual(['59']);
    await w.settle();
    expect(await one.grants()).toEqual(['59']);
    expect(await one.charged()).toEqual([5900]);
    await one.expectAgreement('GRANTED');
  });

  test('to a platform plan entitles, and grants nothing', async () => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    expect(await one.entitlements()).toMatchObject({ apiKeys: false, computeDiscountBps: 0n });
    await one.subscribe('platform-business');
    expect(await one.entitlements()).toMatchObject({
      apiKeys: true,
      monetization: true,
      chainedModels: true,
      prioritySupport: true,
      computeDiscountBps: 3000n,
    });
    await w.settle();
    await one.expectAgreement('NONE');
    expect(await one.charged()).toEqual([10_000]);
  });

  test('to the plan that costs nothing has nothing to do with Stripe', async () => {
    const one = await Subscriber.on(w);
    const subscription = await one.subscribe('platform-personal');
    expect(subscription).toMatchObject({ status: 'ACTIVE', stripeId: null, nextCheckAt: null });
    expect(await one.charged()).toEqual([]);
    await one.w.card(one.team);
    await one.subscribe('platform-pro');
    expect(await one.all()).toEqual(['platform-personal CANCELED', 'platform-pro ACTIVE']);
  });

  test('with a card that is declined fails, says why, and leaves nothing that could be paid later', async () => {
    const one = await Subscriber.on(w, 'pm_card_chargeCustomerFail');
    const subscription = await one.subscribe('platform-pro');
    expect(subscription).toMatchObject({
      status: 'FAILED',
      failureMessage: expect.stringContaining('declined'),
    });
    expect(await one.entitlements()).toMatchObject({ apiKeys: false });
    expect(await one.all()).toEqual(['platform-pro FAILED', 'platform-personal ACTIVE']);
    const { data } = await w.stripe.invoices.list({ subscription: subscription.stripeId ?? '' });
    expect(data.map(({ status }) => status)).toEqual(['void']);
    await w.settle();
    expect(await one.charged()).toEqual([]);
    await one.w.card(one.team);
    expect(await one.subscribe('platform-pro')).toMatchObject({ status: 'ACTIVE' });
  });

  test('with a card that wants its holder waits for them, and goes on once they have confirmed', async () => {
    const one = await Subscriber.on(w, 'pm_card_authenticationRequired');
    const subscription = await one.subscribe('workflow-personal');
    expect(subscription).toMatchObject({
      status: 'ACTION_REQUIRED',
      actionUrl: expect.stringMatching(/^http/),
      clientSecret: expect.stringContaining('_secret_'),
    });
    expect(await one.grants()).toEqual([]);
    await confirmPayment(w, subscription.clientSecret);
    await w.settle();
    expect(await one.now(subscription)).toMatchObject({
      status: 'ACTIVE',
      actionUrl: null,
      clientSecret: null,
    });
    expect(await one.grants()).toEqual(['19']);
  });

  test('without a saved card tells where to enter one', async () => {
    const one = await Subscriber.on(w);
    const subscription = await one.subscribe('workflow-personal');
    expect(subscription).toMatchObject({
      status: 'ACTION_REQUIRED',
      actionUrl: expect.stringMatching(/^http/),
    });
    await w.advance(2 * DAY, DAY / 2);
    expect(await one.now(subscription)).toMatchObject({ status: 'FAILED', actionUrl: null });
    expect(await one.grants()).toEqual([]);
  });

  test('twice to a family is refused, to two families is not', async () => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    await one.subscribe('platform-pro');
    await one.subscribe('workflow-personal');
    await expect(one.subscribe('platform-business')).rejects.toMatchObject({
      code: 'CONFLICT',
      details: { reason: 'ALREADY_SUBSCRIBED' },
    });
    expect(await one.charged()).toEqual([2000, 1900]);
  });
});
