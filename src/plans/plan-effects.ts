import type Stripe from 'stripe';
import { askStripe } from '../gateway/ask-stripe.ts';
import { teamOfCustomer } from '../gateway/customers.ts';
import type { EventEffect, EventEffects } from '../gateway/stripe-events.ts';
import { tryParseId, type Uuid } from '../id.ts';
import { type Due, dueRows } from '../jobs/due.ts';
import type { PlanDeps } from './plan-deps.ts';
import { lookAtSubscription, pursueSubscription } from './pursue-subscription.ts';
import type { SubscriptionName } from './settle-subscription.ts';
import { subscriptionOfStripe, subscriptionsById } from './subscription-rows.ts';

/** What events about subscriptions and their invoices mean for ours; those of others are let pass. */
export function planEffects(deps: PlanDeps): EventEffects {
  const { stripe } = deps.gateway;
  const ofInvoice: EventEffect = async ({ objectId }) => {
    const { customer, parent } = await askStripe(() => stripe.invoices.retrieve(objectId));
    const details = parent?.subscription_details;
    return details
      ? effectOn(deps, { customer, of: details.subscription, metadata: details.metadata })
      : undefined;
  };
  const ofSubscription: EventEffect = async ({ objectId }) => {
    const { customer, metadata } = await askStripe(() => stripe.subscriptions.retrieve(objectId));
    return effectOn(deps, { customer, of: objectId, metadata });
  };
  return {
    'invoice.paid': ofInvoice,
    'invoice.payment_failed': ofInvoice,
    'invoice.payment_action_required': ofInvoice,
    'customer.subscription.updated': ofSubscription,
    'customer.subscription.deleted': ofSubscription,
  };
}

/** How an object at Stripe names its subscription. */
interface Named {
  readonly customer: string | { readonly id: string } | null;
  readonly of: string | { readonly id: string };
  readonly metadata: Stripe.Metadata | null;
}

async function effectOn(deps: PlanDeps, named: Named): ReturnType<EventEffect> {
  const ours = await subscriptionNamed(deps, named);
  if (!ours) return undefined;
  const write = await lookAtSubscription(deps, ours.teamId, ours.id);
  return async (tx) => {
    await write(tx);
  };
}

/** By the customer and its id there; or, when the answer that told us that was lost, by what we named it. */
async function subscriptionNamed(
  { db }: PlanDeps,
  { customer, of, metadata }: Named,
): Promise<SubscriptionName | undefined> {
  const teamId = customer === null ? undefined : await teamOfCustomer(db, idOf(customer));
  if (teamId === undefined) return undefined;
  const known = await subscriptionOfStripe(db, teamId, idOf(of));
  if (known) return known;
  const parsed = metadata?.subscriptionId === undefined ? undefined : tryParseId(metadata.subscriptionId);
  if (parsed?.kind !== 'subscription') return undefined;
  const [found] = await subscriptionsById(db, [parsed.uuid]);
  return found?.teamId === teamId ? found : undefined;
}

function idOf(named: string | { readonly id: string }): string {
  return typeof named === 'string' ? named : named.id;
}

const AGAIN_MS = 5 * 60_000;

/** Stripe is asked about every subscription that is not final, when something is to be expected of it. */
export function subscriptionsDue({ jobs }: Pick<PlanDeps, 'jobs'>): Due {
  const dataOf = (teamId: Uuid, subscriptionId: Uuid) => ({ teamId, subscriptionId });
  const rows = { name: 'subscriptions', table: 'subscriptions', job: 'subscription' } as const;
  return dueRows(jobs, { ...rows, dataOf, againMs: AGAIN_MS });
}

/** Has the jobs of subscriptions done. */
export function handleSubscriptions(deps: PlanDeps): void {
  deps.jobs.handle('subscription', async ({ teamId = '', subscriptionId = '' }) => {
    await pursueSubscription(deps, teamId, subscriptionId);
  });
}
