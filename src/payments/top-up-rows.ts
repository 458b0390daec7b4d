import type { ActorKind } from '../actor.ts';
import { arrayOf } from '../db/arrays.ts';
import type { Reader, Tx } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { TopUp, TopUpFlow, TopUpKind, TopUpStatus } from './top-up.ts';

/** A top-up as SQL selects it. */
export interface TopUpRow {
  team_id: Uuid;
  id: Uuid;
  kind: TopUpKind;
  flow: TopUpFlow;
  status: TopUpStatus;
  amount_cents: bigint;
  bonus_nano: bigint;
  payment_method_id: Uuid | null;
  payment_intent: string | null;
  checkout_session: string | null;
  action_url: string | null;
  client_secret: string | null;
  return_url: string | null;
  failure_code: string | null;
  failure_message: string | null;
  send_attempt: number;
  next_check_at: Date | null;
  given_up_at: Date | null;
  payment_id: Uuid | null;
  actor_kind: ActorKind;
  actor_id: Uuid | null;
  created_at: Date;
  updated_at: Date;
  finished_at: Date | null;
}

/** The columns of `TopUpRow` from `top_ups t`. */
export function topUpColumns(reader: Reader) {
  return reader.sql`t.team_id, t.id, t.kind, t.flow, t.status, t.amount_cents, t.bonus_nano, t.payment_method_id,
    t.payment_intent, t.checkout_session, t.action_url, t.client_secret, t.return_url, t.failure_code, t.failure_message,
    t.send_attempt, t.next_check_at, t.given_up_at, t.payment_id, t.actor_kind, t.actor_id, t.created_at, t.updated_at,
    t.finished_at`;
}

export function topUpFromRow(row: TopUpRow): TopUp {
  return {
    teamId: row.team_id,
    id: row.id,
    kind: row.kind,
    flow: row.flow,
    status: row.status,
    amountCents: row.amount_cents,
    bonusNano: row.bonus_nano,
    paymentMethodId: row.payment_method_id,
    paymentIntent: row.payment_intent,
    checkoutSession: row.checkout_session,
    actionUrl: row.action_url,
    clientSecret: row.client_secret,
    returnUrl: row.return_url,
    failureCode: row.failure_code,
    failureMessage: row.failure_message,
    sendAttempt: row.send_attempt,
    nextCheckAt: row.next_check_at,
    givenUpAt: row.given_up_at,
    paymentId: row.payment_id,
    actor: { kind: row.actor_kind, id: row.actor_id },
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    finishedAt: row.finished_at,
  };
}

export async function topUpById(reader: Reader, teamId: Uuid, id: Uuid): Promise<TopUp | undefined> {
  return (await topUpsById(reader, teamId, [id]))[0];
}

/** Top-ups of a team by their ids, in any order; unknown ones are left out. */
export async function topUpsById(reader: Reader, teamId: Uuid, ids: readonly Uuid[]): Promise<TopUp[]> {
  const rows = await reader.sql<TopUpRow[]>`
    select ${topUpColumns(reader)} from unnest(${arrayOf(ids)}::uuid[]) as n (id)
    join top_ups t on t.team_id = ${teamId} and t.id = n.id`;
  return rows.map(topUpFromRow);
}

/** A top-up whoever's it is: what Stripe tells us names it, not its team. */
export async function topUpOfId(reader: Reader, id: Uuid): Promise<TopUp | undefined> {
  const rows = await reader.sql<TopUpRow[]>`select ${topUpColumns(reader)} from top_ups t where t.id = ${id}`;
  return rows.map(topUpFromRow)[0];
}

/** Writes a new top-up. */
export async function insertTopUp(tx: Tx, topUp: TopUp): Promise<void> {
  await tx.sql`insert into top_ups ${tx.sql({
    team_id: topUp.teamId,
    id: topUp.id,
    kind: topUp.kind,
    flow: topUp.flow,
    status: topUp.status,
    amount_cents: topUp.amountCents,
    bonus_nano: topUp.bonusNano,
    payment_method_id: topUp.paymentMethodId,
    return_url: topUp.returnUrl,
    send_attempt: topUp.sendAttempt,
    next_check_at: iso(topUp.nextCheckAt),
    given_up_at: iso(topUp.givenUpAt),
    actor_kind: topUp.actor.kind,
    actor_id: topUp.actor.id,
    created_at: iso(topUp.createdAt),
    updated_at: iso(topUp.updatedAt),
  })}`;
}

/** Writes a top-up as it has become. */
export async function updateTopUp(tx: Tx, topUp: TopUp): Promise<void> {
  await tx.sql`
    update top_ups set ${tx.sql({
      status: topUp.status,
      payment_intent: topUp.paymentIntent,
      checkout_session: topUp.checkoutSession,
      action_url: topUp.actionUrl,
      client_secret: topUp.clientSecret,
      failure_code: topUp.failureCode,
      failure_message: topUp.failureMessage,
      send_attempt: topUp.sendAttempt,
      next_check_at: iso(topUp.nextCheckAt),
      given_up_at: iso(topUp.givenUpAt),
      payment_id: topUp.paymentId,
      updated_at: iso(topUp.updatedAt),
      finished_at: iso(topUp.finishedAt),
    })} where team_id = ${topUp.teamId} and id = ${topUp.id}`;
}

function iso(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}
