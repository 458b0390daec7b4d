import type { ActorRef } from '../actor.ts';
import type { Tx } from '../db/client.ts';
import { claimKey } from '../db/idempotency.ts';
import { assert, badInput, DomainError, notFound } from '../domain-error.ts';
import { newUuid, publicId, type Uuid } from '../id.ts';
import { formatUsd } from '../payments/amounts.ts';
import { topUpById } from '../payments/top-up-rows.ts';
import { checkIdempotencyKey } from '../teams/text.ts';
import type { Refund } from './refund.ts';
import type { PaidPurchase } from './refund-purchase.ts';
import { lockPurchase, savePurchase } from './refund-purchase-rows.ts';
import { refundById } from './refund-rows.ts';

/** What is to be paid back: a payment, or the one of a top-up. */
export interface RefundedThing {
  readonly paymentId: Uuid | null;
  readonly topUpId: Uuid | null;
}

export interface RequestRefund extends RefundedThing {
  readonly teamId: Uuid;
  /** Null: all that is unspent. */
  readonly amountCents: bigint | null;
  readonly reason: string;
  readonly idempotencyKey: string;
}

/** A refund as it is now. */
export interface RefundResult {
  readonly refund: Refund;
  readonly replayed: boolean;
}

/**
 * Asks for credit that was bought and not spent to be paid back; an operator decides. Nothing moves yet.
 * @throws DomainError BAD_USER_INPUT naming the field, NOT_FOUND, IDEMPOTENCY_CONFLICT, and CONFLICT with the reason
 * NOT_REFUNDABLE: nothing is unspent, it is disputed, it is asked for already, or a plan is refunded in part.
 */
export async function requestRefund(
  tx: Tx,
  input: RequestRefund,
  actor: ActorRef,
  now: Date,
): Promise<RefundResult> {
  const { teamId, idempotencyKey, ...request } = input;
  const reason = checkRefundReason(input.reason);
  const id = newUuid(now.getTime());
  const claim = { teamId, operation: 'requestRefund', key: checkIdempotencyKey(idempotencyKey), request };
  const first = await claimKey(tx, claim, id, now);
  if (first !== undefined) return { refund: await refundOf(tx, teamId, first), replayed: true };
  const purchase = await purchaseOf(tx, teamId, input, now);
  demandRefundable(purchase, input.amountCents);
  const refund = purchase.putRefund({
    ...UNDECIDED,
    teamId,
    id,
    paymentId: purchase.payment.id,
    requestedCents: input.amountCents,
    reason,
    requestedBy: actor,
    requestedAt: now,
  });
  await savePurchase(tx, purchase);
  return { refund, replayed: false };
}

const UNDECIDED = {
  status: 'REQUESTED',
  amountCents: null,
  creditNano: 0n,
  voidedNano: 0n,
  debtNano: 0n,
  bonusVoidedNano: 0n,
  bonusReturnedId: null,
  stripeRefund: null,
  sendAttempt: 0,
  nextCheckAt: null,
  decisionReason: null,
  failureReason: null,
  decidedBy: null,
  decidedAt: null,
  finishedAt: null,
} as const;

/** @throws DomainError BAD_USER_INPUT when it is empty or longer than 500 characters. */
export function checkRefundReason(reason: string): string {
  const text = reason.trim();
  if (text === '' || text.length > 500) throw badInput('reason', 'must have 1 to 500 characters.');
  return text;
}

/** Why a payment cannot be refunded, as a refusal. */
export function notRefundable(why: string): DomainError {
  return new DomainError('CONFLICT', why, { reason: 'NOT_REFUNDABLE' });
}

async function refundOf(tx: Tx, teamId: Uuid, id: Uuid): Promise<Refund> {
  const refund = await refundById(tx, teamId, id);
  assert(refund, 'a refund that was asked for is there');
  return refund;
}

async function purchaseOf(tx: Tx, teamId: Uuid, thing: RefundedThing, now: Date): Promise<PaidPurchase> {
  const paymentId = thing.paymentId ?? (await paymentOfTopUp(tx, teamId, thing.topUpId));
  const purchase = await lockPurchase(tx, { teamId, paymentId }, now);
  if (!purchase) throw notFound('Payment', publicId('payment', paymentId), 'paymentId');
  return purchase;
}

async function paymentOfTopUp(tx: Tx, teamId: Uuid, topUpId: Uuid | null): Promise<Uuid> {
  if (topUpId === null) throw badInput('paymentId', 'must name a payment, or "topUpId" a top-up.');
  const topUp = await topUpById(tx, teamId, topUpId);
  if (!topUp) throw notFound('TopUp', publicId('topUp', topUpId), 'topUpId');
  if (topUp.paymentId === null) throw notRefundable('Nothing was paid for this top-up.');
  return topUp.paymentId;
}

function demandRefundable(purchase: PaidPurchase, wantedCents: bigint | null): void {
  const { payment, refundableCents } = purchase;
  if (purchase.isDisputed)
    throw notRefundable("The cardholder's bank asks for this payment, or has taken it back.");
  if (purchase.refunds.some(({ status }) => status === 'REQUESTED'))
    throw notRefundable('A refund of this payment is asked for already, and waits to be decided.');
  if (payment.kind === 'SUBSCRIPTION') demandWhole(purchase, wantedCents);
  if (refundableCents === 0n)
    throw notRefundable('Nothing of the credit that this payment bought is unspent.');
  if (wantedCents !== null && wantedCents > refundableCents)
    throw badInput(
      'amount',
      `must be at most ${formatUsd(refundableCents)}: what is unspent of this payment.`,
    );
}

function demandWhole({ payment, grant, refundableCents }: PaidPurchase, wantedCents: bigint | null): void {
  if (!grant) throw notRefundable('This payment bought no credit.');
  if (refundableCents === 0n || (wantedCents !== null && wantedCents !== payment.amountCents))
    throw notRefundable('A plan is refunded only with its whole invoice, while none of its credit is spent.');
}
