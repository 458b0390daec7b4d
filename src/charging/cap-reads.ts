import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import type { PageWindow } from '../graphql/connection.ts';
import type { Uuid } from '../id.ts';
import type { Cap } from './cap.ts';
import { type CapRow, capColumns, capFromRow } from './cap-rows.ts';

/** Up to `window.limit` caps of a team beyond `window.from`, in the order in which they were first set. */
export async function capsOf(
  reader: Reader,
  teamId: Uuid,
  { direction, limit, from }: PageWindow<readonly ['uuid']>,
): Promise<Cap[]> {
  const { sql } = reader;
  const forward = direction === 'FORWARD';
  const beyond =
    from === undefined ? sql`` : forward ? sql`and s.id > ${from[0]}` : sql`and s.id < ${from[0]}`;
  const rows = await sql<CapRow[]>`
    select ${capColumns(reader)} from spend_caps s where s.team_id = ${teamId} ${beyond}
    order by s.id ${forward ? sql`` : sql`desc`} limit ${limit}`;
  return rows.map(capFromRow);
}

/** The caps with these ids, in any order; those that were removed are left out. */
export async function capsById(reader: Reader, ids: readonly Uuid[]): Promise<Cap[]> {
  const rows = await reader.sql<CapRow[]>`
    select ${capColumns(reader)} from unnest(${arrayOf(ids)}::uuid[]) as n (id) join spend_caps s on s.id = n.id`;
  return rows.map(capFromRow);
}
