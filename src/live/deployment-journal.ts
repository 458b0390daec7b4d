import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import { type DeploymentChanged, isDeploymentChanged } from '../deployments/changed.ts';
import type { DeploymentEvent } from '../deployments/deployment-event.ts';
import { type EventRow, eventColumns, eventFromRow } from '../deployments/event-rows.ts';
import type { Uuid } from '../id.ts';
import type { Journal, JournalHead } from './journal.ts';
import { ReadBatches } from './read-batches.ts';

/** Teams of one statement. */
const HEADS_AT_ONCE = 500;

/** What happens to deployments, as feeds tell it: each event stands for itself. */
export function deploymentJournal(reader: Reader): Journal<DeploymentEvent, DeploymentChanged> {
  const heads = new ReadBatches((teamIds) => headsOf(reader, teamIds), HEADS_AT_ONCE);
  return {
    isTold: isDeploymentChanged,
    linesOf: ({ events }) => events,
    linesAfter: (teamId, seq, limit) => eventsAfter(reader, teamId, seq, limit),
    head: (teamId) => heads.load(teamId),
    newest: (teamIds) => newestEvents(reader, teamIds),
    groupOf: ({ seq }) => seq,
    atMsOf: ({ recordedAt }) => recordedAt.getTime(),
  };
}

async function eventsAfter(
  reader: Reader,
  teamId: Uuid,
  seq: bigint,
  limit: number,
): Promise<DeploymentEvent[]> {
  const rows = await reader.sql<EventRow[]>`
    select ${eventColumns(reader)} from deployment_events v
    where v.team_id = ${teamId} and v.seq > ${seq} order by v.seq limit ${limit}`;
  return rows.map(eventFromRow);
}

/** A team that has no deployment has no head yet, and nothing to tell since it was made. */
async function headsOf(reader: Reader, teamIds: readonly Uuid[]): Promise<Map<Uuid, JournalHead>> {
  const rows = await reader.sql<{ id: Uuid; seq: bigint; at: Date }[]>`
    select m.id, coalesce(h.event_seq, 0) as seq, coalesce(v.recorded_at, m.created_at) as at
    from unnest(${arrayOf(teamIds)}::uuid[]) as t (id) join teams m on m.id = t.id
    left join deployment_heads h on h.team_id = m.id
    left join deployment_events v on v.team_id = h.team_id and v.seq = h.event_seq`;
  return new Map(rows.map(({ id, seq, at }) => [id, { seq, atMs: at.getTime() }]));
}

async function newestEvents(reader: Reader, teamIds: readonly Uuid[]): Promise<Map<Uuid, bigint>> {
  const rows = await reader.sql<{ team_id: Uuid; event_seq: bigint }[]>`
    select h.team_id, h.event_seq from unnest(${arrayOf(teamIds)}::uuid[]) as t (id)
    join deployment_heads h on h.team_id = t.id`;
  return new Map(rows.map(({ team_id, event_seq }) => [team_id, event_seq]));
}
