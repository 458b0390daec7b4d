import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { expectedPriceNano } from '../../replay/expected-price.ts';
import { creditsOf } from '../../replay/fraction.ts';
import { readPriceList } from '../../replay/listed-prices.ts';

const prices = readPriceList(readFileSync('test/fixtures/model-prices.json', 'utf8'));

type Case = readonly [
  title: string,
  model: string,
  quantities: Readonly<Record<string, number>>,
  params: Readonly<Record<string, string>>,
  worked: string,
];

/** Worked out by hand from the fields of the fixture. */
const CASES: readonly Case[] = [
  // 1000 × 0.000003 + 200 × 0.0000003 + 100 × 0.000015
  [
    'three meters',
    'acme-large',
    { INPUT_TOKEN: 1000, CACHED_INPUT_TOKEN: 200, OUTPUT_TOKEN: 100 },
    {},
    '0.00456',
  ],
  // 1000 × 0.0000054 + 100 × 0.000015: output has no price for the tier
  [
    'a tier that prices one meter',
    'acme-large',
    { INPUT_TOKEN: 1000, OUTPUT_TOKEN: 100 },
    { SERVICE_TIER: 'priority' },
    '0.0069',
  ],
  // 1000 × 0.0000015 + 200 × 0.00000015
  [
    'a tier of a cache',
    'acme-large',
    { INPUT_TOKEN: 1000, CACHED_INPUT_TOKEN: 200 },
    { SERVICE_TIER: 'flex' },
    '0.00153',
  ],
  // 100 × 0.0000075: reasoning is output in the batch tier, too
  [
    'reasoning at the price of output',
    'acme-large',
    { REASONING_TOKEN: 100 },
    { SERVICE_TIER: 'batch' },
    '0.00075',
  ],
  // 200000 × 0.000003
  ['exactly a threshold', 'acme-large', { INPUT_TOKEN: 200_000 }, {}, '0.6'],
  // 199999 × 0.000006 + 2 × 0.0000006 + 10 × 0.0000225: the threshold counts all input and reprices all of it
  [
    'above a threshold',
    'acme-large',
    { INPUT_TOKEN: 199_999, CACHED_INPUT_TOKEN: 2, OUTPUT_TOKEN: 10 },
    {},
    '1.2002202',
  ],
  // 200001 × 0.0000108
  [
    'above a threshold in a tier',
    'acme-large',
    { INPUT_TOKEN: 200_001 },
    { SERVICE_TIER: 'priority' },
    '2.1600108',
  ],
  // 100 × 0.000006 + 100 × 0.00000375
  [
    'caches written for an hour and for less',
    'acme-large',
    { CACHE_WRITE_1H_TOKEN: 100, CACHE_WRITE_TOKEN: 100 },
    {},
    '0.000975',
  ],
  // 1000 × 0.000003 × 1.1 × 6
  ['two multipliers', 'acme-large', { INPUT_TOKEN: 1000 }, { REGION: 'us', SPEED: 'fast' }, '0.0198'],
  // 1000 × 0.000003 × 1.15
  ['a region', 'acme-large', { INPUT_TOKEN: 1000 }, { REGION: 'eu' }, '0.00345'],
  // 7 × 0.0000000028 = 0.0000000196, rounded once
  ['less than a nano-credit, rounded once', 'acme-alias', { CACHED_INPUT_TOKEN: 7 }, {}, '0.00000002'],
  ['a price of zero', 'acme-alias', { CACHE_WRITE_TOKEN: 1000 }, {}, '0'],
  // 3 × 0.00000075: no price for caches
  ['what falls back on input', 'acme-live', { CACHED_INPUT_TOKEN: 3 }, {}, '0.00000225'],
];

test.for(CASES)('works out %s', ([, model, quantities, params, worked]) => {
  const request = {
    quantities: new Map(Object.entries(quantities)),
    params: new Map(Object.entries(params)),
  };
  expect(creditsOf(expectedPriceNano(prices.get(model) ?? new Map(), request))).toBe(worked);
});

test('rounds half a nano-credit up and keeps every digit of a listed number', () => {
  const [fields] = readPriceList('{"m":{"input_cost_per_token":0.00000000050000000000000000001}}').values();
  const price = (tokens: number) =>
    expectedPriceNano(fields ?? new Map(), {
      quantities: new Map([['INPUT_TOKEN', tokens]]),
      params: new Map(),
    });
  expect(price(1)).toBe(1n);
  expect(price(2)).toBe(1n);
  expect(price(3)).toBe(2n);
});

test('has no price for a meter that the list does not price', () => {
  const request = { quantities: new Map([['OUTPUT_TOKEN', 1]]), params: new Map() };
  expect(() => expectedPriceNano(new Map([['input_cost_per_token', '1']]), request)).toThrow(/OUTPUT_TOKEN/);
});
