import type { ActorRef } from '../actor.ts';
import type { Tx } from '../db/client.ts';
import { lockPayments } from '../gateway/payment-heads.ts';
import { newUuid, type Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import { nextCheckAfter, type TopUp, type TopUpFlow, type TopUpKind } from './top-up.ts';
import { recordTopUpEvent } from './top-up-events.ts';
import { insertTopUp } from './top-up-rows.ts';

export interface StartTopUp {
  readonly teamId: Uuid;
  /** A fresh id unless given. */
  readonly id?: Uuid;
  readonly kind: TopUpKind;
  readonly flow: TopUpFlow;
  readonly amountCents: bigint;
  readonly bonusNano: NanoCredits;
  /** Ours; null for checkout. */
  readonly paymentMethodId: Uuid | null;
  /** Where the payer comes back to from a page of Stripe or of the bank. */
  readonly returnUrl: string | null;
  readonly actor: ActorRef;
}

const DAY_MS = 86_400_000;

/**
 * Writes down that a payment is wanted. To be committed before Stripe is asked for it: whatever happens then, `pursueTopUp`
 * finds out what came of it. Locks the payments of the team.
 */
export async function startTopUp(tx: Tx, input: StartTopUp, now: Date): Promise<TopUp> {
  const { id = newUuid(now.getTime()), ...wanted } = input;
  await lockPayments(tx, input.teamId);
  const topUp: TopUp = {
    ...wanted,
    id,
    status: 'PENDING',
    paymentIntent: null,
    checkoutSession: null,
    actionUrl: null,
    clientSecret: null,
    failureCode: null,
    failureMessage: null,
    sendAttempt: 0,
    nextCheckAt: nextCheckAfter(now, now),
    givenUpAt: new Date(now.getTime() + DAY_MS),
    paymentId: null,
    createdAt: now,
    updatedAt: now,
    finishedAt: null,
  };
  await insertTopUp(tx, topUp);
  await recordTopUpEvent(tx, topUp, now);
  return topUp;
}
