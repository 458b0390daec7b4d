import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import { PAYMENT_KINDS, type PaymentKind } from '../gateway/payment.ts';
import type { Uuid } from '../id.ts';
import { type Place, RANK, type Rank, type Transaction, type TransactionKind } from './transaction.ts';
import type { SourceAsk } from './transaction-ask.ts';

/** The transactions that are payments, refunds and disputes: each source in the order of its index. */

interface MoneyRow {
  id: Uuid;
  at: Date;
  kind: TransactionKind;
  payment_kind: PaymentKind;
  description: string;
  amount_cents: bigint;
  credits_nano: bigint | null;
  status: Transaction['status'];
  receipt_number: string | null;
  payment_id: Uuid;
  grant_id: Uuid | null;
}

/** Payments that succeeded. Of each kind the first ones, so that a rare kind is found as fast as a frequent one. */
export async function paymentTransactions(reader: Reader, ask: SourceAsk): Promise<Transaction[]> {
  const kinds = PAYMENT_KINDS.filter((kind) => ask.kinds.has(kind) && recurs(kind, ask));
  if (kinds.length === 0) return [];
  const { sql } = reader;
  const rows = await sql<MoneyRow[]>`
    select p.id, p.paid_at as at, p.kind, p.kind as payment_kind, p.description, p.amount_cents,
      g.granted_nano as credits_nano, 'COMPLETED' as status, p.receipt_number, p.id as payment_id, p.grant_id
    from unnest(${arrayOf(kinds)}::text[]) as k (kind)
    cross join lateral (
      select * from payments p
      where p.team_id = ${ask.teamId} and p.kind = k.kind ${within(reader, ask, RANK.PAYMENT, sql`p.paid_at`, sql`p.id`)}
      order by p.paid_at ${direction(reader, ask)}, p.id ${direction(reader, ask)} limit ${ask.limit}
    ) p
    left join grants g on g.team_id = p.team_id and g.id = p.grant_id
    order by p.paid_at ${direction(reader, ask)}, p.id ${direction(reader, ask)} limit ${ask.limit}`;
  return rows.map((row) => fromMoney(row, ask.teamId, RANK.PAYMENT));
}

/** Refunds that were approved, each once, dated when. One that failed moved nothing in the end. */
export async function refundTransactions(reader: Reader, ask: SourceAsk): Promise<Transaction[]> {
  if (!ask.kinds.has('REFUND')) return [];
  const { sql } = reader;
  const at = sql`coalesce(r.decided_at, r.requested_at)`;
  const rows = await sql<MoneyRow[]>`
    select r.id, ${at} as at, 'REFUND' as kind, p.kind as payment_kind, 'Refund: ' || p.description as description,
      case r.status when 'FAILED' then 0 else -r.amount_cents end as amount_cents,
      case r.status when 'FAILED' then 0 else -r.credit_nano end as credits_nano,
      case r.status when 'FAILED' then 'FAILED' when 'SUCCEEDED' then 'COMPLETED' else 'PENDING' end as status,
      p.receipt_number, p.id as payment_id, p.grant_id
    from refunds r join payments p on p.team_id = r.team_id and p.id = r.payment_id
    where r.team_id = ${ask.teamId} and r.amount_cents is not null and r.status in ('PENDING', 'SUCCEEDED', 'FAILED')
      ${ofRecurrence(reader, ask)} ${within(reader, ask, RANK.REFUND, at, sql`r.id`)}
    order by ${at} ${direction(reader, ask)}, r.id ${direction(reader, ask)} limit ${ask.limit}`;
  return rows.map((row) => ({ ...fromMoney(row, ask.teamId, RANK.REFUND), refundId: row.id }));
}

/** Disputes when they were opened: what the bank asks for is withheld, by it from us and by us from the team. */
export async function openedDisputes(reader: Reader, ask: SourceAsk): Promise<Transaction[]> {
  if (!ask.kinds.has('DISPUTE_OPENED')) return [];
  const { sql } = reader;
  const rows = await sql<MoneyRow[]>`
    select d.id, d.opened_at as at, 'DISPUTE_OPENED' as kind, p.kind as payment_kind,
      'Dispute: ' || p.description as description, -case d.status when 'WON' then d.amount_cents else d.reversed_cents end as amount_cents, -d.frozen_nano as credits_nano,
      case d.status when 'OPEN' then 'PENDING' else 'COMPLETED' end as status, p.receipt_number, p.id as payment_id, p.grant_id
    from disputes d join payments p on p.team_id = d.team_id and p.id = d.payment_id
    where d.team_id = ${ask.teamId} ${ofRecurrence(reader, ask)}
      ${within(reader, ask, RANK.DISPUTE_OPENED, sql`d.opened_at`, sql`d.id`)}
    order by d.opened_at ${direction(reader, ask)}, d.id ${direction(reader, ask)} limit ${ask.limit}`;
  return rows.map((row) => ({ ...fromMoney(row, ask.teamId, RANK.DISPUTE_OPENED), disputeId: row.id }));
}

/** Disputes when they ended: won, the money stays. What was frozen of one that was won is forgotten, on both sides. */
export async function closedDisputes(reader: Reader, ask: SourceAsk): Promise<Transaction[]> {
  const statuses = (['WON', 'LOST'] as const).filter((status) => ask.kinds.has(`DISPUTE_${status}`));
  if (statuses.length === 0) return [];
  const { sql } = reader;
  const rows = await sql<MoneyRow[]>`
    select d.id, d.closed_at as at, 'DISPUTE_' || d.status as kind, p.kind as payment_kind,
      case d.status when 'WON' then 'Dispute won: ' else 'Dispute lost: ' end || p.description as description,
      case d.status when 'WON' then d.amount_cents else 0 end as amount_cents,
      0::int8 as credits_nano, 'COMPLETED' as status, p.receipt_number, p.id as payment_id, p.grant_id
    from disputes d join payments p on p.team_id = d.team_id and p.id = d.payment_id
    where d.team_id = ${ask.teamId} and d.closed_at is not null and d.status = any(${arrayOf(statuses)}::text[])
      ${ofRecurrence(reader, ask)} ${within(reader, ask, RANK.DISPUTE_CLOSED, sql`d.closed_at`, sql`d.id`)}
    order by d.closed_at ${direction(reader, ask)}, d.id ${direction(reader, ask)} limit ${ask.limit}`;
  return rows.map((row) => ({ ...fromMoney(row, ask.teamId, RANK.DISPUTE_CLOSED), disputeId: row.id }));
}

function fromMoney(row: MoneyRow, teamId: Uuid, rank: Rank): Transaction {
  return {
    teamId,
    place: { at: row.at, rank, tie: row.id },
    kind: row.kind,
    description: row.description,
    amountCents: row.amount_cents,
    creditsNano: row.credits_nano ?? 0n,
    recurrence: row.payment_kind === 'SUBSCRIPTION' ? 'RECURRING' : 'ONE_TIME',
    status: row.status,
    receiptNumber: row.receipt_number,
    paymentId: row.payment_id,
    refundId: null,
    disputeId: null,
    grantId: row.grant_id,
    entrySeq: null,
  };
}

type Fragment = ReturnType<typeof direction>;

/** The rows of a source of this rank that lie where they are asked for. */
function within({ sql }: Reader, ask: SourceAsk, rank: Rank, at: Fragment, id: Fragment) {
  const { from, to, after, before } = ask;
  const instant = (date: Date) => sql`${date.toISOString()}::timestamptz`;
  const beyond = (place: Place, sign: Fragment, orAt: boolean) =>
    place.rank === rank
      ? sql`and (${at}, ${id}) ${sign} (${instant(place.at)}, ${place.tie}::uuid)`
      : sql`and ${at} ${sign}${orAt ? sql`=` : sql``} ${instant(place.at)}`;
  return [
    sql``,
    from ? sql`and ${at} >= ${instant(from)}` : [],
    to ? sql`and ${at} < ${instant(to)}` : [],
    after ? beyond(after, sql`>`, rank > after.rank) : [],
    before ? beyond(before, sql`<`, rank < before.rank) : [],
  ].flat();
}

function direction({ sql }: Reader, { ascending }: SourceAsk) {
  return ascending ? sql`` : sql`desc`;
}

function ofRecurrence({ sql }: Reader, { recurrence }: SourceAsk): Fragment {
  if (!recurrence) return sql``;
  return recurrence === 'RECURRING' ? sql`and p.kind = 'SUBSCRIPTION'` : sql`and p.kind <> 'SUBSCRIPTION'`;
}

function recurs(kind: PaymentKind, { recurrence }: SourceAsk): boolean {
  return !recurrence || (recurrence === 'RECURRING') === (kind === 'SUBSCRIPTION');
}
