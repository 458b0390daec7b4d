import type { Tx } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import { lockPayments } from '../gateway/payment-heads.ts';
import { paymentById } from '../gateway/payment-reads.ts';
import type { Uuid } from '../id.ts';
import { lockBook, writeBooks } from '../ledger/post.ts';
import { changeTopUp } from '../payments/change-top-up.ts';
import { isPaid, type TopUpStatus } from '../payments/top-up.ts';
import { topUpById } from '../payments/top-up-rows.ts';
import { disputesOfPayment, writeDispute } from './dispute-rows.ts';
import { PaidPurchase } from './refund-purchase.ts';
import { refundsOfPayment, writeRefund } from './refund-rows.ts';

/** A payment by its name. */
export interface PaymentName {
  readonly teamId: Uuid;
  readonly paymentId: Uuid;
}

/**
 * Locks the payments of a team and then its wallet, and reads a payment with what it bought and what was taken back of
 * it. Undefined: the team has no such payment.
 */
export async function lockPurchase(
  tx: Tx,
  { teamId, paymentId }: PaymentName,
  now: Date,
): Promise<PaidPurchase | undefined> {
  await lockPayments(tx, teamId);
  const payment = await paymentById(tx, teamId, paymentId);
  if (!payment) return undefined;
  const refunds = await refundsOfPayment(tx, teamId, paymentId);
  const disputes = await disputesOfPayment(tx, teamId, paymentId);
  const returned = [...refunds, ...disputes].map(({ bonusReturnedId }) => bonusReturnedId);
  const grantIds = [payment.grantId, payment.bonusGrantId, ...returned].flatMap((id) => id ?? []);
  const book = await lockBook(tx, teamId, now.getTime(), grantIds);
  assert(book, 'every team has a wallet');
  return new PaidPurchase(book, payment, { refunds, disputes });
}

/** Writes what has become of a purchase, and the state of its top-up. In the transaction that locked it. */
export async function savePurchase(tx: Tx, purchase: PaidPurchase): Promise<void> {
  const { book, payment } = purchase;
  await writeBooks(tx, [book]);
  await tx.sql`
    update payments set refunded_cents = ${payment.refundedCents}, disputed_cents = ${payment.disputedCents}
    where team_id = ${payment.teamId} and id = ${payment.id}`;
  for (const refund of purchase.refunds)
    if (purchase.changedRefunds.has(refund.id)) await writeRefund(tx, refund);
  for (const dispute of purchase.disputes)
    if (purchase.changedDisputes.has(dispute.id)) await writeDispute(tx, dispute);
  await followTopUp(tx, purchase);
}

async function followTopUp(tx: Tx, purchase: PaidPurchase): Promise<void> {
  const { teamId, topUpId, id } = purchase.payment;
  const topUp = topUpId === null ? undefined : await topUpById(tx, teamId, topUpId);
  // A second payment of one top-up says nothing of its first.
  if (!topUp || topUp.paymentId !== id || !isPaid(topUp)) return;
  const status = topUpStatus(purchase);
  if (topUp.status !== status) await changeTopUp(tx, topUp, { status }, purchase.now);
}

function topUpStatus({ payment, refunds, isDisputed }: PaidPurchase): TopUpStatus {
  if (isDisputed) return 'DISPUTED';
  const paidBack = refunds.reduce(
    (sum, { status, amountCents }) => sum + (status === 'SUCCEEDED' ? (amountCents ?? 0n) : 0n),
    0n,
  );
  return paidBack === payment.amountCents ? 'REFUNDED' : 'SUCCEEDED';
}
