import type { ActorKind } from '../actor.ts';
import { arrayOf, instantArrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import type { Write } from '../ledger/post.ts';
import { CAP_PERIOD, CAP_SUBJECT, type Cap, type CapPeriod, type CapSubject } from './cap.ts';

/** A cap as SQL selects it. */
export interface CapRow {
  team_id: Uuid;
  id: Uuid;
  subject: number;
  subject_id: Uuid;
  period: number;
  limit_nano: bigint;
  spent_nano: bigint;
  period_ms: number;
  held_nano: bigint;
  created_ms: number;
  actor_kind: ActorKind;
  actor_id: Uuid | null;
}

/** The columns of `CapRow` from `spend_caps s`. */
export function capColumns(reader: Reader) {
  return reader.sql`s.team_id, s.id, s.subject, s.subject_id, s.period, s.limit_nano, s.spent_nano,
    extract(epoch from s.period_at)::float8 * 1000 as period_ms, s.held_nano,
    extract(epoch from s.created_at)::float8 * 1000 as created_ms, s.actor_kind, s.actor_id`;
}

export function capFromRow(row: CapRow): Cap {
  return {
    teamId: row.team_id,
    id: row.id,
    subject: nameOf(SUBJECTS, row.subject),
    subjectId: row.subject_id,
    period: nameOf(PERIODS, row.period),
    limitNano: row.limit_nano,
    spentNano: row.spent_nano,
    periodAtMs: Math.round(row.period_ms),
    heldNano: row.held_nano,
    createdAt: new Date(Math.round(row.created_ms)),
    actor: { kind: row.actor_kind, id: row.actor_id },
  };
}

/** The caps of teams, in the order of their ids. Teams without caps are absent. */
export async function capsOfTeams(reader: Reader, teamIds: readonly Uuid[]): Promise<Map<Uuid, Cap[]>> {
  if (teamIds.length === 0) return new Map();
  const rows = await reader.sql<CapRow[]>`
    select ${capColumns(reader)} from unnest(${arrayOf(teamIds)}::uuid[]) as t (id)
    join spend_caps s on s.team_id = t.id order by s.team_id, s.id`;
  return Map.groupBy(rows.map(capFromRow), ({ teamId }) => teamId);
}

/** Writes the counters of caps, as a part of `writeBooks`. */
export function updateCaps(tx: Reader, caps: readonly Cap[]): Write {
  const column = (pick: (c: Cap) => string | number | bigint) => arrayOf(caps.map(pick));
  return tx.sql`
    update spend_caps s set spent_nano = n.spent_nano, period_at = n.period_at, held_nano = n.held_nano
    from unnest(
      ${column((c) => c.teamId)}::uuid[], ${column((c) => c.id)}::uuid[], ${column((c) => c.spentNano)}::int8[],
      ${instantArrayOf(caps.map((c) => c.periodAtMs))}::timestamptz[], ${column((c) => c.heldNano)}::int8[]
    ) as n (team_id, id, spent_nano, period_at, held_nano)
    where s.team_id = n.team_id and s.id = n.id`;
}

const SUBJECTS = namesByCode<CapSubject>(CAP_SUBJECT);
const PERIODS = namesByCode<CapPeriod>(CAP_PERIOD);

function namesByCode<K extends string>(codes: Readonly<Record<K, number>>): ReadonlyMap<number, K> {
  // Object.entries widens the keys of a closed record to string.
  return new Map((Object.entries(codes) as [K, number][]).map(([name, code]) => [code, name]));
}

function nameOf<K extends string>(names: ReadonlyMap<number, K>, code: number): K {
  const name = names.get(code);
  assert(name, `there is a name for ${code}`);
  return name;
}
