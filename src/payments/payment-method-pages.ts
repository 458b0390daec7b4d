import type { Reader } from '../db/client.ts';
import { type ConnectionArgs, type Page, pageOf, pageWindow } from '../graphql/connection.ts';
import { keyset } from '../graphql/cursor.ts';
import type { Uuid } from '../id.ts';
import type { StoredMethod } from './payment-method.ts';
import { type MethodRow, methodColumns, methodFromRow } from './payment-methods.ts';

/** A page of the methods of a team that may be used, the newest first. @throws DomainError BAD_USER_INPUT as `pageWindow` does. */
export async function methodPage(
  reader: Reader,
  teamId: Uuid,
  args: ConnectionArgs,
): Promise<Page<StoredMethod>> {
  const { sql } = reader;
  const key = keyset('team.paymentMethods', 'uuid');
  const window = pageWindow(args, key);
  const forward = window.direction === 'FORWARD';
  const from = window.from?.[0];
  const beyond = from === undefined ? sql`` : forward ? sql`and p.id < ${from}` : sql`and p.id > ${from}`;
  const rows = await sql<MethodRow[]>`
    select ${methodColumns(reader)} from payment_methods p
    where p.team_id = ${teamId} and p.removed_at is null ${beyond}
    order by p.id ${forward ? sql`desc` : sql``} limit ${window.limit}`;
  return pageOf(rows.map(methodFromRow), window, key, ({ id }) => [id]);
}
