import type { ActorKind } from '../actor.ts';
import { arrayOf, byteaArrayOf, instantArrayOf, textArrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import type { Write } from '../ledger/post.ts';
import { type HeldDraw, HOLD_STATUS, type Hold, type HoldReport, type HoldStatus } from './hold.ts';
import type { Keyed } from './team-work.ts';

/** A hold as SQL selects it. */
export interface HoldRow {
  team_id: Uuid;
  id: Uuid;
  status: number;
  model_id: Uuid | null;
  quantities: Record<string, string> | null;
  params: Record<string, string> | null;
  amount_nano: bigint;
  drawn_nano: bigint;
  draws: [Uuid, string][];
  member_id: Uuid | null;
  api_key_id: Uuid | null;
  deployment_id: Uuid | null;
  replica_slot: number | null;
  run_id: Uuid | null;
  tags: Record<string, string> | null;
  placed_ms: number;
  expires_ms: number;
  reported: Record<string, string> | null;
  reported_params: Record<string, string> | null;
  reported_nano: bigint | null;
  reported_ms: number | null;
  resolved_ms: number | null;
  charge_id: Uuid | null;
  late_charge_id: Uuid | null;
  actor_kind: ActorKind;
  actor_id: Uuid | null;
}

/** The columns of `HoldRow` from `holds h`. */
export function holdColumns(reader: Reader) {
  return reader.sql`h.team_id, h.id, h.status, h.model_id, h.quantities, h.params, h.amount_nano, h.drawn_nano, h.draws,
    h.member_id, h.api_key_id, h.deployment_id, h.replica_slot, h.run_id, h.tags,
    extract(epoch from h.placed_at)::float8 * 1000 as placed_ms, extract(epoch from h.expires_at)::float8 * 1000 as expires_ms,
    h.reported, h.reported_params, h.reported_nano, extract(epoch from h.reported_at)::float8 * 1000 as reported_ms,
    extract(epoch from h.resolved_at)::float8 * 1000 as resolved_ms, h.charge_id, h.late_charge_id, h.actor_kind, h.actor_id`;
}

export function holdFromRow(row: HoldRow): Hold {
  return {
    teamId: row.team_id,
    id: row.id,
    status: statusOf(row.status),
    modelId: row.model_id,
    quantities: row.quantities,
    params: row.params,
    amountNano: row.amount_nano,
    drawnNano: row.drawn_nano,
    draws: row.draws.map(([grantId, nano]): HeldDraw => ({ grantId, amountNano: BigInt(nano) })),
    memberId: row.member_id,
    apiKeyId: row.api_key_id,
    deploymentId: row.deployment_id,
    replicaSlot: row.replica_slot,
    runId: row.run_id,
    tags: row.tags,
    placedAt: dateOf(row.placed_ms),
    expiresAt: dateOf(row.expires_ms),
    reported: reportOf(row),
    resolvedAt: row.resolved_ms === null ? null : dateOf(row.resolved_ms),
    chargeId: row.charge_id,
    lateChargeId: row.late_charge_id,
    actor: { kind: row.actor_kind, id: row.actor_id },
  };
}

interface TeamKey {
  readonly teamId: Uuid;
  readonly keyDigest: string;
}

/** The holds that were placed with one of these keys, each named by its team. */
export async function holdsByKey(reader: Reader, keys: readonly TeamKey[]): Promise<Keyed<Hold>[]> {
  if (keys.length === 0) return [];
  const rows = await reader.sql<(HoldRow & { key_digest: string; request_digest: string })[]>`
    select ${holdColumns(reader)}, encode(h.key_digest, 'hex') as key_digest, encode(h.request_digest, 'hex') as request_digest
    from unnest(${arrayOf(keys.map((key) => key.teamId))}::uuid[], ${byteaArrayOf(keys.map((key) => key.keyDigest))}::bytea[])
      as k (team_id, key_digest)
    join holds h on h.team_id = k.team_id and h.key_digest = k.key_digest`;
  return rows.map((row) => ({
    value: holdFromRow(row),
    keyDigest: row.key_digest,
    requestDigest: row.request_digest,
  }));
}

/** The holds with these ids, each named by its team. */
export async function holdsById(
  reader: Reader,
  ids: readonly { readonly teamId: Uuid; readonly id: Uuid }[],
): Promise<Hold[]> {
  if (ids.length === 0) return [];
  const rows = await reader.sql<HoldRow[]>`
    select ${holdColumns(reader)}
    from unnest(${arrayOf(ids.map(({ teamId }) => teamId))}::uuid[], ${arrayOf(ids.map(({ id }) => id))}::uuid[])
      as n (team_id, id)
    join holds h on h.team_id = n.team_id and h.id = n.id`;
  return rows.map(holdFromRow);
}

/** The holds of these runs, each named by its team. */
export async function holdsOfRuns(
  reader: Reader,
  runs: readonly { readonly teamId: Uuid; readonly id: Uuid }[],
): Promise<Hold[]> {
  if (runs.length === 0) return [];
  const rows = await reader.sql<HoldRow[]>`
    select ${holdColumns(reader)}
    from unnest(${arrayOf(runs.map(({ teamId }) => teamId))}::uuid[], ${arrayOf(runs.map(({ id }) => id))}::uuid[])
      as n (team_id, id)
    join runs r on r.team_id = n.team_id and r.id = n.id
    join holds h on h.team_id = r.team_id and h.id = r.hold_id`;
  return rows.map(holdFromRow);
}

/** Writes holds as they are placed, as a part of `writeBooks`. A key that exists raises 23505. */
export function insertHolds(tx: Reader, keyed: readonly Keyed<Hold>[]): Write {
  const column = (pick: (h: Hold) => string | number | bigint | null) =>
    arrayOf(keyed.map(({ value }) => pick(value)));
  const instants = (pick: (h: Hold) => Date) =>
    instantArrayOf(keyed.map(({ value }) => pick(value).getTime()));
  const json = (pick: (h: Hold) => object | null) => jsonArrayOf(keyed.map(({ value }) => pick(value)));
  return tx.sql`
    insert into holds (team_id, id, key_digest, request_digest, status, model_id, quantities, params, amount_nano, draws,
      member_id, api_key_id, deployment_id, replica_slot, run_id, tags, placed_at, expires_at, actor_kind, actor_id)
    select n.team_id, n.id, n.key_digest, n.request_digest, ${HOLD_STATUS.HELD}, n.model_id, n.quantities::jsonb,
      n.params::jsonb, n.amount_nano, n.draws::jsonb, n.member_id, n.api_key_id, n.deployment_id, n.replica_slot, n.run_id,
      n.tags::jsonb, n.placed_at, n.expires_at, n.actor_kind, n.actor_id
    from unnest(
      ${column((h) => h.teamId)}::uuid[], ${column((h) => h.id)}::uuid[],
      ${byteaArrayOf(keyed.map((k) => k.keyDigest))}::bytea[], ${byteaArrayOf(keyed.map((k) => k.requestDigest))}::bytea[],
      ${column((h) => h.modelId)}::uuid[], ${json((h) => h.quantities)}::text[], ${json((h) => h.params)}::text[],
      ${column((h) => h.amountNano)}::int8[], ${json(drawsJson)}::text[], ${column((h) => h.memberId)}::uuid[],
      ${column((h) => h.apiKeyId)}::uuid[], ${column((h) => h.deploymentId)}::uuid[],
      ${column((h) => h.replicaSlot)}::int2[], ${column((h) => h.runId)}::uuid[], ${json((h) => h.tags)}::text[],
      ${instants((h) => h.placedAt)}::timestamptz[], ${instants((h) => h.expiresAt)}::timestamptz[],
      ${column((h) => h.actor.kind)}::int2[], ${column((h) => h.actor.id)}::uuid[]
    ) as n (team_id, id, key_digest, request_digest, model_id, quantities, params, amount_nano, draws, member_id, api_key_id,
      deployment_id, replica_slot, run_id, tags, placed_at, expires_at, actor_kind, actor_id)`;
}

/** Writes how holds were resolved, as a part of `writeBooks`: whoever writes the wallet is alone with its holds. */
export function resolveHolds(tx: Reader, holds: readonly Hold[]): Write {
  const column = (pick: (h: Hold) => string | number | bigint | null) => arrayOf(holds.map(pick));
  const instants = instantArrayOf(holds.map(({ resolvedAt }) => resolvedAt?.getTime() ?? null));
  return tx.sql`
    update holds h set status = n.status, drawn_nano = n.drawn_nano, draws = '[]', resolved_at = n.resolved_at,
      charge_id = n.charge_id, late_charge_id = n.late_charge_id
    from unnest(
      ${column((h) => h.teamId)}::uuid[], ${column((h) => h.id)}::uuid[], ${column((h) => HOLD_STATUS[h.status])}::int2[],
      ${column((h) => h.drawnNano)}::int8[], ${instants}::timestamptz[], ${column((h) => h.chargeId)}::uuid[],
      ${column((h) => h.lateChargeId)}::uuid[]
    ) as n (team_id, id, status, drawn_nano, resolved_at, charge_id, late_charge_id)
    where h.team_id = n.team_id and h.id = n.id`;
}

/** Writes what changed of holds beside how they were resolved, as a part of `writeBooks`. */
export function updateHolds(tx: Reader, holds: readonly Hold[]): Write {
  const column = (pick: (h: Hold) => string | number | bigint | null) => arrayOf(holds.map(pick));
  const instants = (pick: (h: Hold) => Date | null) =>
    instantArrayOf(holds.map((hold) => pick(hold)?.getTime() ?? null));
  const json = (pick: (h: Hold) => object | null) => jsonArrayOf(holds.map(pick));
  return tx.sql`
    update holds h set drawn_nano = n.drawn_nano, draws = n.draws::jsonb, expires_at = n.expires_at,
      reported = n.reported::jsonb, reported_params = n.reported_params::jsonb, reported_nano = n.reported_nano,
      reported_at = n.reported_at
    from unnest(
      ${column((h) => h.teamId)}::uuid[], ${column((h) => h.id)}::uuid[], ${column((h) => h.drawnNano)}::int8[], ${json(drawsJson)}::text[], ${instants((h) => h.expiresAt)}::timestamptz[],
      ${json((h) => h.reported?.quantities ?? null)}::text[], ${json((h) => h.reported?.params ?? null)}::text[],
      ${column((h) => h.reported?.amountNano ?? null)}::int8[], ${instants((h) => h.reported?.at ?? null)}::timestamptz[]
    ) as n (team_id, id, drawn_nano, draws, expires_at, reported, reported_params, reported_nano, reported_at)
    where h.team_id = n.team_id and h.id = n.id`;
}

function drawsJson({ draws }: Hold): object {
  return draws.map(({ grantId, amountNano }) => [grantId, String(amountNano)]);
}

function jsonArrayOf(values: readonly (object | null)[]): string {
  return textArrayOf(values.map((value) => (value === null ? null : JSON.stringify(value))));
}

function reportOf(row: HoldRow): HoldReport | null {
  const { reported, reported_params: params, reported_nano: amountNano, reported_ms } = row;
  if (reported === null || amountNano === null || reported_ms === null) return null;
  return { quantities: reported, params, amountNano, at: dateOf(reported_ms) };
}

const STATUS_NAMES = new Map<number, HoldStatus>(
  // Object.entries widens the keys of a closed record to string.
  (Object.entries(HOLD_STATUS) as [HoldStatus, number][]).map(([name, code]) => [code, name]),
);

function statusOf(code: number): HoldStatus {
  const name = STATUS_NAMES.get(code);
  assert(name, `there is a hold status ${code}`);
  return name;
}

function dateOf(ms: number): Date {
  return new Date(Math.round(ms));
}
