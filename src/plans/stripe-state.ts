import type { Uuid } from '../id.ts';
import { isFree, isUpgrade, type PlanVersion } from './plan.ts';
import type { Subscription } from './subscription.ts';

/** A subscription as Stripe tells it now. */
export interface StripeState {
  /** `sub_…`. */
  readonly stripeId: string;
  /** Stripe's word. */
  readonly status: string;
  /** The plan whose price it has; undefined for a price of none. */
  readonly plan: PlanVersion | undefined;
  /** The plan that it changes to once a payment that waits is made. */
  readonly pendingPlan: PlanVersion | undefined;
  readonly periodStart: Date;
  readonly periodEnd: Date;
  readonly cancelAtPeriodEnd: boolean;
  /** The payment that waits for its payer. */
  readonly open: OpenPayment | null;
  /** What the bank said of a change of plan that was given up. */
  readonly failure: string | null;
}

/** An invoice that waits to be paid. */
export interface OpenPayment {
  /** `in_…`. */
  readonly invoice: string;
  /** Where it can be paid. */
  readonly url: string | null;
  readonly clientSecret: string | null;
  /** How often it was tried. */
  readonly attempts: number;
  /** When it is tried again. */
  readonly nextAttemptAt: Date | null;
  /** What the bank said. */
  readonly failure: string | null;
  /** ACTION: the payer has to confirm. METHOD: another payment method is needed. */
  readonly needs: 'ACTION' | 'METHOD' | null;
}

type Changing = Omit<
  Subscription,
  | 'teamId'
  | 'id'
  | 'family'
  | 'actor'
  | 'createdAt'
  | 'updatedAt'
  | 'revision'
  | 'sendAttempt'
  | 'nextCheckAt'
>;
export type SubscriptionChanges = Partial<Changing>;

const ENDED: ReadonlySet<string> = new Set(['canceled', 'incomplete_expired']);
const BEHIND: ReadonlySet<string> = new Set(['past_due', 'unpaid', 'paused']);

/**
 * What a subscription is by what Stripe tells: `plan` is the one that it has now, `free` the plan of the family that costs
 * nothing, if there is one.
 */
export function changesBy(
  subscription: Subscription,
  state: StripeState,
  { plan, free }: { readonly plan: PlanVersion; readonly free: PlanVersion | undefined },
  now: Date,
): SubscriptionChanges {
  const { stripeId, status } = state;
  if (ENDED.has(status)) return endOf(subscription, state, now);
  const common = { stripeId, ...NOTHING_OPEN };
  if (status === 'incomplete') return { ...common, ...openOf(state), status: 'ACTION_REQUIRED' };
  const lasting = { ...common, ...planOf(subscription, state, plan, free), ...periodOf(state) };
  if (!BEHIND.has(status)) return { ...lasting, ...activeOf(subscription, state) };
  const pastDueSince = subscription.pastDueSince ?? now;
  return { ...lasting, ...openOf(state), status: 'PAST_DUE', pastDueSince };
}

const NOTHING_OPEN = { actionUrl: null, clientSecret: null, failureMessage: null } as const;

function openOf({ open }: StripeState): SubscriptionChanges {
  if (!open) return {};
  return { actionUrl: open.url, clientSecret: open.clientSecret, failureMessage: open.failure };
}

/** An upgrade that waits for its payer leaves the subscription active as it was. */
function activeOf(subscription: Subscription, state: StripeState): SubscriptionChanges {
  const waiting = state.pendingPlan ? openOf(state) : {};
  const told = subscription.status === 'ACTIVE' ? subscription.failureMessage : null;
  return {
    status: 'ACTIVE',
    pastDueSince: null,
    failureMessage: state.failure ?? told,
    ...waiting,
  };
}

function periodOf({ periodStart, periodEnd, cancelAtPeriodEnd }: StripeState): SubscriptionChanges {
  return { currentPeriodStart: periodStart, currentPeriodEnd: periodEnd, cancelAtPeriodEnd };
}

function endOf(
  { currentPeriodStart, endedAt }: Subscription,
  { stripeId, open }: StripeState,
  now: Date,
): SubscriptionChanges {
  const began = currentPeriodStart !== null;
  return {
    stripeId,
    ...NOTHING_OPEN,
    failureMessage: began ? null : (open?.failure ?? NEVER_PAID),
    status: began ? 'CANCELED' : 'FAILED',
    task: null,
    taskPlanVersionId: null,
    nextPlanVersionId: null,
    cancelAtPeriodEnd: false,
    endedAt: endedAt ?? now,
  };
}

const NEVER_PAID = 'The first payment was not made.';

/**
 * The plan is that of the price at Stripe, but that a lower price, which Stripe has from the moment on that it is asked to
 * charge it next, becomes the plan only when a period of it begins.
 */
function planOf(
  { planVersionId, currentPeriodStart }: Subscription,
  state: StripeState,
  plan: PlanVersion,
  free: PlanVersion | undefined,
): { planVersionId: Uuid; nextPlanVersionId: Uuid | null } {
  const atEnd = state.cancelAtPeriodEnd ? (free?.id ?? null) : null;
  const priced = state.plan;
  if (!priced || priced.id === planVersionId)
    return { planVersionId, nextPlanVersionId: state.pendingPlan?.id ?? atEnd };
  const isSamePeriod = currentPeriodStart?.getTime() === state.periodStart.getTime();
  const isScheduled = isSamePeriod && !isUpgrade(plan, priced) && !isFree(plan);
  if (isScheduled) return { planVersionId, nextPlanVersionId: state.cancelAtPeriodEnd ? atEnd : priced.id };
  return { planVersionId: priced.id, nextPlanVersionId: state.pendingPlan?.id ?? atEnd };
}
