import { CHARGE_STATUS } from '../charging/charge.ts';
import { RUN_STATUS, type Run, type RunStatus } from '../charging/run.ts';
import { type RunRow, runColumns, runFromRow } from '../charging/run-rows.ts';
import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import type { UsageScope } from '../graphql/auth.ts';
import { type ConnectionArgs, type Page, pageOf, pageWindow } from '../graphql/connection.ts';
import { keyset } from '../graphql/cursor.ts';
import { firstUuidAt, type Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { RunCost, StepCost } from './run-cost.ts';

/** The runs with these ids, whose ever they are: an id alone does not say that. */
export async function findRuns(reader: Reader, ids: readonly Uuid[]): Promise<Run[]> {
  const rows = await reader.sql<RunRow[]>`
    select found.* from unnest(${arrayOf(ids)}::uuid[]) as n (id)
    cross join lateral (select ${runColumns(reader)} from runs r where r.id = n.id offset 0) found`;
  return rows.map(runFromRow);
}

/** What these runs have cost, all of it as of one moment, in their order. */
export async function costsOf(
  reader: Reader,
  runs: readonly Pick<Run, 'teamId' | 'id'>[],
): Promise<RunCost[]> {
  const rows = await reader.sql<{ place: number; step: number; spent: bigint; charges: bigint }[]>`
    select n.place::int4 as place, c.step, sum(c.nano)::int8 as spent, count(*) as charges
    from unnest(${arrayOf(runs.map(({ teamId }) => teamId))}::uuid[], ${arrayOf(runs.map(({ id }) => id))}::uuid[])
      with ordinality as n (team_id, id, place)
    cross join lateral (
      select c.run_step as step, ${keptNano(reader)} as nano
      from charges c left join reversals v on v.team_id = c.team_id and v.charge_id = c.id
      where c.team_id = n.team_id and c.run_id = n.id offset 0
    ) c group by n.place, c.step`;
  const costs = runs.map(() => new Map<number, StepCost>());
  for (const { place, step, spent, charges } of rows)
    costs[place - 1]?.set(step, { spentNano: spent, charges });
  return costs;
}

/** What a charge `c` has cost, of which reversal `v` has given something back. */
function keptNano({ sql }: Reader) {
  return sql`case c.status when ${CHARGE_STATUS.CHARGED} then c.amount_nano - coalesce(v.amount_nano, 0) else 0 end`;
}

/** Which runs of a team are listed. Absent members let all pass. */
export interface RunFilter {
  readonly status?: RunStatus | undefined;
  readonly startedAt?: { readonly from?: Date | undefined; readonly before?: Date | undefined } | undefined;
  readonly modelId?: Uuid | undefined;
  readonly memberId?: Uuid | undefined;
  readonly apiKeyId?: Uuid | undefined;
  /** A part of the name, in upper or lower case. */
  readonly nameContains?: string | undefined;
}

export type RunOrder = 'STARTED_DESC' | 'STARTED_ASC' | 'COST_DESC' | 'COST_ASC';

/** Which page of a team's runs. */
export interface RunList {
  readonly filter: RunFilter;
  readonly order: RunOrder;
  readonly args: ConnectionArgs;
}

/** A page of the runs of a team that the asker may see. @throws DomainError as `pageWindow` does. */
export function runPage(reader: Reader, teamId: Uuid, scope: UsageScope, list: RunList): Promise<Page<Run>> {
  const conditions = [...inScope(reader, scope), ...inFilter(reader, list.filter)];
  const isByCost = list.order === 'COST_DESC' || list.order === 'COST_ASC';
  return isByCost ? byCost(reader, teamId, conditions, list) : byStart(reader, teamId, conditions, list);
}

type Conditions = ReturnType<typeof inFilter>;

/** Ids sort in the order in which runs were started. */
async function byStart(
  reader: Reader,
  teamId: Uuid,
  conditions: Conditions,
  { order, args }: RunList,
): Promise<Page<Run>> {
  const { sql } = reader;
  const key = keyset(`team.runs.${order}`, 'uuid');
  const window = pageWindow(args, key);
  const ascending = (order === 'STARTED_ASC') === (window.direction === 'FORWARD');
  const from = window.from?.[0];
  const beyond = from === undefined ? sql`` : ascending ? sql`and r.id > ${from}` : sql`and r.id < ${from}`;
  const rows = await sql<RunRow[]>`
    select ${runColumns(reader)} from runs r where r.team_id = ${teamId} ${conditions} ${beyond}
    order by r.id ${ascending ? sql`` : sql`desc`} limit ${window.limit}`;
  return pageOf(rows.map(runFromRow), window, key, ({ id }) => [id]);
}

/** Sorts all runs that pass: what a run has cost is on its row, but for reversals, which are few. */
async function byCost(
  reader: Reader,
  teamId: Uuid,
  conditions: Conditions,
  { order, args }: RunList,
): Promise<Page<Run>> {
  const { sql } = reader;
  const key = keyset(`team.runs.${order}`, 'int8', 'uuid');
  const window = pageWindow(args, key);
  const ascending = (order === 'COST_ASC') === (window.direction === 'FORWARD');
  const direction = ascending ? sql`` : sql`desc`;
  const from = window.from && sql`(${window.from[0]}::int8, ${window.from[1]}::uuid)`;
  const beyond = from ? sql`where (r.cost_nano, r.id) ${ascending ? sql`>` : sql`<`} ${from}` : sql``;
  const rows = await sql<(RunRow & { cost_nano: bigint })[]>`
    with reversed as (
      select c.run_id, sum(v.amount_nano)::int8 as nano from reversals v
      cross join lateral (
        select c.run_id from charges c where c.team_id = v.team_id and c.id = v.charge_id and c.run_id is not null offset 0
      ) c where v.team_id = ${teamId} group by c.run_id
    )
    select r.* from (
      select ${runColumns(reader)}, r.spent_nano - coalesce(v.nano, 0) as cost_nano
      from runs r left join reversed v on v.run_id = r.id where r.team_id = ${teamId} ${conditions}
    ) r ${beyond} order by r.cost_nano ${direction}, r.id ${direction} limit ${window.limit}`;
  const costs = new Map<Uuid, NanoCredits>(rows.map((row) => [row.id, row.cost_nano]));
  return pageOf(rows.map(runFromRow), window, key, ({ id }) => [costs.get(id) ?? 0n, id]);
}

function inScope({ sql }: Reader, scope: UsageScope) {
  if (scope.kind === 'ALL') return [];
  return [
    scope.kind === 'MEMBER'
      ? sql`and r.member_id = ${scope.memberId}`
      : sql`and r.api_key_id = ${scope.apiKeyId}`,
  ];
}

function inFilter({ sql }: Reader, filter: RunFilter) {
  const { status, startedAt = {}, modelId, memberId, apiKeyId, nameContains } = filter;
  const { from, before } = startedAt;
  // Without any condition an empty fragment: the driver takes an empty list for a value.
  return [
    sql``,
    status === undefined ? [] : sql`and r.status = ${RUN_STATUS[status]}`,
    from ? sql`and r.id >= ${firstUuidAt(from.getTime())}` : [],
    before ? sql`and r.id < ${firstUuidAt(before.getTime())}` : [],
    modelId === undefined ? [] : sql`and r.steps @> ${JSON.stringify([{ modelId }])}::text::jsonb`,
    memberId === undefined ? [] : sql`and r.member_id = ${memberId}`,
    apiKeyId === undefined ? [] : sql`and r.api_key_id = ${apiKeyId}`,
    nameContains === undefined ? [] : sql`and strpos(lower(r.name), lower(${nameContains}::text)) > 0`,
  ].flat();
}
