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

/** The charges in the order of the hours; with a refusal, those made before it. */
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

/**
 * Charges all or none: what nothing is held for is held first, and returned when that fails for one of them. An hour that
 * costs more than what was held for it, because its price has risen since, may still be refused after others were charged.
 */
export const payTogether: PayHours = (spending, hours) => {
  const isHeld = ({ hour, holdId }: HourToPay) => holdId !== null && spending.isHeld(hour.teamId, holdId);
  const unheld = hours.filter((one) => !isHeld(one));
  // One alone is as good as held when it goes first.
  if (unheld.length <= 1) return payInOrder(spending, hours, [...unheld, ...hours.filter(isHeld)]);
  const placed = new Map<HourToPay, Uuid>();
  for (const one of unheld) {
    const { teamId, hourAt } = one.hour;
    const holding = spending.holdHour(
      one.hour,
      new Date(Math.max(hourAt.getTime(), spending.nowMs(teamId)) + 60_000),
    );
    if (!holding.ok) {
      for (const holdId of placed.values()) spending.releaseHold(teamId, holdId);
      return { charges: [], refusal: holding.refusal };
    }
    placed.set(one, holding.hold.id);
  }
  return payEach(
    spending,
    hours.map((one) => ({ hour: one.hour, holdId: placed.get(one) ?? one.holdId })),
  );
};

/** Charges in one order and answers in another. */
function payInOrder(spending: Spending, hours: readonly HourToPay[], order: readonly HourToPay[]): Paid {
  const { charges, refusal } = payEach(spending, order);
  if (refusal) return { charges, refusal };
  const byHour = new Map(order.map((one, i) => [one, charges[i]]));
  return { charges: hours.flatMap((one) => byHour.get(one) ?? []) };
}
