import type { Reader } from '../db/client.ts';
import type { Payment } from '../gateway/payment.ts';
import { type PaymentRow, paymentById, paymentColumns, paymentFromRow } from '../gateway/payment-reads.ts';
import type { Uuid } from '../id.ts';
import type { ReceiptFacts } from './receipt-text.ts';

/** What the receipt of a payment says now; undefined: there is no such payment. */
export async function receiptFacts(
  reader: Reader,
  teamId: Uuid,
  paymentId: Uuid,
): Promise<ReceiptFacts | undefined> {
  const payment = await paymentById(reader, teamId, paymentId);
  if (!payment) return undefined;
  const [named] = await reader.sql<{ name: string; credit: bigint | null; bonus: bigint | null }[]>`
    select t.name, (select g.granted_nano from grants g where g.team_id = t.id and g.id = ${payment.grantId}) as credit,
      (select g.granted_nano from grants g where g.team_id = t.id and g.id = ${payment.bonusGrantId}) as bonus
    from teams t where t.id = ${teamId}`;
  const refunds = await reader.sql<{ at: Date; amount_cents: bigint }[]>`
    select coalesce(r.decided_at, r.requested_at) as at, r.amount_cents from refunds r
    where r.team_id = ${teamId} and r.payment_id = ${paymentId} and r.amount_cents is not null
      and r.status in ('PENDING', 'SUCCEEDED')
    order by at, r.id`;
  return {
    payment,
    teamName: named?.name ?? '',
    creditNano: named?.credit ?? 0n,
    bonusNano: named?.bonus ?? 0n,
    refunds: refunds.map(({ at, amount_cents }) => ({ at, amountCents: amount_cents })),
  };
}

/** The payment with this id, whoever's it is. */
export async function paymentOfId(reader: Reader, id: Uuid): Promise<Payment | undefined> {
  const rows = await reader.sql<PaymentRow[]>`
    select ${paymentColumns(reader)} from payments p where p.id = ${id}`;
  return rows.map(paymentFromRow)[0];
}
