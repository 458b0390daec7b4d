import { describe, expect, test } from 'vitest';
import { newestPlan } from '../../src/plans/plan-rows.ts';
import { pursueSubscription } from '../../src/plans/pursue-subscription.ts';
import { DAY, Subscriber, usePlanWorld } from './plan-world.ts';

const w = usePlanWorld();

describe('The price of a plan', () => {
  test('is made under another key once its own is of no use any more', async () => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    const plan = await newestPlan(w.db, 'workflow-pro');
    await w.stripe.prices.create(
      { currency: 'usd', unit_amount: 1, recurring: { interval: 'month' }, product_data: { name: 'Before' } },
      { idempotencyKey: `plan-price:${plan?.id}` },
    );
    await one.subscribe('workflow-pro').catch(() => undefined);
    await w.advance(20 * 60_000, 2 * 60_000);
    expect(await one.all()).toEqual(['workflow-pro ACTIVE']);
  });
});

describe('A renewal', () => {
  test('that nobody pays cannot be paid any more once the plan has ended because of it', async () => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    const { id, stripeId } = await one.subscribe('workflow-personal');
    await w.card(one.team, 'pm_card_chargeCustomerFail');
    await w.advance(32 * DAY, DAY);
    expect(await one.all()).toEqual(['workflow-personal PAST_DUE']);
    await w.fault('DROP_WEBHOOK', '*', { times: 1000 });
    await w.db
      .sql`update subscriptions set past_due_since = past_due_since - interval '31 days' where id = ${id}`;
    await pursueSubscription(w.plans, one.team, id);
    await w.settle();
    expect((await one.all()).sort()).toContain('workflow-personal CANCELED');
    const { data } = await w.stripe.invoices.list({ subscription: stripeId ?? '', limit: 10 });
    expect(data.map(({ status }) => status)).toEqual(['void', 'paid']);
    await fetch(`${w.sandboxUrl}/sandbox/faults`, { method: 'DELETE' });
  });
});
