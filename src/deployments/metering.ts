import { type Db, inTransaction, type Tx } from '../db/client.ts';
import { DomainError } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import type { FleetHead } from './fleet.ts';
import { dueDeployments } from './fleet-reads.ts';
import { lockDueHeads, lockHeadsStillDue, putOff } from './heads.ts';
import { HOURS_AT_ONCE, meterFleet } from './meter-fleet.ts';
import { openTeams, writeTeams } from './open-teams.ts';
import type { OperateDeps } from './verbs.ts';

/** What a pass did. */
export interface Metered {
  readonly teams: number;
  /** Hours that were held, charged or refused. */
  readonly hours: number;
  /** Whether more may be due. */
  readonly isBehind: boolean;
}

/** How long a team is left alone that could not be metered. */
const PUT_OFF_MS = 30_000;

/**
 * Does what is due for the deployments of up to `limitTeams` teams, the longest due first, each team's in the order of
 * its instants. Any number of processes may do so at once: they pass over the teams that another one works on. All that
 * is due for a team is decided under the lock of its head and written with it, so nothing is done twice or in part.
 * @throws the first failure, after the teams that can be metered have been; the others are left alone for a while.
 */
export async function meterDue(db: Db, deps: OperateDeps, limitTeams: number): Promise<Metered> {
  let locked: readonly FleetHead[] = [];
  const now = deps.clock.now();
  try {
    return await inTransaction(db, async (tx) => {
      locked = await lockDueHeads(tx, now, limitTeams);
      const done = await meterLocked(tx, locked, now, deps);
      return { ...done, isBehind: done.isBehind || locked.length === limitTeams };
    });
  } catch (error) {
    if (locked.length === 0 || isOutOfReach(error)) throw error;
    const teamIds = locked.map(({ teamId }) => teamId);
    const done = await meterApart(db, deps, halvesOf(teamIds));
    return { ...done, isBehind: done.isBehind || locked.length === limitTeams };
  }
}

/** As `meterDue`, again and again until nothing is due. Answers how many hours that were. */
export async function meterAllDue(db: Db, deps: OperateDeps, limitTeams: number): Promise<number> {
  let hours = 0;
  for (;;) {
    const done = await meterDue(db, deps, limitTeams);
    hours += done.hours;
    if (!done.isBehind) return hours;
  }
}

async function meterLocked(
  tx: Tx,
  heads: readonly FleetHead[],
  now: Date,
  deps: OperateDeps,
): Promise<Metered> {
  if (heads.length === 0) return { teams: 0, hours: 0, isBehind: false };
  const teamIds = heads.map(({ teamId }) => teamId);
  const rows = await dueDeployments(tx, teamIds, now);
  const open = await openTeams(tx, heads, rows, now, deps);
  let left = HOURS_AT_ONCE;
  const done = open.teams.map((team) => {
    const completeUntilMs = rows.completeUntil.get(team.fleet.teamId);
    const metered = meterFleet(team, { completeUntilMs, hours: left });
    left -= metered.hours;
    return metered;
  });
  await writeTeams(tx, open);
  return {
    teams: heads.length,
    hours: done.reduce((sum, { hours }) => sum + hours, 0),
    isBehind: done.some(({ isBehind }) => isBehind),
  };
}

/** Meters groups of teams, one of which has made a pass fail: so that it cannot keep the others from being metered. */
async function meterApart(db: Db, deps: OperateDeps, groups: readonly (readonly Uuid[])[]): Promise<Metered> {
  const outcomes = await Promise.allSettled(groups.map((teamIds) => meterThese(db, deps, teamIds)));
  const sum = { teams: 0, hours: 0, isBehind: false };
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') throw outcome.reason;
    sum.teams += outcome.value.teams;
    sum.hours += outcome.value.hours;
    sum.isBehind ||= outcome.value.isBehind;
  }
  return sum;
}

async function meterThese(db: Db, deps: OperateDeps, teamIds: readonly Uuid[]): Promise<Metered> {
  const now = deps.clock.now();
  try {
    return await inTransaction(db, async (tx) =>
      meterLocked(tx, await lockHeadsStillDue(tx, now, teamIds), now, deps),
    );
  } catch (error) {
    if (isOutOfReach(error)) throw error;
    if (teamIds.length > 1) return meterApart(db, deps, halvesOf(teamIds));
    const until = new Date(now.getTime() + PUT_OFF_MS);
    await inTransaction(db, (tx) => putOff(tx, teamIds, now, until));
    throw error;
  }
}

/** Halves, and of one team the team: what has failed may succeed alone or another time. */
function halvesOf(teamIds: readonly Uuid[]): (readonly Uuid[])[] {
  const middle = teamIds.length >>> 1;
  return [teamIds.slice(0, middle), teamIds.slice(middle)].filter((half) => half.length > 0);
}

/** The database's fault, and so everybody's. */
function isOutOfReach(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'UNAVAILABLE';
}
