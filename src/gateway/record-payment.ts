import type { ActorRef } from '../actor.ts';
import type { Tx } from '../db/client.ts';
import { assert, notFound } from '../domain-error.ts';
import { isDebtLimitSet } from '../grants/debt-limit.ts';
import { type GrantSource, issueInto } from '../grants/issue.ts';
import { newUuid, publicId, type Uuid } from '../id.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { Book } from '../ledger/book.ts';
import { lockBook, setDebtLimit, writeBooks } from '../ledger/post.ts';
import type { NanoCredits } from '../money.ts';
import { NANO_PER_CENT, type Payment, type PaymentKind } from './payment.ts';
import { lockPayments } from './payment-heads.ts';
import { paymentByIntent } from './payment-reads.ts';

/** A payment that Stripe says has succeeded, and what it is for. */
export interface SucceededPayment {
  readonly teamId: Uuid;
  readonly kind: PaymentKind;
  /** `pi_…`: a payment is recorded once for it. */
  readonly paymentIntent: string;
  readonly charge: string | null;
  readonly amountCents: bigint;
  readonly description: string;
  readonly card: { readonly brand: string; readonly last4: string } | null;
  /** The prepaid credit it buys; null for none. */
  readonly credit: {
    readonly source: Extract<GrantSource, 'PURCHASE' | 'AUTO_RECHARGE' | 'PLAN'>;
    readonly amountNano: NanoCredits;
  } | null;
  /** Promotional credit that comes with it. */
  readonly bonusNano: NanoCredits;
  readonly topUpId?: Uuid;
  readonly subscriptionId?: Uuid;
  readonly stripeInvoice?: string;
  readonly actor: ActorRef;
}

/** What recording a payment needs. */
export interface RecordPaymentDeps {
  readonly jobs: JobQueue;
  /** What a team may owe from its first purchase on. */
  readonly payAsYouGoLimitNano: NanoCredits;
}

/** A payment as it is recorded. */
export interface RecordedPayment {
  readonly payment: Payment;
  /** False: it had been recorded before, and nothing was done. */
  readonly isNew: boolean;
}

/**
 * Records a payment and gives what it bought, once for each payment intent of a team, whoever tells of it and however
 * often. The first one unlocks pay-as-you-go. Takes the lock of the team's payments, then of its wallet.
 * @throws DomainError NOT_FOUND for the team.
 */
export async function recordPayment(
  tx: Tx,
  paid: SucceededPayment,
  deps: RecordPaymentDeps,
  now: Date,
): Promise<RecordedPayment> {
  const { teamId, paymentIntent } = paid;
  await lockPayments(tx, teamId);
  const known = await paymentByIntent(tx, teamId, paymentIntent);
  if (known) return { payment: known, isNew: false };
  const book = await lockBook(tx, teamId, now.getTime());
  if (!book) throw notFound('Team', publicId('team', teamId));
  const id = newUuid(book.atMs);
  const grants = give(book, paid);
  await writeBooks(tx, [book]);
  await insertPayment(tx, id, paid, grants, new Date(book.atMs));
  await unlockPayAsYouGo(tx, book, deps.payAsYouGoLimitNano);
  await deps.jobs.enqueue(tx, 'receipt', { teamId, paymentId: id });
  const payment = await paymentByIntent(tx, teamId, paymentIntent);
  assert(payment, 'a payment that was just recorded is there');
  return { payment, isNew: true };
}

interface Given {
  readonly grantId: Uuid | null;
  readonly bonusGrantId: Uuid | null;
}

function give(book: Book, { credit, bonusNano, description, amountCents, actor }: SucceededPayment): Given {
  const paidNano = amountCents * NANO_PER_CENT;
  const grantId =
    credit === null || credit.amountNano === 0n
      ? null
      : issueInto(
          book,
          {
            kind: 'PREPAID',
            source: credit.source,
            amountNano: credit.amountNano,
            costBasisNano: paidNano,
            reason: description,
          },
          actor,
        );
  const bonusGrantId =
    bonusNano === 0n
      ? null
      : issueInto(
          book,
          { kind: 'PROMOTIONAL', source: 'BONUS', amountNano: bonusNano, reason: `Bonus: ${description}` },
          actor,
        );
  return { grantId, bonusGrantId };
}

async function insertPayment(
  tx: Tx,
  id: Uuid,
  paid: SucceededPayment,
  { grantId, bonusGrantId }: Given,
  at: Date,
): Promise<void> {
  const { card, actor } = paid;
  await tx.sql`
    insert into payments (team_id, id, kind, payment_intent, charge, amount_cents, grant_id, bonus_grant_id, top_up_id,
      subscription_id, stripe_invoice, description, card_brand, card_last4, receipt_number, paid_at, actor_kind, actor_id)
    values (${paid.teamId}, ${id}, ${paid.kind}, ${paid.paymentIntent}, ${paid.charge}, ${paid.amountCents}, ${grantId},
      ${bonusGrantId}, ${paid.topUpId ?? null}, ${paid.subscriptionId ?? null}, ${paid.stripeInvoice ?? null},
      ${paid.description}, ${card?.brand ?? null}, ${card?.last4 ?? null}, ${receiptNumber(id)},
      ${at.toISOString()}::timestamptz, ${actor.kind}, ${actor.id})`;
}

/** What people call a receipt: short enough to be read out, and as unique as the id that it is made of. */
function receiptNumber(id: Uuid): string {
  const digits = BigInt(`0x${id.replaceAll('-', '')}`)
    .toString(36)
    .toUpperCase()
    .padStart(25, '0');
  return `DD-${digits.slice(0, 9)}-${digits.slice(-8)}`;
}

async function unlockPayAsYouGo(tx: Tx, { teamId, head, atMs }: Book, limitNano: NanoCredits): Promise<void> {
  const first = await tx.sql`
    update teams set first_purchase_at = ${new Date(atMs).toISOString()}::timestamptz
    where id = ${teamId} and first_purchase_at is null returning 1`;
  if (first.length === 0 || limitNano <= head.debtLimitNano) return;
  // What an operator has set, such as none, stays until an operator sets another.
  if (!(await isDebtLimitSet(tx, teamId))) await setDebtLimit(tx, teamId, limitNano);
}
