import { compareDecimal, type Decimal, formatDecimal, ZERO } from '../decimal.ts';
import { badInput } from '../domain-error.ts';
import { METER_LIST, type Meter, type MeterUnit, pricingMeters } from './meters.ts';
import { PARAM_LIST, type Param, paramProblem } from './params.ts';

export type ParamValues = Readonly<Partial<Record<Param, string>>>;

/** When a component holds. Every condition named must be true of the request, or of the units that it prices. */
export interface PriceConditions {
  /** All input tokens of the request together are more than this; the whole quantity then costs this price. */
  readonly aboveInputTokens?: bigint;
  /** Holds for the units of its meter beyond this many in one charge; those before cost what else holds for them. */
  readonly aboveQuantity?: bigint;
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
  checkTiers(components, `${path}.components`);
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

/**
 * Conditions in words for people: `serviceTier flex, above 200000 input tokens, units beyond 1000`; empty when there
 * are none. `upTo` is the unit after which the next tier holds, if it does.
 */
export function describeConditions(
  { aboveInputTokens, aboveQuantity, params }: PriceConditions,
  upTo?: bigint,
): string {
  const parts = paramEntries(params).map(([param, value]) => `${param} ${value}`);
  if (aboveInputTokens !== undefined) parts.push(`above ${aboveInputTokens} input tokens`);
  const units = [
    ...(aboveQuantity === undefined ? [] : [`beyond ${aboveQuantity}`]),
    ...(upTo === undefined ? [] : [`up to ${upTo}`]),
  ];
  if (units.length > 0) parts.push(`units ${units.join(' ')}`);
  return parts.join(', ');
}

/** @throws DomainError BAD_USER_INPUT naming `field` when one unit cannot cost this. */
export function checkUnitPrice(value: Decimal, field: string): void {
  checkAmount(value, MAX_UNIT_PRICE, field);
}

function checkComponent(component: PriceComponent, path: string): void {
  checkUnitPrice(component.unitPrice, `${path}.unitPrice`);
  const { aboveInputTokens, aboveQuantity, params } = component.conditions;
  checkThreshold(aboveInputTokens, `${path}.aboveInputTokens`);
  checkThreshold(aboveQuantity, `${path}.aboveQuantity`);
  checkParams(params ?? {}, `${path}.params`);
}

function checkThreshold(threshold: bigint | undefined, path: string): void {
  if (threshold === undefined || (threshold >= 1n && threshold <= MAX_THRESHOLD)) return;
  throw badInput(path, `must be a whole number from 1 to ${MAX_THRESHOLD}.`);
}

/** The units before a tier need a price that holds whenever the tier does: else they could never be charged. */
function checkTiers(components: readonly PriceComponent[], path: string): void {
  components.forEach((tier, i) => {
    const { aboveQuantity } = tier.conditions;
    if (aboveQuantity === undefined || components.some((base) => isBelow(base, tier))) return;
    throw badInput(
      `${path}.${i}.aboveQuantity`,
      `leaves the first ${aboveQuantity} units without a price: add one with the same conditions but this.`,
    );
  });
}

function isBelow({ meter, conditions }: PriceComponent, tier: PriceComponent): boolean {
  const { aboveInputTokens = 0n, aboveQuantity, params } = conditions;
  const { aboveInputTokens: tierTokens = 0n, params: tierParams } = tier.conditions;
  return (
    aboveQuantity === undefined &&
    pricingMeters(tier.meter).includes(meter) &&
    aboveInputTokens <= tierTokens &&
    paramEntries(params).every(([param, value]) => tierParams?.[param] === value)
  );
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
  if (order !== 0) return order;
  const [first, second] = [tierlessKey(a), tierlessKey(b)];
  if (first !== second) return first < second ? -1 : 1;
  return (a.conditions.aboveQuantity ?? 0n) < (b.conditions.aboveQuantity ?? 0n) ? -1 : 1;
}

/** Tiers stand together, the lowest first. */
function tierlessKey({ conditions: { aboveQuantity, ...conditions }, ...rest }: PriceComponent): string {
  return componentKey({ ...rest, conditions });
}
