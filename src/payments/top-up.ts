import type { ActorRef } from '../actor.ts';
import type { Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';

export type TopUpKind = 'PURCHASE' | 'AUTO_RECHARGE' | 'DEBT_INVOICE';
export type TopUpFlow = 'SAVED_METHOD' | 'CHECKOUT';
export type TopUpStatus = 'PENDING' | 'ACTION_REQUIRED' | 'SUCCEEDED' | 'FAILED' | 'REFUNDED' | 'DISPUTED';

/** A purchase of credit on its way, and what came of it. Amounts in US cents. */
export interface TopUp {
  readonly teamId: Uuid;
  readonly id: Uuid;
  readonly kind: TopUpKind;
  readonly flow: TopUpFlow;
  readonly status: TopUpStatus;
  readonly amountCents: bigint;
  /** The bonus that was promised with it. */
  readonly bonusNano: NanoCredits;
  /** Ours; null for checkout. */
  readonly paymentMethodId: Uuid | null;
  /** `pi_…`. */
  readonly paymentIntent: string | null;
  /** `cs_…`. */
  readonly checkoutSession: string | null;
  /** Where the payer has to go. */
  readonly actionUrl: string | null;
  /** What Stripe.js goes on with; never in events. */
  readonly clientSecret: string | null;
  readonly returnUrl: string | null;
  /** Stripe's code, or one of ours: `expired`, `canceled`, `unreachable`. */
  readonly failureCode: string | null;
  readonly failureMessage: string | null;
  /** How often Stripe was asked for a payment anew: a part of the idempotency key there. */
  readonly sendAttempt: number;
  readonly nextCheckAt: Date | null;
  /** When it is given up if nothing has come of it. */
  readonly givenUpAt: Date | null;
  readonly paymentId: Uuid | null;
  readonly actor: ActorRef;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly finishedAt: Date | null;
}

/** Whether nothing more is expected to come of it. */
export function isFinal({ status }: Pick<TopUp, 'status'>): boolean {
  return status !== 'PENDING' && status !== 'ACTION_REQUIRED';
}

/** Whether the money has come. */
export function isPaid({ status }: Pick<TopUp, 'status'>): boolean {
  return status === 'SUCCEEDED' || status === 'REFUNDED' || status === 'DISPUTED';
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** How long after its last look Stripe is asked again: soon at first, when a customer waits. */
export function nextCheckAfter(createdAt: Date, now: Date): Date {
  const ageMs = now.getTime() - createdAt.getTime();
  const waitMs =
    ageMs < MINUTE_MS
      ? 15 * SECOND_MS
      : ageMs < 10 * MINUTE_MS
        ? MINUTE_MS
        : ageMs < 60 * MINUTE_MS
          ? 5 * MINUTE_MS
          : 30 * MINUTE_MS;
  return new Date(now.getTime() + waitMs);
}
