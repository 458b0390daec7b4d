import { clearTeamPlan, setTeamPlan } from '../catalog/entitlements.ts';
import type { Tx } from '../db/client.ts';
import { newUuid, type Uuid } from '../id.ts';
import type { PlanFamily, PlanVersion } from './plan.ts';
import { isFree } from './plan.ts';
import { freePlan, planById } from './plan-rows.ts';
import type { Subscription } from './subscription.ts';
import { nextCheckOf } from './subscription.ts';
import { insertSubscription, updateSubscription } from './subscription-rows.ts';

type Changes = Partial<Omit<Subscription, 'teamId' | 'id' | 'family' | 'actor' | 'createdAt' | 'updatedAt'>>;

/**
 * Changes a subscription, which was read under `lockPayments` of its team, and with it what the team is entitled to. What
 * changes nothing is no change: only the next look at it is put off. Who has ended is on the plan that costs nothing, unless
 * another subscription takes its place. Answers it as it is then.
 */
export async function changeSubscription(
  tx: Tx,
  subscription: Subscription,
  changes: Changes,
  now: Date,
  after: 'FALLS_BACK' | 'REPLACED' = 'FALLS_BACK',
): Promise<Subscription> {
  const changed = isChange(subscription, changes);
  const next = {
    ...subscription,
    ...changes,
    ...(changed && { revision: subscription.revision + 1, updatedAt: now }),
  };
  const written = { ...next, nextCheckAt: nextCheckOf(next, now) };
  await updateSubscription(tx, written);
  if (changed) await keepEntitlements(tx, written, now);
  const ends = written.endedAt !== null && subscription.endedAt === null;
  if (ends && after === 'FALLS_BACK') await fallBack(tx, written, now);
  return written;
}

function isChange(subscription: Subscription, changes: Changes): boolean {
  const before: Readonly<Record<string, unknown>> = { ...subscription };
  return Object.entries(changes).some(([name, value]) => plain(value) !== plain(before[name]));
}

function plain(value: unknown): unknown {
  return value instanceof Date ? value.getTime() : value;
}

/** A renewal that was not paid yet changes nothing: Stripe tries it again. */
async function keepEntitlements(tx: Tx, subscription: Subscription, now: Date): Promise<void> {
  const { teamId, family, status, planVersionId } = subscription;
  if (status === 'ACTIVE' || status === 'PAST_DUE') {
    const plan = await planById(tx, planVersionId);
    if (!isFree(plan)) {
      const { code: planCode, entitlements } = plan;
      return setTeamPlan(tx, { teamId, family, planCode, entitlements }, now);
    }
  }
  await clearTeamPlan(tx, teamId, family, now);
}

/** Whoever has no plan of a family any more is on the one that costs nothing, if there is one. */
async function fallBack(tx: Tx, { teamId, family, actor }: Subscription, now: Date): Promise<void> {
  const plan = await freePlan(tx, family);
  if (plan) await startSubscription(tx, { teamId, plan, actor, status: 'ACTIVE' }, now);
}

/** What of a new subscription is not the same for all. */
export interface NewSubscription
  extends Pick<Subscription, 'teamId' | 'actor'>,
    Partial<Pick<Subscription, 'stripePaymentMethod' | 'followsDefault' | 'task'>> {
  readonly id?: Uuid;
  readonly plan: PlanVersion;
  /** PENDING until Stripe has answered; ACTIVE for what Stripe has nothing to do with. */
  readonly status: 'PENDING' | 'ACTIVE';
}

/** Writes a new subscription. The unique index is the judge: of one family a team has one. Under `lockPayments`. */
export async function startSubscription(
  tx: Tx,
  { id, plan, ...given }: NewSubscription,
  now: Date,
): Promise<Subscription> {
  const family: PlanFamily = plan.family;
  const subscription: Subscription = {
    ...EMPTY,
    ...given,
    id: id ?? newUuid(now.getTime()),
    family,
    planVersionId: plan.id,
    createdAt: now,
    updatedAt: now,
  };
  const written = { ...subscription, nextCheckAt: nextCheckOf(subscription, now) };
  await insertSubscription(tx, written);
  if (written.status === 'ACTIVE') await keepEntitlements(tx, written, now);
  return written;
}

const EMPTY = {
  nextPlanVersionId: null,
  stripeId: null,
  stripePaymentMethod: null,
  followsDefault: true,
  sendAttempt: 0,
  task: null,
  taskPlanVersionId: null,
  revision: 0,
  cancelAtPeriodEnd: false,
  currentPeriodStart: null,
  currentPeriodEnd: null,
  actionUrl: null,
  clientSecret: null,
  failureMessage: null,
  pastDueSince: null,
  nextCheckAt: null,
  endedAt: null,
} as const;
