import { type Decimal, parseDecimal, pow10 } from './decimal.ts';
import { badInput, DomainError } from './domain-error.ts';

/** An amount in nano-credits: 1 credit = 1 USD = 1,000,000,000 n. Always within a signed 64-bit integer. */
export type NanoCredits = bigint;

export const NANO_PER_CREDIT = 1_000_000_000n;
export const MAX_NANO = 2n ** 63n - 1n;
const CREDIT_DECIMALS = 9;

/**
 * Reads credits from a decimal string with up to 9 places, e.g. `"12.5"` → 12,500,000,000 n.
 * @throws DomainError BAD_USER_INPUT naming `field`: not a decimal, more than 9 places, or beyond 64 bits.
 */
export function parseCredits(text: string, field = 'amount'): NanoCredits {
  if (!/^-?\d{1,20}(\.\d+)?$/.test(text)) {
    throw badInput(field, 'must be credits as a decimal string such as "12.5".');
  }
  const { coefficient, scale } = parseDecimal(text, field);
  if (scale > CREDIT_DECIMALS) throw badInput(field, 'must have at most 9 decimal places.');
  return inRange(coefficient * pow10(CREDIT_DECIMALS - scale), field);
}

/** Writes nano-credits as the shortest decimal string of credits: 12,500,000,000 n → `"12.5"`. */
export function formatCredits(amountNano: NanoCredits): string {
  const negative = amountNano < 0n;
  const digits = (negative ? -amountNano : amountNano).toString().padStart(CREDIT_DECIMALS + 1, '0');
  const whole = digits.slice(0, -CREDIT_DECIMALS);
  const fraction = digits.slice(-CREDIT_DECIMALS).replace(/0+$/, '');
  return `${negative ? '-' : ''}${whole}${fraction ? `.${fraction}` : ''}`;
}

/**
 * Rounds an exact number of credits to the nano-credit, half away from zero ("half-up" for the amounts we charge).
 * The one place where a charge is rounded.
 * @throws DomainError BAD_USER_INPUT naming `field` beyond 64 bits.
 */
export function roundToNano(credits: Decimal, field = 'amount'): NanoCredits {
  if (credits.scale <= CREDIT_DECIMALS) {
    return inRange(credits.coefficient * pow10(CREDIT_DECIMALS - credits.scale), field);
  }
  const divisor = pow10(credits.scale - CREDIT_DECIMALS);
  const magnitude = credits.coefficient < 0n ? -credits.coefficient : credits.coefficient;
  const rounded = (magnitude * 2n + divisor) / (divisor * 2n);
  return inRange(credits.coefficient < 0n ? -rounded : rounded, field);
}

/**
 * Splits `totalNano` in proportion to `weights` so that the parts add up to the whole (largest remainder;
 * equal remainders go to the earlier part). Weights must not be negative; all zero gives equal weights.
 */
export function splitNano(totalNano: NanoCredits, weights: readonly bigint[]): NanoCredits[] {
  const sum = weights.reduce((a, b) => a + b, 0n);
  if (sum === 0n)
    return weights.length === 0
      ? []
      : splitNano(
          totalNano,
          weights.map(() => 1n),
        );
  const parts = weights.map((weight) => (totalNano * weight) / sum);
  const remainders = weights.map((weight, index) => ({ index, remainder: (totalNano * weight) % sum }));
  let left = totalNano - parts.reduce((a, b) => a + b, 0n);
  remainders.sort((a, b) =>
    a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1,
  );
  for (const { index } of remainders) {
    if (left === 0n) break;
    parts[index] = (parts[index] ?? 0n) + 1n;
    left -= 1n;
  }
  return parts;
}

/** The smaller of two amounts. */
export function minNano(a: NanoCredits, b: NanoCredits): NanoCredits {
  return a < b ? a : b;
}

/**
 * Adds amounts and keeps the 64-bit range.
 * @throws DomainError BAD_USER_INPUT naming `field` when the sum leaves it.
 */
export function addNano(a: NanoCredits, b: NanoCredits, field = 'amount'): NanoCredits {
  return inRange(a + b, field);
}

function inRange(value: bigint, field: string): NanoCredits {
  if (value > MAX_NANO || value < -MAX_NANO) {
    throw new DomainError('BAD_USER_INPUT', `${field}: must be at most ${formatCredits(MAX_NANO)} credits.`, {
      field,
    });
  }
  return value;
}
