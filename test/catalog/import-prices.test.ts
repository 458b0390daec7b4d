import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parsePriceList } from '../../src/catalog/import-prices.ts';
import type { ListedModel } from '../../src/catalog/listed-model.ts';
import { formatPrice } from '../../src/catalog/price-json.ts';
import { DomainError } from '../../src/domain-error.ts';
import { costOf } from './rating.ts';

const fixture = readFileSync(new URL('../fixtures/model-prices.json', import.meta.url), 'utf8');
const list = parsePriceList(fixture);

function model(key: string): ListedModel {
  const found = list.models.find((each) => each.key === key);
  if (!found) throw new Error(`${key} is not in the list`);
  return found;
}

/** A list of one model with these fields besides the mandatory ones. */
function listOf(fields: object): string {
  return JSON.stringify({
    m: { litellm_provider: 'acme', mode: 'chat', input_cost_per_token: 1e-6, ...fields },
  });
}

function problemsOf(text: string): readonly string[] {
  try {
    parsePriceList(text);
  } catch (error) {
    if (error instanceof DomainError && Array.isArray(error.details.problems)) return error.details.problems;
    throw error;
  }
  throw new Error('the list can be used');
}

describe('a price list', () => {
  test('gives each model its product, supplier, facts and price', () => {
    const { product, supplierLabel, facts, price } = model('acme-large');
    expect({ product, supplierLabel }).toEqual({ product: 'chat', supplierLabel: 'acme' });
    expect(facts).toEqual({
      comment: 'Introductory price.',
      deprecationDate: '2031-02-19',
      source: 'https://acme.example/pricing',
      maxInputTokens: 1_000_000,
      maxOutputTokens: 64_000,
      capabilities: ['function_calling', 'vision'],
      lacking: ['assistant_prefill'],
      inputModalities: ['text', 'image'],
      outputModalities: ['text'],
      endpoints: ['/v1/chat/completions', '/v1/batch'],
      other: {
        max_tokens: 64_000,
        prompt_cache_min_tokens: 1024,
        rpm: 1000,
        web_search_billing_unit: 'per_query',
      },
    });
    expect(price.components).toHaveLength(19);
    expect(price.multipliers).toHaveLength(3);
  });

  test('keeps decimals exactly as they are written', () => {
    expect(formatPrice(model('acme-live').price)).toContain('"0.000033333333333333335"');
    expect(formatPrice(model('acme-whisper').price)).toContain('"0.0002833333333333333"');
  });

  test('collapses two names of the same price into one', () => {
    const cached = model('acme-alias').price.components.filter(({ meter }) => meter === 'CACHED_INPUT_TOKEN');
    expect(cached).toHaveLength(1);
    expect(costOf(model('acme-alias').price, { CACHED_INPUT_TOKEN: '1000000' })).toBe('0.0028');
  });

  test('takes zero for a price', () => {
    expect(costOf(model('acme-alias').price, { CACHE_WRITE_TOKEN: '1000000' })).toBe('0');
    expect(costOf(model('acme-embed').price, { OUTPUT_TOKEN: '5' })).toBe('0');
  });

  test('lets reasoning tokens listed at the output price follow it into every tier', () => {
    const { price } = model('acme-large');
    expect(costOf(price, { REASONING_TOKEN: '1000' })).toBe('0.015');
    expect(costOf(price, { REASONING_TOKEN: '1000' }, { serviceTier: 'batch' })).toBe('0.0075');
    expect(costOf(price, { REASONING_TOKEN: '1000', INPUT_TOKEN: '200001' })).toBe('1.222506');
  });

  test('prices a web search by its context size, the medium one when nobody tells', () => {
    const { price } = model('acme-large');
    expect(costOf(price, { WEB_SEARCH: '1' })).toBe('0.035');
    expect(costOf(price, { WEB_SEARCH: '1' }, { searchContextSize: 'medium' })).toBe('0.035');
    expect(costOf(price, { WEB_SEARCH: '1' }, { searchContextSize: 'low' })).toBe('0.03');
    expect(costOf(price, { WEB_SEARCH: '1' }, { searchContextSize: 'high' })).toBe('0.05');
    const same = model('acme-live').price.components.filter(({ meter }) => meter === 'WEB_SEARCH');
    expect(same).toHaveLength(1);
  });

  test('multiplies token costs only', () => {
    const { price } = model('acme-large');
    const usage = { INPUT_TOKEN: '1000', WEB_SEARCH: '1' };
    expect(costOf(price, usage, { region: 'eu' })).toBe('0.03845');
    expect(costOf(price, usage, { region: 'us', speed: 'fast' })).toBe('0.0548');
  });

  test('prices what is not counted in tokens', () => {
    expect(costOf(model('acme-image').price, { OUTPUT_IMAGE: '2', INPUT_TOKEN: '20' })).toBe('0.26804');
    expect(costOf(model('acme-image').price, { INPUT_IMAGE: '1', OUTPUT_IMAGE_TOKEN: '1120' })).toBe(
      '0.1355',
    );
    expect(costOf(model('acme-whisper').price, { INPUT_SECOND: '37.25' })).toBe('0.010554167');
    expect(costOf(model('acme-tts').price, { INPUT_CHARACTER: '100', OUTPUT_SECOND: '4' })).toBe('0.0025');
    expect(costOf(model('acme-embed').price, { INPUT_AUDIO_SECOND: '30' })).toBe('0.0048');
    expect(
      costOf(model('acme-live').price, { OUTPUT_VIDEO_TOKEN: '1000', CACHED_INPUT_AUDIO_TOKEN: '10' }),
    ).toBe('0.017504');
  });
});

test('keeps text beyond ASCII, also where the list escapes it', () => {
  const { models } = parsePriceList(listOf({ source: '😀' }).replace('😀', '\\ud83d\\ude00'));
  expect(models[0]?.facts.source).toBe('😀');
});

describe('the report', () => {
  const field = (name: string) => list.report.fields.filter((each) => each.field === name);

  test('says of each field what it was mapped to, and how many models have it', () => {
    expect(field('input_cost_per_token_above_200k_tokens_priority')).toEqual([
      {
        field: 'input_cost_per_token_above_200k_tokens_priority',
        kind: 'PRICE',
        as: 'INPUT_TOKEN (serviceTier priority, above 200000 input tokens)',
        models: 1,
      },
    ]);
    expect(field('input_cost_per_token')).toMatchObject([{ kind: 'PRICE', as: 'INPUT_TOKEN', models: 5 }]);
    expect(field('provider_specific_entry.fast')).toMatchObject([{ kind: 'MULTIPLIER' }]);
    expect(field('supports_vision')).toMatchObject([{ kind: 'FACT' }]);
    expect(field('tpm')).toEqual([{ field: 'tpm', kind: 'IGNORED', as: 'is null', models: 1 }]);
  });

  test('names entries that are no models, and models without a price', () => {
    expect(list.report.skipped.map((each) => each.model)).toEqual(['sample_spec', 'acme-moderation']);
    expect(list.models.map(({ key }) => key)).not.toContain('acme-moderation');
  });

  test.for([
    ['output_cost_per_pixel', 1e-8],
    ['Input_Cost_Per_Token', 1e-6],
    ['input_cost_per_token_above_200k_tokens_turbo', 1e-6],
    ['tiered_pricing', [{ range: [0, 1], input_cost_per_token: 1 }]],
    ['regional_endpoint_uplift_multiplier', 1.1],
  ] as const)('warns that %s may be a price, and imports the rest', ([name, value]) => {
    const { models, report } = parsePriceList(listOf({ [name]: value }));
    expect(report.unknownPrices).toEqual([{ model: 'm', field: name, value: JSON.stringify(value) }]);
    expect(models[0]?.price.components).toHaveLength(1);
  });

  test('warns of unknown multipliers of a provider', () => {
    const { report } = parsePriceList(listOf({ provider_specific_entry: { turbo: 2.5 } }));
    expect(report.unknownPrices).toMatchObject([{ field: 'provider_specific_entry.turbo', value: '2.5' }]);
  });

  test('keeps an unknown field that is no price as a fact, and says so', () => {
    const { models, report } = parsePriceList(listOf({ knowledge_cutoff: '2026-01' }));
    expect(models[0]?.facts.other).toEqual({ knowledge_cutoff: '2026-01' });
    expect(report.unknownPrices).toEqual([]);
    expect(report.fields).toContainEqual({
      field: 'knowledge_cutoff',
      kind: 'UNKNOWN',
      as: 'kept as a fact',
      models: 1,
    });
  });
});

describe('a list that cannot be used is refused whole, naming model and field', () => {
  test.for([
    ['no JSON', '{"m": ', ['price list: must be a JSON object of models.']],
    ['no object', '[]', ['price list: must be a JSON object of models.']],
    ['an entry that is no object', '{"m": 5}', ['m: must be an object.']],
    [
      'a name with spaces around it',
      '{" m": {}}',
      [' m: must be a name of 1 to 200 characters without spaces around it.'],
    ],
    [
      'a negative price',
      listOf({ output_cost_per_token: -1 }),
      ['m.output_cost_per_token: must be a number, zero or more.'],
    ],
    [
      'a price as text',
      listOf({ output_cost_per_token: '1e-6' }),
      ['m.output_cost_per_token: must be a number, zero or more.'],
    ],
    [
      'an absurd price',
      listOf({ output_cost_per_token: 1e7 }),
      ['m: price.components.1.unitPrice: must be at most 1000000.'],
    ],
    [
      'a limit as text',
      listOf({ max_input_tokens: 'many' }),
      ['m.max_input_tokens: is not of the kind this field has.'],
    ],
    [
      'a capability that is no yes or no',
      listOf({ supports_vision: 1 }),
      ['m.supports_vision: is not of the kind this field has.'],
    ],
    [
      'a limit beyond 2^31',
      listOf({ max_input_tokens: 2 ** 31 }),
      ['m.max_input_tokens: is not of the kind this field has.'],
    ],
    [
      'text that cannot be stored',
      listOf({ source: 'a\u0000' }),
      ['m: has text with U+0000 or half a character.'],
    ],
    ['half a character', listOf({ source: '\ud83d' }), ['m: has text with U+0000 or half a character.']],
    ['no mode', '{"m": {"litellm_provider": "a", "input_cost_per_token": 1}}', ['m.mode: is missing.']],
    [
      'names that conflict',
      listOf({ cache_read_input_token_cost: 2e-9, input_cost_per_token_cache_hit: 3e-9 }),
      [
        'm.input_cost_per_token_cache_hit: says 0.000000003 for CACHED_INPUT_TOKEN, and cache_read_input_token_cost says 0.000000002.',
      ],
    ],
    [
      'a field given twice',
      '{"m": {"litellm_provider": "a", "mode": "chat", "input_cost_per_token": 1, "input_cost_per_token": 2}}',
      ['m.input_cost_per_token: is given twice.'],
    ],
    [
      'models that differ only in case',
      '{"GPT": {"litellm_provider": "a", "mode": "chat", "input_cost_per_token": 1}, "gpt": {"litellm_provider": "a", "mode": "chat", "input_cost_per_token": 1}}',
      ['gpt: differs from GPT only in case.'],
    ],
  ] as const)('%s', ([, text, problems]) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  test('with all its problems at once', () => {
    const text = JSON.stringify({ a: 1, b: { mode: 'chat', input_cost_per_token: -1 } });
    expect(problemsOf(text)).toEqual([
      'a: must be an object.',
      'b.input_cost_per_token: must be a number, zero or more.',
      'b.litellm_provider: is missing.',
    ]);
  });
});
