import { assert } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import { beginHours, holdHours } from './begin-hours.ts';
import type { Deployment } from './deployment.ts';
import { obeySchedule } from './obey-schedule.ts';
import type { OpenTeam } from './open-team.ts';
import { slotDueMs } from './slots.ts';

/** Hours that one transaction takes: with tens of thousands it would keep the wallets from everybody else. */
export const HOURS_AT_ONCE = 2_000;

/** How far a pass goes with one team. */
export interface MeterBounds {
  /** When not all that is due was read: nothing that is due later is done. */
  readonly completeUntilMs?: number | undefined;
  /** Hours that are charged or held at most; the rest stays due. */
  readonly hours: number;
}

/** What a pass did. */
export interface MeteredTeam {
  readonly hours: number;
  /** Whether something is left that was due. */
  readonly isBehind: boolean;
}

/**
 * Does what is due for the deployments of a team, strictly in the order of its instants, then of the deployments: holds
 * hours ahead, charges those that begin, each at its own time, and obeys schedules. What is due at one instant for the
 * slots of one deployment is done together, so that its hours are paid all or none.
 */
export function meterFleet(team: OpenTeam, bounds: MeterBounds): MeteredTeam {
  const { fleet } = team;
  const isPartial = bounds.completeUntilMs !== undefined;
  const untilMs = bounds.completeUntilMs ?? fleet.nowMs;
  const dueBy = new Map<Uuid, number>();
  const look = (id: Uuid) => {
    const dueMs = deploymentDueMs(team, fleet.get(id));
    if (dueMs === undefined) dueBy.delete(id);
    else dueBy.set(id, dueMs);
  };
  for (const id of fleet.ids) look(id);
  let hours = 0;
  for (;;) {
    const next = earliest(dueBy);
    if (!next || next.dueMs > untilMs) return { hours, isBehind: isPartial };
    if (hours >= bounds.hours) return { hours, isBehind: true };
    hours += meterAt(team, next.id, next.dueMs);
    look(next.id);
  }
}

/** When something is due for a deployment by now; undefined for nothing. */
function deploymentDueMs({ fleet }: OpenTeam, { id, scheduleDueAt }: Deployment): number | undefined {
  const dues = fleet.activeSlots(id).map((slot) => slotDueMs(slot, fleet.nowMs));
  const scheduleMs = scheduleDueAt?.getTime();
  if (scheduleMs !== undefined && scheduleMs <= fleet.nowMs) dues.push(scheduleMs);
  const due = dues.filter((ms) => ms !== undefined);
  return due.length === 0 ? undefined : Math.min(...due);
}

function earliest(dueBy: ReadonlyMap<Uuid, number>): { id: Uuid; dueMs: number } | undefined {
  let first: { id: Uuid; dueMs: number } | undefined;
  for (const [id, dueMs] of dueBy) {
    if (!first || dueMs < first.dueMs || (dueMs === first.dueMs && id < first.id)) first = { id, dueMs };
  }
  return first;
}

/** Does what is due at one instant for one deployment. Answers how many hours that were. */
function meterAt(team: OpenTeam, id: Uuid, dueMs: number): number {
  const { fleet } = team;
  // A window that closes when an hour would begin keeps it from beginning.
  if (fleet.get(id).scheduleDueAt?.getTime() === dueMs) return obeySchedule(team, fleet.get(id), dueMs);
  const due = fleet.activeSlots(id).filter((slot) => slotDueMs(slot, fleet.nowMs) === dueMs);
  assert(due.length > 0, 'something is due');
  const beginning = due.filter(({ paidUntil }) => paidUntil?.getTime() === dueMs);
  if (beginning.length > 0) beginHours(team, fleet.get(id), beginning, dueMs);
  else holdHours(team, fleet.get(id), due);
  return due.length;
}
