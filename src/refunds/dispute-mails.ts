import type { Tx } from '../db/client.ts';
import type { Payment } from '../gateway/payment.ts';
import { writeMail } from '../mail/outbox.ts';
import { formatCredits } from '../money.ts';
import { formatUsd } from '../payments/amounts.ts';
import type { PaymentDeps } from '../payments/payment-deps.ts';
import type { Dispute } from './dispute.ts';

/** Tells the admins of a team that a payment is disputed, or how that ended. */
export async function mailDispute(
  tx: Tx,
  { jobs }: Pick<PaymentDeps, 'jobs'>,
  dispute: Dispute,
  payment: Payment,
  now: Date,
): Promise<void> {
  const { teamId, id, status } = dispute;
  const mail = { teamId, to: 'ADMINS', ...textOf(dispute, payment) } as const;
  await writeMail(tx, { ...mail, dedupeKey: `dispute:${id}:${status}` }, { jobs, now });
}

function textOf(dispute: Dispute, payment: Payment): { subject: string; text: string } {
  const amount = formatUsd(dispute.amountCents);
  const what = `${amount} of receipt ${payment.receiptNumber}`;
  switch (dispute.status) {
    case 'OPEN':
      return {
        subject: `A payment of ${formatUsd(payment.amountCents)} is disputed`,
        text: `The cardholder's bank asks for ${what} (${dispute.reason}).\n\nUntil that is decided ${formatCredits(dispute.frozenNano)} credits that it bought are withheld, and auto-recharge is off.`,
      };
    case 'WON':
      return {
        subject: 'A disputed payment stands',
        text: `The bank has decided that ${what} stays paid. The credit is yours again. Auto-recharge stays off until you turn it on.`,
      };
    default:
      return {
        subject: 'A disputed payment was taken back',
        text: `The cardholder's bank has taken back ${what}. The credit that was left of it is gone.${owed(dispute)}`,
      };
  }
}

function owed({ debtNano }: Dispute): string {
  if (debtNano === 0n) return '';
  return `\n\n${formatCredits(debtNano)} credits of it had been spent already. They are part of your unpaid balance, which your next purchase pays first.`;
}
