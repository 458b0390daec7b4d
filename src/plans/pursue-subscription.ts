import { inTransaction, type Tx } from '../db/client.ts';
import { notFound } from '../domain-error.ts';
import { publicId, type Uuid } from '../id.ts';
import type { PlanDeps } from './plan-deps.ts';
import { seeSubscription } from './see-subscription.ts';
import { settleSubscription } from './settle-subscription.ts';
import type { Subscription } from './subscription.ts';
import { subscriptionById } from './subscription-rows.ts';
import { tellStripe } from './tell-stripe.ts';

/** Writes what was found out about a subscription. */
export type WriteSubscription = (tx: Tx) => Promise<Subscription>;

/**
 * Tells Stripe what it has yet to be told, asks how the subscription is, and writes that. Safe to repeat, by anybody, at any
 * time, and after any interruption.
 * @throws DomainError NOT_FOUND, UNAVAILABLE: call again later.
 */
export async function pursueSubscription(
  deps: PlanDeps,
  teamId: Uuid,
  subscriptionId: Uuid,
): Promise<Subscription> {
  return inTransaction(deps.db, await lookAtSubscription(deps, teamId, subscriptionId));
}

/** The part of `pursueSubscription` that deals with Stripe; it answers how to write what it learned. */
export async function lookAtSubscription(
  deps: PlanDeps,
  teamId: Uuid,
  subscriptionId: Uuid,
): Promise<WriteSubscription> {
  const found = await subscriptionById(deps.db, teamId, subscriptionId);
  if (!found) throw notFound('PlanSubscription', publicId('subscription', subscriptionId));
  const asked = await tellStripe(deps, found);
  const { stripeId } = asked;
  if (stripeId === null) return async () => asked;
  const seen = await seeSubscription(deps, { ...asked, stripeId });
  return (tx) => settleSubscription(tx, deps, seen);
}
