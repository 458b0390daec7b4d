import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePrice } from '../../src/catalog/compile-price.ts';
import type { Meter } from '../../src/catalog/meters.ts';
import { type PriceJson, priceFromJson } from '../../src/catalog/price-json.ts';
import { rate } from '../../src/catalog/rate.ts';
import { type Params, type Quantities, usageOf } from './rating.ts';

/**
 * The reference: fractions of bigints, components tried one by one, nothing of the code under test but its types.
 */
type Component = PriceJson['components'][number];

interface Fraction {
  n: bigint;
  d: bigint;
}

function fraction(text: string): Fraction {
  const [whole = '', decimals = ''] = text.split('.');
  return { n: BigInt(whole + decimals), d: 10n ** BigInt(decimals.length) };
}
const times = (a: Fraction, b: Fraction): Fraction => ({ n: a.n * b.n, d: a.d * b.d });
const plus = (a: Fraction, b: Fraction): Fraction => ({ n: a.n * b.d + b.n * a.d, d: a.d * b.d });
const minus = (a: Fraction, b: Fraction): Fraction => ({ n: a.n * b.d - b.n * a.d, d: a.d * b.d });
const greater = (a: Fraction, b: Fraction): boolean => a.n * b.d > b.n * a.d;
const ZERO = fraction('0');

const INPUTS: readonly string[] = [
  'INPUT_TOKEN',
  'CACHED_INPUT_TOKEN',
  'CACHE_WRITE_TOKEN',
  'CACHE_WRITE_1H_TOKEN',
];
const FALLBACK: Readonly<Record<string, string>> = {
  CACHED_INPUT_TOKEN: 'INPUT_TOKEN',
  CACHE_WRITE_TOKEN: 'INPUT_TOKEN',
  CACHE_WRITE_1H_TOKEN: 'CACHE_WRITE_TOKEN',
  REASONING_TOKEN: 'OUTPUT_TOKEN',
};
const ORDER = ['serviceTier', 'region', 'gpuType'];

function holds(wanted: Params | undefined, params: Params): boolean {
  return Object.entries(wanted ?? {}).every(([name, value]) => params[name] === value);
}

/** Higher is more specific, compared element by element. */
function specificity({ params = {}, aboveInputTokens, aboveQuantity }: Component): number[] {
  return [
    Object.keys(params).length,
    Number(aboveInputTokens ?? 0),
    ...ORDER.map((name) => (name in params ? 1 : 0)),
    Number(aboveQuantity ?? 0),
  ];
}

/** The price of the units of a meter right after the first `before`. */
function unitPrice(
  price: PriceJson,
  meter: string,
  params: Params,
  inputTokens: Fraction,
  before: Fraction,
): Fraction | undefined {
  const holding = price.components
    .filter((component) => component.meter === meter && holds(component.params, params))
    .filter(({ aboveInputTokens }) => !aboveInputTokens || greater(inputTokens, fraction(aboveInputTokens)))
    .filter(({ aboveQuantity }) => !aboveQuantity || !greater(fraction(aboveQuantity), before))
    .sort((a, b) => {
      const [x, y] = [specificity(a), specificity(b)];
      const i = x.findIndex((value, at) => value !== y[at]);
      return i < 0 ? 0 : (y[i] ?? 0) - (x[i] ?? 0);
    });
  const next = FALLBACK[meter];
  if (holding[0]) return fraction(holding[0].unitPrice);
  return next ? unitPrice(price, next, params, inputTokens, before) : undefined;
}

/** The units cut at every tier that there is, each piece at the price of its units. */
function meterCost(
  price: PriceJson,
  meter: string,
  quantity: Fraction,
  params: Params,
  inputTokens: Fraction,
): Fraction | undefined {
  const tiers = price.components.flatMap(({ aboveQuantity }) =>
    aboveQuantity ? [Number(aboveQuantity)] : [],
  );
  const starts = [0, ...new Set(tiers)].sort((a, b) => a - b).map((start) => fraction(String(start)));
  const used = starts.filter((start) => greater(quantity, start));
  let cost = ZERO;
  for (const [i, start] of used.entries()) {
    const each = unitPrice(price, meter, params, inputTokens, start);
    if (!each) return undefined;
    cost = plus(cost, times(each, minus(used[i + 1] ?? quantity, start)));
  }
  return cost;
}

function reference(price: PriceJson, quantities: Quantities, params: Params): bigint | undefined {
  const used = Object.entries(quantities).filter(([, text]) => fraction(text).n !== 0n);
  const inputTokens = used
    .filter(([meter]) => INPUTS.includes(meter))
    .reduce((sum, [, text]) => plus(sum, fraction(text)), ZERO);
  let total = ZERO;
  for (const [meter, text] of used) {
    let line = meterCost(price, meter, fraction(text), params, inputTokens);
    if (!line) return undefined;
    for (const multiplier of price.multipliers) {
      const applies = !multiplier.units || (multiplier.units.includes('TOKEN') && meter.endsWith('TOKEN'));
      if (applies && holds(multiplier.params, params)) line = times(line, fraction(multiplier.factor));
    }
    total = plus(total, line);
  }
  if (price.minimum && greater(fraction(price.minimum), total)) total = fraction(price.minimum);
  const scaled = total.n * 1_000_000_000n;
  const [quotient, remainder] = [scaled / total.d, scaled % total.d];
  return remainder * 2n >= total.d ? quotient + 1n : quotient;
}

const METERS_USED = [...INPUTS, 'OUTPUT_TOKEN', 'REASONING_TOKEN', 'WEB_SEARCH', 'GPU_SECOND'] as Meter[];
const decimalText = (maxWhole: number, places: number): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.nat({ max: maxWhole }),
      fc.nat({ max: places }),
      fc.bigInt({ min: 0n, max: 10n ** BigInt(places) - 1n }),
    )
    .map(([whole, length, digits]) => {
      const decimals = digits
        .toString()
        .padStart(places, '0')
        .slice(places - length);
      return decimals ? `${whole}.${decimals}` : String(whole);
    });
const params: fc.Arbitrary<Params> = fc.record(
  {
    serviceTier: fc.constantFrom('flex', 'priority'),
    region: fc.constantFrom('eu', 'us'),
    gpuType: fc.constantFrom('S', 'L'),
  },
  { requiredKeys: [] },
);
const componentOf = (meters: readonly Meter[]): fc.Arbitrary<Component> =>
  fc.record(
    {
      meter: fc.constantFrom(...meters),
      unitPrice: decimalText(3, 21),
      aboveInputTokens: fc.constantFrom('1000', '200000', '272000'),
      aboveQuantity: fc.constantFrom('1', '1000', '200000'),
      params,
    },
    { requiredKeys: ['meter', 'unitPrice'] },
  );
const paramsKey = (given: Params | undefined): string => ORDER.map((name) => given?.[name] ?? '').join('/');
const componentKey = (each: Component): string =>
  [each.meter, each.aboveInputTokens, each.aboveQuantity, paramsKey(each.params)].join(' ');

/** A tier is only taken beside a price of the units before it: the tiers that lack one get one. */
function withBases(components: Component[]): Component[] {
  const lacking = components.filter(
    (tier) => tier.aboveQuantity && !components.some((base) => isBelow(base, tier)),
  );
  const bases = lacking.map(({ aboveQuantity: _, ...base }): Component => base);
  const all = [...components, ...bases];
  return [...new Map(all.map((each) => [componentKey(each), each])).values()];
}

function isBelow(base: Component, tier: Component): boolean {
  if (base.aboveQuantity || Number(base.aboveInputTokens ?? 0) > Number(tier.aboveInputTokens ?? 0))
    return false;
  let meter: string | undefined = tier.meter;
  while (meter && meter !== base.meter) meter = FALLBACK[meter];
  return meter !== undefined && holds(base.params, tier.params ?? {});
}

/** A price of some meters: most have a price without conditions, all may have more. */
function priceOfMeters(meters: readonly Meter[]): fc.Arbitrary<PriceJson> {
  const base = fc.record({ meter: fc.constantFrom(...meters), unitPrice: decimalText(3, 21) });
  const components = fc
    .tuple(
      fc.uniqueArray(componentOf(meters), { minLength: 1, maxLength: 20, selector: componentKey }),
      fc.array(base, { maxLength: 2 * meters.length }),
    )
    .map((parts) => withBases(parts.flat()));
  return fc.record({ components, multipliers, minimum }, { requiredKeys: ['components', 'multipliers'] });
}

const multipliers = fc.uniqueArray(
  fc.record(
    {
      factor: decimalText(9, 3),
      params: params.filter((given) => Object.keys(given).length > 0),
      units: fc.constant<'TOKEN'[]>(['TOKEN']),
    },
    { requiredKeys: ['factor', 'params'] },
  ),
  { maxLength: 3, selector: (each) => paramsKey(each.params) },
);
const minimum = decimalText(2, 12);
const quantity = fc.oneof(
  decimalText(400_000, 9),
  fc.constantFrom('0', '1', '1000', '1000.5', '1001', '200000', '272001'),
);

/** A price with usage that it is mostly for: few meters, so that nearly all have a price. */
interface Case {
  readonly price: PriceJson;
  readonly used: Quantities;
  readonly given: Params;
}

const cases: fc.Arbitrary<Case> = fc
  .uniqueArray(fc.constantFrom(...METERS_USED), { minLength: 1, maxLength: 3 })
  .chain((meters) =>
    fc.record({
      price: priceOfMeters(meters),
      used: fc.dictionary(
        fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...meters) }, fc.constantFrom(...METERS_USED)),
        quantity,
        { noNullPrototype: true, minKeys: 1, maxKeys: 4 },
      ),
      given: params,
    }),
  );

test('agrees with exact fractions on every price and usage', () => {
  fc.assert(
    fc.property(cases, ({ price, used, given }) => {
      const result = rate(compilePrice(priceFromJson(price)), usageOf(used, given));
      const expected = reference(price, used, given);
      if (expected === undefined) expect(result).toMatchObject({ ok: false, code: 'UNPRICED_METER' });
      else expect(result).toMatchObject({ ok: true, amountNano: expected });
    }),
    { numRuns: 2000 },
  );
});

function withoutThresholds(components: readonly Component[]): Component[] {
  const flat = components.map(({ aboveInputTokens: _, ...rest }) => rest);
  return [...new Map(flat.map((each) => [componentKey(each), each])).values()];
}

test('never costs less for more, where no threshold reprices', () => {
  fc.assert(
    fc.property(cases, fc.nat(), quantity, ({ price, used, given }, at, more) => {
      const meters = Object.keys(used) as Meter[];
      const meter = meters[at % meters.length] ?? 'GPU_SECOND';
      const flat = { ...price, components: withoutThresholds(price.components) };
      const compiled = compilePrice(priceFromJson(flat));
      const less = rate(compiled, usageOf(used, given));
      const greaterUsage = rate(compiled, usageOf({ ...used, [meter]: more }, given));
      fc.pre(less.ok && greaterUsage.ok && Number(more) >= Number(used[meter] ?? 0));
      if (less.ok && greaterUsage.ok) expect(greaterUsage.amountNano).toBeGreaterThanOrEqual(less.amountNano);
    }),
    { numRuns: 1000 },
  );
});

test('lines add up to the exact amount, whatever the order of the quantities', () => {
  fc.assert(
    fc.property(cases, ({ price, used, given }) => {
      const compiled = compilePrice(priceFromJson(price));
      const forward = rate(compiled, usageOf(used, given));
      const backward = rate(compiled, usageOf(Object.fromEntries(Object.entries(used).reverse()), given));
      fc.pre(forward.ok && backward.ok);
      if (!forward.ok || !backward.ok) return;
      expect(backward.amountNano).toBe(forward.amountNano);
      const sum = forward.lines.reduce(
        (total, { subtotal }) => plus(total, { n: subtotal.coefficient, d: 10n ** BigInt(subtotal.scale) }),
        ZERO,
      );
      const exact = { n: forward.exact.coefficient, d: 10n ** BigInt(forward.exact.scale) };
      expect(sum.n * exact.d).toBe(exact.n * sum.d);
    }),
    { numRuns: 500 },
  );
});

test('lines of a meter are its quantity cut at tiers, in their order', () => {
  fc.assert(
    fc.property(cases, ({ price, used, given }) => {
      const result = rate(compilePrice(priceFromJson(price)), usageOf(used, given));
      fc.pre(result.ok);
      if (!result.ok) return;
      for (const [meter, lines] of Map.groupBy(result.lines, (line) => line.meter)) {
        const starts = lines.map(({ conditions }) => conditions.aboveQuantity ?? 0n);
        expect(starts).toEqual(starts.toSorted((a, b) => (a < b ? -1 : 1)));
        expect(lines.map(({ upTo }) => upTo)).toEqual([...starts.slice(1), undefined]);
        const sum = lines.reduce(
          (total, { quantity: part }) => plus(total, { n: part.coefficient, d: 10n ** BigInt(part.scale) }),
          ZERO,
        );
        const whole = fraction(used[meter] ?? '0');
        expect(sum.n * whole.d).toBe(whole.n * sum.d);
      }
    }),
    { numRuns: 500 },
  );
});
