import type { Uuid } from '../id.ts';

/** What Stripe tells of a payment method. Card numbers are never among it. */
export interface MethodFacts {
  /** `pm_…`. */
  readonly stripeId: string;
  /** Stripe's type, such as `card`. */
  readonly type: string;
  readonly brand: string | null;
  readonly last4: string | null;
  readonly expMonth: number | null;
  readonly expYear: number | null;
  /** `apple_pay`, `google_pay` …; null for a plain card. */
  readonly wallet: string | null;
  /** The same for one card however often it is added. */
  readonly fingerprint: string | null;
}

/** A payment method of a team as our copy has it. */
export interface StoredMethod extends MethodFacts {
  readonly teamId: Uuid;
  readonly id: Uuid;
  /** Whether payments that name no method use it. At most one of a team is. */
  readonly isDefault: boolean;
  /** When it was first seen. */
  readonly createdAt: Date;
  /** Since when it may not be used any more; null while it may. */
  readonly removedAt: Date | null;
  /** Whether Stripe has still to be told that it is removed. */
  readonly detachDue: boolean;
}

/** How our copy differs from what Stripe lists. */
export interface MethodChanges {
  /** What is new, the oldest first. */
  readonly added: readonly MethodFacts[];
  /** What is told differently now, or is listed again. */
  readonly changed: readonly { readonly id: Uuid; readonly facts: MethodFacts }[];
  /** What is listed no more. */
  readonly gone: readonly Uuid[];
}

/**
 * Compares the copy with what Stripe lists, the newest first as it does. A method that was removed here stays so while
 * Stripe has not been told yet.
 */
export function methodChanges(
  stored: readonly StoredMethod[],
  listed: readonly MethodFacts[],
): MethodChanges {
  const known = new Map(stored.map((method) => [method.stripeId, method]));
  const names = new Set(listed.map(({ stripeId }) => stripeId));
  const changed = listed.flatMap((facts) => {
    const method = known.get(facts.stripeId);
    return method && !method.detachDue && differs(method, facts) ? [{ id: method.id, facts }] : [];
  });
  return {
    added: listed.filter(({ stripeId }) => !known.has(stripeId)).reverse(),
    changed,
    gone: stored
      .filter(
        ({ stripeId, removedAt, detachDue }) => !names.has(stripeId) && (removedAt === null || detachDue),
      )
      .map(({ id }) => id),
  };
}

function differs(stored: StoredMethod, facts: MethodFacts): boolean {
  if (stored.removedAt !== null) return true;
  return FACTS.some((fact) => stored[fact] !== facts[fact]);
}

const FACTS = ['type', 'brand', 'last4', 'expMonth', 'expYear', 'wallet', 'fingerprint'] as const;

/**
 * Which of a team's methods, the oldest first, becomes the default when none is: the first that was ever saved, or,
 * once a default was removed, the newest.
 */
export function nextDefault(usable: readonly Uuid[], hadDefault: boolean): Uuid | undefined {
  return hadDefault ? usable.at(-1) : usable[0];
}

const FIRST_WAIT_MS = 2 * 60_000;

/**
 * When Stripe is asked next what became of something begun at `begunAt`: two minutes after that, then after twice the
 * time each; for the last time at `until`. Null: nothing is expected any more.
 */
export function nextLookAt(
  { begunAt, until }: { readonly begunAt: Date; readonly until: Date },
  now: Date,
): Date | null {
  if (now.getTime() >= until.getTime()) return null;
  const waitMs = Math.max(FIRST_WAIT_MS, now.getTime() - begunAt.getTime());
  return new Date(Math.min(now.getTime() + waitMs, until.getTime()));
}
