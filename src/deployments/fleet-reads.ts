import { arrayOf } from '../db/arrays.ts';
import type { Tx } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { Deployment, DeploymentSlot } from './deployment.ts';
import {
  type DeploymentRow,
  deploymentColumns,
  deploymentFromRow,
  type SlotRow,
  slotColumns,
  slotFromRow,
} from './deployment-rows.ts';

/** Deployments with all of their slots. */
export interface FleetRows {
  readonly deployments: readonly Deployment[];
  readonly slots: readonly DeploymentSlot[];
  /** By team: nothing that is due later than this may be done, because not all of it was read. */
  readonly completeUntil: ReadonlyMap<Uuid, number>;
}

/** Deployments of one team that are read at once. */
const MOST_OF_A_TEAM = 500;

/**
 * The deployments of locked teams for which something is due by `now`, the longest due first, and `also` one of theirs.
 * Of a team that has many, the first 500.
 */
export async function dueDeployments(
  tx: Tx,
  teamIds: readonly Uuid[],
  now: Date,
  also: { readonly teamId: Uuid; readonly id: Uuid } | null = null,
): Promise<FleetRows> {
  const due = await dueIds(tx, teamIds, now);
  const completeUntil = completeness(due);
  const ids = due.map(({ team_id, id }) => ({ teamId: team_id, id }));
  if (also && !ids.some(({ id }) => id === also.id)) ids.push(also);
  if (ids.length === 0) return { deployments: [], slots: [], completeUntil };
  return { ...(await readDeployments(tx, ids)), completeUntil };
}

interface DueRow {
  team_id: Uuid;
  id: Uuid;
  due_at: Date;
}

/** Each team's slots and deployments are looked through by their primary keys: there is no index on what changes hourly. */
function dueIds(tx: Tx, teamIds: readonly Uuid[], now: Date): Promise<DueRow[]> {
  const at = now.toISOString();
  return tx.sql<DueRow[]>`
    select t.id as team_id, due.id, due.due_at
    from unnest(${arrayOf(teamIds)}::uuid[]) as t (id)
    cross join lateral (
      select any_due.id, min(any_due.due_at) as due_at from (
        select s.deployment_id as id, s.due_at from deployment_slots s
        where s.team_id = t.id and s.due_at <= ${at}::timestamptz
        union all
        select d.id, d.schedule_due_at from deployments d
        where d.team_id = t.id and d.schedule_due_at <= ${at}::timestamptz
      ) any_due group by any_due.id order by 2, 1 limit ${MOST_OF_A_TEAM}
    ) due`;
}

function completeness(due: readonly DueRow[]): Map<Uuid, number> {
  const counts = new Map<Uuid, { count: number; lastMs: number }>();
  for (const { team_id, due_at } of due) {
    const { count, lastMs } = counts.get(team_id) ?? { count: 0, lastMs: 0 };
    counts.set(team_id, { count: count + 1, lastMs: Math.max(lastMs, due_at.getTime()) });
  }
  return new Map(
    [...counts].flatMap(([teamId, { count, lastMs }]) => (count < MOST_OF_A_TEAM ? [] : [[teamId, lastMs]])),
  );
}

async function readDeployments(tx: Tx, ids: readonly { readonly teamId: Uuid; readonly id: Uuid }[]) {
  const named = tx.sql`unnest(
    ${arrayOf(ids.map(({ teamId }) => teamId))}::uuid[], ${arrayOf(ids.map(({ id }) => id))}::uuid[]
  ) as n (team_id, id)`;
  const [deployments, slots] = await Promise.all([
    tx.sql<DeploymentRow[]>`
      select ${deploymentColumns(tx)} from ${named} join deployments d on d.team_id = n.team_id and d.id = n.id`,
    tx.sql<SlotRow[]>`
      select ${slotColumns(tx)} from ${named}
      join deployment_slots s on s.team_id = n.team_id and s.deployment_id = n.id`,
  ]);
  return { deployments: deployments.map(deploymentFromRow), slots: slots.map(slotFromRow) };
}
