import type Stripe from 'stripe';
import { type Call, unixSeconds } from './call.ts';
import { newId } from './new-id.ts';
import type { Stored } from './objects.ts';

/** What moved on the account's balance, and why. */
export interface BalanceTerms {
  readonly type: 'adjustment' | 'charge' | 'refund' | 'refund_failure';
  /** In cents; negative when it leaves. */
  readonly amount: number;
  /** The charge, refund or dispute that moved it. */
  readonly source: string;
  /** In cents; of a charge it is worked out. */
  readonly fee?: number;
}

const DAY_SECONDS = 86_400;

/** Books a movement of the account's balance. */
export async function addBalanceTransaction(
  call: Call,
  terms: BalanceTerms,
): Promise<Stored<'balance_transaction'>> {
  const id = newId('txn');
  const fee = terms.fee ?? (terms.type === 'charge' ? cardFee(terms.amount) : 0);
  return call.objects.put({
    id,
    type: 'balance_transaction',
    data: transactionData(id, terms, fee, unixSeconds(call.now)),
    secret: {},
    customer: null,
    parent: terms.source,
    dueAt: null,
  });
}

/** 2.9 % and 30 cents, as Stripe takes of cards in the USA; halves are rounded up. */
function cardFee(cents: number): number {
  return Number((BigInt(cents) * 29n + 500n) / 1000n + 30n);
}

function transactionData(
  id: string,
  { type, amount, source }: BalanceTerms,
  fee: number,
  created: number,
): Stripe.BalanceTransaction {
  return {
    id,
    object: 'balance_transaction',
    amount,
    available_on: created + 2 * DAY_SECONDS,
    balance_type: 'payments',
    created,
    currency: 'usd',
    description: null,
    exchange_rate: null,
    fee,
    fee_details:
      fee === 0
        ? []
        : [
            {
              amount: fee,
              application: null,
              currency: 'usd',
              description: 'Stripe processing fees',
              type: 'stripe_fee',
            },
          ],
    net: amount - fee,
    reporting_category: type === 'adjustment' ? 'dispute' : type,
    source,
    status: 'pending',
    type,
  };
}
