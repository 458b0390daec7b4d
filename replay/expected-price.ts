import { type Fraction, fractionOf, isEqual, ONE, product, sum, toNano, ZERO } from './fraction.ts';
import type { PriceFields } from './listed-prices.ts';

/** What is known of a request before it is priced: whole tokens by meter, and the facts that may change the price. */
export interface PricedRequest {
  readonly quantities: ReadonlyMap<string, number>;
  readonly params: ReadonlyMap<string, string>;
}

/** The fields that may price a meter, the first that the model has one of; two names of one price stand together. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  INPUT_TOKEN: ['input_cost_per_token'],
  CACHED_INPUT_TOKEN: [
    'cache_read_input_token_cost',
    'input_cost_per_token_cache_hit',
    'input_cost_per_token',
  ],
  CACHE_WRITE_TOKEN: ['cache_creation_input_token_cost', 'input_cost_per_token'],
  CACHE_WRITE_1H_TOKEN: [
    'cache_creation_input_token_cost_above_1hr',
    'cache_creation_input_token_cost',
    'input_cost_per_token',
  ],
  OUTPUT_TOKEN: ['output_cost_per_token'],
  REASONING_TOKEN: ['output_cost_per_reasoning_token', 'output_cost_per_token'],
};
const INPUT = ['INPUT_TOKEN', 'CACHED_INPUT_TOKEN', 'CACHE_WRITE_TOKEN', 'CACHE_WRITE_1H_TOKEN'];
const TIER_SUFFIX: Readonly<Record<string, string>> = {
  flex: 'flex',
  priority: 'priority',
  batch: 'batches',
};

/**
 * The price in nano-credits, worked out from the fields of the price list alone: quantity × price × factors of each
 * meter, added up exactly and rounded once.
 * @throws Error when the list has no price for a meter of the request.
 */
export function expectedPriceNano(fields: PriceFields, request: PricedRequest): bigint {
  let total = ZERO;
  for (const [meter, quantity] of request.quantities) {
    if (quantity === 0) continue;
    const price = unitPrice(fields, meter, request);
    total = sum(total, product({ n: BigInt(quantity), d: 1n }, price));
  }
  return toNano(product(total, factor(fields, request.params)));
}

function unitPrice(fields: PriceFields, meter: string, request: PricedRequest): Fraction {
  const suffixes = suffixesFor(fields, request);
  for (const name of FIELDS[meter] ?? []) {
    if (repeatsOutput(fields, name)) continue;
    for (const suffix of suffixes) {
      const listed = fields.get(name + suffix);
      if (listed !== undefined) return fractionOf(listed);
    }
  }
  throw new Error(`the price list has no price for ${meter}`);
}

/** The most special price first: threshold and tier, then tier, then threshold, then neither. */
function suffixesFor(fields: PriceFields, { quantities, params }: PricedRequest): string[] {
  const inputTokens = INPUT.reduce((tokens, meter) => tokens + (quantities.get(meter) ?? 0), 0);
  const thresholds = thresholdsOf(fields)
    .filter((thousands) => inputTokens > thousands * 1000)
    .map((thousands) => `_above_${thousands}k_tokens`);
  const tier = TIER_SUFFIX[params.get('SERVICE_TIER') ?? ''];
  const tiers = tier === undefined ? [''] : [`_${tier}`, ''];
  return tiers.flatMap((suffix) => [...thresholds, ''].map((threshold) => threshold + suffix));
}

function thresholdsOf(fields: PriceFields): number[] {
  const found = [...fields.keys()].flatMap((name) => {
    const thousands = /_above_(\d+)k_tokens/.exec(name)?.[1];
    return thousands === undefined ? [] : [Number(thousands)];
  });
  return [...new Set(found)].sort((a, b) => b - a);
}

/** Reasoning tokens listed at the price of output are output, with its discounts. */
function repeatsOutput(fields: PriceFields, name: string): boolean {
  const [own, output] = [fields.get(name), fields.get('output_cost_per_token')];
  if (name !== 'output_cost_per_reasoning_token' || own === undefined || output === undefined) return false;
  return isEqual(fractionOf(own), fractionOf(output));
}

function factor(fields: PriceFields, params: ReadonlyMap<string, string>): Fraction {
  const region = params.get('REGION');
  const uplift =
    fields.get(`regional_processing_uplift_multiplier_${region}`) ??
    fields.get(`provider_specific_entry.${region}`);
  const fast = params.get('SPEED') === 'fast' ? fields.get('provider_specific_entry.fast') : undefined;
  return [uplift, fast].reduce<Fraction>((all, one) => (one ? product(all, fractionOf(one)) : all), ONE);
}
