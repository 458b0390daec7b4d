import type { ActorRef } from '../actor.ts';
import type { Uuid } from '../id.ts';
import type { GrantScope } from '../ledger/grant-account.ts';
import type { NanoCredits } from '../money.ts';

/** What a promo code gives. */
export interface PromoTerms {
  readonly amountNano: NanoCredits;
  readonly scope: GrantScope;
  /** 0–100; lower is drawn first within a shape. */
  readonly priority: number;
  /** From this instant on it may be redeemed. */
  readonly startsAt: Date;
  /** From this instant on it may not; null: for ever. */
  readonly endsAt: Date | null;
  /** The credit expires then … */
  readonly grantExpiresAt: Date | null;
  /** … or so many days after it was redeemed, whatever is earlier. */
  readonly grantLastsDays: number | null;
  /** Null: as many as like. */
  readonly maxRedemptions: number | null;
  /** For teams on one of these plans only; empty: for all. */
  readonly eligiblePlans: readonly string[];
  /** Only for teams that have never bought credit. */
  readonly firstPurchaseOnly: boolean;
}

/** A promo code, and how often it was redeemed. */
export interface PromoCode extends PromoTerms {
  readonly id: Uuid;
  /** As `normalCode` writes it. */
  readonly code: string;
  readonly redemptions: number;
  readonly createdAt: Date;
  readonly actor: ActorRef;
  readonly reason: string;
}

/** What decides whether a team may redeem a code. */
export interface Redeemer {
  readonly hasRedeemed: boolean;
  readonly hasPurchased: boolean;
  /** The codes of the plans that it is on. */
  readonly plans: readonly string[];
}

/** Why a code cannot be redeemed. */
export type PromoRefusal = 'EXPIRED' | 'ALREADY_REDEEMED' | 'INVALID' | 'LIMIT_REACHED' | 'NOT_ELIGIBLE';

const DAY_MS = 86_400_000;
const FORM = /^[a-z0-9][a-z0-9_-]{2,39}$/i;
const LONGEST_TYPED = 200;

/** The one way a code is written, whatever was typed; undefined for what can be no code. */
export function normalCode(typed: string): string | undefined {
  if (typed.length > LONGEST_TYPED) return undefined;
  const trimmed = typed.trim();
  return FORM.test(trimmed) ? trimmed.toUpperCase() : undefined;
}

/** Letters and digits that are not taken for one another. A power of two of them: each byte draws one fairly. */
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';

/** A code from 12 random bytes, in groups of four to be typed: one of 2^60, so that nobody finds one by trying. */
export function codeFrom(random: Uint8Array): string {
  const letters = [...random.subarray(0, 12)].map((byte) => ALPHABET[byte % ALPHABET.length] ?? '');
  return [0, 4, 8].map((start) => letters.slice(start, start + 4).join('')).join('-');
}

/**
 * Why the team may not redeem the code at this instant; undefined when it may. That a code has not started yet is no
 * more told than that there is none. Whether one is left is decided where it is taken.
 */
export function promoRefusal(promo: PromoCode, team: Redeemer, atMs: number): PromoRefusal | undefined {
  if (atMs < promo.startsAt.getTime()) return 'INVALID';
  if (team.hasRedeemed) return 'ALREADY_REDEEMED';
  const expiry = promoExpiry(promo, atMs);
  if (promo.endsAt && promo.endsAt.getTime() <= atMs) return 'EXPIRED';
  if (expiry && expiry.getTime() <= atMs) return 'EXPIRED';
  if (promo.firstPurchaseOnly && team.hasPurchased) return 'NOT_ELIGIBLE';
  if (promo.eligiblePlans.length > 0 && !promo.eligiblePlans.some((plan) => team.plans.includes(plan)))
    return 'NOT_ELIGIBLE';
  return undefined;
}

/** When the credit of a code that is redeemed at this instant expires; undefined: never. */
export function promoExpiry(
  { grantExpiresAt, grantLastsDays }: Pick<PromoTerms, 'grantExpiresAt' | 'grantLastsDays'>,
  atMs: number,
): Date | undefined {
  const ends = [
    ...(grantExpiresAt ? [grantExpiresAt.getTime()] : []),
    ...(grantLastsDays === null ? [] : [atMs + grantLastsDays * DAY_MS]),
  ];
  return ends.length > 0 ? new Date(Math.min(...ends)) : undefined;
}
