import { type Decimal, pow10 } from '../decimal.ts';
import { METER_LIST, type Meter, pricingMeters } from './meters.ts';
import { PARAM_LIST, type Param } from './params.ts';
import { type Price, type PriceComponent, type PriceMultiplier, paramEntries } from './price.ts';

type ParamPairs = readonly (readonly [Param, string])[];

/** A component with its conditions ready to be compared. */
export interface Candidate {
  readonly component: PriceComponent;
  readonly params: ParamPairs;
  readonly threshold: Decimal | undefined;
  /** It prices the units beyond this many; all when undefined. */
  readonly beyond: bigint | undefined;
  /** The unit price at the scale that all candidates of the price share, so that lines add without rescaling. */
  readonly scaledPrice: Decimal;
}

/** A price prepared for `rate`: for each meter that can be rated its components, the most specific first. */
export interface CompiledPrice {
  readonly source: Price;
  readonly candidates: ReadonlyMap<Meter, readonly Candidate[]>;
  readonly multipliers: readonly { readonly params: ParamPairs; readonly multiplier: PriceMultiplier }[];
  readonly hasThresholds: boolean;
}

/** Prepares a price once, so that rating is a few look-ups and multiplications. */
export function compilePrice(source: Price): CompiledPrice {
  const scale = Math.max(...source.components.map(({ unitPrice }) => unitPrice.scale));
  const own = new Map<Meter, Candidate[]>();
  for (const component of source.components) {
    const candidates = own.get(component.meter) ?? [];
    own.set(component.meter, candidates);
    candidates.push(candidateOf(component, scale));
  }
  for (const candidates of own.values()) candidates.sort(bySpecificity);
  const withFallbacks = METER_LIST.map((meter) => [meter, chain(meter, own)] as const);
  return {
    source,
    candidates: new Map(withFallbacks.filter(([, candidates]) => candidates.length > 0)),
    multipliers: source.multipliers.map((multiplier) => ({
      params: paramEntries(multiplier.params),
      multiplier,
    })),
    hasThresholds: source.components.some(({ conditions }) => conditions.aboveInputTokens !== undefined),
  };
}

function candidateOf(component: PriceComponent, scale: number): Candidate {
  const { unitPrice, conditions } = component;
  const { aboveInputTokens, aboveQuantity } = conditions;
  return {
    component,
    params: paramEntries(conditions.params),
    threshold: aboveInputTokens === undefined ? undefined : { coefficient: aboveInputTokens, scale: 0 },
    beyond: aboveQuantity,
    scaledPrice: { coefficient: unitPrice.coefficient * pow10(scale - unitPrice.scale), scale },
  };
}

/** A meter's own components, then those of the meters it falls back on. */
function chain(meter: Meter, own: ReadonlyMap<Meter, readonly Candidate[]>): readonly Candidate[] {
  return pricingMeters(meter).flatMap((each) => own.get(each) ?? []);
}

/**
 * More parameters first, then the higher threshold, then the stronger parameter, then the higher tier: a total order of
 * what can hold together.
 */
function bySpecificity(a: Candidate, b: Candidate): number {
  if (a.params.length !== b.params.length) return b.params.length - a.params.length;
  const thresholds = thresholdOf(b) - thresholdOf(a);
  if (thresholds !== 0n) return thresholds < 0n ? -1 : 1;
  for (const [i, [param]] of a.params.entries()) {
    const order = PARAM_LIST.indexOf(param) - PARAM_LIST.indexOf(b.params[i]?.[0] ?? param);
    if (order !== 0) return order;
  }
  const tiers = (b.beyond ?? 0n) - (a.beyond ?? 0n);
  return tiers === 0n ? 0 : tiers < 0n ? -1 : 1;
}

function thresholdOf({ threshold }: Candidate): bigint {
  return threshold?.coefficient ?? 0n;
}
