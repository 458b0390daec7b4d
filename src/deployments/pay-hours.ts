import type { ActorRef } from '../actor.ts';
import type { Charge, ChargeRefusal } from '../charging/charge.ts';
import type { Hour, Spending } from '../charging/spending.ts';
import type { Uuid } from '../id.ts';
import type { Deployment } from './deployment.ts';

/** An hour to be charged, and the hold for it, if there is one. */
export interface HourToPay {
  readonly hour: Hour;
  readonly holdId: Uuid | null;
}

/** The charges, each of which names its slot; with a refusal, those made before it. */
export interface Paid {
  readonly charges: readonly Charge[];
  readonly refusal?: ChargeRefusal;
}

export type PayHours = (spending: Spending, hours: readonly HourToPay[]) => Paid;

/** The hour of a slot of a deployment that begins at `hourAt`, on whose behalf the deployment runs. */
export function hourOf(deployment: Deployment, slot: number, hourAt: Date, actor: ActorRef): Hour {
  const { teamId, id: deploymentId, instanceTypeId, memberId, apiKeyId } = deployment;
  return { teamId, deploymentId, slot, instanceTypeId, hourAt, memberId, apiKeyId, actor };
}

/** Charges hour by hour up to one that is refused: for who rolls everything back then. */
export const payEach: PayHours = (spending, hours) => {
  const charges: Charge[] = [];
  for (const { hour, holdId } of hours) {
    const paid = spending.chargeHour(hour, holdId);
    if (!paid.ok) return { charges, refusal: paid.refusal };
    charges.push(paid.charge);
  }
  return { charges };
};

/** Charges all or none: what is held for some is theirs, and the others have to be paid by what is available. */
export const payTogether: PayHours = (spending, hours) => {
  if (hours.length === 1) return payEach(spending, hours);
  // A price that has changed since leaves too much or too little held.
  const held = hours.filter(({ hour, holdId }) => holdId !== null && spending.isHeldExactly(hour, holdId));
  const unheld = hours.filter((one) => !held.includes(one));
  // One alone is as good as held when it goes first.
  if (unheld.length <= 1) return payEach(spending, [...unheld, ...held]);
  for (const { hour, holdId } of unheld) if (holdId !== null) spending.releaseHold(hour.teamId, holdId);
  const refusal = spending.refusalOf(unheld.map(({ hour }) => hour));
  return refusal ? { charges: [], refusal } : payEach(spending, [...unheld, ...held]);
};
