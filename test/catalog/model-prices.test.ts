import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type ExactJson, isExactObject, parseExactJson } from '../../src/catalog/exact-json.ts';
import { parsePriceList } from '../../src/catalog/import-prices.ts';
import { formatDecimal } from '../../src/decimal.ts';
import { costOf, type Params, type Quantities, rated, refusalOf } from './rating.ts';

const file = new URL('../../../shared/data/model-prices.json', import.meta.url);
const absent = !existsSync(file);
const text = absent ? '{}' : readFileSync(file, 'utf8');
const list = parsePriceList(text);

function priceOf(key: string) {
  const model = list.models.find((each) => each.key === key);
  if (!model) throw new Error(`${key} is not in the list`);
  return model.price;
}

/** The path of each value of an entry, found without the importer. */
function pathsOf(value: ExactJson, prefix = ''): string[] {
  if (!isExactObject(value)) return [prefix];
  return Object.entries(value).flatMap(([name, member]) =>
    pathsOf(member, prefix ? `${prefix}.${name}` : name),
  );
}

describe.skipIf(absent)(
  `the real price list${absent ? ' (skipped: ../shared/data/model-prices.json is absent)' : ''}`,
  () => {
    test('is imported whole: 218 models, nothing skipped, no unknown field', () => {
      expect(list.models).toHaveLength(218);
      expect(list.report.skipped).toEqual([]);
      expect(list.report.unknownPrices).toEqual([]);
      expect(list.report.fields.filter(({ kind }) => kind === 'UNKNOWN' || kind === 'IGNORED')).toEqual([]);
    });

    test('has each field of each model in the report', () => {
      const counts = new Map<string, number>();
      const json = parseExactJson(text);
      if (!isExactObject(json)) throw new Error('the list is an object');
      for (const entry of Object.values(json)) {
        for (const path of pathsOf(entry)) counts.set(path, (counts.get(path) ?? 0) + 1);
      }
      expect(new Map(list.report.fields.map(({ field, models }) => [field, models]))).toEqual(counts);
      expect(counts.size).toBeGreaterThan(80);
    });

    test('has each price field as a component, a multiplier, or a repetition of one', () => {
      const unmapped = list.report.fields.filter(({ field }) =>
        /cost|multiplier|provider_specific/.test(field),
      );
      expect(unmapped.filter(({ kind }) => kind !== 'PRICE' && kind !== 'MULTIPLIER')).toEqual([]);
    });

    // Worked out by hand from the file. Each line: quantity × price as it stands in the file.
    test.for<[model: string, quantities: Quantities, params: Params, cost: string]>([
      // 1000×3e-6 + 10000×3e-7 + 2000×3.75e-6 + 500×6e-6 + 800×1.5e-5 = .003 + .003 + .0075 + .003 + .012
      [
        'claude-sonnet-4-5',
        {
          INPUT_TOKEN: '1000',
          CACHED_INPUT_TOKEN: '10000',
          CACHE_WRITE_TOKEN: '2000',
          CACHE_WRITE_1H_TOKEN: '500',
          OUTPUT_TOKEN: '800',
        },
        {},
        '0.0285',
      ],
      // 211,000 input tokens in all: 150000×6e-6 + 60000×6e-7 + 1000×1.2e-5 + 1000×2.25e-5 + 3×.01 = .9 + .036 + .012 + .0225 + .03
      [
        'claude-sonnet-4-5',
        {
          INPUT_TOKEN: '150000',
          CACHED_INPUT_TOKEN: '60000',
          CACHE_WRITE_1H_TOKEN: '1000',
          OUTPUT_TOKEN: '1000',
          WEB_SEARCH: '3',
        },
        {},
        '1.0005',
      ],
      // 200,000 is not above 200,000: 200000×3e-6
      ['claude-sonnet-4-5', { INPUT_TOKEN: '200000' }, {}, '0.6'],
      // (1000×1e-5 + 4000×1e-6 + 500×6e-5) × 1.1 = (.01 + .004 + .03) × 1.1
      [
        'gpt-5.6',
        { INPUT_TOKEN: '1000', CACHED_INPUT_TOKEN: '4000', OUTPUT_TOKEN: '500' },
        { serviceTier: 'priority', region: 'eu' },
        '0.0484',
      ],
      // 1000×2.5e-6 + 100×3.125e-6 + 100×1.5e-5 = .0025 + .0003125 + .0015
      [
        'gpt-5.6',
        { INPUT_TOKEN: '1000', CACHE_WRITE_TOKEN: '100', OUTPUT_TOKEN: '100' },
        { serviceTier: 'flex' },
        '0.0043125',
      ],
      // The list has no batch price for cached tokens: 1000×2.5e-6 + 1000×5e-7 + 10×1.5e-5 = .0025 + .0005 + .00015
      [
        'gpt-5.6',
        { INPUT_TOKEN: '1000', CACHED_INPUT_TOKEN: '1000', OUTPUT_TOKEN: '10' },
        { serviceTier: 'batch' },
        '0.00315',
      ],
      // 300000×1e-5 + 100×4.5e-5 = 3 + .0045
      ['gpt-5.6', { INPUT_TOKEN: '300000', OUTPUT_TOKEN: '100' }, {}, '3.0045'],
      // Priority above 200k: 250000×7.2e-6 + 10000×7.2e-7 + 1000×3.24e-5 = 1.8 + .0072 + .0324
      [
        'gemini-3-pro-preview',
        { INPUT_TOKEN: '250000', CACHED_INPUT_TOKEN: '10000', OUTPUT_TOKEN: '1000' },
        { serviceTier: 'priority' },
        '1.8396',
      ],
      // Cache writes have a price only above 200k, so below they are input: 1000×2e-6 + 2×.014
      ['gemini-3-pro-preview', { CACHE_WRITE_TOKEN: '1000', WEB_SEARCH: '2' }, {}, '0.03'],
      // (1000×5e-6 + 1000×1e-5 + 1000×2.5e-5) × 6 × 1.1 + 2×.01 = .04 × 6.6 + .02
      [
        'claude-opus-4-6',
        { INPUT_TOKEN: '1000', CACHE_WRITE_1H_TOKEN: '1000', OUTPUT_TOKEN: '1000', WEB_SEARCH: '2' },
        { speed: 'fast', region: 'us' },
        '0.284',
      ],
      // 1000001×2.8e-9 + 7×1.4e-7 + 3×2.8e-7 + 500×0 = .0028000028 + .00000098 + .00000084 = .0028018228
      [
        'deepseek-v4-flash',
        { CACHED_INPUT_TOKEN: '1000001', INPUT_TOKEN: '7', OUTPUT_TOKEN: '3', CACHE_WRITE_TOKEN: '500' },
        {},
        '0.002801823',
      ],
      // 90×3.3333333333333335e-5 + 100×7.5e-7 + 250×3e-6 + 258×1e-6 + 500×1.2e-5 + 10×4.5e-6
      // = .00300000000000000015 + .000075 + .00075 + .000258 + .006 + .000045
      [
        'gemini-3.1-flash-live-preview',
        {
          INPUT_VIDEO_SECOND: '90',
          INPUT_TOKEN: '100',
          INPUT_AUDIO_TOKEN: '250',
          INPUT_IMAGE_TOKEN: '258',
          OUTPUT_AUDIO_TOKEN: '500',
          OUTPUT_TOKEN: '10',
        },
        {},
        '0.010128',
      ],
      // 37.25×.0002833333333333333 = .010554166666666665425
      ['gpt-realtime-whisper', { INPUT_SECOND: '37.25' }, {}, '0.010554167'],
      // 120×2.5e-6 + 12.5×.00025 = .0003 + .003125
      ['gpt-4o-mini-tts', { INPUT_TOKEN: '120', OUTPUT_SECOND: '12.5' }, {}, '0.003425'],
      // 20×2e-6 + 2×.134 = .00004 + .268
      ['gemini-3-pro-image', { INPUT_TOKEN: '20', OUTPUT_IMAGE: '2' }, {}, '0.26804'],
      // 1120×.00012 + 20×1e-6 (text input in the batch tier)
      [
        'gemini-3-pro-image',
        { OUTPUT_IMAGE_TOKEN: '1120', INPUT_TOKEN: '20' },
        { serviceTier: 'batch' },
        '0.13442',
      ],
      // 1000×2.5e-6 + 2×.03
      [
        'gpt-4o-search-preview',
        { INPUT_TOKEN: '1000', WEB_SEARCH: '2' },
        { searchContextSize: 'low' },
        '0.0625',
      ],
      // Reasoning is listed at the output price, so it has the batch price of output: 1000×7.5e-7 + 100×3.75e-6 + 400×3.75e-6
      [
        'gemini-3.6-flash',
        { INPUT_TOKEN: '1000', OUTPUT_TOKEN: '100', REASONING_TOKEN: '400' },
        { serviceTier: 'batch' },
        '0.002625',
      ],
      // 1000×4e-7 + 10×3.2e-5 + 10×6.4e-5 + 3×5e-6 = .0004 + .00032 + .00064 + .000015
      [
        'gpt-realtime-2.1',
        {
          CACHED_INPUT_AUDIO_TOKEN: '1000',
          INPUT_AUDIO_TOKEN: '10',
          OUTPUT_AUDIO_TOKEN: '10',
          INPUT_IMAGE: '3',
        },
        {},
        '0.001375',
      ],
      // 1000×2e-7 + 4×.00012 + 30×.00016 + 10×.00079 = .0002 + .00048 + .0048 + .0079
      [
        'gemini-embedding-2',
        { INPUT_TOKEN: '1000', INPUT_IMAGE: '4', INPUT_AUDIO_SECOND: '30', INPUT_VIDEO_SECOND: '10' },
        {},
        '0.01338',
      ],
    ])('%s %j %j costs %s', ([model, quantities, params, cost]) => {
      expect(costOf(priceOf(model), quantities, params)).toBe(cost);
    });

    test('has its longest decimal to the last digit', () => {
      const [line] = rated(priceOf('gemini-3.1-flash-live-preview'), { INPUT_VIDEO_SECOND: '1' }).lines;
      expect(line && formatDecimal(line.unitPrice)).toBe('0.000033333333333333335');
    });

    test('refuses speech counted in seconds and in tokens at once', () => {
      const usage = { OUTPUT_SECOND: '12.5', OUTPUT_AUDIO_TOKEN: '250' };
      expect(refusalOf(priceOf('gpt-4o-mini-tts'), usage).code).toBe('OVERLAPPING_METERS');
    });
  },
);
