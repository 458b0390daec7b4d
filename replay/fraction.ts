/** An exact number: `n / d`, with `d` above zero. */
export interface Fraction {
  readonly n: bigint;
  readonly d: bigint;
}

export const ZERO: Fraction = { n: 0n, d: 1n };
export const ONE: Fraction = { n: 1n, d: 1n };

/**
 * The number that a text such as "12.5", "3e-06" or "100" stands for, exactly.
 * @throws Error when the text is no decimal number.
 */
export function fractionOf(text: string): Fraction {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text);
  if (!match) throw new Error(`not a decimal number: ${JSON.stringify(text)}`);
  const [, sign = '', whole = '', decimals = '', exponent = '0'] = match;
  const shift = Number(exponent) - decimals.length;
  const n = BigInt(`${sign}${whole}${decimals}`);
  return shift < 0 ? { n, d: 10n ** BigInt(-shift) } : { n: n * 10n ** BigInt(shift), d: 1n };
}

export function sum(a: Fraction, b: Fraction): Fraction {
  return { n: a.n * b.d + b.n * a.d, d: a.d * b.d };
}

export function product(a: Fraction, b: Fraction): Fraction {
  return { n: a.n * b.n, d: a.d * b.d };
}

export function isEqual(a: Fraction, b: Fraction): boolean {
  return a.n * b.d === b.n * a.d;
}

/** Credits as nano-credits, rounded half up. The number must not be negative. */
export function toNano({ n, d }: Fraction): bigint {
  return (2n * n * 1_000_000_000n + d) / (2n * d);
}

/**
 * Nano-credits of an amount as the API writes it, such as "12.5".
 * @throws Error when it is no amount with at most nine decimals.
 */
export function nanoOf(text: string): bigint {
  const { n, d } = fractionOf(text);
  if ((n * 1_000_000_000n) % d !== 0n) throw new Error(`more than nine decimals: ${text}`);
  return (n * 1_000_000_000n) / d;
}

/** An amount as the API writes it. */
export function creditsOf(nano: bigint): string {
  const digits = String(nano < 0n ? -nano : nano).padStart(10, '0');
  const decimals = digits.slice(-9).replace(/0+$/, '');
  return `${nano < 0n ? '-' : ''}${digits.slice(0, -9)}${decimals && `.${decimals}`}`;
}
