import { type Decimal, multiplyDecimal } from '../decimal.ts';
import { NANO_PER_CENT } from '../gateway/payment.ts';
import type { NanoCredits } from '../money.ts';
import { type BonusTier, bonusOf } from './bonus.ts';

/** What credit costs, and how it is shown, per installation. */
export interface CreditOptions {
  /** The smallest purchase of a custom amount. */
  readonly minPurchaseCents: bigint;
  /** How many credits people see for one US dollar. The ledger knows nothing of it. */
  readonly creditsPerUsd: Decimal;
}

/** A size of purchase that is offered. */
export interface CreditPack {
  /** What it is ordered by. */
  readonly id: string;
  readonly priceCents: bigint;
  readonly creditsNano: NanoCredits;
  readonly bonusNano: NanoCredits;
  /** Credit and bonus in the unit that people see. */
  readonly display: Decimal;
}

/** The cents of each pack, by its id. */
const PACKS: ReadonlyMap<string, bigint> = new Map([
  ['pack-5', 500n],
  ['pack-10', 1_000n],
  ['pack-20', 2_000n],
  ['pack-50', 5_000n],
  ['pack-100', 10_000n],
]);
const NANO_PLACES = 9;

/** What a pack costs, in cents; undefined: there is no such pack. */
export function packCents(id: string): bigint | undefined {
  return PACKS.get(id);
}

/** The packs that may be bought, the smallest first, with the bonus of these tiers. */
export function creditPacks(tiers: readonly BonusTier[], options: CreditOptions): CreditPack[] {
  return [...PACKS].map(([id, priceCents]) => {
    const creditsNano = priceCents * NANO_PER_CENT;
    const bonusNano = bonusOf(tiers, priceCents);
    return { id, priceCents, creditsNano, bonusNano, display: displayed(creditsNano + bonusNano, options) };
  });
}

/** An amount of credit in the unit that people see, exact. */
export function displayed(amountNano: NanoCredits, { creditsPerUsd }: CreditOptions): Decimal {
  return multiplyDecimal({ coefficient: amountNano, scale: NANO_PLACES }, creditsPerUsd);
}
