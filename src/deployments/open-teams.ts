import { openSpending, type Spending, writeSpending } from '../charging/spending.ts';
import type { Tx } from '../db/client.ts';
import { sentTogether } from '../db/sent-together.ts';
import { assert } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import type { Deployment, DeploymentSlot } from './deployment.ts';
import { Fleet, type FleetHead } from './fleet.ts';
import type { FleetRows } from './fleet-reads.ts';
import { writeFleets } from './fleet-writes.ts';
import type { OpenTeam } from './open-team.ts';
import type { OperateDeps } from './verbs.ts';

/** Teams that are worked on in one transaction, with the credit of all of them. */
export interface OpenTeams {
  readonly teams: readonly OpenTeam[];
  readonly spending: Spending;
}

/** Locks the wallets of teams whose heads are locked, after what was read of their deployments. */
export async function openTeams(
  tx: Tx,
  heads: readonly FleetHead[],
  { deployments, slots }: Pick<FleetRows, 'deployments' | 'slots'>,
  now: Date,
  deps: OperateDeps,
): Promise<OpenTeams> {
  const teamIds = heads.map(({ teamId }) => teamId);
  const holds = slots.flatMap(({ teamId, holdId: id }) => (id === null ? [] : [{ teamId, id }]));
  const spending = await openSpending(tx, teamIds, deps, { holds });
  const catalog = await deps.catalog.snapshot();
  const typeKeyOf = (id: Uuid): string => {
    const type = catalog.modelById.get(id);
    assert(type, `instance type ${id} is in the catalogue`);
    return type.key;
  };
  const deploymentsOf = byTeam(deployments);
  const slotsOf = byTeam(slots);
  const teams = heads.map((head): OpenTeam => {
    const { teamId } = head;
    const rows = [deploymentsOf.get(teamId) ?? [], slotsOf.get(teamId) ?? []] as const;
    const recordedAt = new Date(spending.nowMs(teamId));
    return { fleet: new Fleet(head, ...rows, { nowMs: now.getTime(), recordedAt, typeKeyOf }), spending };
  });
  return { teams, spending };
}

/** Writes all that was decided for open teams. */
export async function writeTeams(tx: Tx, { teams, spending }: OpenTeams): Promise<void> {
  const fleets = teams.map(({ fleet }) => fleet);
  await sentTogether([writeSpending(tx, spending), writeFleets(tx, fleets)]);
}

function byTeam<T extends Deployment | DeploymentSlot>(rows: readonly T[]): Map<Uuid, T[]> {
  const teams = new Map<Uuid, T[]>();
  for (const row of rows) {
    const known = teams.get(row.teamId);
    if (known) known.push(row);
    else teams.set(row.teamId, [row]);
  }
  return teams;
}
