import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { inTransaction } from '../../src/db/client.ts';
import { DomainError } from '../../src/domain-error.ts';
import { customerOfTeam } from '../../src/gateway/customers.ts';
import { newUuid } from '../../src/id.ts';
import { changePlan } from '../../src/plans/change-plan.ts';
import { pursueSubscription } from '../../src/plans/pursue-subscription.ts';
import { subscribeToPlan } from '../../src/plans/subscribe-to-plan.ts';
import { expectHealthy } from '../support/audit.ts';
import { DAY, Subscriber, usePlanWorld } from './plan-world.ts';

const w = usePlanWorld();
const MINUTE = 60_000;

const FAULTS = [
  'RATE_LIMIT',
  'SERVER_ERROR',
  'TIMEOUT_BEFORE',
  'SERVER_ERROR_AFTER',
  'LOSE_RESPONSE',
] as const;
/** Once: the call itself repeats. Often: it gives up, and a job goes on with it. */
const TIMES = [1, 4] as const;
const CASES = FAULTS.flatMap((fault) => TIMES.map((times) => [fault, times] as const));

/** The mutation, when Stripe may be out of reach. */
async function unlessAway(work: () => Promise<unknown>): Promise<void> {
  await work().catch((error: unknown) => {
    if (!(error instanceof DomainError) || error.code !== 'UNAVAILABLE') throw error;
  });
}

/** Lets minutes go by until what is under way is done. */
async function recover(): Promise<void> {
  await w.advance(40 * MINUTE, 2 * MINUTE);
}

describe('subscribing', () => {
  test.for(CASES)('while %s happens to it %i times charges and grants once', async ([fault, times]) => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    await w.fault(fault, 'POST /v1/subscriptions', { times });
    await unlessAway(() => one.subscribe('workflow-personal'));
    await recover();
    expect(await one.all()).toEqual(['workflow-personal ACTIVE']);
    expect(await one.grants()).toEqual(['19']);
    await one.expectAgreement('GRANTED');
  });

  test.for(['GET /v1/subscriptions/:id', 'GET /v1/invoices', 'POST /v1/customers', 'POST /v1/prices'])(
    'while %s fails makes one subscription at Stripe',
    async (target) => {
      const one = await Subscriber.on(w);
      await w.fault('SERVER_ERROR_AFTER', target, { times: 4 });
      await unlessAway(() => one.subscribe('workflow-business'));
      await w.advance(20 * MINUTE, 2 * MINUTE);
      const [row] = await w.db.sql<{ id: string; status: string }[]>`
        select id, status from subscriptions where team_id = ${one.team}`;
      expect(row?.status).toBe('ACTION_REQUIRED');
      const customer = (await customerOfTeam(w.db, one.team)) ?? '';
      const { data } = await w.stripe.subscriptions.list({ customer, status: 'all' });
      expect(data).toHaveLength(1);
      await fetch(`${w.sandboxUrl}/sandbox/faults`, { method: 'DELETE' });
    },
  );

  test('goes on when the process ends after it was written down', async () => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    const input = {
      teamId: one.team,
      planCode: 'workflow-pro',
      paymentMethodId: null,
      idempotencyKey: newUuid(),
    };
    await inTransaction(w.db, (tx) => subscribeToPlan(tx, w.plans, input, SYSTEM_ACTOR));
    expect(await one.all()).toEqual(['workflow-pro PENDING']);
    await recover();
    expect(await one.all()).toEqual(['workflow-pro ACTIVE']);
    const again = await inTransaction(w.db, (tx) => subscribeToPlan(tx, w.plans, input, SYSTEM_ACTOR));
    expect(again).toMatchObject({ replayed: true, subscription: { status: 'ACTIVE' } });
    await one.expectAgreement('GRANTED');
  });

  test('by many at once, each with a key of its own, subscribes once', async () => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    const all = await Promise.allSettled(Array.from({ length: 6 }, () => one.subscribe('workflow-personal')));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await recover();
    await one.expectAgreement('GRANTED');
    expect(await one.grants()).toEqual(['19']);
  });

  test('is pursued by many at once and grants once', async () => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    const input = {
      teamId: one.team,
      planCode: 'workflow-pro',
      paymentMethodId: null,
      idempotencyKey: newUuid(),
    };
    const { subscription } = await inTransaction(w.db, (tx) =>
      subscribeToPlan(tx, w.plans, input, SYSTEM_ACTOR),
    );
    const pursue = () => unlessAway(() => pursueSubscription(w.plans, one.team, subscription.id));
    await Promise.all([pursue(), pursue(), pursue(), w.settle()]);
    await recover();
    expect(await one.grants()).toEqual(['59']);
    await one.expectAgreement('GRANTED');
  });
});

describe('an upgrade', () => {
  test.for(CASES)('while %s happens to it %i times is charged and granted once', async ([fault, times]) => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    const subscription = await one.subscribe('workflow-personal');
    await w.advance(3 * DAY);
    await w.fault(fault, 'POST /v1/subscriptions/:id', { times });
    await unlessAway(() => one.change('workflow-pro'));
    await recover();
    expect(await one.planOf(await one.now(subscription))).toBe('workflow-pro');
    expect(await one.charged()).toHaveLength(2);
    await one.expectAgreement('GRANTED');
  });

  test('goes on when the process ends after it was written down', async () => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    const subscription = await one.subscribe('workflow-personal');
    const input = { teamId: one.team, planCode: 'workflow-pro', idempotencyKey: newUuid() };
    await inTransaction(w.db, (tx) => changePlan(tx, input, w.clock.now()));
    await recover();
    expect(await one.now(subscription)).toMatchObject({ task: null, status: 'ACTIVE' });
    expect(await one.planOf(await one.now(subscription))).toBe('workflow-pro');
    await one.expectAgreement('GRANTED');
  });
});

describe('a renewal', () => {
  test.for([
    ['DUPLICATE_WEBHOOK', {}],
    ['REORDER_WEBHOOK', {}],
    ['DROP_WEBHOOK', {}],
    ['DELAY_WEBHOOK', { delayMs: 2 * DAY }],
  ] as const)('whose events suffer from %s is granted once', async ([fault, options]) => {
    const one = await Subscriber.on(w, 'pm_card_visa');
    await one.subscribe('workflow-personal');
    await w.settle();
    await w.advance(29 * DAY, 10 * DAY);
    await w.fault(fault, '*', { times: 12, ...options });
    await w.advance(5 * DAY, DAY / 4);
    await fetch(`${w.sandboxUrl}/sandbox/faults`, { method: 'DELETE' });
    expect(await one.grants()).toEqual(['19', '19']);
    await one.expectAgreement('GRANTED');
    await expectHealthy(w.db);
  });
});
