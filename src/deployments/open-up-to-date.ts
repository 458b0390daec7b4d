import type { Tx } from '../db/client.ts';
import { assert, DomainError } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import type { FleetHead } from './fleet.ts';
import { dueDeployments } from './fleet-reads.ts';
import { HOURS_AT_ONCE, meterFleet } from './meter-fleet.ts';
import type { OpenTeam } from './open-team.ts';
import { type OpenTeams, openTeams } from './open-teams.ts';
import type { OperateDeps } from './verbs.ts';

/**
 * Opens one team whose head is locked, with one of its deployments, after everything that was due by `now`: a call never
 * comes before the hours that began before it.
 * @throws DomainError UNAVAILABLE while more is due than one transaction may take, as after a long interruption.
 */
export async function openUpToDate(
  tx: Tx,
  head: FleetHead,
  deploymentId: Uuid | null,
  now: Date,
  deps: OperateDeps,
): Promise<{ open: OpenTeams; team: OpenTeam }> {
  const also = deploymentId === null ? null : { teamId: head.teamId, id: deploymentId };
  const rows = await dueDeployments(tx, [head.teamId], now, also);
  const open = await openTeams(tx, [head], rows, now, deps);
  const [team] = open.teams;
  assert(team, 'the team was opened');
  const completeUntilMs = rows.completeUntil.get(head.teamId);
  if (meterFleet(team, { completeUntilMs, hours: HOURS_AT_ONCE }).isBehind) throw catchingUp();
  return { open, team };
}

function catchingUp(): DomainError {
  const message = 'Hours of the deployments of this team are being charged after an interruption.';
  return new DomainError('UNAVAILABLE', `${message} Repeat the request with the same key.`, {
    retryAfterSeconds: 1,
  });
}
