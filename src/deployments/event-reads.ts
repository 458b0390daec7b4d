import { textArrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import { type ConnectionArgs, type Page, pageOf, pageWindow } from '../graphql/connection.ts';
import { keyset } from '../graphql/cursor.ts';
import type { Uuid } from '../id.ts';
import type { DeploymentEvent, DeploymentEventKind } from './deployment-event.ts';
import { type EventRow, eventColumns, eventFromRow } from './event-rows.ts';

/** Which events to list; every condition given must hold. */
export interface EventFilter {
  readonly deploymentId?: Uuid | undefined;
  readonly kinds?: readonly DeploymentEventKind[] | null;
}

export type EventOrder = 'SEQ_ASC' | 'SEQ_DESC';

/**
 * A page of the log of a team's deployments. Numbers are given under the lock of the team and committed in their order:
 * who goes on after a cursor misses nothing and repeats nothing.
 * @throws DomainError BAD_USER_INPUT as `pageWindow` does.
 */
export async function eventPage(
  reader: Reader,
  teamId: Uuid,
  { filter, order, args }: { filter: EventFilter; order: EventOrder; args: ConnectionArgs },
): Promise<Page<DeploymentEvent>> {
  const { sql } = reader;
  const key = keyset(`team.deploymentEvents.${order}`, 'int8');
  const window = pageWindow(args, key);
  const ascending = (order === 'SEQ_ASC') === (window.direction === 'FORWARD');
  const from = window.from?.[0];
  const beyond = from === undefined ? sql`` : ascending ? sql`and v.seq > ${from}` : sql`and v.seq < ${from}`;
  const rows = await sql<EventRow[]>`
    select ${eventColumns(reader)} from deployment_events v
    where v.team_id = ${teamId} ${conditions(reader, filter)} ${beyond}
    order by v.seq ${ascending ? sql`` : sql`desc`} limit ${window.limit}`;
  return pageOf(rows.map(eventFromRow), window, key, ({ seq }) => [seq]);
}

function conditions({ sql }: Reader, { deploymentId, kinds }: EventFilter) {
  // Without any condition an empty fragment: the driver takes an empty list for a value.
  return [
    sql``,
    deploymentId === undefined ? [] : sql`and v.deployment_id = ${deploymentId}`,
    kinds == null ? [] : sql`and v.kind = any(${textArrayOf(kinds)}::text[])`,
  ].flat();
}

/** The event with this number in the log of a team. */
export async function eventBySeq(
  reader: Reader,
  teamId: Uuid,
  seq: bigint,
): Promise<DeploymentEvent | undefined> {
  const rows = await reader.sql<EventRow[]>`
    select ${eventColumns(reader)} from deployment_events v where v.team_id = ${teamId} and v.seq = ${seq}`;
  return rows.map(eventFromRow)[0];
}
