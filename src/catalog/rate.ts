import { addDecimal, compareDecimal, type Decimal, formatDecimal, ONE, pow10, ZERO } from '../decimal.ts';
import { formatCredits, MAX_NANO, type NanoCredits, roundToNano } from '../money.ts';
import type { Candidate, CompiledPrice } from './compile-price.ts';
import { METERS, type Meter } from './meters.ts';
import { paramProblem } from './params.ts';
import type { PriceConditions, PriceMultiplier } from './price.ts';

/** What was used, and the facts of the request that may change its price. */
export interface Usage {
  readonly quantities: ReadonlyMap<Meter, Decimal>;
  /** Parameter → value, as the caller sent them. */
  readonly params: ReadonlyMap<string, string>;
}

/** One line of the formula: `quantity × unitPrice × factor = subtotal`, exact. A meter with tiers has one for each. */
export interface RatedLine {
  readonly meter: Meter;
  /** The meter whose price was applied: another one where the model has no price for `meter`. */
  readonly pricedAs: Meter;
  readonly quantity: Decimal;
  readonly unitPrice: Decimal;
  readonly conditions: PriceConditions;
  /** The unit of the meter after which the next tier holds, for whose units the next line is. */
  readonly upTo: bigint | undefined;
  /** The product of the multipliers that apply to this line. */
  readonly factor: Decimal;
  readonly subtotal: Decimal;
}

export interface Rated {
  readonly ok: true;
  /** The sum of the lines, or the minimum, rounded once. */
  readonly amountNano: NanoCredits;
  readonly lines: readonly RatedLine[];
  /** The multipliers whose parameters hold. */
  readonly multipliers: readonly PriceMultiplier[];
  /** The sum of the lines before the minimum and before rounding. */
  readonly exact: Decimal;
  /** The minimum of the price, when it raised the amount. */
  readonly minimum?: Decimal;
}

export type QuantityProblem = 'NEGATIVE' | 'TOO_LARGE' | 'TOO_MANY_DECIMALS';

/** Why usage has no price: a value, because one refused item must not stop its batch. */
export type RateRefusal = { readonly ok: false; readonly message: string } & (
  | { readonly code: 'UNPRICED_METER'; readonly meter: Meter }
  | { readonly code: 'INVALID_QUANTITY'; readonly meter: Meter; readonly problem: QuantityProblem }
  | { readonly code: 'OVERLAPPING_METERS'; readonly meter: Meter; readonly other: Meter }
  | { readonly code: 'UNKNOWN_PARAM'; readonly param: string }
  | { readonly code: 'AMOUNT_TOO_LARGE' }
);

/** The most of one meter that one charge may report. */
export const MAX_QUANTITY: Decimal = { coefficient: 10n ** 15n, scale: 0 };
/** The most decimal places of a quantity. */
export const MAX_QUANTITY_SCALE = 9;

const MAX_CREDITS: Decimal = { coefficient: MAX_NANO, scale: 9 };

/**
 * What `usage` costs: exact, and rounded once, half-up, to the nano-credit. Each unit costs what the most specific
 * component says that holds for it (README: precedence). Quantities of zero cost nothing and need no price.
 */
export function rate(price: CompiledPrice, usage: Usage): Rated | RateRefusal {
  const refusal = problemOfParams(usage.params) ?? problemOfQuantities(usage.quantities);
  if (refusal) return refusal;
  const inputTokens = price.hasThresholds ? inputTokensOf(usage.quantities) : ZERO;
  const multipliers = multipliersFor(price, usage.params);
  const held = { params: usage.params, inputTokens, multipliers };
  const lines: RatedLine[] = [];
  for (const [meter, quantity] of usage.quantities) {
    if (quantity.coefficient === 0n) continue;
    if (!rateMeter(meter, quantity, price, held, lines)) return unpriced(meter, usage.params);
  }
  return total(price, lines, multipliers);
}

function total(
  price: CompiledPrice,
  lines: readonly RatedLine[],
  multipliers: readonly PriceMultiplier[],
): Rated | RateRefusal {
  const { minimum } = price.source;
  let exact = ZERO;
  for (const { subtotal } of lines) exact = sum(exact, subtotal);
  if (minimum && compareDecimal(exact, minimum) < 0) {
    return { ok: true, amountNano: roundToNano(minimum), lines, multipliers, exact, minimum };
  }
  if (compareDecimal(exact, MAX_CREDITS) > 0) return tooLarge();
  return { ok: true, amountNano: roundToNano(exact), lines, multipliers, exact };
}

/** What of a request decides which components hold. */
interface Held {
  readonly params: ReadonlyMap<string, string>;
  readonly inputTokens: Decimal;
  readonly multipliers: readonly PriceMultiplier[];
}

/**
 * Adds the lines of one meter, the lowest tier first: from the most specific component to the least, each prices the
 * units beyond its threshold that none before it did.
 * @returns false when units are left that nothing prices.
 */
function rateMeter(
  meter: Meter,
  quantity: Decimal,
  price: CompiledPrice,
  held: Held,
  lines: RatedLine[],
): boolean {
  const first = lines.length;
  let upTo: bigint | undefined;
  for (const candidate of price.candidates.get(meter) ?? []) {
    if (!holds(candidate, held)) continue;
    const part = unitsBetween(quantity, candidate.beyond, upTo);
    if (part.coefficient <= 0n) continue;
    lines.splice(first, 0, rateLine(meter, part, candidate, upTo, held.multipliers));
    if (candidate.beyond === undefined) return true;
    upTo = candidate.beyond;
  }
  return false;
}

function holds({ params: wanted, threshold }: Candidate, { params, inputTokens }: Held): boolean {
  if (threshold && compareDecimal(inputTokens, threshold) <= 0) return false;
  return wanted.every(([param, value]) => params.get(param) === value);
}

/** How many of the units are beyond `beyond` and not beyond `upTo`; none when that is not above zero. */
function unitsBetween(quantity: Decimal, beyond: bigint | undefined, upTo: bigint | undefined): Decimal {
  if (beyond === undefined && upTo === undefined) return quantity;
  const { scale } = quantity;
  const end = upTo === undefined ? quantity.coefficient : upTo * pow10(scale);
  return { coefficient: end - (beyond ?? 0n) * pow10(scale), scale };
}

function rateLine(
  meter: Meter,
  quantity: Decimal,
  { component, scaledPrice }: Candidate,
  upTo: bigint | undefined,
  multipliers: readonly PriceMultiplier[],
): RatedLine {
  const factor = multipliers.length === 0 ? ONE : factorFor(meter, multipliers);
  const subtotal = {
    coefficient: quantity.coefficient * scaledPrice.coefficient * factor.coefficient,
    scale: quantity.scale + scaledPrice.scale + factor.scale,
  };
  const { meter: pricedAs, unitPrice, conditions } = component;
  return { meter, pricedAs, quantity, unitPrice, conditions, upTo, factor, subtotal };
}

function multipliersFor(
  price: CompiledPrice,
  params: ReadonlyMap<string, string>,
): readonly PriceMultiplier[] {
  if (params.size === 0 || price.multipliers.length === 0) return [];
  return price.multipliers
    .filter(({ params: wanted }) => wanted.every(([param, value]) => params.get(param) === value))
    .map(({ multiplier }) => multiplier);
}

function factorFor(meter: Meter, multipliers: readonly PriceMultiplier[]): Decimal {
  const { unit } = METERS[meter];
  return multipliers
    .filter(({ units }) => !units || units.includes(unit))
    .reduce<Decimal>(
      (product, { factor }) => ({
        coefficient: product.coefficient * factor.coefficient,
        scale: product.scale + factor.scale,
      }),
      ONE,
    );
}

function inputTokensOf(quantities: ReadonlyMap<Meter, Decimal>): Decimal {
  let tokens = ZERO;
  for (const [meter, quantity] of quantities) {
    if (METERS[meter].inputToken) tokens = sum(tokens, quantity);
  }
  return tokens;
}

function problemOfParams(params: ReadonlyMap<string, string>): RateRefusal | undefined {
  for (const [param, value] of params) {
    const problem = paramProblem(param, value);
    if (problem) return { ok: false, code: 'UNKNOWN_PARAM', param, message: `Parameter ${param} ${problem}` };
  }
  return undefined;
}

function problemOfQuantities(quantities: ReadonlyMap<Meter, Decimal>): RateRefusal | undefined {
  for (const [meter, quantity] of quantities) {
    const problem = problemOf(quantity);
    if (problem) return invalidQuantity(meter, problem);
    const { measures } = METERS[meter];
    const other =
      measures && quantity.coefficient !== 0n ? otherMeasure(meter, measures, quantities) : undefined;
    if (other) return overlapping(meter, other);
  }
  return undefined;
}

function problemOf(quantity: Decimal): QuantityProblem | undefined {
  if (quantity.coefficient < 0n) return 'NEGATIVE';
  if (quantity.scale > MAX_QUANTITY_SCALE) return 'TOO_MANY_DECIMALS';
  return quantity.coefficient > MAX_QUANTITY.coefficient * pow10(quantity.scale) ? 'TOO_LARGE' : undefined;
}

/** Images and image tokens are one thing counted twice: adding them up would charge it twice. */
function otherMeasure(
  meter: Meter,
  measures: string,
  quantities: ReadonlyMap<Meter, Decimal>,
): Meter | undefined {
  for (const [other, quantity] of quantities) {
    if (other !== meter && quantity.coefficient !== 0n && METERS[other].measures === measures) return other;
  }
  return undefined;
}

/** Addition of what is nearly always of one scale. */
function sum(a: Decimal, b: Decimal): Decimal {
  return a.scale === b.scale
    ? { coefficient: a.coefficient + b.coefficient, scale: a.scale }
    : addDecimal(a, b);
}

function invalidQuantity(meter: Meter, problem: QuantityProblem): RateRefusal {
  const right = {
    NEGATIVE: 'must not be negative',
    TOO_LARGE: `must be at most ${formatDecimal(MAX_QUANTITY)}`,
    TOO_MANY_DECIMALS: `must have at most ${MAX_QUANTITY_SCALE} decimal places`,
  }[problem];
  return {
    ok: false,
    code: 'INVALID_QUANTITY',
    meter,
    problem,
    message: `The quantity of ${meter} ${right}.`,
  };
}

function overlapping(meter: Meter, other: Meter): RateRefusal {
  const message = `${meter} and ${other} count the same thing: report one of them.`;
  return { ok: false, code: 'OVERLAPPING_METERS', meter, other, message };
}

function unpriced(meter: Meter, params: ReadonlyMap<string, string>): RateRefusal {
  const given = [...params].map(([param, value]) => `${param} ${value}`).join(', ');
  const message = `The model has no price for ${meter}${given ? ` with ${given}` : ''}.`;
  return { ok: false, code: 'UNPRICED_METER', meter, message };
}

function tooLarge(): RateRefusal {
  const message = `The amount is above ${formatCredits(MAX_NANO)} credits.`;
  return { ok: false, code: 'AMOUNT_TOO_LARGE', message };
}
