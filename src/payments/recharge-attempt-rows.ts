import { arrayOf } from '../db/arrays.ts';
import type { Reader, Tx } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { RechargeAttempt, RechargeAttemptStatus } from './auto-recharge.ts';
import type { RechargeTrigger } from './recharge-decision.ts';

/** An attempt as SQL selects it. */
export interface AttemptRow {
  team_id: Uuid;
  id: Uuid;
  trigger: RechargeTrigger;
  status: RechargeAttemptStatus;
  amount_cents: bigint;
  top_up_id: Uuid;
  fingerprint: string | null;
  failure_code: string | null;
  failure_message: string | null;
  started_at: Date;
  finished_at: Date | null;
}

/** The columns of `AttemptRow` from `recharge_attempts a`. */
export function attemptColumns({ sql }: Reader) {
  return sql`a.team_id, a.id, a.trigger, a.status, a.amount_cents, a.top_up_id, a.fingerprint, a.failure_code,
    a.failure_message, a.started_at, a.finished_at`;
}

export function attemptFromRow(row: AttemptRow): RechargeAttempt {
  return {
    teamId: row.team_id,
    id: row.id,
    trigger: row.trigger,
    status: row.status,
    amountCents: row.amount_cents,
    topUpId: row.top_up_id,
    fingerprint: row.fingerprint,
    failureCode: row.failure_code,
    failureMessage: row.failure_message,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}

/** The newest attempt of a team. */
export async function newestAttempt(reader: Reader, teamId: Uuid): Promise<RechargeAttempt | undefined> {
  const rows = await reader.sql<AttemptRow[]>`
    select ${attemptColumns(reader)} from recharge_attempts a
    where a.team_id = ${teamId} order by a.started_at desc, a.id desc limit 1`;
  return rows.map(attemptFromRow)[0];
}

/** The attempt that a top-up is for. Under `lockPayments`. */
export async function attemptOfTopUp(
  reader: Reader,
  teamId: Uuid,
  topUpId: Uuid,
): Promise<RechargeAttempt | undefined> {
  const rows = await reader.sql<AttemptRow[]>`
    select ${attemptColumns(reader)} from recharge_attempts a
    where a.team_id = ${teamId} and a.top_up_id = ${topUpId}`;
  return rows.map(attemptFromRow)[0];
}

/** Attempts by their ids, of any teams and in any order. */
export async function attemptsById(reader: Reader, ids: readonly Uuid[]): Promise<RechargeAttempt[]> {
  const rows = await reader.sql<AttemptRow[]>`
    select ${attemptColumns(reader)} from unnest(${arrayOf(ids)}::uuid[]) as n (id)
    join recharge_attempts a on a.id = n.id`;
  return rows.map(attemptFromRow);
}

/** Writes an attempt that begins. False when one is in flight: the unique index on those is the judge. */
export async function insertAttempt(tx: Tx, attempt: RechargeAttempt): Promise<boolean> {
  const rows = await tx.sql`
    insert into recharge_attempts (team_id, id, trigger, status, amount_cents, top_up_id, fingerprint, started_at)
    values (${attempt.teamId}, ${attempt.id}, ${attempt.trigger}, ${attempt.status}, ${attempt.amountCents},
      ${attempt.topUpId}, ${attempt.fingerprint}, ${attempt.startedAt.toISOString()}::timestamptz)
    on conflict do nothing returning 1`;
  return rows.length > 0;
}

/** Writes what has become of an attempt. */
export async function updateAttempt(tx: Tx, attempt: RechargeAttempt): Promise<void> {
  await tx.sql`
    update recharge_attempts set ${tx.sql({
      status: attempt.status,
      failure_code: attempt.failureCode,
      failure_message: attempt.failureMessage,
      finished_at: attempt.finishedAt === null ? null : attempt.finishedAt.toISOString(),
    })} where team_id = ${attempt.teamId} and id = ${attempt.id}`;
}
