import { describe, expect, test } from 'vitest';
import { newestPlan } from '../../src/plans/plan-rows.ts';
import { Subscriber, usePlanWorld } from './plan-world.ts';

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
