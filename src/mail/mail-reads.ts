import type { Reader } from '../db/client.ts';
import { type ConnectionArgs, type Page, pageOf, pageWindow } from '../graphql/connection.ts';
import { keyset } from '../graphql/cursor.ts';
import type { Uuid } from '../id.ts';
import { type Mail, type MailRow, mailColumns, mailFromRow } from './mail.ts';

const ORDER = keyset('sandboxMail', 'uuid');

/**
 * A page of the mail of a team, or of all teams, the newest first.
 * @throws DomainError BAD_USER_INPUT as `pageWindow` does.
 */
export async function mailPage(
  reader: Reader,
  teamId: Uuid | undefined,
  args: ConnectionArgs,
): Promise<Page<Mail>> {
  const { sql } = reader;
  const window = pageWindow(args, ORDER);
  const ascending = window.direction === 'BACKWARD';
  const from = window.from?.[0];
  const beyond = from === undefined ? sql`` : ascending ? sql`and m.id > ${from}` : sql`and m.id < ${from}`;
  const rows = await sql<MailRow[]>`
    select ${mailColumns(reader)} from mails m
    where ${teamId === undefined ? sql`true` : sql`m.team_id = ${teamId}`} ${beyond}
    order by m.id ${ascending ? sql`` : sql`desc`} limit ${window.limit}`;
  return pageOf(rows.map(mailFromRow), window, ORDER, ({ id }) => [id]);
}

/** The mail with this id, whoever's it is. */
export async function mailById(reader: Reader, id: Uuid): Promise<Mail | undefined> {
  const rows = await reader.sql<MailRow[]>`select ${mailColumns(reader)} from mails m where m.id = ${id}`;
  return rows.map(mailFromRow)[0];
}
