import type { ActorRef } from '../actor.ts';
import type { Uuid } from '../id.ts';
import { minNano, type NanoCredits } from '../money.ts';

/** Whose spending a cap limits. */
export const CAP_SUBJECT = { MEMBER: 1, API_KEY: 2, MODEL: 3 } as const;
export type CapSubject = keyof typeof CAP_SUBJECT;

/** How long a cap counts: a UTC day or month. */
export const CAP_PERIOD = { DAY: 1, MONTH: 2 } as const;
export type CapPeriod = keyof typeof CAP_PERIOD;

/** How much may be spent for one subject in a period. The counters are right as of the wallet's version. */
export interface Cap {
  readonly teamId: Uuid;
  readonly id: Uuid;
  readonly subject: CapSubject;
  readonly subjectId: Uuid;
  readonly period: CapPeriod;
  readonly limitNano: NanoCredits;
  /** Charged in the period that began at `periodAtMs`. */
  spentNano: NanoCredits;
  periodAtMs: number;
  /** Open holds, whenever they were placed. */
  heldNano: NanoCredits;
  readonly createdAt: Date;
  readonly actor: ActorRef;
}

/** A cap that does not allow an amount, with what was used of it already. */
export interface CapExcess {
  readonly capId: Uuid;
  readonly subject: CapSubject;
  readonly subjectId: Uuid;
  readonly period: CapPeriod;
  readonly limitNano: NanoCredits;
  readonly usedNano: NanoCredits;
}

/** What caps look at to tell whether something is theirs. */
export interface CapTarget {
  readonly memberId: Uuid | null;
  readonly apiKeyId: Uuid | null;
  /** Null for what is held for several models. */
  readonly modelId: Uuid | null;
}

/** What of an open hold pays for something, and so is counted already. */
export interface CountedHold {
  readonly target: CapTarget;
  readonly amountNano: NanoCredits;
}

/** When the UTC day or month that an instant lies in began. */
export function periodStart(period: CapPeriod, atMs: number): number {
  const at = new Date(atMs);
  const day = period === 'DAY' ? at.getUTCDate() : 1;
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), day);
}

/** When the period after the one of an instant begins. */
export function nextPeriodStart(period: CapPeriod, atMs: number): number {
  const at = new Date(periodStart(period, atMs));
  if (period === 'DAY') return at.getTime() + 86_400_000;
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1);
}

/** What counts against the limit at an instant: charges of its period, and open holds. */
export function capUsedAt(cap: Cap, atMs: number): NanoCredits {
  return cap.heldNano + (cap.periodAtMs === periodStart(cap.period, atMs) ? cap.spentNano : 0n);
}

/** Whether what is done for `target` counts against the cap. */
export function isCappedBy({ subject, subjectId }: Cap, target: CapTarget): boolean {
  if (subject === 'MEMBER') return target.memberId === subjectId;
  return subject === 'API_KEY' ? target.apiKeyId === subjectId : target.modelId === subjectId;
}

/** The caps of one team as of its wallet's version. Pure but for itself; `changed` are those to be written. */
export class CapSheet {
  readonly changed = new Set<Cap>();
  private readonly caps: readonly Cap[];

  /** Works on copies: what is remembered of caps must not change before it is written. */
  constructor(caps: readonly Cap[]) {
    this.caps = caps.map((cap) => ({ ...cap }));
  }

  /** All of them, as they are by now. */
  get all(): readonly Cap[] {
    return this.caps;
  }

  /**
   * The first cap that `amountNano` more would go beyond: nothing goes beyond one. What `held` has set aside for it
   * counts once.
   */
  excess(
    target: CapTarget,
    amountNano: NanoCredits,
    atMs: number,
    held?: CountedHold,
  ): CapExcess | undefined {
    if (amountNano === 0n) return undefined;
    for (const cap of this.caps) {
      if (!isCappedBy(cap, target)) continue;
      const usedNano = capUsedAt(cap, atMs);
      const counted = held && isCappedBy(cap, held.target) ? minNano(held.amountNano, amountNano) : 0n;
      if (usedNano - counted + amountNano <= cap.limitNano) continue;
      const { id: capId, subject, subjectId, period, limitNano } = cap;
      return { capId, subject, subjectId, period, limitNano, usedNano };
    }
    return undefined;
  }

  /** Counts a charge. */
  spend(target: CapTarget, amountNano: NanoCredits, atMs: number): void {
    for (const cap of this.among(target, amountNano)) {
      const periodAtMs = periodStart(cap.period, atMs);
      cap.spentNano = (cap.periodAtMs === periodAtMs ? cap.spentNano : 0n) + amountNano;
      cap.periodAtMs = periodAtMs;
    }
  }

  /** Counts what is held from now on, or, negative, no longer. */
  hold(target: CapTarget, amountNano: NanoCredits): void {
    for (const cap of this.among(target, amountNano)) cap.heldNano += amountNano;
  }

  private among(target: CapTarget, amountNano: NanoCredits): Cap[] {
    if (amountNano === 0n) return [];
    const mine = this.caps.filter((cap) => isCappedBy(cap, target));
    for (const cap of mine) this.changed.add(cap);
    return mine;
  }
}
