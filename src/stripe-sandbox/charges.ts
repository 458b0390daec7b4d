import type Stripe from 'stripe';
import { addBalanceTransaction } from './balance.ts';
import { type Call, unixSeconds } from './call.ts';
import type { Decline } from './cards.ts';
import { newId } from './new-id.ts';
import type { Stored } from './objects.ts';

/** What a charge takes from whom. */
export interface ChargeTerms {
  readonly intent: Stored<'payment_intent'>;
  readonly method: Stored<'payment_method'>;
  /** Undefined: the money moves. */
  readonly decline: Decline | undefined;
  /** Its holder has authenticated this payment. */
  readonly authenticated: boolean;
}

/** A charge that succeeded or failed, and its event. */
export async function makeCharge(call: Call, terms: ChargeTerms): Promise<Stored<'charge'>> {
  const { intent, decline } = terms;
  const id = newId('ch');
  const paid = decline === undefined;
  const booked = paid
    ? await addBalanceTransaction(call, { type: 'charge', amount: intent.data.amount, source: id })
    : undefined;
  const charge = await call.objects.put({
    id,
    type: 'charge',
    data: chargeData(call, id, terms, booked?.id ?? null),
    secret: { card: terms.method.secret.number },
    customer: intent.customer,
    parent: intent.id,
    dueAt: null,
  });
  call.emit(paid ? 'charge.succeeded' : 'charge.failed', charge.data);
  return charge;
}

function chargeData(
  call: Call,
  id: string,
  { intent: { data: intent }, method, decline, authenticated }: ChargeTerms,
  balanceTransaction: string | null,
): Stripe.Charge {
  const paid = decline === undefined;
  return {
    id,
    object: 'charge',
    amount: intent.amount,
    amount_captured: paid ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: balanceTransaction,
    billing_details: method.data.billing_details,
    calculated_statement_descriptor: 'DRAWDOWN SANDBOX',
    captured: paid,
    created: unixSeconds(call.now),
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: outcomeOf(decline),
    paid,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: {
      card: cardDetails(method.data, intent.amount, authenticated, paid),
      type: 'card',
    },
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: paid ? `${call.baseUrl}/receipts/${id}` : null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status: paid ? 'succeeded' : 'failed',
    transfer_data: null,
    transfer_group: null,
  };
}

function outcomeOf(decline: Decline | undefined): Stripe.Charge.Outcome {
  const common = { network_advice_code: null, risk_level: 'normal' as const, risk_score: 20 };
  if (decline === undefined) {
    return {
      ...common,
      advice_code: null,
      network_decline_code: null,
      network_status: 'approved_by_network',
      reason: null,
      seller_message: 'Payment complete.',
      type: 'authorized',
    };
  }
  return {
    ...common,
    advice_code: decline.advice,
    network_decline_code: '05',
    network_status: 'declined_by_network',
    reason: decline.declineCode,
    seller_message: 'The bank did not return any further details with this decline.',
    type: 'issuer_declined',
  };
}

function cardDetails(
  { card }: Stripe.PaymentMethod,
  amount: number,
  authenticated: boolean,
  paid: boolean,
): Stripe.Charge.PaymentMethodDetails.Card {
  const brand = card?.brand ?? null;
  return {
    amount_authorized: paid ? amount : null,
    authorization_code: paid ? '123456' : null,
    brand,
    checks: card?.checks ?? null,
    country: card?.country ?? null,
    electronic_commerce_indicator: null,
    exp_month: card?.exp_month ?? 0,
    exp_year: card?.exp_year ?? 0,
    extended_authorization: { status: 'disabled' },
    fingerprint: card?.fingerprint ?? null,
    funding: card?.funding ?? null,
    incremental_authorization: { status: 'unavailable' },
    installments: null,
    last4: card?.last4 ?? null,
    mandate: null,
    multicapture: { status: 'unavailable' },
    network: brand,
    network_token: { used: false },
    network_transaction_id: null,
    overcapture: { maximum_amount_capturable: amount, status: 'unavailable' },
    regulated_status: card?.regulated_status ?? null,
    three_d_secure: authenticated ? AUTHENTICATED : null,
    transaction_link_id: null,
    // The wallets of a payment method and of a charge have the same members, by two names.
    wallet: (card?.wallet ?? null) as Stripe.Charge.PaymentMethodDetails.Card.Wallet | null,
  };
}

const AUTHENTICATED: Stripe.Charge.PaymentMethodDetails.Card.ThreeDSecure = {
  authentication_flow: 'challenge',
  electronic_commerce_indicator: '05',
  exemption_indicator: null,
  result: 'authenticated',
  result_reason: null,
  transaction_id: null,
  version: '2.2.0',
};
