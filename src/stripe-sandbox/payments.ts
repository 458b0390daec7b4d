import type Stripe from 'stripe';
import type { Call } from './call.ts';
import type { Stored } from './objects.ts';
import type { StripeProblem } from './problem.ts';

/** What a payment intent is made of. */
export interface IntentTerms {
  /** In cents, 50 to 99,999,999. */
  readonly amount: number;
  readonly currency: string;
  readonly customer: string | null;
  /** The id of what it pays, for followers: an invoice, a checkout session. */
  readonly parent?: string | null;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly description?: string | null;
  readonly receiptEmail?: string | null;
  readonly returnUrl?: string | null;
  readonly setupFutureUsage?: Stripe.PaymentIntent.SetupFutureUsage | null;
}

/** How an attempt to pay ended. A `problem` is for whoever answers the request: what it left behind stays. */
export interface Attempt<K extends 'payment_intent' | 'setup_intent'> {
  readonly intent: Stored<K>;
  readonly problem: StripeProblem | undefined;
}

export interface ConfirmOptions {
  /** Nobody is there to authenticate. */
  readonly offSession: boolean;
  readonly returnUrl?: string | null | undefined;
  /** Instead of `requires_action`, decline. */
  readonly errorOnRequiresAction?: boolean;
}

/** A new payment intent that requires a payment method; `payment_intent.created` is emitted. */
export declare function createIntent(call: Call, terms: IntentTerms): Promise<Stored<'payment_intent'>>;

/** Pays the intent, which is locked, with the method. It ends `succeeded`, `requires_action` or `requires_payment_method`; followers and events are told. */
export declare function confirmPayment(
  call: Call,
  intent: Stored<'payment_intent'>,
  method: Stored<'payment_method'>,
  options: ConfirmOptions,
): Promise<Attempt<'payment_intent'>>;

/** Cancels an intent that is not final. @throws StripeProblem `payment_intent_unexpected_state`. */
export declare function cancelIntent(
  call: Call,
  intent: Stored<'payment_intent'>,
  reason: Stripe.PaymentIntent.CancellationReason | null,
): Promise<Stored<'payment_intent'>>;
