import type { ActorKind, ActorRef } from '../actor.ts';
import type { Reader, Tx } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { Refund, RefundStatus } from './refund.ts';

/** A refund as SQL selects it. */
export interface RefundRow {
  team_id: Uuid;
  id: Uuid;
  payment_id: Uuid;
  status: RefundStatus;
  requested_cents: bigint | null;
  amount_cents: bigint | null;
  credit_nano: bigint;
  voided_nano: bigint;
  debt_nano: bigint;
  bonus_voided_nano: bigint;
  bonus_returned_id: Uuid | null;
  stripe_refund: string | null;
  send_attempt: number;
  next_check_at: Date | null;
  reason: string;
  decision_reason: string | null;
  failure_reason: string | null;
  requested_by_kind: ActorKind;
  requested_by_id: Uuid | null;
  decided_by_kind: ActorKind | null;
  decided_by_id: Uuid | null;
  requested_at: Date;
  decided_at: Date | null;
  finished_at: Date | null;
}

/** The columns of `RefundRow` from `refunds r`. */
export function refundColumns(reader: Reader) {
  return reader.sql`r.team_id, r.id, r.payment_id, r.status, r.requested_cents, r.amount_cents, r.credit_nano,
    r.voided_nano, r.debt_nano, r.bonus_voided_nano, r.bonus_returned_id, r.stripe_refund, r.send_attempt,
    r.next_check_at, r.reason, r.decision_reason, r.failure_reason, r.requested_by_kind, r.requested_by_id,
    r.decided_by_kind, r.decided_by_id, r.requested_at, r.decided_at, r.finished_at`;
}

export function refundFromRow(row: RefundRow): Refund {
  return {
    teamId: row.team_id,
    id: row.id,
    paymentId: row.payment_id,
    status: row.status,
    requestedCents: row.requested_cents,
    amountCents: row.amount_cents,
    creditNano: row.credit_nano,
    voidedNano: row.voided_nano,
    debtNano: row.debt_nano,
    bonusVoidedNano: row.bonus_voided_nano,
    bonusReturnedId: row.bonus_returned_id,
    stripeRefund: row.stripe_refund,
    sendAttempt: row.send_attempt,
    nextCheckAt: row.next_check_at,
    reason: row.reason,
    decisionReason: row.decision_reason,
    failureReason: row.failure_reason,
    requestedBy: { kind: row.requested_by_kind, id: row.requested_by_id },
    decidedBy: decider(row),
    requestedAt: row.requested_at,
    decidedAt: row.decided_at,
    finishedAt: row.finished_at,
  };
}

function decider({ decided_by_kind: kind, decided_by_id: id }: RefundRow): ActorRef | null {
  return kind === null ? null : { kind, id };
}

export async function refundById(reader: Reader, teamId: Uuid, id: Uuid): Promise<Refund | undefined> {
  const rows = await reader.sql<RefundRow[]>`
    select ${refundColumns(reader)} from refunds r where r.team_id = ${teamId} and r.id = ${id}`;
  return rows.map(refundFromRow)[0];
}

/** A refund whoever's it is: operators and Stripe name it without its team. */
export async function refundOfId(reader: Reader, id: Uuid): Promise<Refund | undefined> {
  const rows = await reader.sql<
    RefundRow[]
  >`select ${refundColumns(reader)} from refunds r where r.id = ${id}`;
  return rows.map(refundFromRow)[0];
}

/** Every refund of a payment, the first one asked for first. */
export async function refundsOfPayment(reader: Reader, teamId: Uuid, paymentId: Uuid): Promise<Refund[]> {
  const rows = await reader.sql<RefundRow[]>`
    select ${refundColumns(reader)} from refunds r
    where r.team_id = ${teamId} and r.payment_id = ${paymentId} order by r.id`;
  return rows.map(refundFromRow);
}

/** Writes a refund as it is now, new or not. Under `lockPayments`. */
export async function writeRefund({ sql }: Tx, refund: Refund): Promise<void> {
  const state = {
    status: refund.status,
    amount_cents: refund.amountCents,
    credit_nano: refund.creditNano,
    voided_nano: refund.voidedNano,
    debt_nano: refund.debtNano,
    bonus_voided_nano: refund.bonusVoidedNano,
    bonus_returned_id: refund.bonusReturnedId,
    stripe_refund: refund.stripeRefund,
    send_attempt: refund.sendAttempt,
    next_check_at: iso(refund.nextCheckAt),
    decision_reason: refund.decisionReason,
    failure_reason: refund.failureReason,
    decided_by_kind: refund.decidedBy?.kind ?? null,
    decided_by_id: refund.decidedBy?.id ?? null,
    decided_at: iso(refund.decidedAt),
    finished_at: iso(refund.finishedAt),
  };
  const request = {
    team_id: refund.teamId,
    id: refund.id,
    payment_id: refund.paymentId,
    requested_cents: refund.requestedCents,
    reason: refund.reason,
    requested_by_kind: refund.requestedBy.kind,
    requested_by_id: refund.requestedBy.id,
    requested_at: iso(refund.requestedAt),
  };
  await sql`
    insert into refunds ${sql({ ...request, ...state })}
    on conflict (team_id, id) do update set ${sql(state)}`;
}

function iso(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}
