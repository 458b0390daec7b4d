import { StripeProblem } from './problem.ts';

/** A decline that was asked to leave nothing behind: `error_if_incomplete`. */
export class UndoneDecline extends StripeProblem {
  override get commits(): boolean {
    return false;
  }
}

/** `problem` for a request that is undone because of it. */
export function undone({
  status,
  type,
  message,
  code,
  param,
  declineCode,
  extra,
}: StripeProblem): UndoneDecline {
  return new UndoneDecline(status, type, message, { code, param, declineCode, extra });
}

/** The request is undone, for the payment waits for the holder of the card. */
export function holderNeeded(): UndoneDecline {
  const message =
    'Payment for this subscription requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with `subscription.latest_invoice`.';
  return new UndoneDecline(402, 'card_error', message, {
    code: 'subscription_payment_intent_requires_action',
  });
}
