import { SYSTEM_ACTOR } from '../actor.ts';
import type { ChargeRefusal } from '../charging/charge.ts';
import { assert } from '../domain-error.ts';
import type { Deployment, DeploymentSlot } from './deployment.ts';
import { type OpenTeam, putPaid } from './open-team.ts';
import { pauseAt, reasonOf, recordRunOn } from './pause-at.ts';
import { hourOf, payTogether } from './pay-hours.ts';
import { HOUR_MS, isUnsecured, nextLookAt } from './slots.ts';

/** How long after the beginning of its hour a hold stays, for who was not there to charge the hour then. */
const HELD_ON_MS = 6 * HOUR_MS;

/** Charges the hours of slots of a deployment that begin at one instant, or pauses it at that instant. */
export function beginHours(
  team: OpenTeam,
  deployment: Deployment,
  slots: readonly DeploymentSlot[],
  atMs: number,
): void {
  const { fleet, spending } = team;
  const at = new Date(atMs);
  const wasUnsecured = slots.some(isUnsecured);
  const hours = slots.map((slot) => ({
    hour: hourOf(deployment, slot.slot, at, SYSTEM_ACTOR),
    holdId: slot.holdId,
  }));
  const { charges, refusal } = payTogether(spending, hours);
  putPaid(fleet, slots, charges);
  if (refusal) pauseUnpaid(team, deployment, refusal, atMs);
  else if (wasUnsecured) tellSecured(team, deployment, at);
}

function pauseUnpaid(team: OpenTeam, deployment: Deployment, refusal: ChargeRefusal, atMs: number): void {
  const ran = team.fleet.activeSlots(deployment.id);
  const paused = pauseAt(team, deployment, reasonOf(refusal), atMs);
  recordRunOn(team, paused, ran, atMs);
}

/** Holds the next hours of slots. Where that fails, tells when the deployment will pause, and when to try again. */
export function holdHours(team: OpenTeam, deployment: Deployment, slots: readonly DeploymentSlot[]): void {
  const { fleet, spending } = team;
  const wasUnsecured = slots.some(isUnsecured);
  const refused: { readonly endsAt: Date; readonly refusal: ChargeRefusal }[] = [];
  const [first] = slots;
  assert(first?.dueAt, 'a slot that is due says when');
  for (const slot of slots) {
    const endsAt = slot.paidUntil;
    assert(endsAt, 'a slot that is due has a paid hour');
    const hour = hourOf(deployment, slot.slot, endsAt, SYSTEM_ACTOR);
    const holding = spending.holdHour(hour, new Date(endsAt.getTime() + HELD_ON_MS));
    if (holding.ok) fleet.putSlot({ ...slot, holdId: holding.hold.id, dueAt: endsAt });
    else {
      refused.push({ endsAt, refusal: holding.refusal });
      fleet.putSlot({ ...slot, dueAt: nextLookAt(endsAt, fleet.nowMs) });
    }
  }
  if (refused.length > 0) tellEnding(team, deployment, refused, first.dueAt);
  else if (wasUnsecured) tellSecured(team, deployment, first.dueAt);
}

function tellEnding(
  { fleet, spending }: OpenTeam,
  { id, teamId, instanceTypeId }: Deployment,
  refused: readonly { readonly endsAt: Date; readonly refusal: ChargeRefusal }[],
  at: Date,
): void {
  const [first, ...others] = refused;
  assert(first, 'a hold was refused');
  const pausesAt = new Date(Math.min(...refused.map(({ endsAt }) => endsAt.getTime())));
  // What is available is missing once: of the first hour a part, of the others all.
  const more = others.reduce(
    (sum, { endsAt: hourAt }) => sum + (spending.hourPrice({ teamId, instanceTypeId, hourAt }) ?? 0n),
    0n,
  );
  const { shortByNano } = first.refusal;
  fleet.record(id, {
    kind: 'CREDIT_ENDING',
    at,
    actor: SYSTEM_ACTOR,
    adds: {
      pausesAt: pausesAt.toISOString(),
      pausesFor: reasonOf(first.refusal),
      ...(shortByNano === undefined ? {} : { shortByNano: (shortByNano + more).toString() }),
    },
  });
}

/** Takes a warning back, once the next hours of all slots are held or paid. */
export function tellSecured({ fleet }: OpenTeam, { id }: Deployment, at: Date): void {
  if (fleet.activeSlots(id).some(isUnsecured)) return;
  fleet.record(id, { kind: 'CREDIT_SECURED', at, actor: SYSTEM_ACTOR });
}
