import type { ActorKind } from '../actor.ts';
import { arrayOf, byteaArrayOf, instantArrayOf, textArrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import type { Write } from '../ledger/post.ts';
import { RUN_STATUS, type Run, type RunStatus, type RunStep } from './run.ts';
import type { Keyed } from './team-work.ts';

/** A step as it is stored: JSON has no 64-bit integers. */
export type StoredRunStep = Omit<RunStep, 'estimatedNano'> & { readonly estimatedNano: string };

/** A run as SQL selects it. */
export interface RunRow {
  team_id: Uuid;
  id: Uuid;
  name: string | null;
  status: number;
  quote_id: Uuid | null;
  hold_id: Uuid | null;
  steps: StoredRunStep[];
  estimated_nano: bigint;
  spent_nano: bigint;
  charge_count: bigint;
  member_id: Uuid | null;
  api_key_id: Uuid | null;
  tags: Record<string, string> | null;
  started_ms: number;
  ended_ms: number | null;
  reason: string | null;
  actor_kind: ActorKind;
  actor_id: Uuid | null;
}

/** The columns of `RunRow` from `runs r`. */
export function runColumns(reader: Reader) {
  return reader.sql`r.team_id, r.id, r.name, r.status, r.quote_id, r.hold_id, r.steps, r.estimated_nano, r.spent_nano,
    r.charge_count, r.member_id, r.api_key_id, r.tags, extract(epoch from r.started_at)::float8 * 1000 as started_ms,
    extract(epoch from r.ended_at)::float8 * 1000 as ended_ms, r.reason, r.actor_kind, r.actor_id`;
}

export function runFromRow(row: RunRow): Run {
  return {
    teamId: row.team_id,
    id: row.id,
    name: row.name,
    status: statusOf(row.status),
    quoteId: row.quote_id,
    holdId: row.hold_id,
    steps: row.steps.map(stepFromJson),
    estimatedNano: row.estimated_nano,
    spentNano: row.spent_nano,
    chargeCount: row.charge_count,
    memberId: row.member_id,
    apiKeyId: row.api_key_id,
    tags: row.tags,
    startedAt: new Date(Math.round(row.started_ms)),
    endedAt: row.ended_ms === null ? null : new Date(Math.round(row.ended_ms)),
    reason: row.reason,
    actor: { kind: row.actor_kind, id: row.actor_id },
  };
}

/** The form in which steps are kept. */
export function stepsToJson(steps: readonly RunStep[]): string {
  return JSON.stringify(steps.map((step) => ({ ...step, estimatedNano: String(step.estimatedNano) })));
}

/** A step from the form in which it is kept. */
export function stepFromJson(step: StoredRunStep): RunStep {
  return { ...step, estimatedNano: BigInt(step.estimatedNano) };
}

/** The runs that were started with one of these keys, each named by its team. */
export async function runsByKey(
  reader: Reader,
  keys: readonly { readonly teamId: Uuid; readonly keyDigest: string }[],
): Promise<Keyed<Run>[]> {
  if (keys.length === 0) return [];
  const rows = await reader.sql<(RunRow & { key_digest: string; request_digest: string })[]>`
    select ${runColumns(reader)}, encode(r.key_digest, 'hex') as key_digest, encode(r.request_digest, 'hex') as request_digest
    from unnest(${arrayOf(keys.map((key) => key.teamId))}::uuid[], ${byteaArrayOf(keys.map((key) => key.keyDigest))}::bytea[])
      as k (team_id, key_digest)
    join runs r on r.team_id = k.team_id and r.key_digest = k.key_digest`;
  return rows.map((row) => ({
    value: runFromRow(row),
    keyDigest: row.key_digest,
    requestDigest: row.request_digest,
  }));
}

/** The runs with these ids, each named by its team. */
export async function runsById(
  reader: Reader,
  ids: readonly { readonly teamId: Uuid; readonly id: Uuid }[],
): Promise<Run[]> {
  if (ids.length === 0) return [];
  const rows = await reader.sql<RunRow[]>`
    select ${runColumns(reader)}
    from unnest(${arrayOf(ids.map(({ teamId }) => teamId))}::uuid[], ${arrayOf(ids.map(({ id }) => id))}::uuid[])
      as n (team_id, id)
    join runs r on r.team_id = n.team_id and r.id = n.id`;
  return rows.map(runFromRow);
}

/** Writes new runs, as a part of `writeBooks`. A key that exists raises 23505. */
export function insertRuns(tx: Reader, keyed: readonly Keyed<Run>[]): Write {
  const column = (pick: (r: Run) => string | number | bigint | null) =>
    arrayOf(keyed.map(({ value }) => pick(value)));
  const texts = (pick: (r: Run) => string | null) => textArrayOf(keyed.map(({ value }) => pick(value)));
  const instants = (pick: (r: Run) => Date | null) =>
    instantArrayOf(keyed.map(({ value }) => pick(value)?.getTime() ?? null));
  return tx.sql`
    insert into runs (team_id, id, key_digest, request_digest, name, status, quote_id, hold_id, steps, estimated_nano,
      spent_nano, charge_count, member_id, api_key_id, tags, started_at, ended_at, reason, actor_kind, actor_id)
    select n.team_id, n.id, n.key_digest, n.request_digest, n.name, n.status, n.quote_id, n.hold_id, n.steps::jsonb,
      n.estimated_nano, n.spent_nano, n.charge_count, n.member_id, n.api_key_id, n.tags::jsonb, n.started_at, n.ended_at,
      n.reason, n.actor_kind, n.actor_id
    from unnest(
      ${column((r) => r.teamId)}::uuid[], ${column((r) => r.id)}::uuid[],
      ${byteaArrayOf(keyed.map((k) => k.keyDigest))}::bytea[], ${byteaArrayOf(keyed.map((k) => k.requestDigest))}::bytea[],
      ${texts((r) => r.name)}::text[], ${column((r) => RUN_STATUS[r.status])}::int2[],
      ${column((r) => r.quoteId)}::uuid[], ${column((r) => r.holdId)}::uuid[], ${texts((r) => stepsToJson(r.steps))}::text[],
      ${column((r) => r.estimatedNano)}::int8[], ${column((r) => r.spentNano)}::int8[],
      ${column((r) => r.chargeCount)}::int8[], ${column((r) => r.memberId)}::uuid[], ${column((r) => r.apiKeyId)}::uuid[],
      ${texts((r) => (r.tags ? JSON.stringify(r.tags) : null))}::text[], ${instants((r) => r.startedAt)}::timestamptz[],
      ${instants((r) => r.endedAt)}::timestamptz[], ${texts((r) => r.reason)}::text[],
      ${column((r) => r.actor.kind)}::int2[], ${column((r) => r.actor.id)}::uuid[]
    ) as n (team_id, id, key_digest, request_digest, name, status, quote_id, hold_id, steps, estimated_nano, spent_nano,
      charge_count, member_id, api_key_id, tags, started_at, ended_at, reason, actor_kind, actor_id)`;
}

/** Writes what became of runs, as a part of `writeBooks`. */
export function updateRuns(tx: Reader, runs: readonly Run[]): Write {
  const column = (pick: (r: Run) => string | number | bigint | null) => arrayOf(runs.map(pick));
  return tx.sql`
    update runs r set status = n.status, spent_nano = n.spent_nano, charge_count = n.charge_count, ended_at = n.ended_at,
      reason = n.reason
    from unnest(
      ${column((r) => r.teamId)}::uuid[], ${column((r) => r.id)}::uuid[], ${column((r) => RUN_STATUS[r.status])}::int2[],
      ${column((r) => r.spentNano)}::int8[], ${column((r) => r.chargeCount)}::int8[],
      ${instantArrayOf(runs.map((r) => r.endedAt?.getTime() ?? null))}::timestamptz[],
      ${textArrayOf(runs.map((r) => r.reason))}::text[]
    ) as n (team_id, id, status, spent_nano, charge_count, ended_at, reason)
    where r.team_id = n.team_id and r.id = n.id`;
}

const STATUS_NAMES = new Map<number, RunStatus>(
  // Object.entries widens the keys of a closed record to string.
  (Object.entries(RUN_STATUS) as [RunStatus, number][]).map(([name, code]) => [code, name]),
);

function statusOf(code: number): RunStatus {
  const name = STATUS_NAMES.get(code);
  assert(name, `there is a run status ${code}`);
  return name;
}
