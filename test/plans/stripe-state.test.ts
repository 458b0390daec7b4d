import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { NO_ENTITLEMENTS } from '../../src/catalog/entitlement-terms.ts';
import { formatCredits } from '../../src/money.ts';
import { FIRST_PLANS } from '../../src/plans/first-plans.ts';
import { familyOf, isUpgrade, type PlanVersion, planCredit } from '../../src/plans/plan.ts';
import { changesBy, type OpenPayment, type StripeState } from '../../src/plans/stripe-state.ts';
import { nextCheckOf, type Subscription } from '../../src/plans/subscription.ts';

const NOW = new Date('2026-11-10T12:00:00Z');
const START = new Date('2026-11-01T00:00:00Z');
const END = new Date('2026-12-01T00:00:00Z');

function plan(code: string): PlanVersion {
  const terms = FIRST_PLANS.find((one) => one.code === code);
  const family = familyOf(code);
  if (!terms || !family) throw new Error(`there is no plan ${code}`);
  const stripe = { stripeProduct: null, stripePrice: `price_${code}` };
  return { ...terms, ...stripe, id: code, version: 1, family, effectiveAt: START };
}

const PRO = plan('platform-pro');
const BUSINESS = plan('platform-business');
const FREE = plan('platform-personal');

const ACTIVE: Subscription = {
  ...{ teamId: 't', id: 's', family: 'platform', planVersionId: PRO.id, nextPlanVersionId: null },
  ...{ status: 'ACTIVE', stripeId: 'sub_1', stripePaymentMethod: 'pm_1', followsDefault: true },
  ...{ sendAttempt: 1, task: null, taskPlanVersionId: null, revision: 1, cancelAtPeriodEnd: false },
  ...{ currentPeriodStart: START, currentPeriodEnd: END, actionUrl: null, clientSecret: null },
  ...{ failureMessage: null, pastDueSince: null, nextCheckAt: null, actor: SYSTEM_ACTOR },
  ...{ createdAt: START, updatedAt: START, endedAt: null },
};

const OPEN: OpenPayment = {
  ...{ invoice: 'in_1', url: 'https://pay', clientSecret: 'pi_secret_1', attempts: 1, nextAttemptAt: END },
  ...{ failure: 'declined', needs: 'METHOD' as const },
};

function state(change: Partial<StripeState> = {}): StripeState {
  return {
    ...{ stripeId: 'sub_1', status: 'active', plan: PRO, pendingPlan: undefined },
    ...{ periodStart: START, periodEnd: END, cancelAtPeriodEnd: false, open: null, failure: null },
    ...change,
  };
}

function told(change: Partial<StripeState>, subscription: Subscription = ACTIVE) {
  return { ...subscription, ...changesBy(subscription, state(change), { plan: PRO, free: FREE }, NOW) };
}

describe('what Stripe tells of a subscription', () => {
  test('makes it active with the plan of its price and its period', () => {
    const pending: Subscription = {
      ...ACTIVE,
      status: 'PENDING',
      currentPeriodStart: null,
      currentPeriodEnd: null,
    };
    expect(told({}, pending)).toMatchObject({
      ...{ status: 'ACTIVE', planVersionId: PRO.id, currentPeriodStart: START, currentPeriodEnd: END },
    });
  });

  test('makes a higher price the plan at once, and a lower one with the next period', () => {
    expect(told({ plan: BUSINESS })).toMatchObject({ planVersionId: BUSINESS.id, nextPlanVersionId: null });
    const business = { ...ACTIVE, planVersionId: BUSINESS.id };
    const lowered = (change: Partial<StripeState>) =>
      changesBy(business, state(change), { plan: BUSINESS, free: FREE }, NOW);
    expect(lowered({})).toMatchObject({ planVersionId: BUSINESS.id, nextPlanVersionId: PRO.id });
    const renewed = { periodStart: END, periodEnd: new Date('2027-01-01T00:00:00Z') };
    expect(lowered(renewed)).toMatchObject({ planVersionId: PRO.id, nextPlanVersionId: null });
  });

  test('keeps the plan, with where to pay, while an upgrade waits for its payer', () => {
    expect(told({ pendingPlan: BUSINESS, open: { ...OPEN, needs: 'ACTION', failure: null } })).toMatchObject({
      ...{
        status: 'ACTIVE',
        planVersionId: PRO.id,
        nextPlanVersionId: BUSINESS.id,
        actionUrl: 'https://pay',
      },
    });
  });

  test('leads to the plan that costs nothing when it ends with its period', () => {
    expect(told({ cancelAtPeriodEnd: true })).toMatchObject({
      ...{ cancelAtPeriodEnd: true, nextPlanVersionId: FREE.id },
    });
  });

  test.for(['past_due', 'unpaid', 'paused'])('%s makes it past due since it first was', (status) => {
    const behind = told({ status, open: OPEN });
    expect(behind).toMatchObject({ status: 'PAST_DUE', pastDueSince: NOW, failureMessage: 'declined' });
    const later = changesBy(behind, state({ status, open: OPEN }), { plan: PRO, free: FREE }, END);
    expect(later.pastDueSince).toEqual(NOW);
    expect(told({}, behind)).toMatchObject({ status: 'ACTIVE', pastDueSince: null, failureMessage: null });
  });

  test('waits for a first payment, and fails when it is not made', () => {
    const first: Subscription = { ...ACTIVE, status: 'PENDING', currentPeriodStart: null };
    expect(told({ status: 'incomplete', open: OPEN }, first)).toMatchObject({
      ...{ status: 'ACTION_REQUIRED', actionUrl: 'https://pay', clientSecret: 'pi_secret_1' },
    });
    expect(told({ status: 'incomplete_expired', open: OPEN }, first)).toMatchObject({
      ...{ status: 'FAILED', failureMessage: 'declined', actionUrl: null, endedAt: NOW },
    });
  });

  test('ends it for good', () => {
    expect(told({ status: 'canceled' })).toMatchObject({ status: 'CANCELED', endedAt: NOW, task: null });
  });

  test('says the same when it is told again', () => {
    for (const status of ['active', 'past_due', 'incomplete']) {
      const once = told({ status, open: OPEN, cancelAtPeriodEnd: true });
      expect(told({ status, open: OPEN, cancelAtPeriodEnd: true }, once)).toEqual(once);
    }
  });
});

describe('credit of a plan', () => {
  test('that gives what it costs is exactly what was charged', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 10n ** 7n), fc.bigInt(0n, 10n ** 7n), (monthlyCents, paid) => {
        const terms = { monthlyCents, monthlyCreditNano: monthlyCents * 10_000_000n };
        expect(planCredit(terms, paid)).toBe(paid * 10_000_000n);
      }),
    );
  });

  test.for([
    [5000n, 6_000_000_000_0n, 5000n, '60'],
    [5000n, 6_000_000_000_0n, 2500n, '30'],
    [3000n, 1_000_000_000n, 1000n, '0.333333333'],
    [3000n, 1_000_000_000n, 2000n, '0.666666667'],
    [2000n, 0n, 2000n, '0'],
    [0n, 0n, 0n, '0'],
  ] as const)(
    'of %i cents for %i n a month, %i cents paid, is %s',
    ([monthlyCents, monthlyCreditNano, paid, credits]) => {
      expect(formatCredits(planCredit({ monthlyCents, monthlyCreditNano }, paid))).toBe(credits);
    },
  );
});

describe('plans', () => {
  test('of a family are in one order, by rank and then by price', () => {
    expect(isUpgrade(PRO, BUSINESS)).toBe(true);
    expect(isUpgrade(BUSINESS, PRO)).toBe(false);
    expect(isUpgrade(PRO, { ...PRO, monthlyCents: 2100n })).toBe(true);
    expect(isUpgrade(PRO, PRO)).toBe(false);
  });

  test('are those of the documents', () => {
    expect(BUSINESS.entitlements).toEqual({
      ...{ monetization: true, apiKeys: true, chainedModels: true, prioritySupport: true },
      computeDiscountBps: 3000n,
    });
    expect(PRO.entitlements.computeDiscountBps).toBe(0n);
    expect(FREE.entitlements).toEqual(NO_ENTITLEMENTS);
  });
});

describe('Stripe is asked', () => {
  test.for([
    ['about nothing that has ended', { endedAt: NOW }, null],
    ['about nothing that it has nothing to do with', { stripeId: null }, null],
    ['soon about what it has yet to be told', { task: 'UPGRADE', updatedAt: NOW }, 15_000],
    ['every 6 hours about what is past due', { status: 'PAST_DUE' }, 6 * 3_600_000],
    ['every half hour about what waits for its payer', { status: 'ACTION_REQUIRED' }, 1_800_000],
    ['about a renewal that is overdue', { currentPeriodEnd: START }, 6 * 3_600_000],
  ] as const)('%s', ([, change, waitMs]) => {
    const next = nextCheckOf({ ...ACTIVE, ...change }, NOW);
    expect(next && next.getTime() - NOW.getTime()).toBe(waitMs);
  });

  test('about a renewal when it should have been charged', () => {
    expect(nextCheckOf(ACTIVE, NOW)).toEqual(new Date(END.getTime() + 2 * 3_600_000));
  });
});
