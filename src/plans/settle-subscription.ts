import type { Tx } from '../db/client.ts';
import { notFound } from '../domain-error.ts';
import { lockPayments } from '../gateway/payment-heads.ts';
import { publicId, type Uuid } from '../id.ts';
import { changeSubscription } from './change-subscription.ts';
import type { PlanDeps } from './plan-deps.ts';
import { type PaidInvoice, recordInvoice } from './plan-invoices.ts';
import { freePlan, planById } from './plan-rows.ts';
import { changesBy, type StripeState } from './stripe-state.ts';
import type { Subscription } from './subscription.ts';
import { tellAdmins } from './subscription-mails.ts';
import { subscriptionById } from './subscription-rows.ts';

/** What Stripe has told of a subscription. */
export interface Seen {
  /** The subscription as it was before Stripe was asked. */
  readonly asked: Subscription;
  readonly state: StripeState;
  /** Its invoices that were paid and are not recorded, the oldest first. */
  readonly paid: readonly PaidInvoice[];
}

/** A subscription by its name. */
export interface SubscriptionName {
  readonly teamId: Uuid;
  readonly id: Uuid;
}

/**
 * Writes what Stripe has told. What was paid is recorded in any case. What it says of the subscription is believed unless
 * that was changed since Stripe was asked: then it is asked again. Locks the payments of the team.
 */
export async function settleSubscription(tx: Tx, deps: PlanDeps, seen: Seen): Promise<Subscription> {
  const current = await lockSubscription(tx, seen.asked);
  const plan = await planById(tx, current.planVersionId);
  for (const invoice of seen.paid) await recordInvoice(tx, deps, current, invoice, plan);
  if (current.endedAt !== null) return current;
  if (current.revision !== seen.asked.revision) return lookAgain(tx, deps, current);
  const now = deps.clock.now();
  const free = await freePlan(tx, current.family);
  const changes = changesBy(current, seen.state, { plan, free }, now);
  const changed = await changeSubscription(tx, current, changes, now);
  await tellAdmins(tx, deps, { before: current, after: changed, state: seen.state });
  return changed;
}

/** The subscription as it is, under the lock of the team's payments. @throws DomainError NOT_FOUND */
export async function lockSubscription(tx: Tx, { teamId, id }: SubscriptionName): Promise<Subscription> {
  await lockPayments(tx, teamId);
  const found = await subscriptionById(tx, teamId, id);
  if (!found) throw notFound('PlanSubscription', publicId('subscription', id));
  return found;
}

async function lookAgain(tx: Tx, { jobs }: PlanDeps, subscription: Subscription): Promise<Subscription> {
  const { teamId, id: subscriptionId } = subscription;
  await jobs.enqueue(tx, 'subscription', { teamId, subscriptionId });
  return subscription;
}
