import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import type { UsageScope } from '../graphql/auth.ts';
import type { PageWindow } from '../graphql/connection.ts';
import { firstUuidAt, type Uuid } from '../id.ts';
import { ENTRY_KIND } from '../ledger/account.ts';
import { type EntryRow, entryColumns, entryOfRow } from '../ledger/entries.ts';
import type { Entry } from '../ledger/entry.ts';
import type { NanoCredits } from '../money.ts';
import { CHARGE_STATUS, type Charge, type ChargeStatus } from './charge.ts';
import { type ChargeRow, chargeColumns, chargeFromRow } from './charge-rows.ts';

/*
 * Look-ups of several rows are fenced off by `offset 0`: whatever the statistics say, each is a search in the primary
 * key. A join would be planned as a scan of all that a team has.
 */

/** The teams among which a charge or hold is looked for: its id alone does not say whose it is. */
export type SearchedTeams =
  | { readonly kind: 'ANY_TEAM' }
  | { readonly kind: 'TEAM'; readonly teamId: Uuid }
  | { readonly kind: 'TEAMS_OF_USER'; readonly userId: Uuid };

/** Those of these charges that belong to these teams. Charges never change, so no lock is needed to rely on them. */
export async function findCharges(
  reader: Reader,
  ids: readonly Uuid[],
  among: SearchedTeams,
): Promise<Charge[]> {
  const rows = await reader.sql<ChargeRow[]>`
    select found.* from unnest(${arrayOf(ids)}::uuid[]) as n (id)
    cross join lateral (
      select ${chargeColumns(reader)} from charges c where c.id = n.id offset 0
    ) found where ${isAmong(reader, among)}`;
  return rows.map(chargeFromRow);
}

/** Whether a row of `found` belongs to these teams. */
export function isAmong({ sql }: Reader, among: SearchedTeams) {
  if (among.kind === 'TEAM') return sql`found.team_id = ${among.teamId}`;
  if (among.kind === 'TEAMS_OF_USER')
    return sql`found.team_id in (select team_id from memberships where user_id = ${among.userId})`;
  return sql`true`;
}

/** An interval of time: from the first instant on, before the second. */
export interface Period {
  readonly from?: Date | undefined;
  readonly before?: Date | undefined;
}

/** Which charges of a team are listed. Absent members let all pass. */
export interface ChargeFilter {
  readonly modelId?: Uuid | undefined;
  readonly memberId?: Uuid | undefined;
  readonly apiKeyId?: Uuid | undefined;
  readonly runId?: Uuid | undefined;
  readonly status?: ChargeStatus | undefined;
  readonly occurredAt?: Period | undefined;
  readonly postedAt?: Period | undefined;
  readonly minAmountNano?: NanoCredits | undefined;
  readonly tag?: { readonly name: string; readonly value: string } | undefined;
}

export type ChargeOrder = 'POSTED_DESC' | 'POSTED_ASC';

/** Up to `window.limit` charges of a team beyond `window.from`. Ids sort in the order of posting. */
export async function chargesOf(
  reader: Reader,
  teamId: Uuid,
  scope: UsageScope,
  filter: ChargeFilter,
  order: ChargeOrder,
  window: PageWindow<readonly ['uuid']>,
): Promise<Charge[]> {
  const { sql } = reader;
  const ascending = (order === 'POSTED_ASC') === (window.direction === 'FORWARD');
  const from = window.from?.[0];
  const conditions = [
    sql`c.team_id = ${teamId}`,
    ...inScope(reader, scope),
    ...inFilter(reader, filter),
    ...inPeriods(reader, filter),
    ...(from === undefined ? [] : [ascending ? sql`and c.id > ${from}` : sql`and c.id < ${from}`]),
  ];
  const rows = await sql<ChargeRow[]>`
    select ${chargeColumns(reader)} from charges c where ${conditions}
    order by c.id ${ascending ? sql`` : sql`desc`} limit ${window.limit}`;
  return rows.map(chargeFromRow);
}

function inScope({ sql }: Reader, scope: UsageScope) {
  if (scope.kind === 'ALL') return [];
  return [
    scope.kind === 'MEMBER'
      ? sql`and c.member_id = ${scope.memberId}`
      : sql`and c.api_key_id = ${scope.apiKeyId}`,
  ];
}

function inFilter({ sql }: Reader, filter: ChargeFilter) {
  const { modelId, memberId, apiKeyId, runId, status, minAmountNano, tag } = filter;
  return [
    modelId === undefined ? [] : sql`and c.model_id = ${modelId}`,
    memberId === undefined ? [] : sql`and c.member_id = ${memberId}`,
    apiKeyId === undefined ? [] : sql`and c.api_key_id = ${apiKeyId}`,
    runId === undefined ? [] : sql`and c.run_id = ${runId}`,
    status === undefined ? [] : sql`and c.status = ${CHARGE_STATUS[status]}`,
    minAmountNano === undefined ? [] : sql`and c.amount_nano >= ${minAmountNano}`,
    tag === undefined ? [] : sql`and c.tags ->> ${tag.name}::text = ${tag.value}`,
  ].flat();
}

const DAY_MS = 86_400_000;
/** No setting lets usage be reported longer after or before it occurred. */
const LATEST_REPORT_MS = 366 * DAY_MS;
const EARLIEST_REPORT_MS = DAY_MS;

/** Ids begin with the posting time, so periods become ranges of the primary key. */
function inPeriods({ sql }: Reader, { occurredAt = {}, postedAt = {} }: ChargeFilter) {
  const idFrom = (at: Date, offsetMs = 0) => sql`and c.id >= ${firstUuidAt(at.getTime() + offsetMs)}`;
  const idBefore = (at: Date, offsetMs = 0) => sql`and c.id < ${firstUuidAt(at.getTime() + offsetMs)}`;
  return [
    postedAt.from ? idFrom(postedAt.from) : [],
    postedAt.before ? idBefore(postedAt.before) : [],
    occurredAt.from
      ? [
          idFrom(occurredAt.from, -EARLIEST_REPORT_MS),
          sql`and c.occurred_at >= ${occurredAt.from.toISOString()}::timestamptz`,
        ]
      : [],
    occurredAt.before
      ? [
          idBefore(occurredAt.before, LATEST_REPORT_MS),
          sql`and c.occurred_at < ${occurredAt.before.toISOString()}::timestamptz`,
        ]
      : [],
  ].flat();
}

/** The entries that these charges posted, in order. */
export async function chargeEntries(reader: Reader, charges: readonly Charge[]): Promise<Entry[]> {
  const posted = charges.filter(({ fromSeq }) => fromSeq !== null);
  if (posted.length === 0) return [];
  const rows = await reader.sql<EntryRow[]>`
    select e.* from unnest(${arrayOf(posted.map((c) => c.teamId))}::uuid[], ${arrayOf(posted.map((c) => c.fromSeq))}::int8[],
      ${arrayOf(posted.map((c) => c.toSeq))}::int8[]) as n (team_id, from_seq, to_seq)
    cross join lateral (
      select ${entryColumns(reader)} from entries e
      where e.team_id = n.team_id and e.seq between n.from_seq and n.to_seq and e.kind = ${ENTRY_KIND.CHARGE} offset 0
    ) e
    order by e.team_id, e.seq`;
  return rows.map(entryOfRow);
}

/** How a charge was given back. */
export interface Reversal {
  readonly teamId: Uuid;
  readonly chargeId: Uuid;
  readonly amountNano: NanoCredits;
  readonly postedAt: Date;
  readonly reason: string;
}

/** The reversals of those of these charges that have been reversed. */
export async function reversalsOf(
  reader: Reader,
  charges: readonly Pick<Charge, 'teamId' | 'id'>[],
): Promise<Reversal[]> {
  const rows = await reader.sql<
    { team_id: Uuid; charge_id: Uuid; amount_nano: bigint; posted_at: Date; reason: string }[]
  >`
    select r.team_id, r.charge_id, r.amount_nano, r.posted_at, r.reason
    from unnest(${arrayOf(charges.map((c) => c.teamId))}::uuid[], ${arrayOf(charges.map((c) => c.id))}::uuid[])
      as n (team_id, id)
    cross join lateral (
      select * from reversals r where r.team_id = n.team_id and r.charge_id = n.id offset 0
    ) r`;
  return rows.map((row) => ({
    teamId: row.team_id,
    chargeId: row.charge_id,
    amountNano: row.amount_nano,
    postedAt: row.posted_at,
    reason: row.reason,
  }));
}
