import type { Reader } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import { receiptPdf } from './receipt-pdf.ts';
import { receiptFacts } from './receipt-reads.ts';
import { type Issuer, receiptText } from './receipt-text.ts';

/** A receipt as a file. */
export interface ReceiptFile {
  readonly filename: string;
  readonly contentType: 'application/pdf';
  readonly content: Buffer;
}

/**
 * The receipt of a payment, or its invoice if it was for a plan, as it is now: refunds are on it. The same bytes as long as
 * nothing changes. Undefined: there is no such payment.
 */
export async function receiptFile(
  reader: Reader,
  issuer: Issuer,
  teamId: Uuid,
  paymentId: Uuid,
): Promise<ReceiptFile | undefined> {
  const facts = await receiptFacts(reader, teamId, paymentId);
  if (!facts) return undefined;
  const { receiptNumber, paidAt } = facts.payment;
  const text = receiptText(facts, issuer);
  return {
    filename: `${text.title.toLowerCase()}-${receiptNumber}.pdf`,
    contentType: 'application/pdf',
    content: await receiptPdf(text, paidAt),
  };
}
