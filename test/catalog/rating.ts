import { compilePrice } from '../../src/catalog/compile-price.ts';
import type { Meter } from '../../src/catalog/meters.ts';
import type { Price } from '../../src/catalog/price.ts';
import { priceFromJson } from '../../src/catalog/price-json.ts';
import { type Rated, type RateRefusal, rate, type Usage } from '../../src/catalog/rate.ts';
import { type Decimal, parseDecimal } from '../../src/decimal.ts';
import { formatCredits } from '../../src/money.ts';

export type Quantities = Readonly<Partial<Record<Meter, string>>>;
export type Params = Readonly<Record<string, string>>;

interface Conditions {
  readonly aboveInputTokens?: string;
  readonly aboveQuantity?: string;
  readonly params?: Params;
}

/** A price written as JSON, with `components` as [meter, unitPrice, conditions?]. */
export function priceOf(
  components: readonly (readonly [Meter, string, Conditions?])[],
  rest: {
    multipliers?: readonly { factor: string; params: Params; units?: string[] }[];
    minimum?: string;
  } = {},
): Price {
  return priceFromJson({
    components: components.map(([meter, unitPrice, conditions]) => ({ meter, unitPrice, ...conditions })),
    multipliers: rest.multipliers ?? [],
    ...(rest.minimum === undefined ? {} : { minimum: rest.minimum }),
  });
}

export function usageOf(quantities: Quantities, params: Params = {}): Usage {
  const pairs = Object.entries(quantities) as [Meter, string][];
  return {
    quantities: new Map<Meter, Decimal>(pairs.map(([meter, text]) => [meter, parseDecimal(text)])),
    params: new Map(Object.entries(params)),
  };
}

export function rated(price: Price, quantities: Quantities, params: Params = {}): Rated {
  const result = rate(compilePrice(price), usageOf(quantities, params));
  if (!result.ok) throw new Error(`refused: ${result.message}`);
  return result;
}

/** What the usage costs, as decimal credits. */
export function costOf(price: Price, quantities: Quantities, params: Params = {}): string {
  return formatCredits(rated(price, quantities, params).amountNano);
}

export function refusalOf(price: Price, quantities: Quantities, params: Params = {}): RateRefusal {
  const result = rate(compilePrice(price), usageOf(quantities, params));
  if (result.ok) throw new Error(`rated: ${formatCredits(result.amountNano)}`);
  return result;
}
