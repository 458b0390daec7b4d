import { inTransaction } from '../db/client.ts';
import { DomainError } from '../domain-error.ts';
import { teamOfCustomer } from '../gateway/customers.ts';
import type { Payment } from '../gateway/payment.ts';
import { paymentOfIntent } from '../gateway/payment-reads.ts';
import { tryParseId } from '../id.ts';
import type { PaymentDeps } from '../payments/payment-deps.ts';
import { retrieveIntent } from '../payments/payment-intents.ts';
import { settleTopUp } from '../payments/settle-top-up.ts';
import { topUpOfId } from '../payments/top-up-rows.ts';

/**
 * The payment that something at Stripe is about. News of a refund or a dispute may come before that of the payment
 * itself: then this is recorded first. Undefined: it is none of ours.
 * @throws DomainError UNAVAILABLE when it is ours and cannot be recorded yet: try again later.
 */
export async function paymentAtStripe(deps: PaymentDeps, intentId: string): Promise<Payment | undefined> {
  const { db } = deps;
  const known = await paymentOfIntent(db, intentId);
  if (known) return known;
  const intent = await retrieveIntent(deps, intentId);
  const named = tryParseId(intent.metadata.topUpId ?? '');
  const topUp = named?.kind === 'topUp' ? await topUpOfId(db, named.uuid) : undefined;
  if (topUp) await inTransaction(db, (tx) => settleTopUp(tx, deps, topUp, intent));
  const payment = await paymentOfIntent(db, intentId);
  if (payment) return payment;
  const customer = typeof intent.customer === 'string' ? intent.customer : intent.customer?.id;
  if (customer !== undefined && (await teamOfCustomer(db, customer)) !== undefined) throw notYet();
  return undefined;
}

/** What cannot be written before something else has been. */
export function notYet(): DomainError {
  return new DomainError('UNAVAILABLE', 'What this depends on is not recorded yet.', {
    retryAfterSeconds: 5,
  });
}
