import type { Tx } from '../db/client.ts';
import { claimKey } from '../db/idempotency.ts';
import { DomainError } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import { checkIdempotencyKey } from '../teams/text.ts';
import { setTask } from './change-plan.ts';
import { changeSubscription } from './change-subscription.ts';
import { isFree } from './plan.ts';
import { planById } from './plan-rows.ts';
import { lockSubscription } from './settle-subscription.ts';
import type { Subscribed } from './subscribe-to-plan.ts';
import { isAtStripe, type Subscription } from './subscription.ts';

export interface CancelSubscription {
  readonly teamId: Uuid;
  readonly subscriptionId: Uuid;
  readonly idempotencyKey: string;
}

/**
 * Writes down that a subscription is to end: with the period that is paid, and at once where none is. To be committed
 * before Stripe is told.
 * @throws DomainError NOT_FOUND; CONFLICT when it has ended, or is of the plan that costs nothing; IDEMPOTENCY_CONFLICT.
 */
export async function cancelSubscription(
  tx: Tx,
  { teamId, subscriptionId, idempotencyKey }: CancelSubscription,
  now: Date,
): Promise<Subscribed> {
  const subscription = await lockSubscription(tx, { teamId, id: subscriptionId });
  const key = checkIdempotencyKey(idempotencyKey);
  const claim = { teamId, operation: 'cancelSubscription', key, request: { subscriptionId } };
  const first = await claimKey(tx, claim, subscriptionId, now);
  if (first !== undefined || subscription.cancelAtPeriodEnd)
    return { subscription, replayed: first !== undefined };
  await demandCancelable(tx, subscription);
  if (!isAtStripe(subscription)) {
    const ended = { status: 'CANCELED', endedAt: now } as const;
    return { subscription: await changeSubscription(tx, subscription, ended, now), replayed: false };
  }
  const task = subscription.status === 'ACTIVE' ? 'CANCEL' : 'END';
  return { subscription: await setTask(tx, subscription, task, null, now), replayed: false };
}

async function demandCancelable(tx: Tx, { endedAt, task, planVersionId }: Subscription): Promise<void> {
  if (endedAt !== null) throw conflict('The subscription has ended already.');
  if (task !== null) throw conflict('A change is under way: wait for what comes of it.');
  if (isFree(await planById(tx, planVersionId)))
    throw conflict('There is nothing to cancel: the plan costs nothing.');
}

function conflict(message: string): DomainError {
  return new DomainError('CONFLICT', message, { reason: 'WRONG_STATE', field: 'subscriptionId' });
}
