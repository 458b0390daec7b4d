import type { ActorKind } from '../actor.ts';
import { arrayOf, instantArrayOf, textArrayOf } from '../db/arrays.ts';
import type { Reader, Tx } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { DeploymentEvent, DeploymentEventDetails, DeploymentEventKind } from './deployment-event.ts';

/** An event as SQL selects it. */
export interface EventRow {
  team_id: Uuid;
  seq: bigint;
  deployment_id: Uuid;
  kind: DeploymentEventKind;
  at: Date;
  recorded_at: Date;
  actor_kind: ActorKind;
  actor_id: Uuid | null;
  reason: string | null;
  details: DeploymentEventDetails;
}

/** The columns of `EventRow` from `deployment_events v`. */
export function eventColumns(reader: Reader) {
  return reader.sql`v.team_id, v.seq, v.deployment_id, v.kind, v.at, v.recorded_at, v.actor_kind, v.actor_id, v.reason,
    v.details`;
}

export function eventFromRow(row: EventRow): DeploymentEvent {
  return {
    teamId: row.team_id,
    seq: row.seq,
    deploymentId: row.deployment_id,
    kind: row.kind,
    at: row.at,
    recordedAt: row.recorded_at,
    actor: { kind: row.actor_kind, id: row.actor_id },
    reason: row.reason,
    details: row.details,
  };
}

/** Writes events that are numbered already, under the lock of their teams' heads. */
export async function insertEvents(tx: Tx, events: readonly DeploymentEvent[]): Promise<void> {
  if (events.length === 0) return;
  const column = (pick: (event: DeploymentEvent) => string | number | bigint | null) =>
    arrayOf(events.map(pick));
  const text = (pick: (event: DeploymentEvent) => string | null) => textArrayOf(events.map(pick));
  await tx.sql`
    insert into deployment_events (team_id, seq, deployment_id, kind, at, recorded_at, actor_kind, actor_id, reason, details)
    select n.team_id, n.seq, n.deployment_id, n.kind, n.at, n.recorded_at, n.actor_kind, n.actor_id, n.reason,
      n.details::jsonb
    from unnest(
      ${column((e) => e.teamId)}::uuid[], ${column((e) => e.seq)}::int8[], ${column((e) => e.deploymentId)}::uuid[],
      ${column((e) => e.kind)}::text[], ${instantArrayOf(events.map((e) => e.at.getTime()))}::timestamptz[],
      ${instantArrayOf(events.map((e) => e.recordedAt.getTime()))}::timestamptz[],
      ${column((e) => e.actor.kind)}::int2[], ${column((e) => e.actor.id)}::uuid[], ${text((e) => e.reason)}::text[],
      ${text((e) => JSON.stringify(e.details))}::text[]
    ) as n (team_id, seq, deployment_id, kind, at, recorded_at, actor_kind, actor_id, reason, details)`;
}
