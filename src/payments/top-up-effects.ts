import type Stripe from 'stripe';
import type { Tx } from '../db/client.ts';
import { askStripe } from '../gateway/ask-stripe.ts';
import type { EventEffect, EventEffects } from '../gateway/stripe-events.ts';
import { tryParseId, type Uuid } from '../id.ts';
import { type Due, dueRows } from '../jobs/due.ts';
import type { PaymentDeps } from './payment-deps.ts';
import { retrieveIntent } from './payment-intents.ts';
import { lookAtTopUp, pursueTopUp } from './pursue-top-up.ts';
import { settleTopUp } from './settle-top-up.ts';
import { topUpOfId } from './top-up-rows.ts';

/** What events about payments and checkouts mean for the top-ups they belong to; those of others are let pass. */
export function topUpEffects(deps: PaymentDeps): EventEffects {
  const { stripe } = deps.gateway;
  const ofIntent: EventEffect = async ({ objectId }) => {
    const intent = await retrieveIntent(deps, objectId);
    return intent.status === 'succeeded' ? paidBy(deps, intent) : effectOn(deps, intent);
  };
  const ofSession: EventEffect = async ({ objectId }) =>
    effectOn(deps, await askStripe(() => stripe.checkout.sessions.retrieve(objectId)));
  return {
    'payment_intent.succeeded': ofIntent,
    'payment_intent.payment_failed': ofIntent,
    'payment_intent.requires_action': ofIntent,
    'payment_intent.canceled': ofIntent,
    'checkout.session.completed': ofSession,
    'checkout.session.expired': ofSession,
  };
}

async function effectOn(
  deps: PaymentDeps,
  { metadata }: Pick<Stripe.PaymentIntent | Stripe.Checkout.Session, 'metadata'>,
): Promise<((tx: Tx) => Promise<void>) | undefined> {
  const named = await topUpNamed(deps, metadata?.topUpId);
  if (!named) return undefined;
  const write = await lookAtTopUp(deps, named.teamId, named.id);
  return async (tx) => {
    await write(tx);
  };
}

/**
 * What was paid gives its credit, also when its top-up does not know of this payment: it was given up, or paid by another
 * one, while the request for this one was still on its way.
 */
async function paidBy(deps: PaymentDeps, intent: Stripe.PaymentIntent): ReturnType<EventEffect> {
  const named = await topUpNamed(deps, intent.metadata.topUpId);
  if (!named) return undefined;
  return async (tx) => {
    await settleTopUp(tx, deps, named, intent);
  };
}

async function topUpNamed({ db }: PaymentDeps, publicId: string | undefined) {
  const parsed = publicId === undefined ? undefined : tryParseId(publicId);
  return parsed?.kind === 'topUp' ? topUpOfId(db, parsed.uuid) : undefined;
}

const AGAIN_MS = 60_000;

/** Everything that is not final is asked for at Stripe until it is. */
export function topUpsDue({ jobs }: PaymentDeps): Due {
  const dataOf = (teamId: Uuid, topUpId: Uuid) => ({ teamId, topUpId });
  return dueRows(jobs, { name: 'top-ups', table: 'top_ups', job: 'top-up', dataOf, againMs: AGAIN_MS });
}

/** Has the jobs of top-ups done. */
export function handleTopUps(deps: PaymentDeps): void {
  deps.jobs.handle('top-up', async ({ teamId = '', topUpId = '' }) => {
    await pursueTopUp(deps, teamId, topUpId);
  });
}
