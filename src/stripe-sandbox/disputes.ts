import type Stripe from 'stripe';
import { addBalanceTransaction } from './balance.ts';
import { type Call, type Endpoint, unixSeconds } from './call.ts';
import type { TestCard } from './cards.ts';
import { NO_EVIDENCE } from './dispute-evidence.ts';
import { listOf, listParams } from './lists.ts';
import { newId } from './new-id.ts';
import type { Stored } from './objects.ts';
import { invalidRequest } from './problem.ts';

/** What the holder of a card disputes. */
export interface DisputeTerms {
  /** In cents. */
  readonly amount: number;
  readonly reason: string;
  /** Only a question: no money moves yet. */
  readonly inquiry: boolean;
}

const DAY_SECONDS = 86_400;
/** What is charged for a dispute, in cents. */
const FEE = 1500;
const OPEN = ['needs_response', 'under_review', 'warning_needs_response', 'warning_under_review'];

/** What a card does whose holder disputes each payment. */
export async function disputeAsCardSays(call: Call, charge: Stored<'charge'>, card: TestCard): Promise<void> {
  if (card.dispute) await openDispute(call, charge, { ...card.dispute, amount: charge.data.amount });
}

/** A dispute of the charge, which must be locked or new. Unless it is an inquiry, the money is withdrawn. */
export async function openDispute(
  call: Call,
  charge: Stored<'charge'>,
  terms: DisputeTerms,
): Promise<Stored<'dispute'>> {
  const id = newId('dp');
  const withdrawn = terms.inquiry
    ? []
    : [
        (
          await addBalanceTransaction(call, {
            type: 'adjustment',
            amount: -terms.amount,
            source: id,
            fee: FEE,
          })
        ).data,
      ];
  const dispute = await call.objects.put({
    id,
    type: 'dispute',
    data: disputeData(call, id, charge, terms, withdrawn),
    secret: {},
    customer: charge.customer,
    parent: charge.id,
    dueAt: null,
  });
  await call.objects.change(charge, { disputed: true });
  call.emit('charge.dispute.created', dispute.data);
  if (!terms.inquiry) call.emit('charge.dispute.funds_withdrawn', dispute.data);
  return dispute;
}

/** Ends an open dispute. Money that was withdrawn comes back when it is won. */
export async function closeDispute(
  call: Call,
  dispute: Stored<'dispute'>,
  won: boolean,
): Promise<Stored<'dispute'>> {
  demandOpen(dispute);
  const { amount, status, balance_transactions: moved } = dispute.data;
  const inquiry = status.startsWith('warning_');
  const back =
    won && !inquiry
      ? [(await addBalanceTransaction(call, { type: 'adjustment', amount, source: dispute.id })).data]
      : [];
  const closed = await call.objects.change(dispute, {
    status: inquiry ? 'warning_closed' : won ? 'won' : 'lost',
    balance_transactions: [...moved, ...back],
    is_charge_refundable: false,
  });
  call.emit('charge.dispute.closed', closed.data);
  if (back.length > 0) call.emit('charge.dispute.funds_reinstated', closed.data);
  return closed;
}

function demandOpen(dispute: Stored<'dispute'>): void {
  if (OPEN.includes(dispute.data.status)) return;
  throw invalidRequest('This dispute is already closed.', { code: 'dispute_already_closed' });
}

function disputeData(
  call: Call,
  id: string,
  { data: charge }: Stored<'charge'>,
  terms: DisputeTerms,
  withdrawn: Stripe.BalanceTransaction[],
): Stripe.Dispute {
  const created = unixSeconds(call.now);
  const brand = charge.payment_method_details?.card?.brand ?? 'visa';
  return {
    id,
    object: 'dispute',
    amount: terms.amount,
    balance_transactions: withdrawn,
    charge: charge.id,
    created,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: NO_EVIDENCE,
    evidence_details: {
      due_by: created + 9 * DAY_SECONDS,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'manual',
    },
    intended_submission_method: 'manual',
    is_charge_refundable: terms.inquiry,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    payment_method_details: {
      card: {
        brand,
        case_type: terms.inquiry ? 'inquiry' : 'chargeback',
        network: brand,
        network_reason_code: '10.4',
      },
      type: 'card',
    },
    reason: terms.reason,
    status: terms.inquiry ? 'warning_needs_response' : 'needs_response',
  };
}

async function locked(call: Call): Promise<Stored<'dispute'>> {
  return call.objects.require('dispute', call.path('id'), 'dispute', { lock: true });
}

/** Evidence that says `winning_evidence` or `losing_evidence` decides it, as in Stripe's test mode. */
async function update(call: Call): Promise<object> {
  const dispute = await locked(call);
  const evidence = call.params.part('evidence');
  const text = evidence?.optional('uncategorized_text');
  const given: Partial<Stripe.Dispute.Evidence> = {};
  for (const name of EVIDENCE_TEXTS) {
    const value = evidence?.nullable(name);
    if (value !== undefined) given[name] = value;
  }
  const submit = call.params.boolean('submit') ?? true;
  const metadata = call.params.metadata(dispute.data.metadata);
  if (evidence === undefined) return (await call.objects.change(dispute, { metadata })).data;
  demandOpen(dispute);
  const changed = await call.objects.change(dispute, {
    metadata,
    evidence: { ...dispute.data.evidence, ...given },
    evidence_details: {
      ...dispute.data.evidence_details,
      has_evidence: true,
      submission_count: dispute.data.evidence_details.submission_count + (submit ? 1 : 0),
    },
    ...(submit ? { status: reviewOf(dispute.data.status) } : {}),
  });
  call.emit('charge.dispute.updated', changed.data);
  if (!submit || (text !== 'winning_evidence' && text !== 'losing_evidence')) return changed.data;
  return (await closeDispute(call, changed, text === 'winning_evidence')).data;
}

const EVIDENCE_TEXTS = [
  'access_activity_log',
  'cancellation_rebuttal',
  'customer_email_address',
  'customer_name',
  'customer_purchase_ip',
  'product_description',
  'refund_policy_disclosure',
  'refund_refusal_explanation',
  'service_date',
  'uncategorized_text',
] as const;

function reviewOf(status: string): Stripe.Dispute.Status {
  return status.startsWith('warning_') ? 'warning_under_review' : 'under_review';
}

async function list(call: Call): Promise<object> {
  const charge = call.params.optional('charge');
  const intent = call.params.optional('payment_intent');
  const matching = intent === undefined ? {} : { payment_intent: intent };
  const page = await call.objects.list('dispute', { ...listParams(call.params), parent: charge, matching });
  return listOf('/v1/disputes', page);
}

/** Disputes: open ones are closed by evidence, or by giving in. */
export const DISPUTE_ENDPOINTS: readonly Endpoint[] = [
  { method: 'GET', path: '/v1/disputes', run: list },
  {
    method: 'GET',
    path: '/v1/disputes/:id',
    run: async (call) => (await call.objects.require('dispute', call.path('id'), 'dispute')).data,
  },
  { method: 'POST', path: '/v1/disputes/:id', run: update },
  {
    method: 'POST',
    path: '/v1/disputes/:id/close',
    run: async (call) => (await closeDispute(call, await locked(call), false)).data,
  },
];
