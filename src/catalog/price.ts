import { compareDecimal, type Decimal, formatDecimal, ZERO } from '../decimal.ts';
import { badInput } from '../domain-error.ts';
import { METER_LIST, type Meter, type MeterUnit } from './meters.ts';
import { PARAM_LIST, type Param, paramProblem } from './params.ts';

export type ParamValues = Readonly<Partial<Record<Param, string>>>;

/** When a component holds. Every condition named must be true of the request. */
export interface PriceConditions {
  /** All input tokens of the request together are more than this; the whole quantity then costs this price. */
  readonly aboveInputTokens?: bigint;
  readonly params?: ParamValues;
}

/** What one unit of a meter costs under some conditions. */
export interface PriceComponent {
  readonly meter: Meter;
  /** Credits for one unit. Zero is a price: free. */
  readonly unitPrice: Decimal;
  readonly conditions: PriceConditions;
}

/** A factor on what the components make, for requests with these parameters. Several that hold are multiplied. */
export interface PriceMultiplier {
  readonly factor: Decimal;
  readonly params: ParamValues;
  /** Only meters counted in these units; all when absent. */
  readonly units?: readonly MeterUnit[];
}

/** The price list of one model: what `rate` needs to know. */
export interface Price {
  readonly components: readonly PriceComponent[];
  readonly multipliers: readonly PriceMultiplier[];
  /** The least a charge costs, in credits. */
  readonly minimum?: Decimal;
}

const MAX_COMPONENTS = 200;
const MAX_MULTIPLIERS = 50;
const MAX_SCALE = 36;
const MAX_UNIT_PRICE: Decimal = { coefficient: 1_000_000n, scale: 0 };
const MAX_FACTOR: Decimal = { coefficient: 1_000n, scale: 0 };
const MAX_THRESHOLD = 10n ** 15n;

/**
 * A checked price in canonical order, so that equal prices have equal text.
 * @throws DomainError BAD_USER_INPUT naming the field (below `path`) that cannot be used.
 */
export function makePrice(given: Price, path = 'price'): Price {
  const { components, multipliers, minimum } = given;
  checkCount(components.length, 1, MAX_COMPONENTS, `${path}.components`);
  checkCount(multipliers.length, 0, MAX_MULTIPLIERS, `${path}.multipliers`);
  components.forEach((component, i) => {
    checkComponent(component, `${path}.components.${i}`);
  });
  multipliers.forEach((multiplier, i) => {
    checkMultiplier(multiplier, `${path}.multipliers.${i}`);
  });
  checkDistinct(
    components.map(componentKey),
    `${path}.components`,
    'has two prices for the same meter and conditions',
  );
  checkDistinct(
    multipliers.map(multiplierKey),
    `${path}.multipliers`,
    'has two factors for the same parameters',
  );
  if (minimum) checkAmount(minimum, MAX_UNIT_PRICE, `${path}.minimum`);
  return {
    components: components.toSorted(byMeterThenConditions),
    multipliers: multipliers.toSorted((a, b) => (multiplierKey(a) < multiplierKey(b) ? -1 : 1)),
    ...(minimum ? { minimum } : {}),
  };
}

/** The parameters of a condition in their fixed order. */
export function paramEntries(params: ParamValues | undefined): [Param, string][] {
  if (!params) return [];
  return PARAM_LIST.flatMap((param) => {
    const value = params[param];
    return value === undefined ? [] : [[param, value] satisfies [Param, string]];
  });
}

/** Conditions in words for people: `serviceTier flex, above 200000 input tokens`; empty when there are none. */
export function describeConditions({ aboveInputTokens, params }: PriceConditions): string {
  const parts = paramEntries(params).map(([param, value]) => `${param} ${value}`);
  if (aboveInputTokens !== undefined) parts.push(`above ${aboveInputTokens} input tokens`);
  return parts.join(', ');
}

/** @throws DomainError BAD_USER_INPUT naming `field` when one unit cannot cost this. */
export function checkUnitPrice(value: Decimal, field: string): void {
  checkAmount(value, MAX_UNIT_PRICE, field);
}

function checkComponent(component: PriceComponent, path: string): void {
  checkUnitPrice(component.unitPrice, `${path}.unitPrice`);
  const { aboveInputTokens, params } = component.conditions;
  if (aboveInputTokens !== undefined && (aboveInputTokens < 1n || aboveInputTokens > MAX_THRESHOLD)) {
    throw badInput(`${path}.aboveInputTokens`, `must be a whole number from 1 to ${MAX_THRESHOLD}.`);
  }
  checkParams(params ?? {}, `${path}.params`);
}

function checkMultiplier(multiplier: PriceMultiplier, path: string): void {
  checkAmount(multiplier.factor, MAX_FACTOR, `${path}.factor`);
  if (paramEntries(multiplier.params).length === 0)
    throw badInput(`${path}.params`, 'must name a parameter.');
  checkParams(multiplier.params, `${path}.params`);
  if (multiplier.units?.length === 0) throw badInput(`${path}.units`, 'must name a unit, or be absent.');
}

function checkParams(params: ParamValues, path: string): void {
  for (const [param, value] of Object.entries(params)) {
    const problem = paramProblem(param, value);
    if (problem) throw badInput(`${path}.${param}`, problem);
  }
}

function checkAmount(value: Decimal, max: Decimal, path: string): void {
  if (compareDecimal(value, ZERO) < 0) throw badInput(path, 'must not be negative.');
  if (compareDecimal(value, max) > 0) throw badInput(path, `must be at most ${formatDecimal(max)}.`);
  if (value.scale > MAX_SCALE) throw badInput(path, `must have at most ${MAX_SCALE} decimal places.`);
}

function checkCount(count: number, min: number, max: number, path: string): void {
  if (count < min || count > max) throw badInput(path, `must have ${min} to ${max} elements.`);
}

function checkDistinct(keys: readonly string[], path: string, problem: string): void {
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) throw badInput(path, `${problem} (${key}).`);
    seen.add(key);
  }
}

function componentKey({ meter, conditions }: PriceComponent): string {
  const words = describeConditions(conditions);
  return words ? `${meter}: ${words}` : meter;
}

function multiplierKey({ params }: PriceMultiplier): string {
  return describeConditions({ params });
}

function byMeterThenConditions(a: PriceComponent, b: PriceComponent): number {
  const order = METER_LIST.indexOf(a.meter) - METER_LIST.indexOf(b.meter);
  return order !== 0 ? order : componentKey(a) < componentKey(b) ? -1 : 1;
}
