import { textArrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import { type ConnectionArgs, type Page, pageOf, pageWindow } from '../graphql/connection.ts';
import { keyset } from '../graphql/cursor.ts';
import type { Uuid } from '../id.ts';
import type { TopUp, TopUpKind, TopUpStatus } from './top-up.ts';
import { type TopUpRow, topUpColumns, topUpFromRow } from './top-up-rows.ts';

/** Which top-ups of a team to list; every condition given must hold. */
export interface TopUpFilter {
  readonly kinds?: readonly TopUpKind[] | null;
  readonly statuses?: readonly TopUpStatus[] | null;
}

export type TopUpOrder = 'CREATED_DESC' | 'CREATED_ASC';

/** A page of a team's top-ups; ids begin with the time of creation. @throws DomainError BAD_USER_INPUT as `pageWindow` */
export async function topUpPage(
  reader: Reader,
  teamId: Uuid,
  { filter, order, args }: { filter: TopUpFilter; order: TopUpOrder; args: ConnectionArgs },
): Promise<Page<TopUp>> {
  const { sql } = reader;
  const key = keyset(`team.topUps.${order}`, 'uuid');
  const window = pageWindow(args, key);
  const ascending = (order === 'CREATED_ASC') === (window.direction === 'FORWARD');
  const from = window.from?.[0];
  const beyond = from === undefined ? sql`` : ascending ? sql`and t.id > ${from}` : sql`and t.id < ${from}`;
  const rows = await sql<TopUpRow[]>`
    select ${topUpColumns(reader)} from top_ups t
    where t.team_id = ${teamId} ${conditions(reader, filter)} ${beyond}
    order by t.id ${ascending ? sql`` : sql`desc`} limit ${window.limit}`;
  return pageOf(rows.map(topUpFromRow), window, key, ({ id }) => [id]);
}

function conditions({ sql }: Reader, { kinds, statuses }: TopUpFilter) {
  return [
    sql``,
    kinds == null ? [] : sql`and t.kind = any(${textArrayOf(kinds)}::text[])`,
    statuses == null ? [] : sql`and t.status = any(${textArrayOf(statuses)}::text[])`,
  ].flat();
}
