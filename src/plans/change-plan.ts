import type { Tx } from '../db/client.ts';
import { claimKey } from '../db/idempotency.ts';
import { badInput, DomainError, notFound } from '../domain-error.ts';
import { lockPayments } from '../gateway/payment-heads.ts';
import type { Uuid } from '../id.ts';
import { checkIdempotencyKey } from '../teams/text.ts';
import { changeSubscription } from './change-subscription.ts';
import { familyOf, isFree, isUpgrade, type PlanVersion } from './plan.ts';
import { planById } from './plan-rows.ts';
import { lockSubscription } from './settle-subscription.ts';
import { planToTake, type Subscribed } from './subscribe-to-plan.ts';
import { isAtStripe, type Subscription, type SubscriptionTask } from './subscription.ts';
import { liveSubscription } from './subscription-rows.ts';

export interface ChangePlan {
  readonly teamId: Uuid;
  /** Of the family of the subscription. */
  readonly planCode: string;
  readonly idempotencyKey: string;
}

/**
 * Writes down that a team wants another plan of a family that it pays for: a higher one now, for what is left of the period,
 * a lower one from the next period on, the one that costs nothing when the period ends; its own to take such a change back.
 * To be committed before Stripe is told.
 * @throws DomainError NOT_FOUND for the plan; BAD_USER_INPUT; CONFLICT when there is no such subscription, or it is in no
 * state to be changed; IDEMPOTENCY_CONFLICT.
 */
export async function changePlan(tx: Tx, input: ChangePlan, now: Date): Promise<Subscribed> {
  const { teamId, planCode, idempotencyKey } = input;
  const family = familyOf(planCode);
  if (!family) throw notFound('Plan', planCode, 'planCode');
  await lockPayments(tx, teamId);
  const live = await liveSubscription(tx, teamId, family);
  const key = checkIdempotencyKey(idempotencyKey);
  const claim = { teamId, operation: 'changePlan', key, request: { planCode } };
  // Without a subscription there is nothing that the key could stand for, unless it has been used.
  const first = await claimKey(tx, claim, live?.id ?? teamId, now);
  if (first !== undefined)
    return { subscription: await lockSubscription(tx, { teamId, id: first }), replayed: true };
  const plan = await planToTake(tx, planCode);
  if (!live || !isAtStripe(live)) throw notSubscribed();
  demandChangeable(live);
  const task = taskFor(live, await planById(tx, live.planVersionId), plan);
  return { subscription: await setTask(tx, live, task, plan.id, now), replayed: false };
}

/** What Stripe is to be told. */
function taskFor(live: Subscription, from: PlanVersion, to: PlanVersion): SubscriptionTask {
  const isLeaving = live.cancelAtPeriodEnd || live.nextPlanVersionId !== null;
  if (to.id === from.id) {
    if (!isLeaving) throw badInput('planCode', 'must be another plan: the team is on this one.');
    return 'KEEP';
  }
  if (isFree(to)) return 'CANCEL';
  if (!isUpgrade(from, to)) return 'SCHEDULE';
  if (!live.cancelAtPeriodEnd) return 'UPGRADE';
  throw conflict(`The subscription ends with its period: change to ${from.code} first to keep it.`);
}

function demandChangeable({ status, task, actionUrl }: Subscription): void {
  if (task !== null) throw conflict('A change is under way: wait for what comes of it.');
  if (status === 'PAST_DUE') throw conflict('The last renewal was not paid: pay it first.');
  if (status !== 'ACTIVE') throw conflict('The first payment was not made yet: make it, or cancel.');
  if (actionUrl !== null) throw conflict('A change waits for its payment: make it at "actionUrl" first.');
}

/** Writes down what Stripe is to be told, by an attempt of its own. */
export function setTask(
  tx: Tx,
  subscription: Subscription,
  task: SubscriptionTask,
  taskPlanVersionId: Uuid | null,
  now: Date,
): Promise<Subscription> {
  const sendAttempt = subscription.sendAttempt + 1;
  return changeSubscription(
    tx,
    subscription,
    { task, taskPlanVersionId, sendAttempt, failureMessage: null },
    now,
  );
}

function conflict(message: string): DomainError {
  return new DomainError('CONFLICT', message, { reason: 'WRONG_STATE', field: 'planCode' });
}

function notSubscribed(): DomainError {
  const message = 'The team pays for no plan of this family: use subscribeToPlan.';
  return new DomainError('CONFLICT', message, { reason: 'NOT_SUBSCRIBED', field: 'planCode' });
}
