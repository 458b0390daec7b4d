import type { ActorRef } from '../actor.ts';
import type { Uuid } from '../id.ts';
import type { PlanFamily } from './plan.ts';

/**
 * PENDING: Stripe has not answered yet. ACTION_REQUIRED: the first payment waits for its payer. PAST_DUE: a renewal was
 * not paid, and is tried again. CANCELED: it has ended. FAILED: it never began.
 */
export const SUBSCRIPTION_STATUSES = [
  'PENDING',
  'ACTION_REQUIRED',
  'ACTIVE',
  'PAST_DUE',
  'CANCELED',
  'FAILED',
] as const;
export type SubscriptionStatus = (typeof SUBSCRIPTION_STATUSES)[number];

/**
 * What Stripe has yet to be told. CREATE: to begin. UPGRADE: another plan now, and a payment for the rest of the period.
 * SCHEDULE: another plan from the next period on. KEEP: no change after all. CANCEL: to end with the period. END: now.
 */
export type SubscriptionTask = 'CREATE' | 'UPGRADE' | 'SCHEDULE' | 'KEEP' | 'CANCEL' | 'END';

/** A subscription of a team to a plan, as it is kept. */
export interface Subscription {
  readonly teamId: Uuid;
  readonly id: Uuid;
  readonly family: PlanFamily;
  /** What it entitles to now. */
  readonly planVersionId: Uuid;
  /** What it changes to with the next period, or once a payment that waits is made. */
  readonly nextPlanVersionId: Uuid | null;
  readonly status: SubscriptionStatus;
  /** `sub_…`; null for a plan that costs nothing, or is given. */
  readonly stripeId: string | null;
  /** `pm_…` that the first payment is made with; null: whatever the payer enters. */
  readonly stripePaymentMethod: string | null;
  /** Renewals are paid with the default method of the team, not with one that was named. */
  readonly followsDefault: boolean;
  /** How often Stripe was told something: a part of the idempotency key there. */
  readonly sendAttempt: number;
  readonly task: SubscriptionTask | null;
  readonly taskPlanVersionId: Uuid | null;
  /** Grows with every change. */
  readonly revision: number;
  readonly cancelAtPeriodEnd: boolean;
  readonly currentPeriodStart: Date | null;
  readonly currentPeriodEnd: Date | null;
  readonly actionUrl: string | null;
  readonly clientSecret: string | null;
  readonly failureMessage: string | null;
  readonly pastDueSince: Date | null;
  readonly nextCheckAt: Date | null;
  readonly actor: ActorRef;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly endedAt: Date | null;
}

/** Whether Stripe has to do with it. */
export function isAtStripe({ stripeId, task }: Pick<Subscription, 'stripeId' | 'task'>): boolean {
  return stripeId !== null || task === 'CREATE';
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Stripe charges a renewal about an hour after the period has begun. */
const RENEWED_BY_MS = 2 * HOUR_MS;

/** When Stripe is asked how it is; null for what will not change any more. */
export function nextCheckOf(
  subscription: Pick<Subscription, 'stripeId' | 'task' | 'status' | 'endedAt' | 'updatedAt' | 'actionUrl'> &
    Pick<Subscription, 'currentPeriodEnd'>,
  now: Date,
): Date | null {
  const { status, endedAt, task, updatedAt, actionUrl, currentPeriodEnd } = subscription;
  if (endedAt !== null || !isAtStripe(subscription)) return null;
  if (task !== null || status === 'PENDING') return soon(updatedAt, now);
  if (status === 'PAST_DUE') return later(now, 6 * HOUR_MS);
  if (status === 'ACTION_REQUIRED' || actionUrl !== null) return later(now, HOUR_MS / 2);
  const renewedBy = (currentPeriodEnd?.getTime() ?? 0) + RENEWED_BY_MS;
  return renewedBy > now.getTime() ? new Date(renewedBy) : later(now, 6 * HOUR_MS);
}

/** The longer nothing has come of it, the less often. */
function soon(since: Date, now: Date): Date {
  const ageMs = now.getTime() - since.getTime();
  return later(now, Math.min(Math.max(ageMs, MINUTE_MS / 4), HOUR_MS / 2));
}

function later(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}
