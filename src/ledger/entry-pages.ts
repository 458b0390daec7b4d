import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import { type ConnectionArgs, type Page, pageOf, pageWindow } from '../graphql/connection.ts';
import { keyset } from '../graphql/cursor.ts';
import type { Uuid } from '../id.ts';
import { ENTRY_KIND, type EntryKindName } from './account.ts';
import { type EntryRow, entryColumns, entryOfRow } from './entries.ts';
import type { Entry } from './entry.ts';
import { lastSeqAt } from './last-seq.ts';

/** Which entries to list; every condition given must hold. */
export interface EntryFilter {
  readonly kinds?: readonly EntryKindName[] | null;
  /** Those that touch this grant. */
  readonly grantId?: Uuid | null;
  readonly postedAt?: { readonly from?: Date | null; readonly before?: Date | null } | null;
  /** Numbers from the first on, up to the last, which is included. */
  readonly seq?: { readonly from?: bigint | null; readonly to?: bigint | null } | null;
}

export type EntryOrder = 'SEQ_ASC' | 'SEQ_DESC';

/** A page of the journal of a team. @throws DomainError BAD_USER_INPUT as `pageWindow` does. */
export async function entryPage(
  reader: Reader,
  teamId: Uuid,
  filter: EntryFilter,
  order: EntryOrder,
  args: ConnectionArgs,
): Promise<Page<Entry>> {
  const { sql } = reader;
  const key = keyset(`team.ledgerEntries.${order}`, 'int8');
  const window = pageWindow(args, key);
  const ascending = (order === 'SEQ_ASC') === (window.direction === 'FORWARD');
  const from = window.from?.[0];
  const beyond = from === undefined ? sql`` : ascending ? sql`and e.seq > ${from}` : sql`and e.seq < ${from}`;
  const inTime = await inPeriod(reader, teamId, filter);
  const rows = await sql<EntryRow[]>`
    select ${entryColumns(reader)} from entries e
    where e.team_id = ${teamId} ${conditions(reader, filter)} ${inTime} ${beyond}
    order by e.seq ${ascending ? sql`` : sql`desc`} limit ${window.limit}`;
  return pageOf(rows.map(entryOfRow), window, key, ({ seq }) => [seq]);
}

function conditions({ sql }: Reader, { kinds, grantId, seq }: EntryFilter) {
  // Without any condition an empty fragment: the driver takes an empty list for a value.
  return [
    sql``,
    kinds == null ? [] : sql`and e.kind = any(${arrayOf(kinds.map((kind) => ENTRY_KIND[kind]))}::int2[])`,
    grantId == null ? [] : sql`and ${grantId} in (e.debit_ref, e.credit_ref)`,
    seq?.from == null ? [] : sql`and e.seq >= ${seq.from}`,
    seq?.to == null ? [] : sql`and e.seq <= ${seq.to}`,
  ].flat();
}

/** The journal is in the order of posting: instants become numbers. */
async function inPeriod(reader: Reader, teamId: Uuid, { postedAt }: EntryFilter) {
  const { sql } = reader;
  if (!postedAt?.from && !postedAt?.before) return [sql``];
  const [wallet] = await sql<{ seq: bigint }[]>`select seq from wallets where team_id = ${teamId}`;
  const lastBefore = (at: Date) => lastSeqAt(reader, teamId, wallet?.seq ?? 0n, at.getTime() - 1);
  return [
    postedAt.from ? sql`and e.seq > ${await lastBefore(postedAt.from)}` : [],
    postedAt.before ? sql`and e.seq <= ${await lastBefore(postedAt.before)}` : [],
  ].flat();
}
