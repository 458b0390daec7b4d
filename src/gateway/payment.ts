import type { ActorRef } from '../actor.ts';
import type { Uuid } from '../id.ts';

/** What was paid for. */
export const PAYMENT_KINDS = ['PURCHASE', 'AUTO_RECHARGE', 'DEBT_INVOICE', 'SUBSCRIPTION'] as const;
export type PaymentKind = (typeof PAYMENT_KINDS)[number];

/** 1 cent in nano-credits. */
export const NANO_PER_CENT = 10_000_000n;

/** A payment that has succeeded at Stripe. Amounts in US cents. */
export interface Payment {
  readonly teamId: Uuid;
  readonly id: Uuid;
  readonly kind: PaymentKind;
  /** `pi_…`. */
  readonly paymentIntent: string;
  /** `ch_…`. */
  readonly charge: string | null;
  readonly amountCents: bigint;
  /** The prepaid credit it bought. */
  readonly grantId: Uuid | null;
  readonly bonusGrantId: Uuid | null;
  readonly topUpId: Uuid | null;
  readonly subscriptionId: Uuid | null;
  /** `in_…`. */
  readonly stripeInvoice: string | null;
  readonly description: string;
  readonly cardBrand: string | null;
  readonly cardLast4: string | null;
  /** Refunds that have left or are leaving. */
  readonly refundedCents: bigint;
  /** Open and lost disputes. */
  readonly disputedCents: bigint;
  readonly receiptNumber: string;
  readonly paidAt: Date;
  readonly actor: ActorRef;
}
