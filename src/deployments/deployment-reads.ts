import { CHARGE_STATUS, type Charge } from '../charging/charge.ts';
import { type ChargeRow, chargeColumns, chargeFromRow } from '../charging/charge-rows.ts';
import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import { type ConnectionArgs, type Page, pageOf, pageWindow } from '../graphql/connection.ts';
import { keyset } from '../graphql/cursor.ts';
import { firstUuidAt, type Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { Deployment, DeploymentSlot, DeploymentStatus } from './deployment.ts';
import {
  type DeploymentRow,
  deploymentColumns,
  deploymentFromRow,
  type SlotRow,
  slotColumns,
  slotFromRow,
} from './deployment-rows.ts';

/** Which deployments of a team to list; every condition given must hold. */
export interface DeploymentFilter {
  readonly statuses?: readonly DeploymentStatus[] | null;
  readonly instanceTypeId?: Uuid | undefined;
}

export type DeploymentOrder = 'CREATED_DESC' | 'CREATED_ASC' | 'NAME_ASC' | 'NAME_DESC';

/** A deployment, named by its team. */
export type DeploymentKey = Pick<Deployment, 'teamId' | 'id'>;

/** The deployments with these ids, of any teams and in any order. */
export async function deploymentsById(reader: Reader, ids: readonly Uuid[]): Promise<Deployment[]> {
  const rows = await reader.sql<DeploymentRow[]>`
    select found.* from unnest(${arrayOf(ids)}::uuid[]) as n (id)
    cross join lateral (
      select ${deploymentColumns(reader)} from deployments d where d.id = n.id offset 0
    ) found`;
  return rows.map(deploymentFromRow);
}

/** A page of a team's deployments. @throws DomainError BAD_USER_INPUT as `pageWindow` does. */
export function deploymentPage(
  reader: Reader,
  teamId: Uuid,
  list: { filter: DeploymentFilter; order: DeploymentOrder; args: ConnectionArgs },
): Promise<Page<Deployment>> {
  const byName = list.order === 'NAME_ASC' || list.order === 'NAME_DESC';
  return byName ? pageByName(reader, teamId, list) : pageByCreation(reader, teamId, list);
}

interface DeploymentList {
  readonly filter: DeploymentFilter;
  readonly order: DeploymentOrder;
  readonly args: ConnectionArgs;
}

/** Ids begin with the time of creation. */
async function pageByCreation(
  reader: Reader,
  teamId: Uuid,
  { filter, order, args }: DeploymentList,
): Promise<Page<Deployment>> {
  const { sql } = reader;
  const key = keyset(`team.deployments.${order}`, 'uuid');
  const window = pageWindow(args, key);
  const ascending = (order === 'CREATED_ASC') === (window.direction === 'FORWARD');
  const from = window.from?.[0];
  const beyond = from === undefined ? sql`` : ascending ? sql`and d.id > ${from}` : sql`and d.id < ${from}`;
  const rows = await sql<DeploymentRow[]>`
    select ${deploymentColumns(reader)} from deployments d
    where d.team_id = ${teamId} ${conditions(reader, filter)} ${beyond}
    order by d.id ${ascending ? sql`` : sql`desc`} limit ${window.limit}`;
  return pageOf(rows.map(deploymentFromRow), window, key, ({ id }) => [id]);
}

/** By the code points of names, whatever the database's locale. */
async function pageByName(
  reader: Reader,
  teamId: Uuid,
  { filter, order, args }: DeploymentList,
): Promise<Page<Deployment>> {
  const { sql } = reader;
  const key = keyset(`team.deployments.${order}`, 'text', 'uuid');
  const window = pageWindow(args, key);
  const ascending = (order === 'NAME_ASC') === (window.direction === 'FORWARD');
  const [name, id] = window.from ?? [];
  const place = sql`(d.name collate "C", d.id)`;
  const from = sql`(${name ?? ''}::text collate "C", ${id ?? null}::uuid)`;
  const beyond = id === undefined ? sql`` : sql`and ${place} ${ascending ? sql`>` : sql`<`} ${from}`;
  const direction = ascending ? sql`` : sql`desc`;
  const rows = await sql<DeploymentRow[]>`
    select ${deploymentColumns(reader)} from deployments d
    where d.team_id = ${teamId} ${conditions(reader, filter)} ${beyond}
    order by d.name collate "C" ${direction}, d.id ${direction} limit ${window.limit}`;
  return pageOf(rows.map(deploymentFromRow), window, key, (found) => [found.name, found.id]);
}

function conditions({ sql }: Reader, { statuses, instanceTypeId }: DeploymentFilter) {
  // Without any condition an empty fragment: the driver takes an empty list for a value.
  return [
    sql``,
    statuses == null ? [] : sql`and d.status = any(${arrayOf(statuses)}::text[])`,
    instanceTypeId === undefined ? [] : sql`and d.instance_type_id = ${instanceTypeId}`,
  ].flat();
}

/** A page of the slots of a deployment that are wanted or paid for: those of no other matter to anybody. */
export async function slotPage(
  reader: Reader,
  { teamId, id }: DeploymentKey,
  now: Date,
  args: ConnectionArgs,
): Promise<Page<DeploymentSlot>> {
  const { sql } = reader;
  const key = keyset('deployment.slots', 'int8', 'uuid');
  const window = pageWindow(args, key);
  const ascending = window.direction === 'FORWARD';
  const [slot, type] = window.from ?? [];
  const from = sql`(${slot ?? null}::int8, ${type ?? null}::uuid)`;
  const beyond =
    slot === undefined ? sql`` : sql`and (s.slot, s.instance_type_id) ${ascending ? sql`>` : sql`<`} ${from}`;
  const direction = ascending ? sql`` : sql`desc`;
  const rows = await sql<SlotRow[]>`
    select ${slotColumns(reader)} from deployment_slots s
    where s.team_id = ${teamId} and s.deployment_id = ${id}
      and (s.active or s.paid_until > ${now.toISOString()}::timestamptz) ${beyond}
    order by s.slot ${direction}, s.instance_type_id ${direction} limit ${window.limit}`;
  return pageOf(rows.map(slotFromRow), window, key, (found) => [BigInt(found.slot), found.instanceTypeId]);
}

/** Until when each of these deployments is paid: the earliest end of the hours that its active slots have. */
export async function paidUntilOf(
  reader: Reader,
  keys: readonly DeploymentKey[],
): Promise<Map<Uuid, Date | null>> {
  const rows = await reader.sql<{ id: Uuid; paid_until: Date | null }[]>`
    select n.id, paid.paid_until
    from unnest(${arrayOf(keys.map((key) => key.teamId))}::uuid[], ${arrayOf(keys.map((key) => key.id))}::uuid[])
      as n (team_id, id)
    cross join lateral (
      select min(s.paid_until) as paid_until from deployment_slots s
      where s.team_id = n.team_id and s.deployment_id = n.id and s.active offset 0
    ) paid`;
  return new Map(rows.map((row) => [row.id, row.paid_until]));
}

/** When something was charged: from the first instant on, before the second. */
export interface ChargedPeriod {
  readonly from?: Date | null | undefined;
  readonly before?: Date | null | undefined;
}

/** What each of these deployments was charged in a period and was not given back. */
export async function spentOf(
  reader: Reader,
  keys: readonly DeploymentKey[],
  { from, before }: ChargedPeriod,
): Promise<Map<Uuid, NanoCredits>> {
  const { sql } = reader;
  const since = from ? sql`and c.id >= ${firstUuidAt(from.getTime())}` : sql``;
  const until = before ? sql`and c.id < ${firstUuidAt(before.getTime())}` : sql``;
  const rows = await sql<{ id: Uuid; spent: bigint }[]>`
    select n.id, sums.spent
    from unnest(${arrayOf(keys.map((key) => key.teamId))}::uuid[], ${arrayOf(keys.map((key) => key.id))}::uuid[])
      as n (team_id, id)
    cross join lateral (
      select coalesce(sum(c.amount_nano) filter (where r.charge_id is null), 0)::int8 as spent
      from charges c left join reversals r on r.team_id = c.team_id and r.charge_id = c.id
      where c.team_id = n.team_id and c.deployment_id = n.id and c.status = ${CHARGE_STATUS.CHARGED} ${since} ${until}
      offset 0
    ) sums`;
  return new Map(rows.map((row) => [row.id, row.spent]));
}

/** A page of the charges of a deployment, the last one posted first. */
export async function deploymentChargePage(
  reader: Reader,
  { teamId, id }: DeploymentKey,
  args: ConnectionArgs,
): Promise<Page<Charge>> {
  const { sql } = reader;
  const key = keyset('deployment.charges', 'uuid');
  const window = pageWindow(args, key);
  const ascending = window.direction === 'BACKWARD';
  const from = window.from?.[0];
  const beyond = from === undefined ? sql`` : ascending ? sql`and c.id > ${from}` : sql`and c.id < ${from}`;
  const rows = await sql<ChargeRow[]>`
    select ${chargeColumns(reader)} from charges c
    where c.team_id = ${teamId} and c.deployment_id = ${id} ${beyond}
    order by c.id ${ascending ? sql`` : sql`desc`} limit ${window.limit}`;
  return pageOf(rows.map(chargeFromRow), window, key, (charge) => [charge.id]);
}
