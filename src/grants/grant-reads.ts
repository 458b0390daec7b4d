import type { ActorKind, ActorRef } from '../actor.ts';
import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import { type ConnectionArgs, type Page, pageOf, pageWindow } from '../graphql/connection.ts';
import { keyset } from '../graphql/cursor.ts';
import type { Uuid } from '../id.ts';
import type { GrantAccount, GrantKind, GrantStatus } from '../ledger/grant-account.ts';
import { type GrantRow, grantColumns, grantOf } from '../ledger/rows.ts';
import { bookOf, readStandings } from '../ledger/standing.ts';
import type { NanoCredits } from '../money.ts';

/** A grant and whose it is. */
export interface TeamGrant {
  readonly teamId: Uuid;
  readonly grant: GrantAccount;
}

/** Which grants of a team to list; every condition given must hold. */
export interface GrantFilter {
  readonly statuses?: readonly GrantStatus[] | null;
  readonly kind?: GrantKind | null;
  readonly sources?: readonly string[] | null;
}

export type GrantOrder = 'CREATED_DESC' | 'CREATED_ASC' | 'EXPIRES_ASC';

/** The grants with these ids, in any order, as if everything due by `now` had been booked. */
export async function grantsById(reader: Reader, ids: readonly Uuid[], now: Date): Promise<TeamGrant[]> {
  const rows = await reader.sql<GrantRow[]>`
    select ${grantColumns(reader)} from unnest(${arrayOf(ids)}::uuid[]) as n (id) join grants g on g.id = n.id`;
  const due = await dueGrants(reader, [...new Set(rows.map((row) => row.team_id))], now);
  return rows.map((row) => ({ teamId: row.team_id, grant: due.get(row.id) ?? grantOf(row) }));
}

/** The team that a grant belongs to; undefined: no such grant. */
export async function teamOfGrant(reader: Reader, grantId: Uuid): Promise<Uuid | undefined> {
  const [row] = await reader.sql<{ team_id: Uuid }[]>`select team_id from grants where id = ${grantId}`;
  return row?.team_id;
}

/** A page of a team's grants, as if everything due by `now` had been booked. @throws DomainError as `pageWindow` */
export async function grantPage(
  reader: Reader,
  teamId: Uuid,
  { filter, order, args }: { filter: GrantFilter; order: GrantOrder; args: ConnectionArgs },
  now: Date,
): Promise<Page<GrantAccount>> {
  const due = await dueGrants(reader, [teamId], now);
  const conditions = whereOf(reader, filter, [...due.values()]);
  if (order === 'EXPIRES_ASC') return byExpiry(reader, teamId, conditions, args, due);
  const { sql } = reader;
  const key = keyset(`team.grants.${order}`, 'uuid');
  const window = pageWindow(args, key);
  const ascending = (order === 'CREATED_ASC') === (window.direction === 'FORWARD');
  const from = window.from?.[0];
  const beyond = from === undefined ? sql`` : ascending ? sql`and g.id > ${from}` : sql`and g.id < ${from}`;
  const rows = await sql<GrantRow[]>`
    select ${grantColumns(reader)} from grants g where g.team_id = ${teamId} ${conditions} ${beyond}
    order by g.id ${ascending ? sql`` : sql`desc`} limit ${window.limit}`;
  return pageOf(asBooked(rows, due), window, key, ({ id }) => [id]);
}

const NEVER = '9999-12-31T23:59:59.999Z';

async function byExpiry(
  reader: Reader,
  teamId: Uuid,
  conditions: Conditions,
  args: ConnectionArgs,
  due: DueGrants,
): Promise<Page<GrantAccount>> {
  const { sql } = reader;
  const key = keyset('team.grants.EXPIRES_ASC', 'instant', 'uuid');
  const window = pageWindow(args, key);
  const forward = window.direction === 'FORWARD';
  const expiry = sql`coalesce(g.expires_at, ${NEVER}::timestamptz)`;
  const from = window.from && sql`(${window.from[0].toISOString()}::timestamptz, ${window.from[1]}::uuid)`;
  const beyond = from ? sql`and (${expiry}, g.id) ${forward ? sql`>` : sql`<`} ${from}` : sql``;
  const rows = await sql<GrantRow[]>`
    select ${grantColumns(reader)} from grants g where g.team_id = ${teamId} ${conditions} ${beyond}
    order by ${expiry} ${forward ? sql`` : sql`desc`}, g.id ${forward ? sql`` : sql`desc`} limit ${window.limit}`;
  const expiryOf = ({ expiresAtMs }: GrantAccount) => new Date(expiresAtMs ?? NEVER);
  return pageOf(asBooked(rows, due), window, key, (grant) => [expiryOf(grant), grant.id]);
}

type Conditions = ReturnType<typeof whereOf>;

function whereOf({ sql }: Reader, { statuses, kind, sources }: GrantFilter, due: readonly GrantAccount[]) {
  // Without any condition an empty fragment: the driver takes an empty list for a value.
  return [
    sql``,
    statuses == null ? [] : sql`and ${statusOf({ sql }, due)} = any(${arrayOf(statuses)}::text[])`,
    kind == null ? [] : sql`and g.kind = ${kind}`,
    sources == null ? [] : sql`and g.source = any(${arrayOf(sources)}::text[])`,
  ].flat();
}

/** What the status will be once everything due is booked. */
function statusOf({ sql }: Pick<Reader, 'sql'>, due: readonly GrantAccount[]) {
  if (due.length === 0) return sql`g.status`;
  return sql`coalesce((
    select n.status from unnest(${arrayOf(due.map(({ id }) => id))}::uuid[], ${arrayOf(due.map(({ status }) => status))}::text[])
      as n (id, status) where n.id = g.id), g.status)`;
}

type DueGrants = ReadonlyMap<Uuid, GrantAccount>;

/** Grants of which something is due and not booked yet, as they will be then. */
async function dueGrants(reader: Reader, teamIds: readonly Uuid[], now: Date): Promise<DueGrants> {
  const due = await reader.sql<{ team_id: Uuid }[]>`
    select w.team_id from unnest(${arrayOf(teamIds)}::uuid[]) as t (id) join wallets w on w.team_id = t.id
    where w.next_due_at <= ${now.toISOString()}::timestamptz`;
  if (due.length === 0) return new Map();
  const standings = await readStandings(
    reader,
    due.map(({ team_id }) => team_id),
  );
  const books = [...standings.values()].map((standing) => bookOf(standing, now.getTime()));
  return new Map(books.flatMap(({ changedGrants }) => [...changedGrants].map((grant) => [grant.id, grant])));
}

function asBooked(rows: readonly GrantRow[], due: DueGrants): GrantAccount[] {
  return rows.map((row) => due.get(row.id) ?? grantOf(row));
}

/** What an operator changed of a grant. */
export interface GrantChange {
  readonly grantId: Uuid;
  readonly change: 'EXTENDED' | 'VOIDED';
  readonly expiresAtBefore: Date | null;
  readonly expiresAtAfter: Date | null;
  /** What came back or was taken. */
  readonly amountNano: NanoCredits;
  readonly at: Date;
  readonly actor: ActorRef;
  readonly reason: string;
}

/** What operators changed of these grants, in order, within a millisecond too: voiding is final, expiries grow. */
export async function changesOf(
  reader: Reader,
  grants: readonly { readonly teamId: Uuid; readonly grantId: Uuid }[],
): Promise<GrantChange[]> {
  const rows = await reader.sql<
    {
      grant_id: Uuid;
      change: GrantChange['change'];
      expires_at_before: Date | null;
      expires_at_after: Date | null;
      amount_nano: bigint;
      at: Date;
      actor_kind: ActorKind;
      actor_id: Uuid | null;
      reason: string;
    }[]
  >`
    select c.grant_id, c.change, c.expires_at_before, c.expires_at_after, c.amount_nano, c.at, c.actor_kind, c.actor_id, c.reason
    from unnest(${arrayOf(grants.map(({ teamId }) => teamId))}::uuid[], ${arrayOf(grants.map(({ grantId }) => grantId))}::uuid[])
      as n (team_id, grant_id)
    join grant_changes c on c.team_id = n.team_id and c.grant_id = n.grant_id
    order by c.at, c.change = 'VOIDED', c.expires_at_before`;
  return rows.map((row) => ({
    grantId: row.grant_id,
    change: row.change,
    expiresAtBefore: row.expires_at_before,
    expiresAtAfter: row.expires_at_after,
    amountNano: row.amount_nano,
    at: row.at,
    actor: { kind: row.actor_kind, id: row.actor_id },
    reason: row.reason,
  }));
}
