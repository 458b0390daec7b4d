import { SYSTEM_ACTOR } from '../actor.ts';
import { assert } from '../domain-error.ts';
import type { Deployment } from './deployment.ts';
import { fitSlots } from './fit-slots.ts';
import { scheduled } from './lifecycle.ts';
import { type OpenTeam, putState } from './open-team.ts';
import { LATE_MS, pauseAt, pausedSeqOf, reasonOf, recordRunOn } from './pause-at.ts';
import { payTogether } from './pay-hours.ts';
import { isOpenAt } from './schedule.ts';

/**
 * Does what the schedule of a deployment wants at an instant at which it opens or closes. A pause holds from that instant
 * on. An opening that nobody was there to tell counts from now on: no machine came up then, so no hour is charged for it.
 * Answers how many hours were charged.
 */
export function obeySchedule(team: OpenTeam, deployment: Deployment, dueMs: number): number {
  const { fleet } = team;
  const isOpen = isOpenAt(deployment.schedule, fleet.head.timeZone, dueMs);
  const next = scheduled(deployment, isOpen);
  if (deployment.status === 'RUNNING' && next.status === 'PAUSED') {
    const ran = fleet.activeSlots(deployment.id);
    recordRunOn(team, pauseAt(team, deployment, 'SCHEDULE', dueMs), ran, dueMs);
    return 0;
  }
  const comesUp = deployment.status === 'PAUSED' && isOpen;
  if (comesUp && (next.status === 'RUNNING' || hasNewCredit(team, deployment))) {
    if (isToldInTime(team, deployment, dueMs)) return comeUp(team, deployment, dueMs);
    fleet.put({ ...deployment, scheduleDueAt: new Date(fleet.nowMs) });
  } else putState(team, deployment, dueMs);
  return 0;
}

/**
 * Whether hours may count from an opening that has passed: it is told about when it came, and no hour of machines that
 * ran on since an earlier pause has been recorded up to now, which would be the same one.
 */
function isToldInTime({ fleet }: OpenTeam, { id }: Deployment, dueMs: number): boolean {
  if (dueMs === fleet.nowMs) return true;
  const ranOn = fleet.events.some(
    ({ deploymentId, kind }) => deploymentId === id && kind === 'HOUR_UNBILLED',
  );
  return !ranOn && fleet.nowMs - dueMs <= LATE_MS;
}

/** Whether it waits for credit and there has been some since. */
function hasNewCredit({ fleet, spending }: OpenTeam, deployment: Deployment): boolean {
  const { pauseReason, pausedSeq, resumeOnTopUp } = deployment;
  if (pauseReason !== 'OUT_OF_CREDITS' || !resumeOnTopUp || pausedSeq === null) return false;
  return spending.balance(fleet.teamId).seq > pausedSeq;
}

/**
 * Brings a paused deployment up at an instant, all of its replicas or none. What cannot be paid keeps it paused, and is
 * told unless it was paused for that already. Answers how many hours were charged.
 */
export function comeUp(team: OpenTeam, deployment: Deployment, atMs: number): number {
  const { fleet } = team;
  const at = new Date(atMs);
  const running = {
    ...deployment,
    status: 'RUNNING',
    pauseReason: null,
    pausedAt: null,
    pausedSeq: null,
  } as const;
  const paid = fitSlots(team, running, { atMs, actor: SYSTEM_ACTOR, pay: payTogether });
  if (!paid.refusal) {
    putState(team, running, atMs);
    fleet.record(deployment.id, {
      kind: 'RESUMED',
      at,
      actor: SYSTEM_ACTOR,
      adds: { chargeIds: paid.charges.map(({ id }) => id) },
    });
    return paid.charges.length;
  }
  assert(paid.charges.length === 0, 'hours that begin together are charged all or none');
  const reason = reasonOf(paid.refusal);
  // What lacked credit before and still does has nothing new to tell.
  if (deployment.pauseReason === reason) {
    putState(team, { ...deployment, pausedSeq: pausedSeqOf(reason, team) }, atMs);
  } else pauseAt(team, deployment, reason, atMs);
  return 0;
}
