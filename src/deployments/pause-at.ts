import { SYSTEM_ACTOR } from '../actor.ts';
import type { ChargeRefusal } from '../charging/charge.ts';
import { assert } from '../domain-error.ts';
import type { Deployment, DeploymentSlot, PauseReason } from './deployment.ts';
import { paused } from './lifecycle.ts';
import { type OpenTeam, putState, rest } from './open-team.ts';
import { hourOf } from './pay-hours.ts';
import { hoursBegun } from './slots.ts';

/**
 * How late an orchestrator may be told of a pause before its machines count as having run on, and of an opening window
 * before the hours count from the telling: as late as a busy loop may be.
 */
export const LATE_MS = 60_000;

/** Pauses a deployment at an instant that may have passed, and lets its slots rest. */
export function pauseAt(
  team: OpenTeam,
  deployment: Deployment,
  reason: PauseReason,
  atMs: number,
): Deployment {
  const { fleet } = team;
  rest(team, fleet.activeSlots(deployment.id));
  const at = new Date(atMs);
  const state = { ...paused(reason), pausedAt: at, pausedSeq: pausedSeqOf(reason, team) };
  const next = putState(team, { ...deployment, ...state }, atMs);
  fleet.record(next.id, { kind: 'PAUSED', at, actor: SYSTEM_ACTOR });
  return next;
}

/** What new credit is told by: entries after those that there are now. */
export function pausedSeqOf(reason: PauseReason, { fleet, spending }: OpenTeam): bigint | null {
  return reason === 'OUT_OF_CREDITS' ? spending.balance(fleet.teamId).seq : null;
}

/** Why a deployment pauses whose hour was refused. @throws Error for what is no fault of the team. */
export function reasonOf({ code, message }: ChargeRefusal): PauseReason {
  if (code === 'OUT_OF_CREDITS') return code;
  assert(code === 'SPEND_CAP_EXCEEDED', `an hour is refused for lack of credit or by a cap: ${message}`);
  return 'SPEND_CAP';
}

/**
 * Keeps what nobody pays: after a pause that is told long after its instant machines have run on, so the hours of the
 * slots that ran, which began since, are recorded as unbilled.
 */
export function recordRunOn(
  { fleet, spending }: OpenTeam,
  deployment: Deployment,
  ran: readonly DeploymentSlot[],
  pausedMs: number,
): void {
  if (fleet.nowMs - pausedMs <= LATE_MS) return;
  const byHour = new Map<number, number[]>();
  for (const { slot, paidUntil } of ran) {
    assert(paidUntil, 'a slot that ran had a paid hour');
    for (const at of hoursBegun(paidUntil, fleet.nowMs)) {
      byHour.set(at.getTime(), [...(byHour.get(at.getTime()) ?? []), slot]);
    }
  }
  for (const hourMs of [...byHour.keys()].sort((a, b) => a - b)) {
    const at = new Date(hourMs);
    const slots = byHour.get(hourMs) ?? [];
    const unbilled = slots.flatMap(
      (slot) => spending.recordUnbilled(hourOf(deployment, slot, at, SYSTEM_ACTOR)) ?? [],
    );
    const amountNano = unbilled.reduce((sum, charge) => sum + charge.amountNano, 0n).toString();
    const chargeIds = unbilled.map(({ id }) => id);
    const adds = { slots, hourAt: at.toISOString(), amountNano, chargeIds };
    fleet.record(deployment.id, { kind: 'HOUR_UNBILLED', at, actor: SYSTEM_ACTOR, adds });
  }
}
