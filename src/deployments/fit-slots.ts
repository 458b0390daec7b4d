import type { ActorRef } from '../actor.ts';
import type { Deployment, DeploymentSlot } from './deployment.ts';
import type { Fleet } from './fleet.ts';
import { type OpenTeam, putPaid, rest } from './open-team.ts';
import { hourOf, type Paid, type PayHours } from './pay-hours.ts';
import { chooseSlots, firstLookAt, hourStart, isPaidAt } from './slots.ts';

/** When and on whose behalf slots are brought up, and how their hours are paid. */
export interface BringUp {
  readonly atMs: number;
  readonly actor: ActorRef;
  readonly pay: PayHours;
}

/**
 * Makes the slots of a deployment those that its state wants: all at rest unless it runs, else as many as it has
 * replicas of its type. The first hour of each that has none paid is charged; a refusal leaves them at rest.
 */
export function fitSlots(team: OpenTeam, deployment: Deployment, { atMs, actor, pay }: BringUp): Paid {
  const { fleet, spending } = team;
  const wanted = wantedSlots(fleet, deployment, atMs);
  // What is held for hours that are not wanted any more may pay for those that are.
  rest(
    team,
    fleet.activeSlots(deployment.id).filter((slot) => !wanted.includes(slot)),
  );
  const added = wanted.filter(({ active }) => !active);
  const unpaid = added.filter((slot) => !isPaidAt(slot, atMs));
  const hours = unpaid.map((slot) => hourOf(deployment, slot.slot, hourStart(slot, atMs), actor));
  const paid = pay(
    spending,
    hours.map((hour) => ({ hour, holdId: null })),
  );
  if (paid.refusal) return paid;
  for (const slot of added) if (isPaidAt(slot, atMs)) fleet.putSlot(activated(slot));
  putPaid(fleet, unpaid, paid.charges);
  return paid;
}

/** The slots in which the replicas of a deployment run, those that it has never had included. */
function wantedSlots(fleet: Fleet, deployment: Deployment, atMs: number): DeploymentSlot[] {
  const { id, instanceTypeId, replicas, status } = deployment;
  if (status !== 'RUNNING') return [];
  const slots = fleet.slots(id);
  const known = new Map(
    slots.filter((slot) => slot.instanceTypeId === instanceTypeId).map((slot) => [slot.slot, slot]),
  );
  const numbers = chooseSlots(slots, instanceTypeId, replicas, atMs);
  return numbers.map((slot) => known.get(slot) ?? newSlot(deployment, slot));
}

function newSlot({ teamId, id, instanceTypeId }: Deployment, slot: number): DeploymentSlot {
  const unpaid = { hourAt: null, paidUntil: null, chargeId: null, holdId: null, dueAt: null };
  return { teamId, deploymentId: id, slot, instanceTypeId, active: false, ...unpaid };
}

/** Its paid hour goes on. */
function activated(slot: DeploymentSlot): DeploymentSlot {
  const { paidUntil } = slot;
  return { ...slot, active: true, dueAt: paidUntil && firstLookAt(paidUntil) };
}
