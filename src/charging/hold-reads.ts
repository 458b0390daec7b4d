import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import type { UsageScope } from '../graphql/auth.ts';
import type { PageWindow } from '../graphql/connection.ts';
import { firstUuidAt, type Uuid } from '../id.ts';
import { isAmong, type SearchedTeams } from './charge-reads.ts';
import { HOLD_LIMITS, HOLD_STATUS, type Hold, type HoldStatus } from './hold.ts';
import { type HoldRow, holdColumns, holdFromRow } from './hold-rows.ts';
import { firstExpiryUnswept } from './hold-sweeper.ts';

/** Those of these holds that belong to these teams, as they are by now. */
export async function findHolds(reader: Reader, ids: readonly Uuid[], among: SearchedTeams): Promise<Hold[]> {
  // Fenced off, so that each is a search by its id and never a scan of all that a team has.
  const rows = await reader.sql<HoldRow[]>`
    select found.* from unnest(${arrayOf(ids)}::uuid[]) as n (id)
    cross join lateral (
      select ${holdColumns(reader)} from holds h where h.id = n.id offset 0
    ) found where ${isAmong(reader, among)}`;
  return rows.map(holdFromRow);
}

/** Which holds of a team are listed. Absent members let all pass. */
export interface HoldFilter {
  readonly status?: HoldStatus | undefined;
  readonly modelId?: Uuid | undefined;
  readonly memberId?: Uuid | undefined;
  readonly apiKeyId?: Uuid | undefined;
}

export type HoldOrder = 'PLACED_DESC' | 'PLACED_ASC';

/** Up to `window.limit` holds of a team beyond `window.from`. Ids sort in the order of placing. */
export async function holdsOf(
  reader: Reader,
  teamId: Uuid,
  scope: UsageScope,
  filter: HoldFilter,
  order: HoldOrder,
  window: PageWindow<readonly ['uuid']>,
): Promise<Hold[]> {
  const { sql } = reader;
  const ascending = (order === 'PLACED_ASC') === (window.direction === 'FORWARD');
  const from = window.from?.[0];
  const conditions = [
    sql`h.team_id = ${teamId}`,
    ...inScope(reader, scope),
    ...inFilter(reader, filter),
    ...(filter.status === 'HELD' ? [sql`and h.id >= ${await firstThatMayBeOpen(reader)}`] : []),
    ...(from === undefined ? [] : [ascending ? sql`and h.id > ${from}` : sql`and h.id < ${from}`]),
  ];
  const rows = await sql<HoldRow[]>`
    select ${holdColumns(reader)} from holds h where ${conditions}
    order by h.id ${ascending ? sql`` : sql`desc`} limit ${window.limit}`;
  return rows.map(holdFromRow);
}

function inScope({ sql }: Reader, scope: UsageScope) {
  if (scope.kind === 'ALL') return [];
  return [
    scope.kind === 'MEMBER'
      ? sql`and h.member_id = ${scope.memberId}`
      : sql`and h.api_key_id = ${scope.apiKeyId}`,
  ];
}

function inFilter({ sql }: Reader, { status, modelId, memberId, apiKeyId }: HoldFilter) {
  return [
    status === undefined ? [] : sql`and h.status = ${HOLD_STATUS[status]}`,
    modelId === undefined ? [] : sql`and h.model_id = ${modelId}`,
    memberId === undefined ? [] : sql`and h.member_id = ${memberId}`,
    apiKeyId === undefined ? [] : sql`and h.api_key_id = ${apiKeyId}`,
  ].flat();
}

/** Sorts before the ids of all open holds, so that a list of these does not walk all that a team has ever held. */
async function firstThatMayBeOpen(reader: Reader): Promise<Uuid> {
  const expiry = await firstExpiryUnswept(reader);
  return firstUuidAt(expiry.getTime() - HOLD_LIMITS.longestLifeMs);
}
