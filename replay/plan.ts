import type { Meter, UsageParam } from '../client/generated/graphql.ts';
import { chance, skewedChoice } from './chance.ts';
import type { PricedRequest } from './expected-price.ts';
import type { PriceFields } from './listed-prices.ts';
import type { Trace, TraceRequest } from './trace.ts';

/** A request of the trace as it will be reported: who pays, for which model, and what exactly was used. */
export interface PlannedRequest extends PricedRequest {
  readonly line: number;
  readonly offsetMs: number;
  /** Which of the teams, counted from 0. */
  readonly team: number;
  readonly model: string;
  readonly quantities: ReadonlyMap<Meter, number>;
  readonly params: ReadonlyMap<UsageParam, string>;
}

export interface PlanOptions {
  readonly models: readonly string[];
  readonly teams: number;
  readonly seed: string;
}

/**
 * What the trace does not tell is chosen by the seed, the same in every run: the team, the model, and how the model's
 * features were used. The tokens are those of the trace: parts in a cache are parts of its context, and reasoning is a
 * part of what was generated.
 * @throws Error for a model that the price list does not have.
 */
export function planRequests(
  trace: Trace,
  prices: ReadonlyMap<string, PriceFields>,
  { models, teams, seed }: PlanOptions,
): PlannedRequest[] {
  const teamOf = skewedChoice(teams);
  return trace.requests.map((request) => {
    const { line, offsetMs } = request;
    const model = models[chance(models.length, seed, 'model', line)] ?? '';
    const fields = prices.get(model);
    if (!fields) throw new Error(`The price list has no model "${model}".`);
    return {
      line,
      offsetMs,
      team: teamOf(seed, 'team', line),
      model,
      quantities: quantitiesOf(request, fields, seed),
      params: paramsOf(fields, seed, line),
    };
  });
}

function quantitiesOf(request: TraceRequest, fields: PriceFields, seed: string): Map<Meter, number> {
  const { line, contextTokens, generatedTokens } = request;
  const part = (tokens: number, offered: boolean, what: string): number =>
    offered ? Math.floor((tokens * (SHARES[chance(SHARES.length, seed, what, line)] ?? 0)) / 100) : 0;
  const cached = part(contextTokens, hasField(fields, CACHED), 'cached');
  const written = part(contextTokens - cached, fields.has('cache_creation_input_token_cost'), 'written');
  const forAnHour = fields.has(HOUR) && chance(2, seed, 'hour', line) === 0;
  const reasoning = part(generatedTokens, fields.has('output_cost_per_reasoning_token'), 'reasoning');
  const all: [Meter, number][] = [
    ['INPUT_TOKEN', contextTokens - cached - written],
    ['CACHED_INPUT_TOKEN', cached],
    [forAnHour ? 'CACHE_WRITE_1H_TOKEN' : 'CACHE_WRITE_TOKEN', written],
    ['OUTPUT_TOKEN', generatedTokens - reasoning],
    ['REASONING_TOKEN', reasoning],
  ];
  return new Map(all.filter(([meter, tokens]) => tokens > 0 || meter === 'INPUT_TOKEN'));
}

/** Per cent: half of the requests do not use a feature at all. */
const SHARES = [0, 0, 0, 25, 50, 75];
const CACHED = ['cache_read_input_token_cost', 'input_cost_per_token_cache_hit'];
const HOUR = 'cache_creation_input_token_cost_above_1hr';

const TIERS = [
  ['flex', 'input_cost_per_token_flex'],
  ['priority', 'input_cost_per_token_priority'],
  ['batch', 'input_cost_per_token_batches'],
] as const;
const REGIONS = [
  ['us', ['regional_processing_uplift_multiplier_us', 'provider_specific_entry.us']],
  ['eu', ['regional_processing_uplift_multiplier_eu', 'provider_specific_entry.eu']],
] as const;

function paramsOf(fields: PriceFields, seed: string, line: number): Map<UsageParam, string> {
  const tiers = TIERS.filter(([, field]) => fields.has(field)).map(([tier]) => tier);
  const regions = REGIONS.filter(([, names]) => hasField(fields, names)).map(([region]) => region);
  const speeds = fields.has('provider_specific_entry.fast') ? ['fast'] : [];
  const chosen: [UsageParam, string | undefined][] = [
    ['SERVICE_TIER', sometimes(tiers, seed, 'tier', line)],
    ['REGION', sometimes(regions, seed, 'region', line)],
    ['SPEED', sometimes(speeds, seed, 'speed', line)],
  ];
  return new Map(chosen.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** One of the values or, twice as often as any of them, none. */
function sometimes(values: readonly string[], ...words: readonly (string | number)[]): string | undefined {
  return values[chance(values.length + 2, ...words)];
}

function hasField(fields: PriceFields, names: readonly string[]): boolean {
  return names.some((name) => fields.has(name));
}
