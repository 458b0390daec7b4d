import { arrayOf, textArrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import type { PaymentKind } from '../gateway/payment.ts';
import { type ConnectionArgs, type Page, pageOf, pageWindow } from '../graphql/connection.ts';
import { keyset } from '../graphql/cursor.ts';
import type { Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import { type Refund, type RefundStatus, refundableOf } from './refund.ts';
import { type RefundRow, refundColumns, refundFromRow } from './refund-rows.ts';

export type RefundOrder = 'REQUESTED_DESC' | 'REQUESTED_ASC';

export interface RefundList {
  readonly statuses: readonly RefundStatus[] | null;
  readonly order: RefundOrder;
  readonly args: ConnectionArgs;
}

/** A page of the refunds of a team, or of all teams; ids begin with the time they were asked for. @throws as `pageWindow` */
export async function refundPage(
  reader: Reader,
  teams: { readonly teamId: Uuid } | 'ALL',
  { statuses, order, args }: RefundList,
): Promise<Page<Refund>> {
  const { sql } = reader;
  const key = keyset(`${teams === 'ALL' ? 'refunds' : 'team.refunds'}.${order}`, 'uuid');
  const window = pageWindow(args, key);
  const ascending = (order === 'REQUESTED_ASC') === (window.direction === 'FORWARD');
  const from = window.from?.[0];
  const beyond = from === undefined ? sql`` : ascending ? sql`and r.id > ${from}` : sql`and r.id < ${from}`;
  const rows = await sql<RefundRow[]>`
    select ${refundColumns(reader)} from refunds r
    where ${teams === 'ALL' ? sql`true` : sql`r.team_id = ${teams.teamId}`}
      ${statuses === null ? sql`` : sql`and r.status = any(${textArrayOf(statuses)}::text[])`} ${beyond}
    order by r.id ${ascending ? sql`` : sql`desc`} limit ${window.limit}`;
  return pageOf(rows.map(refundFromRow), window, key, ({ id }) => [id]);
}

/** What has become of a payment and of what it bought: what a refund of it is decided by. */
export interface PurchaseFigures {
  readonly topUpId: Uuid | null;
  readonly amountCents: bigint;
  readonly refundedCents: bigint;
  readonly disputedCents: bigint;
  readonly refundableCents: bigint;
  readonly unspentNano: NanoCredits;
  readonly heldNano: NanoCredits;
  readonly spentNano: NanoCredits;
  readonly bonusNano: NanoCredits;
  readonly bonusUnspentNano: NanoCredits;
  readonly bonusSpentNano: NanoCredits;
}

interface FiguresRow {
  id: Uuid;
  kind: PaymentKind;
  top_up_id: Uuid | null;
  amount_cents: bigint;
  refunded_cents: bigint;
  disputed_cents: bigint;
  granted: bigint;
  remaining: bigint;
  held: bigint;
  spent: bigint;
  bonus: bigint;
  bonus_remaining: bigint;
  bonus_spent: bigint;
}

/** The figures of payments, by their ids. Neither prepaid credit nor a bonus expires: nothing is due of them. */
export async function purchaseFigures(
  reader: Reader,
  payments: readonly { readonly teamId: Uuid; readonly paymentId: Uuid }[],
): Promise<Map<Uuid, PurchaseFigures>> {
  const rows = await reader.sql<FiguresRow[]>`
    select p.id, p.kind, p.top_up_id, p.amount_cents, p.refunded_cents, p.disputed_cents,
      coalesce(g.granted_nano, 0) as granted, coalesce(g.remaining_nano, 0) as remaining,
      coalesce(g.held_nano, 0) as held, coalesce(g.spent_nano, 0) as spent,
      coalesce(b.bonus, 0)::int8 as bonus, coalesce(b.remaining, 0)::int8 as bonus_remaining,
      coalesce(b.spent, 0)::int8 as bonus_spent
    from unnest(${arrayOf(payments.map(({ teamId }) => teamId))}::uuid[],
      ${arrayOf(payments.map(({ paymentId }) => paymentId))}::uuid[]) as n (team_id, id)
    join payments p on p.team_id = n.team_id and p.id = n.id
    left join grants g on g.team_id = p.team_id and g.id = p.grant_id
    left join lateral (
      select sum(o.granted_nano) filter (where o.id = p.bonus_grant_id) as bonus, sum(o.remaining_nano) as remaining,
        sum(o.spent_nano) as spent
      from (
        select p.bonus_grant_id as id
        union select r.bonus_returned_id from refunds r where r.team_id = p.team_id and r.payment_id = p.id
        union select d.bonus_returned_id from disputes d where d.team_id = p.team_id and d.payment_id = p.id
      ) x join grants o on o.team_id = p.team_id and o.id = x.id
    ) b on true`;
  return new Map(rows.map((row) => [row.id, figuresOf(row)]));
}

function figuresOf(row: FiguresRow): PurchaseFigures {
  const { kind, amount_cents: amountCents, refunded_cents, disputed_cents, granted, remaining } = row;
  const leftCents = amountCents - refunded_cents - disputed_cents;
  const bought = { kind, amountCents, leftCents, grantedNano: granted, remainingNano: remaining };
  return {
    topUpId: row.top_up_id,
    amountCents,
    refundedCents: refunded_cents,
    disputedCents: disputed_cents,
    refundableCents: refundableOf(bought),
    unspentNano: remaining,
    heldNano: row.held,
    spentNano: row.spent,
    bonusNano: row.bonus,
    bonusUnspentNano: row.bonus_remaining,
    bonusSpentNano: row.bonus_spent,
  };
}
