import type { Clock } from '../clock.ts';
import { type Db, inTransaction } from '../db/client.ts';
import { publicId } from '../id.ts';
import type { JobHandler, JobQueue } from '../jobs/job-queue.ts';
import { writeMail } from '../mail/outbox.ts';
import { formatCredits } from '../money.ts';
import { receiptFacts } from './receipt-reads.ts';
import { type ReceiptFacts, titleOf, usd } from './receipt-text.ts';

export interface ReceiptMailDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly jobs: Pick<JobQueue, 'enqueue'>;
}

/** The handler of job 'receipt': writes the owners and admins of the team one mail about a payment, with the receipt. */
export function receiptMailHandler({ db, clock, jobs }: ReceiptMailDeps): JobHandler {
  return async ({ teamId, paymentId }) => {
    if (!teamId || !paymentId) throw new Error('a receipt job names the team and the payment');
    await inTransaction(db, async (tx) => {
      const facts = await receiptFacts(tx, teamId, paymentId);
      if (!facts) throw new Error(`There is no payment ${publicId('payment', paymentId)} of this team.`);
      await writeMail(
        tx,
        {
          teamId,
          to: 'ADMINS',
          subject: subjectOf(facts),
          text: textOf(facts),
          dedupeKey: `receipt:${paymentId}`,
          attachments: [{ kind: 'RECEIPT', paymentId }],
        },
        { jobs, now: clock.now() },
      );
    });
  };
}

function subjectOf({ payment }: ReceiptFacts): string {
  return `${titleOf(payment.kind)} ${payment.receiptNumber}: ${usd(payment.amountCents)}`;
}

function textOf({ payment, teamName, creditNano, bonusNano }: ReceiptFacts): string {
  const card = payment.cardLast4 ? ` with the card ending in ${payment.cardLast4}` : '';
  const what = titleOf(payment.kind).toLowerCase();
  return [
    `Thank you. ${usd(payment.amountCents)} was paid for the team "${teamName}"${card}.`,
    [
      payment.description,
      ...(creditNano > 0n ? [`Credit: ${formatCredits(creditNano)}`] : []),
      ...(bonusNano > 0n ? [`Bonus credit: ${formatCredits(bonusNano)}`] : []),
    ].join('\n'),
    `The ${what} ${payment.receiptNumber} is attached.`,
  ].join('\n\n');
}
