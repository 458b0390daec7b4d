import type Stripe from 'stripe';
import type { Tx } from '../db/client.ts';
import { askStripe } from '../gateway/ask-stripe.ts';
import type { EventEffect, EventEffects } from '../gateway/stripe-events.ts';
import type { Uuid } from '../id.ts';
import { type Due, dueRows } from '../jobs/due.ts';
import type { PaymentDeps } from '../payments/payment-deps.ts';
import { pursueDispute } from './dispute-effects.ts';
import { recordRefunds } from './refund-outside.ts';
import { paymentAtStripe } from './refund-payment.ts';
import { pursueRefund } from './refund-pursue.ts';

/** What events about refunds mean: for those we asked for, and for those that somebody made at Stripe. */
export function refundEffects(deps: PaymentDeps): EventEffects {
  const { stripe } = deps.gateway;
  const ofRefund: EventEffect = async ({ objectId }) =>
    effectOf(deps, [await askStripe(() => stripe.refunds.retrieve(objectId))]);
  const ofCharge: EventEffect = async ({ objectId }) => {
    const made = stripe.refunds.list({ charge: objectId, limit: 100 });
    return effectOf(deps, await askStripe(() => made.autoPagingToArray({ limit: 300 })));
  };
  return {
    'refund.created': ofRefund,
    'refund.updated': ofRefund,
    'refund.failed': ofRefund,
    'charge.refund.updated': ofRefund,
    'charge.refunded': ofCharge,
  };
}

async function effectOf(
  deps: PaymentDeps,
  refunds: readonly Stripe.Refund[],
): Promise<((tx: Tx) => Promise<void>) | undefined> {
  const intent = refunds[0]?.payment_intent;
  const intentId = typeof intent === 'string' ? intent : intent?.id;
  const payment = intentId === undefined ? undefined : await paymentAtStripe(deps, intentId);
  // The oldest first, as they were made.
  return payment && ((tx) => recordRefunds(tx, deps, payment, refunds.toReversed()));
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Refunds that may still change are asked about at Stripe, and so are open disputes, whatever events tell. */
export function refundsDue({ jobs }: PaymentDeps): readonly Due[] {
  return [
    dueRows(jobs, {
      name: 'refunds',
      table: 'refunds',
      job: 'refund',
      dataOf: (teamId: Uuid, refundId: Uuid) => ({ teamId, refundId }),
      againMs: MINUTE_MS,
    }),
    dueRows(jobs, {
      name: 'disputes',
      table: 'disputes',
      job: 'refund',
      dataOf: (teamId: Uuid, disputeId: Uuid) => ({ teamId, disputeId }),
      againMs: DAY_MS,
    }),
  ];
}

/** Has the jobs of refunds and disputes done. */
export function handleRefunds(deps: PaymentDeps): void {
  deps.jobs.handle('refund', async ({ teamId = '', refundId, disputeId }) => {
    if (refundId !== undefined) await pursueRefund(deps, teamId, refundId);
    if (disputeId !== undefined) await pursueDispute(deps, disputeId);
  });
}
