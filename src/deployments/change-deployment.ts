import { isDeepStrictEqual } from 'node:util';
import type { Charge } from '../charging/charge.ts';
import { tellSecured } from './begin-hours.ts';
import type { Decided, Desk } from './call.ts';
import type { Deployment } from './deployment.ts';
import type { DeploymentEventKind } from './deployment-event.ts';
import { fitSlots } from './fit-slots.ts';
import type { DeploymentState } from './lifecycle.ts';
import { putState } from './open-team.ts';
import { payEach } from './pay-hours.ts';
import { isOpenAt } from './schedule.ts';
import { isUnsecured } from './slots.ts';
import { SpendRefused } from './spend-refused.ts';

/** Whether the schedule of a deployment lets it run now. */
export function isOpenNow({ team, atMs }: Desk, { schedule }: Deployment): boolean {
  return isOpenAt(schedule, team.fleet.head.timeZone, atMs);
}

/** A deployment in its next state, which it comes to at `atMs`. Since when it is paused stays as it is. */
export function stateAt(deployment: Deployment, next: DeploymentState, atMs: number): Deployment {
  const isPaused = next.status === 'PAUSED';
  const pausedAt = isPaused ? (deployment.pausedAt ?? new Date(atMs)) : null;
  const pausedSeq = next.pauseReason === 'OUT_OF_CREDITS' ? deployment.pausedSeq : null;
  return { ...deployment, status: next.status, pauseReason: next.pauseReason, pausedAt, pausedSeq };
}

/**
 * Makes a deployment what it is to be, with its slots and their hours, and records that as one event; neither when
 * nothing changes.
 * @throws SpendRefused when an hour that begins now is not paid.
 */
export function changed(
  desk: Desk,
  next: Deployment,
  kind: DeploymentEventKind,
  reason: string | null,
): Decided {
  const { team, actor, atMs } = desk;
  const { fleet } = team;
  const before = fleet.find(next.id);
  const slotsBefore = fleet.activeSlots(next.id);
  const paid = fitSlots(team, next, { atMs, actor, pay: payEach });
  if (paid.refusal) throw new SpendRefused(paid.refusal);
  const isSame = before !== undefined && isDeepStrictEqual(before, next);
  if (isSame && isDeepStrictEqual(slotsBefore, fleet.activeSlots(next.id))) return unchanged(next);
  putState(team, next, atMs);
  const event = fleet.record(next.id, {
    kind,
    at: new Date(atMs),
    actor,
    reason,
    adds: chargeIds(paid.charges),
  });
  if (next.status === 'RUNNING' && slotsBefore.some(isUnsecured)) tellSecured(team, next, new Date(atMs));
  return { deploymentId: next.id, event, charges: paid.charges };
}

/** What is as it was asked to be. */
export function unchanged({ id }: Deployment): Decided {
  return { deploymentId: id, event: null, charges: [] };
}

function chargeIds(charges: readonly Charge[]) {
  return charges.length === 0 ? {} : { chargeIds: charges.map(({ id }) => id) };
}
