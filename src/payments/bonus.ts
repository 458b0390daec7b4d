import { type Decimal, formatDecimal, pow10 } from '../decimal.ts';
import { badInput } from '../domain-error.ts';
import { type NanoCredits, roundToNano } from '../money.ts';

/** From this size of purchase on, so much more. */
export interface BonusTier {
  readonly fromCents: bigint;
  /** Hundredths of a percent: 1,250 is 12.5 %. */
  readonly basisPoints: bigint;
}

const MAX_TIERS = 50;
const MAX_BASIS_POINTS = 10_000n;

/**
 * Tiers as they are stored: the smallest first.
 * @throws DomainError BAD_USER_INPUT naming `tiers` and the place of the one that cannot be used.
 */
export function makeTiers(tiers: readonly BonusTier[]): BonusTier[] {
  if (tiers.length > MAX_TIERS) throw badInput('tiers', `must be at most ${MAX_TIERS}.`);
  const ordered = tiers.toSorted((a, b) => (a.fromCents < b.fromCents ? -1 : 1));
  const twice = ordered.find(({ fromCents }, i) => ordered[i + 1]?.fromCents === fromCents);
  if (twice) throw badInput('tiers', 'must each begin at an amount of its own.');
  return ordered;
}

/** A percentage as basis points. @throws DomainError BAD_USER_INPUT naming `field`. */
export function basisPointsOf({ coefficient, scale }: Decimal, field: string): bigint {
  const tooFine = scale > 2;
  const points = tooFine ? 0n : coefficient * pow10(2 - scale);
  if (tooFine || points < 0n || points > MAX_BASIS_POINTS)
    throw badInput(field, 'must be from 0 to 100 with at most 2 decimal places.');
  return points;
}

/** Basis points as a percentage. */
export function percentOf(basisPoints: bigint): Decimal {
  return { coefficient: basisPoints, scale: 2 };
}

/** What comes on top of a purchase: by the highest tier that it reaches, all of it. Exact; rounded once, half up. */
export function bonusOf(tiers: readonly BonusTier[], amountCents: bigint): NanoCredits {
  const reached = tiers.filter(({ fromCents }) => fromCents <= amountCents);
  const basisPoints = reached.reduce(
    (best, tier) => (tier.fromCents >= best.fromCents ? tier : best),
    NO_TIER,
  ).basisPoints;
  // Two places of the cents, four of the basis points.
  return roundToNano({ coefficient: amountCents * basisPoints, scale: 6 }, 'amount');
}

const NO_TIER: BonusTier = { fromCents: -1n, basisPoints: 0n };

/** A tier as it is stored. */
export interface StoredTier {
  readonly fromCents: string;
  /** A decimal. */
  readonly percent: string;
}

export function storedTier({ fromCents, basisPoints }: BonusTier): StoredTier {
  return { fromCents: fromCents.toString(), percent: formatDecimal(percentOf(basisPoints)) };
}
