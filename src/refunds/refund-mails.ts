import type { Tx } from '../db/client.ts';
import type { Payment } from '../gateway/payment.ts';
import { writeMail } from '../mail/outbox.ts';
import { formatCredits } from '../money.ts';
import { formatUsd } from '../payments/amounts.ts';
import type { PaymentDeps } from '../payments/payment-deps.ts';
import type { Refund } from './refund.ts';

/** Tells the admins of a team what has become of a refund: it was rejected, paid back, or failed. */
export async function mailRefund(
  tx: Tx,
  { jobs }: Pick<PaymentDeps, 'jobs'>,
  refund: Refund,
  payment: Payment,
  now: Date,
): Promise<void> {
  const { teamId } = refund;
  const mail = { teamId, to: 'ADMINS', ...textOf(refund, payment) } as const;
  const dedupeKey = `refund:${refund.id}:${refund.status}`;
  await writeMail(tx, { ...mail, dedupeKey }, { jobs, now });
}

function textOf(refund: Refund, payment: Payment): { subject: string; text: string } {
  const what = `receipt ${payment.receiptNumber} of ${formatUsd(payment.amountCents)}`;
  const amount = formatUsd(refund.amountCents ?? 0n);
  switch (refund.status) {
    case 'REJECTED':
      return {
        subject: 'Your refund was not approved',
        text: `The refund that was asked for ${what} was not approved.\n\n${refund.decisionReason ?? ''}`,
      };
    case 'FAILED':
      return {
        subject: 'Your refund could not be paid',
        text: `${amount} for ${what} could not be paid back: ${refund.failureReason ?? ''}\n\nThe credit is yours again.`,
      };
    default:
      return {
        subject: `${amount} was paid back`,
        text: `${amount} for ${what} was paid back to the card that paid. Banks take 5 to 10 days to show it.${owed(refund)}`,
      };
  }
}

function owed({ debtNano }: Refund): string {
  if (debtNano === 0n) return '';
  return `\n\n${formatCredits(debtNano)} credits of it had been spent already. They are part of your unpaid balance now.`;
}
