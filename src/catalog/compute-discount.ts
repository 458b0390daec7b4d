import { type Decimal, multiplyDecimal } from '../decimal.ts';
import { type NanoCredits, roundToNano } from '../money.ts';
import { WHOLE_BPS } from './entitlement-terms.ts';
import type { Rated } from './rate.ts';

/** What a discount leaves of 1, exactly: 0.7 of 3000 basis points. */
function rest(discountBps: bigint): Decimal {
  return { coefficient: WHOLE_BPS - discountBps, scale: 4 };
}

/** The price that a discount leaves, from the exact one: it is rounded once, half-up, and not before. */
export function discounted(rated: Rated, discountBps: bigint): Rated {
  if (discountBps === 0n) return rated;
  return { ...rated, amountNano: roundToNano(exactAfter(rated, discountBps)) };
}

/** What a discount leaves of an amount, exactly. */
export function exactAfter(
  { exact, minimum }: Pick<Rated, 'exact' | 'minimum'>,
  discountBps: bigint,
): Decimal {
  return multiplyDecimal(minimum ?? exact, rest(discountBps));
}

/** What a discount leaves of the price of an hour, which is whole nano-credits: as `discounted`. */
export function discountedHour(hourlyNano: NanoCredits, discountBps: bigint): NanoCredits {
  return discountBps === 0n
    ? hourlyNano
    : roundToNano(multiplyDecimal({ coefficient: hourlyNano, scale: 9 }, rest(discountBps)));
}

/** A discount that holds from an instant on. */
export interface DiscountSince {
  readonly sinceMs: number;
  readonly discountBps: bigint;
}

/** The discounts of one team, one after the other. */
export type DiscountHistory = readonly DiscountSince[];

/** The discount that held at an instant: an hour is priced by that of its beginning. */
export function discountAt(history: DiscountHistory | undefined, at: Date): bigint {
  return history?.findLast(({ sinceMs }) => sinceMs <= at.getTime())?.discountBps ?? 0n;
}
