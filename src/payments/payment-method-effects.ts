import { askStripe, StripeRefused } from '../gateway/ask-stripe.ts';
import { teamOfCustomer } from '../gateway/customers.ts';
import type { EventEffect, EventEffects } from '../gateway/stripe-events.ts';
import type { Uuid } from '../id.ts';
import type { PaymentDeps } from './payment-deps.ts';
import { idOf } from './payment-method-listing.ts';
import { teamsWithMethod } from './payment-methods.ts';

type EffectDeps = Pick<PaymentDeps, 'db' | 'gateway' | 'jobs'>;

/**
 * What events about payment methods have as their effect: the list of the team is read anew, by a job that is enqueued
 * in the transaction of the event. Which method, and what became of it, is not taken from the event: it comes late,
 * twice and out of order.
 */
export function paymentMethodEffects(deps: EffectDeps): EventEffects {
  const { stripe } = deps.gateway;
  const method: EventEffect = async ({ objectId }) => {
    const known = await teamsWithMethod(deps.db, objectId);
    if (known.length > 0) return syncLater(deps, known);
    return syncCustomer(deps, () => stripe.paymentMethods.retrieve(objectId));
  };
  return {
    'setup_intent.succeeded': ({ objectId }) =>
      syncCustomer(deps, () => stripe.setupIntents.retrieve(objectId)),
    // A purchase on the hosted page keeps its card, too.
    'checkout.session.completed': ({ objectId }) =>
      syncCustomer(deps, () => stripe.checkout.sessions.retrieve(objectId)),
    'payment_method.attached': method,
    'payment_method.updated': method,
    'payment_method.detached': method,
    'payment_method.automatically_updated': method,
  };
}

interface OfCustomer {
  readonly customer: string | { readonly id: string } | null;
}

/** Nothing is to be done about an object that is gone, or of a customer who is none of ours. */
async function syncCustomer(deps: EffectDeps, read: () => Promise<OfCustomer>): ReturnType<EventEffect> {
  try {
    const customerId = idOf((await askStripe(read)).customer);
    const teamId = customerId === null ? undefined : await teamOfCustomer(deps.db, customerId);
    return teamId === undefined ? undefined : syncLater(deps, [teamId]);
  } catch (error) {
    if (error instanceof StripeRefused) return undefined;
    throw error;
  }
}

function syncLater({ jobs }: EffectDeps, teamIds: readonly Uuid[]): Awaited<ReturnType<EventEffect>> {
  return async (tx) => {
    for (const teamId of teamIds) await jobs.enqueue(tx, 'payment-methods', { teamId });
  };
}
