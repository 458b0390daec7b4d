import type { Meter } from './meters.ts';
import { describeConditions, type ParamValues, type PriceConditions } from './price.ts';

/** What a field of the price-list format says. */
export type FieldMeaning =
  | { readonly kind: 'PRICE'; readonly meter: Meter; readonly conditions: PriceConditions }
  | { readonly kind: 'MULTIPLIER'; readonly params: ParamValues }
  | { readonly kind: 'IDENTITY'; readonly as: 'product' | 'supplier' }
  | { readonly kind: 'FACT'; readonly as: FactName }
  /** Not in the format as we know it. A field that may carry a price must not go unnoticed. */
  | { readonly kind: 'UNKNOWN'; readonly maybePrice: boolean };

/** Where a fact is kept. */
export type FactName =
  | 'maxInputTokens'
  | 'maxOutputTokens'
  | 'capability'
  | 'inputModalities'
  | 'outputModalities'
  | 'endpoints'
  | 'deprecationDate'
  | 'source'
  | 'comment'
  | 'other';

const PRICES: Readonly<Record<string, Meter>> = {
  input_cost_per_token: 'INPUT_TOKEN',
  cache_read_input_token_cost: 'CACHED_INPUT_TOKEN',
  input_cost_per_token_cache_hit: 'CACHED_INPUT_TOKEN',
  cache_creation_input_token_cost: 'CACHE_WRITE_TOKEN',
  cache_creation_input_token_cost_above_1hr: 'CACHE_WRITE_1H_TOKEN',
  output_cost_per_token: 'OUTPUT_TOKEN',
  output_cost_per_reasoning_token: 'REASONING_TOKEN',
  input_cost_per_audio_token: 'INPUT_AUDIO_TOKEN',
  cache_read_input_audio_token_cost: 'CACHED_INPUT_AUDIO_TOKEN',
  cache_creation_input_audio_token_cost: 'CACHE_WRITE_AUDIO_TOKEN',
  output_cost_per_audio_token: 'OUTPUT_AUDIO_TOKEN',
  input_cost_per_image_token: 'INPUT_IMAGE_TOKEN',
  output_cost_per_image_token: 'OUTPUT_IMAGE_TOKEN',
  output_cost_per_video_token: 'OUTPUT_VIDEO_TOKEN',
  input_cost_per_image: 'INPUT_IMAGE',
  output_cost_per_image: 'OUTPUT_IMAGE',
  input_cost_per_character: 'INPUT_CHARACTER',
  output_cost_per_character: 'OUTPUT_CHARACTER',
  input_cost_per_second: 'INPUT_SECOND',
  output_cost_per_second: 'OUTPUT_SECOND',
  input_cost_per_audio_per_second: 'INPUT_AUDIO_SECOND',
  input_cost_per_video_per_second: 'INPUT_VIDEO_SECOND',
  output_cost_per_video_per_second: 'OUTPUT_VIDEO_SECOND',
  input_cost_per_request: 'REQUEST',
};

const MULTIPLIERS: Readonly<Record<string, ParamValues>> = {
  regional_processing_uplift_multiplier_eu: { region: 'eu' },
  regional_processing_uplift_multiplier_us: { region: 'us' },
  'provider_specific_entry.us': { region: 'us' },
  'provider_specific_entry.eu': { region: 'eu' },
  'provider_specific_entry.fast': { speed: 'fast' },
};

const FACTS: Readonly<Record<string, FactName>> = {
  max_input_tokens: 'maxInputTokens',
  max_output_tokens: 'maxOutputTokens',
  supported_modalities: 'inputModalities',
  supported_input_modalities: 'inputModalities',
  supported_output_modalities: 'outputModalities',
  supported_endpoints: 'endpoints',
  deprecation_date: 'deprecationDate',
  source: 'source',
  _comment: 'comment',
  // The older name of one of the two limits; which one differs from supplier to supplier.
  max_tokens: 'other',
  rpm: 'other',
  tpm: 'other',
  output_vector_size: 'other',
  prompt_cache_min_tokens: 'other',
  tool_use_system_prompt_tokens: 'other',
  web_search_billing_unit: 'other',
  gemini_audio_only_live: 'other',
  gemini_native_audio: 'other',
  multi_vendor: 'other',
  uses_embed_content: 'other',
};

const TIERS: Readonly<Record<string, string>> = { flex: 'flex', priority: 'priority', batches: 'batch' };
const PRICE_FIELD = /^(.+?)(?:_above_(\d{1,9})k_tokens)?(?:_(flex|priority|batches))?$/;
const SEARCH_FIELD = /^search_context_cost_per_query\.search_context_size_(low|medium|high)$/;
const MAYBE_PRICE =
  /cost|price|pricing|multiplier|uplift|surcharge|discount|fee|usd|provider_specific_entry/i;

/** What a field means; `path` joins the names of nested fields by dots. */
export function meaningOf(path: string): FieldMeaning {
  const multiplier = own(MULTIPLIERS, path);
  if (multiplier) return { kind: 'MULTIPLIER', params: multiplier };
  if (path === 'litellm_provider') return { kind: 'IDENTITY', as: 'supplier' };
  if (path === 'mode') return { kind: 'IDENTITY', as: 'product' };
  const fact = /^supports_[a-z0-9_]+$/.test(path) ? 'capability' : own(FACTS, path);
  if (fact) return { kind: 'FACT', as: fact };
  return priceMeaning(path) ?? { kind: 'UNKNOWN', maybePrice: MAYBE_PRICE.test(path) };
}

/** The meaning in words, for the report. */
export function describeMeaning(meaning: FieldMeaning): string {
  if (meaning.kind === 'UNKNOWN')
    return meaning.maybePrice ? 'may be a price: not imported' : 'kept as a fact';
  if (meaning.kind === 'FACT' || meaning.kind === 'IDENTITY') return meaning.as;
  if (meaning.kind === 'MULTIPLIER') return `multiplier for ${describeConditions(meaning)}`;
  const conditions = describeConditions(meaning.conditions);
  return conditions ? `${meaning.meter} (${conditions})` : meaning.meter;
}

function priceMeaning(path: string): FieldMeaning | undefined {
  const searchContextSize = SEARCH_FIELD.exec(path)?.[1];
  if (searchContextSize) {
    return { kind: 'PRICE', meter: 'WEB_SEARCH', conditions: { params: { searchContextSize } } };
  }
  const [, name = '', thousands, tier] = PRICE_FIELD.exec(path) ?? [];
  const meter = own(PRICES, name);
  if (!meter) return undefined;
  const serviceTier = tier && own(TIERS, tier);
  const conditions: PriceConditions = {
    ...(thousands ? { aboveInputTokens: BigInt(thousands) * 1000n } : {}),
    ...(serviceTier ? { params: { serviceTier } } : {}),
  };
  return { kind: 'PRICE', meter, conditions };
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
