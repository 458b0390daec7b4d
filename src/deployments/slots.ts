import type { Uuid } from '../id.ts';
import type { DeploymentSlot } from './deployment.ts';

export const HOUR_MS = 3_600_000;

/** How long before an hour begins it is held, how long before that is tried again where it failed, and its beginning. */
const LOOKS_MS = [15 * 60_000, 5 * 60_000, 60_000, 0] as const;

/** When the loop first looks at a slot whose paid hour ends at `paidUntil`: to hold the next one. */
export function firstLookAt(paidUntil: Date): Date {
  return new Date(paidUntil.getTime() - LOOKS_MS[0]);
}

/** When the loop next looks at it after an attempt at `afterMs` that failed; at the latest when the paid hour ends. */
export function nextLookAt(paidUntil: Date, afterMs: number): Date {
  const endMs = paidUntil.getTime();
  const before = LOOKS_MS.find((ms) => endMs - ms > afterMs) ?? 0;
  return new Date(endMs - before);
}

/** Whether holding the next hour of a slot has failed and not succeeded since. */
export function isUnsecured({ active, holdId, paidUntil, dueAt }: DeploymentSlot): boolean {
  return active && holdId === null && paidUntil !== null && dueAt !== null && dueAt > firstLookAt(paidUntil);
}

/**
 * The instant of what has to be done for a slot by `nowMs`; undefined for nothing. Once the paid hour is over that is its
 * end: holding the next hour came to nothing, or nobody was there to do it.
 */
export function slotDueMs({ active, paidUntil, dueAt }: DeploymentSlot, nowMs: number): number | undefined {
  if (!active || paidUntil === null || dueAt === null || dueAt.getTime() > nowMs) return undefined;
  return paidUntil.getTime() <= nowMs ? paidUntil.getTime() : dueAt.getTime();
}

/** Whether an hour of this slot is paid at `atMs`. */
export function isPaidAt({ paidUntil }: DeploymentSlot, atMs: number): boolean {
  return paidUntil !== null && paidUntil.getTime() > atMs;
}

/**
 * The numbers of the slots in which `count` replicas of an instance type run. Those that run stay, and of too many the
 * highest go. To be added come first slots with a paid hour, the one that is paid longest before others, then the lowest
 * numbers that are free: who has paid for an hour gets it before another is charged.
 */
export function chooseSlots(
  slots: readonly DeploymentSlot[],
  instanceTypeId: Uuid,
  count: number,
  atMs: number,
): number[] {
  const ofType = slots.filter((slot) => slot.instanceTypeId === instanceTypeId);
  const running = ofType.filter(({ active }) => active).map(({ slot }) => slot);
  const paid = ofType.filter((slot) => !slot.active && isPaidAt(slot, atMs)).sort(byPaidUntil);
  const chosen = new Set(running.sort((a, b) => a - b).slice(0, count));
  for (const { slot } of paid) if (chosen.size < count) chosen.add(slot);
  for (let slot = 1; chosen.size < count; slot++) chosen.add(slot);
  return [...chosen].sort((a, b) => a - b);
}

function byPaidUntil(a: DeploymentSlot, b: DeploymentSlot): number {
  return Number(b.paidUntil) - Number(a.paidUntil) || a.slot - b.slot;
}

/** When an hour of a slot that begins at `atMs` begins: an hour that was given back is not charged again as itself. */
export function hourStart(slot: DeploymentSlot | undefined, atMs: number): Date {
  const lastMs = slot?.hourAt?.getTime();
  return new Date(lastMs !== undefined && lastMs >= atMs ? lastMs + 1 : atMs);
}

/**
 * The beginnings of the hours after `from`, itself included, that machines have run in before `nowMs`. One that begins
 * right now is not among them: who resumes now pays for it.
 */
export function hoursBegun(from: Date, nowMs: number): Date[] {
  const begun: Date[] = [];
  for (let ms = from.getTime(); ms < nowMs; ms += HOUR_MS) begun.push(new Date(ms));
  return begun;
}
