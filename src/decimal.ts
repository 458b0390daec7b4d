import { badInput } from './domain-error.ts';

/** An exact decimal number: `coefficient × 10^-scale`. Prices and quantities are decimals, never floats. */
export interface Decimal {
  readonly coefficient: bigint;
  /** Digits after the point, 0 or more. */
  readonly scale: number;
}

const PATTERN = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;
const MAX_DIGITS = 60;

export const ZERO: Decimal = { coefficient: 0n, scale: 0 };
export const ONE: Decimal = { coefficient: 1n, scale: 0 };

const POWERS: bigint[] = [1n];

/** 10^n, cached. */
export function pow10(n: number): bigint {
  for (let i = POWERS.length; i <= n; i++) POWERS.push((POWERS[i - 1] ?? 1n) * 10n);
  return POWERS[n] ?? 10n ** BigInt(n);
}

/**
 * Reads a decimal from text such as `"12"`, `"0.25"` or `"2.5e-9"`, exactly.
 * @throws DomainError BAD_USER_INPUT naming `field` when the text is no decimal or has more than 60 digits.
 */
export function parseDecimal(text: string, field = 'value'): Decimal {
  const match = PATTERN.exec(text);
  if (!match) throw badInput(field, 'must be a decimal number such as "12" or "0.25".');
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const scale = fraction.length - Number(exponent);
  if (whole.length + fraction.length > MAX_DIGITS || Math.abs(scale) > MAX_DIGITS) {
    throw badInput(field, `must have at most ${MAX_DIGITS} digits.`);
  }
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  return scale < 0 ? { coefficient: digits * pow10(-scale), scale: 0 } : trim({ coefficient: digits, scale });
}

/** The shortest plain notation, without exponent: `"0.0000000025"`. */
export function formatDecimal(value: Decimal): string {
  const { coefficient, scale } = trim(value);
  if (scale === 0) return coefficient.toString();
  const negative = coefficient < 0n;
  const digits = (negative ? -coefficient : coefficient).toString().padStart(scale + 1, '0');
  return `${negative ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

export function addDecimal(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return {
    coefficient: a.coefficient * pow10(scale - a.scale) + b.coefficient * pow10(scale - b.scale),
    scale,
  };
}

export function multiplyDecimal(a: Decimal, b: Decimal): Decimal {
  return { coefficient: a.coefficient * b.coefficient, scale: a.scale + b.scale };
}

/** Negative when a < b, zero when they are equal, positive when a > b. */
export function compareDecimal(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const difference = a.coefficient * pow10(scale - a.scale) - b.coefficient * pow10(scale - b.scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function trim(value: Decimal): Decimal {
  let { coefficient, scale } = value;
  while (scale > 0 && coefficient % 10n === 0n) {
    coefficient /= 10n;
    scale -= 1;
  }
  return { coefficient, scale };
}
