import { publicId } from '../id.ts';
import { formatCredits } from '../money.ts';
import type { Transaction } from './transaction.ts';
import { transactionId } from './transaction-id.ts';

/** The columns of an export of transactions, in order, and what stands in each. Pure. */
export const EXPORT_COLUMNS: readonly (readonly [
  header: string,
  cell: (transaction: Transaction) => string,
])[] = [
  ['date', ({ place }) => place.at.toISOString()],
  ['id', transactionId],
  ['kind', ({ kind }) => kind],
  ['recurrence', ({ recurrence }) => recurrence],
  ['status', ({ status }) => status],
  ['description', ({ description }) => harmless(description)],
  ['amount', ({ amountCents }) => (amountCents === null ? '' : dollars(amountCents))],
  ['currency', ({ amountCents }) => (amountCents === null ? '' : 'USD')],
  ['credits', ({ creditsNano }) => formatCredits(creditsNano)],
  ['receipt_number', ({ receiptNumber }) => receiptNumber ?? ''],
  ['payment_id', ({ paymentId }) => (paymentId ? publicId('payment', paymentId) : '')],
  ['grant_id', ({ grantId }) => (grantId ? publicId('grant', grantId) : '')],
];

/** US cents as a decimal with two places: `-12.50`. */
export function dollars(cents: bigint): string {
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Text that spreadsheets would take for a formula gets an apostrophe in front, which they do not show. */
export function harmless(text: string): string {
  return /^(?:[\s\p{C}]*[=+\-@＝＋－＠]|[\t\r\n])/u.test(text) ? `'${text}` : text;
}
