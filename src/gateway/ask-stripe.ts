import Stripe from 'stripe';
import { DomainError } from '../domain-error.ts';

/** The card was refused: final for this payment. */
export class StripeDeclined extends Error {
  constructor(
    message: string,
    /** Such as `card_declined`, `authentication_required`. */
    readonly code: string,
    /** Such as `insufficient_funds`. */
    readonly declineCode: string | null,
    readonly paymentIntent: Stripe.PaymentIntent | undefined,
  ) {
    super(message);
  }
}

/** Stripe will not do it, however often it is asked: something that is named does not exist, or is in the wrong state. */
export class StripeRefused extends Error {
  constructor(
    message: string,
    readonly code: string | undefined,
    readonly param: string | undefined,
  ) {
    super(message);
  }
}

/**
 * Stripe answered that it failed, or that this idempotency key stands for another request, such as one with the former
 * name of a team: with that key it will answer the same for ever.
 */
export class StripeFailed extends DomainError {
  constructor() {
    super('UNAVAILABLE', OUT_OF_REACH, { retryAfterSeconds: 5 });
  }
}

/**
 * Asks Stripe for something.
 * @throws StripeDeclined, StripeRefused: it answered, and nothing will change by repeating it.
 * @throws DomainError UNAVAILABLE: it cannot be reached, is overloaded or failed (StripeFailed). Whether it was done is
 * unknown, and repeating it with the same idempotency key is safe.
 * @throws what else the package throws, as it came: the key is wrong, or may not do this.
 */
export async function askStripe<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translated(error);
  }
}

const OUT_OF_REACH =
  'The payment provider is out of reach. Repeat the request with the same idempotency key: nothing is charged twice.';

function translated(error: unknown): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error;
  const { code, param, message } = error;
  if (error instanceof Stripe.errors.StripeCardError)
    return new StripeDeclined(
      message,
      code ?? 'card_declined',
      error.decline_code ?? null,
      error.payment_intent,
    );
  if (error instanceof Stripe.errors.StripeAPIError && (error.statusCode ?? 0) >= 500)
    return new StripeFailed();
  if (isPassing(error)) return new DomainError('UNAVAILABLE', OUT_OF_REACH, { retryAfterSeconds: 2 });
  if (error instanceof Stripe.errors.StripeIdempotencyError) return new StripeFailed();
  if (error instanceof Stripe.errors.StripeInvalidRequestError)
    return new StripeRefused(message, code, param);
  return error;
}

/** It will pass: no connection, too many requests, another request with the same key still runs. */
function isPassing(error: Stripe.errors.StripeError): boolean {
  return (
    error instanceof Stripe.errors.StripeConnectionError ||
    error instanceof Stripe.errors.StripeRateLimitError ||
    error.statusCode === 409 ||
    error.statusCode === 429
  );
}
