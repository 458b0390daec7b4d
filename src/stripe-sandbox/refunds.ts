import type Stripe from 'stripe';
import { addBalanceTransaction } from './balance.ts';
import { type Call, type DueWork, type Endpoint, unixSeconds } from './call.ts';
import { cardByNumber } from './cards.ts';
import { listOf, listParams } from './lists.ts';
import { newId } from './new-id.ts';
import type { Stored } from './objects.ts';
import { invalidRequest, parameterMissing } from './problem.ts';

/** How long after it was made a refund of a test card ends otherwise than it began. */
const SETTLES_MS = 60_000;
const REASONS = ['duplicate', 'fraudulent', 'requested_by_customer'] as const;

/** `refunds` of a charge, the newest ten. */
export async function refundsOf(call: Call, charge: string): Promise<object> {
  return listOf(
    `/v1/charges/${charge}/refunds`,
    await call.objects.list('refund', { parent: charge, limit: 10 }),
  );
}

async function create(call: Call): Promise<object> {
  const { params } = call;
  const intentId = params.optional('payment_intent');
  const chargeId = params.optional('charge');
  const amount = params.optionalInteger('amount');
  const reason = params.oneOf('reason', REASONS) ?? null;
  const metadata = params.metadata();
  const charge = await refundable(call, intentId, chargeId);
  const left = charge.data.amount - charge.data.amount_refunded;
  demandRefundable(charge, left, amount);
  return (await refund(call, charge, { amount: amount ?? left, reason, metadata })).data;
}

/** The charge, locked after its payment intent. */
async function refundable(
  call: Call,
  intentId: string | undefined,
  chargeId: string | undefined,
): Promise<Stored<'charge'>> {
  const named = chargeId === undefined ? undefined : await call.objects.require('charge', chargeId, 'charge');
  const parent = intentId ?? named?.parent;
  const lock = { lock: true };
  const intent = parent && (await call.objects.require('payment_intent', parent, 'payment_intent', lock));
  const id =
    named?.id ?? (intent && intent.data.status === 'succeeded' ? intent.data.latest_charge : undefined);
  if (typeof id === 'string') return call.objects.require('charge', id, 'charge', lock);
  if (intent === undefined) throw parameterMissing('payment_intent');
  throw invalidRequest(`This PaymentIntent (${parent}) does not have a successful charge to refund.`, {
    param: 'payment_intent',
  });
}

function demandRefundable({ data }: Stored<'charge'>, left: number, amount: number | undefined): void {
  if (data.status !== 'succeeded') {
    throw invalidRequest(`Charge ${data.id} has not been paid.`, { code: 'charge_not_refundable' });
  }
  if (left === 0) {
    throw invalidRequest(`Charge ${data.id} has already been refunded.`, { code: 'charge_already_refunded' });
  }
  if (data.disputed) {
    throw invalidRequest(`Charge ${data.id} has been charged back; cannot issue a refund.`, {
      code: 'charge_disputed',
    });
  }
  if (amount === undefined || (amount > 0 && amount <= left)) return;
  const message =
    amount > 0
      ? `Refund amount (${dollars(amount)}) is greater than unrefunded amount on charge (${dollars(left)})`
      : 'Invalid positive integer';
  throw invalidRequest(message, {
    param: 'amount',
    ...(amount > 0 ? {} : { code: 'parameter_invalid_integer' }),
  });
}

function dollars(cents: number): string {
  const text = String(cents).padStart(3, '0');
  return `$${text.slice(0, -2)}.${text.slice(-2)}`;
}

async function refund(
  call: Call,
  charge: Stored<'charge'>,
  terms: Pick<Stripe.Refund, 'metadata' | 'reason'> & { readonly amount: number },
): Promise<Stored<'refund'>> {
  const id = newId('re');
  const plan = cardByNumber(charge.secret.card)?.refund;
  const booked = await addBalanceTransaction(call, { type: 'refund', amount: -terms.amount, source: id });
  const made = await call.objects.put({
    id,
    type: 'refund',
    data: refundData(call, id, charge, { ...terms, status: plan?.first ?? 'succeeded', booked: booked.id }),
    secret: plan ? { becomes: plan.ends } : {},
    customer: charge.customer,
    parent: charge.id,
    dueAt: plan ? new Date(call.now.getTime() + SETTLES_MS) : null,
  });
  call.emit('refund.created', made.data);
  const refunded = await setRefunded(call, charge, charge.data.amount_refunded + terms.amount);
  call.emit('charge.refunded', refunded.data, { amount_refunded: charge.data.amount_refunded });
  return made;
}

async function setRefunded(
  call: Call,
  charge: Stored<'charge'>,
  amountRefunded: number,
): Promise<Stored<'charge'>> {
  return call.objects.change(charge, {
    amount_refunded: amountRefunded,
    refunded: amountRefunded === charge.data.amount,
  });
}

function refundData(
  call: Call,
  id: string,
  { data: charge }: Stored<'charge'>,
  terms: Pick<Stripe.Refund, 'amount' | 'metadata' | 'reason' | 'status'> & { readonly booked: string },
): Stripe.Refund {
  return {
    id,
    object: 'refund',
    amount: terms.amount,
    balance_transaction: terms.booked,
    charge: charge.id,
    created: unixSeconds(call.now),
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: {
      card: { reference_status: 'pending', reference_type: 'acquirer_reference_number', type: 'refund' },
      type: 'card',
    },
    metadata: terms.metadata,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: terms.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: terms.status,
    transfer_reversal: null,
  };
}

/** A refund that the bank has taken or sent back. */
async function settle(call: Call, due: Stored<'refund'>): Promise<void> {
  if (due.secret.becomes === 'failed') await fail(call, due);
  else await succeed(call, due);
}

async function succeed(call: Call, due: Stored<'refund'>): Promise<void> {
  const data = { ...due.data, status: 'succeeded' };
  await call.objects.put({ ...due, dueAt: null, data });
  call.emit('refund.updated', data, { status: due.data.status });
}

async function fail(call: Call, due: Stored<'refund'>): Promise<void> {
  const { charge: chargeId, amount } = due.data;
  const back = await addBalanceTransaction(call, { type: 'refund_failure', amount, source: due.id });
  const data: Stripe.Refund = {
    ...due.data,
    status: 'failed',
    failure_reason: 'expired_or_canceled_card',
    failure_balance_transaction: back.id,
  };
  await call.objects.put({ ...due, dueAt: null, data });
  if (typeof chargeId === 'string') {
    const charge = await call.objects.require('charge', chargeId, 'charge', { lock: true });
    await setRefunded(call, charge, charge.data.amount_refunded - amount);
  }
  for (const event of ['refund.updated', 'refund.failed', 'charge.refund.updated']) call.emit(event, data);
}

async function list(call: Call): Promise<object> {
  const { params, objects } = call;
  const intent = params.optional('payment_intent');
  const page = await objects.list('refund', {
    ...listParams(params),
    parent: params.optional('charge'),
    matching: intent === undefined ? {} : { payment_intent: intent },
  });
  return listOf('/v1/refunds', page);
}

async function update(call: Call): Promise<object> {
  const found = await call.objects.require('refund', call.path('id'), 'refund', { lock: true });
  const metadata = call.params.metadata(found.data.metadata ?? {});
  const changed = await call.objects.change(found, { metadata });
  call.emit('refund.updated', changed.data);
  return changed.data;
}

/** Refunds of payments, in whole or in part. */
export const REFUND_ENDPOINTS: readonly Endpoint[] = [
  { method: 'POST', path: '/v1/refunds', run: create },
  { method: 'GET', path: '/v1/refunds', run: list },
  {
    method: 'GET',
    path: '/v1/refunds/:id',
    run: async (call) => (await call.objects.require('refund', call.path('id'), 'refund')).data,
  },
  { method: 'POST', path: '/v1/refunds/:id', run: update },
];

/** Refunds of cards that say so end some time after they began. */
export const REFUND_DUE_WORK: DueWork<'refund'> = { type: 'refund', run: settle };
