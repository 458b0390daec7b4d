import { textArrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import { type ConnectionArgs, type Page, pageOf, pageWindow } from '../graphql/connection.ts';
import { keyset } from '../graphql/cursor.ts';
import type { Uuid } from '../id.ts';
import type { Dispute, DisputeStatus } from './dispute.ts';
import { type DisputeRow, disputeColumns, disputeFromRow } from './dispute-rows.ts';

type DisputeNowRow = DisputeRow & { frozen_now: bigint };

/** The columns of `DisputeNowRow`: while it is open, what returns to its grant is frozen, too. */
function columnsNow(reader: Reader) {
  return reader.sql`${disputeColumns(reader)},
    case d.status when 'OPEN' then d.asked_nano - least(d.asked_nano, coalesce((
      select g.freezing_nano from payments p join grants g on g.team_id = p.team_id and g.id = p.grant_id
      where p.team_id = d.team_id and p.id = d.payment_id), 0))
    else d.frozen_nano end as frozen_now`;
}

function disputeNowFrom(row: DisputeNowRow): Dispute {
  return { ...disputeFromRow(row), frozenNano: row.frozen_now };
}

/** A page of a team's disputes; ids begin with the time they were first told of. @throws as `pageWindow` */
export async function disputePage(
  reader: Reader,
  teamId: Uuid,
  { statuses, args }: { readonly statuses: readonly DisputeStatus[] | null; readonly args: ConnectionArgs },
): Promise<Page<Dispute>> {
  const { sql } = reader;
  const key = keyset('team.disputes', 'uuid');
  const window = pageWindow(args, key);
  const ascending = window.direction === 'BACKWARD';
  const from = window.from?.[0];
  const beyond = from === undefined ? sql`` : ascending ? sql`and d.id > ${from}` : sql`and d.id < ${from}`;
  const rows = await sql<DisputeNowRow[]>`
    select ${columnsNow(reader)} from disputes d
    where d.team_id = ${teamId}
      ${statuses === null ? sql`` : sql`and d.status = any(${textArrayOf(statuses)}::text[])`} ${beyond}
    order by d.id ${ascending ? sql`` : sql`desc`} limit ${window.limit}`;
  return pageOf(rows.map(disputeNowFrom), window, key, ({ id }) => [id]);
}

/** A dispute whoever's it is, as people are shown it. */
export async function disputeNow(reader: Reader, id: Uuid): Promise<Dispute | undefined> {
  const rows = await reader.sql<
    DisputeNowRow[]
  >`select ${columnsNow(reader)} from disputes d where d.id = ${id}`;
  return rows.map(disputeNowFrom)[0];
}
