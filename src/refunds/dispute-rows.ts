import type { Reader, Tx } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { Dispute, DisputeStatus } from './dispute.ts';

/** A dispute as SQL selects it. */
export interface DisputeRow {
  team_id: Uuid;
  id: Uuid;
  payment_id: Uuid;
  stripe_id: string;
  status: DisputeStatus;
  amount_cents: bigint;
  reversed_cents: bigint;
  asked_nano: bigint;
  frozen_nano: bigint;
  voided_nano: bigint;
  debt_nano: bigint;
  bonus_voided_nano: bigint;
  bonus_returned_id: Uuid | null;
  reason: string;
  next_check_at: Date | null;
  opened_at: Date;
  closed_at: Date | null;
}

/** The columns of `DisputeRow` from `disputes d`. */
export function disputeColumns(reader: Reader) {
  return reader.sql`d.team_id, d.id, d.payment_id, d.stripe_id, d.status, d.amount_cents, d.reversed_cents, d.asked_nano,
    d.frozen_nano, d.voided_nano, d.debt_nano, d.bonus_voided_nano, d.bonus_returned_id, d.reason, d.next_check_at,
    d.opened_at, d.closed_at`;
}

export function disputeFromRow(row: DisputeRow): Dispute {
  return {
    teamId: row.team_id,
    id: row.id,
    paymentId: row.payment_id,
    stripeId: row.stripe_id,
    status: row.status,
    amountCents: row.amount_cents,
    reversedCents: row.reversed_cents,
    askedNano: row.asked_nano,
    frozenNano: row.frozen_nano,
    voidedNano: row.voided_nano,
    debtNano: row.debt_nano,
    bonusVoidedNano: row.bonus_voided_nano,
    bonusReturnedId: row.bonus_returned_id,
    reason: row.reason,
    nextCheckAt: row.next_check_at,
    openedAt: row.opened_at,
    closedAt: row.closed_at,
  };
}

/** A dispute whoever's it is. */
export async function disputeOfId(reader: Reader, id: Uuid): Promise<Dispute | undefined> {
  const rows = await reader.sql<DisputeRow[]>`
    select ${disputeColumns(reader)} from disputes d where d.id = ${id}`;
  return rows.map(disputeFromRow)[0];
}

/** Every dispute of a payment, the first one first. */
export async function disputesOfPayment(reader: Reader, teamId: Uuid, paymentId: Uuid): Promise<Dispute[]> {
  const rows = await reader.sql<DisputeRow[]>`
    select ${disputeColumns(reader)} from disputes d
    where d.team_id = ${teamId} and d.payment_id = ${paymentId} order by d.id`;
  return rows.map(disputeFromRow);
}

/** Writes a dispute as it is now, new or not. Under `lockPayments`. */
export async function writeDispute({ sql }: Tx, dispute: Dispute): Promise<void> {
  const state = {
    status: dispute.status,
    amount_cents: dispute.amountCents,
    reversed_cents: dispute.reversedCents,
    asked_nano: dispute.askedNano,
    frozen_nano: dispute.frozenNano,
    voided_nano: dispute.voidedNano,
    debt_nano: dispute.debtNano,
    bonus_voided_nano: dispute.bonusVoidedNano,
    bonus_returned_id: dispute.bonusReturnedId,
    next_check_at: dispute.nextCheckAt?.toISOString() ?? null,
    closed_at: dispute.closedAt?.toISOString() ?? null,
  };
  const opening = {
    team_id: dispute.teamId,
    id: dispute.id,
    payment_id: dispute.paymentId,
    stripe_id: dispute.stripeId,
    reason: dispute.reason,
    opened_at: dispute.openedAt.toISOString(),
  };
  await sql`
    insert into disputes ${sql({ ...opening, ...state })}
    on conflict (team_id, id) do update set ${sql(state)}`;
}
