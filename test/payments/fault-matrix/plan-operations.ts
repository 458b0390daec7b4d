import { SYSTEM_ACTOR } from '../../../src/actor.ts';
import { inTransaction, type Tx } from '../../../src/db/client.ts';
import type { Uuid } from '../../../src/id.ts';
import { cancelSubscription } from '../../../src/plans/cancel-subscription.ts';
import { changePlan } from '../../../src/plans/change-plan.ts';
import { pursueSubscription } from '../../../src/plans/pursue-subscription.ts';
import { seedPlans } from '../../../src/plans/seed-plans.ts';
import { subscribeToPlan } from '../../../src/plans/subscribe-to-plan.ts';
import type { Subscription } from '../../../src/plans/subscription.ts';
import { planDepsOf } from '../../support/payment-rooms.ts';
import type { StripeWorld } from '../../support/stripe-world.ts';
import {
  type Asking,
  DAY_MS,
  HOUR_MS,
  isUnavailable,
  MINUTE_MS,
  type Operation,
  type Stage,
} from './stage.ts';

async function teamWithCard(world: StripeWorld): Promise<{ teamId: Uuid }> {
  await seedPlans(world.db, world.clock.now());
  const teamId = await world.world.team();
  await world.card(teamId);
  return { teamId };
}

async function subscriber(world: StripeWorld): Promise<{ teamId: Uuid }> {
  const { teamId } = await teamWithCard(world);
  await subscribe({ deps: world.deps, teamId, made: new Map() });
  await world.settle();
  return { teamId };
}

/** Writes it down, and deals with Stripe as far as that gets. */
async function tell(
  { deps }: Asking,
  write: (tx: Tx) => Promise<{ subscription: Subscription }>,
): Promise<void> {
  const { subscription } = await inTransaction(deps.db, write);
  try {
    await pursueSubscription(planDepsOf(deps), subscription.teamId, subscription.id);
  } catch (error) {
    if (!isUnavailable(error)) throw error;
  }
}

function subscribe(stage: Asking): Promise<void> {
  const { teamId, deps } = stage;
  const input = {
    teamId,
    planCode: 'workflow-personal',
    paymentMethodId: null,
    idempotencyKey: `${teamId}:sub`,
  };
  return tell(stage, (tx) => subscribeToPlan(tx, planDepsOf(deps), input, SYSTEM_ACTOR));
}

function upgrade(stage: Asking): Promise<void> {
  const { teamId, deps } = stage;
  const input = { teamId, planCode: 'workflow-pro', idempotencyKey: `${teamId}:up` };
  return tell(stage, (tx) => changePlan(tx, input, deps.clock.now()));
}

async function cancel(stage: Asking): Promise<void> {
  const { teamId, deps } = stage;
  const [row] = await deps.db.sql<{ id: Uuid }[]>`select id from subscriptions where team_id = ${teamId}`;
  if (!row) throw new Error('there is no subscription');
  const input = { teamId, subscriptionId: row.id, idempotencyKey: `${teamId}:end` };
  return tell(stage, (tx) => cancelSubscription(tx, input, deps.clock.now()));
}

/** Ends it at Stripe, so that it is not renewed in every test that follows. */
async function endAtOnce({ world, teamId }: Stage): Promise<void> {
  const rows = await world.db.sql<{ stripe_id: string }[]>`
    select stripe_id from subscriptions where team_id = ${teamId} and stripe_id is not null and ended_at is null`;
  for (const { stripe_id } of rows) await world.stripe.subscriptions.cancel(stripe_id);
  await world.settle();
}

const PERIOD = [28 * DAY_MS, 3 * DAY_MS, 2 * HOUR_MS, 6 * HOUR_MS, 6 * HOUR_MS] as const;

export const SUBSCRIBING: readonly Operation[] = [
  {
    name: 'subscribing to a plan',
    decisive: 'POST /v1/subscriptions',
    before: teamWithCard,
    acts: [{ asks: subscribe }],
    ends: endAtOnce,
    comesOut: { available: '19', plans: ['workflow-personal ACTIVE'] },
  },
  {
    name: 'an upgrade',
    decisive: 'POST /v1/subscriptions/*',
    before: subscriber,
    acts: [{ asks: upgrade }],
    ends: endAtOnce,
    // What is left of the period costs a cent less when it comes later; the audit compares the cents.
    comesOut: { plans: ['workflow-pro ACTIVE'] },
  },
];

export const LASTING: readonly Operation[] = [
  {
    name: 'a renewal',
    decisive: 'GET /v1/subscriptions/*',
    before: subscriber,
    acts: [{ waits: PERIOD }],
    ends: endAtOnce,
    comesOut: { available: '38', plans: ['workflow-personal ACTIVE'] },
  },
  {
    name: 'the end of a subscription',
    decisive: 'POST /v1/subscriptions/*',
    before: subscriber,
    acts: [{ asks: cancel, waits: [0, MINUTE_MS, 10 * MINUTE_MS, HOUR_MS] }, { waits: PERIOD }],
    comesOut: { available: '19', plans: ['workflow-personal CANCELED'] },
  },
];
