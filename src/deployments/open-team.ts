import type { Charge } from '../charging/charge.ts';
import type { Spending } from '../charging/spending.ts';
import type { Deployment, DeploymentSlot } from './deployment.ts';
import { scheduleDueAfter } from './due-schedule.ts';
import type { Fleet } from './fleet.ts';
import { firstLookAt, HOUR_MS } from './slots.ts';

/** A team's deployments and its credit, each under its lock. */
export interface OpenTeam {
  readonly fleet: Fleet;
  readonly spending: Spending;
}

/** The next state of a deployment, with the instant at which its schedule has to be looked at again after `atMs`. */
export function putState({ fleet }: OpenTeam, deployment: Deployment, atMs: number): Deployment {
  const scheduleDueAt = scheduleDueAfter(deployment, fleet.head.timeZone, atMs);
  return fleet.put({ ...deployment, scheduleDueAt, updatedAt: new Date(atMs) });
}

/** Lets slots rest: their next hours are not wanted, and what is held for those returns. Paid hours stay paid. */
export function rest({ fleet, spending }: OpenTeam, slots: readonly DeploymentSlot[]): void {
  for (const slot of slots) {
    if (slot.holdId !== null) spending.releaseHold(slot.teamId, slot.holdId);
    fleet.putSlot({ ...slot, active: false, holdId: null, dueAt: null });
  }
}

/** Keeps the hours that were charged of slots, which are active with them. */
export function putPaid(fleet: Fleet, slots: readonly DeploymentSlot[], charges: readonly Charge[]): void {
  const chargeOf = new Map(charges.map((charge) => [charge.replicaSlot, charge]));
  for (const slot of slots) {
    const charge = chargeOf.get(slot.slot);
    if (charge) fleet.putSlot(paidSlot(slot, charge));
  }
}

function paidSlot(slot: DeploymentSlot, { id: chargeId, occurredAt }: Charge): DeploymentSlot {
  const paidUntil = new Date(occurredAt.getTime() + HOUR_MS);
  const dueAt = firstLookAt(paidUntil);
  return { ...slot, active: true, hourAt: occurredAt, paidUntil, chargeId, holdId: null, dueAt };
}
