import { describe, expect, test } from 'vitest';
import { describeConditions } from '../../src/catalog/price.ts';
import { formatDecimal } from '../../src/decimal.ts';
import { costOf, type Params, priceOf, type Quantities, rated, refusalOf } from './rating.ts';

const flex = { params: { serviceTier: 'flex' } };
const above200k = { aboveInputTokens: '200000' };

describe('the component that applies', () => {
  const price = priceOf([
    ['INPUT_TOKEN', '1'],
    ['INPUT_TOKEN', '3', above200k],
    ['INPUT_TOKEN', '5', flex],
    ['INPUT_TOKEN', '7', { ...above200k, ...flex }],
    ['INPUT_TOKEN', '11', { aboveInputTokens: '500000' }],
    ['OUTPUT_TOKEN', '0.01'],
  ]);

  test.for([
    ['the base price without conditions', '200000', {}, '1'],
    ['the threshold above it, for the whole quantity', '200001', {}, '3'],
    ['the highest threshold that is passed', '500001', {}, '11'],
    ['the tier before the threshold', '200000', { serviceTier: 'flex' }, '5'],
    ['tier and threshold before the tier', '200001', { serviceTier: 'flex' }, '7'],
    ['tier and threshold before a higher threshold', '500001', { serviceTier: 'flex' }, '7'],
    ['the base price for a tier the model does not price', '200000', { serviceTier: 'priority' }, '1'],
  ] as const)('is %s', ([, quantity, params, unitPrice]) => {
    const [line] = rated(price, { INPUT_TOKEN: quantity }, params).lines;
    expect(formatDecimal(line?.unitPrice ?? { coefficient: -1n, scale: 0 })).toBe(unitPrice);
  });

  test('without a price for the tier is the base price, beside meters that have one', () => {
    expect(costOf(price, { INPUT_TOKEN: '1', OUTPUT_TOKEN: '1' }, { serviceTier: 'flex' })).toBe('5.01');
  });

  test('looks at the input tokens of all meters together, not at output', () => {
    const cached = priceOf([
      ['INPUT_TOKEN', '1'],
      ['INPUT_TOKEN', '2', { aboveInputTokens: '10' }],
      ['OUTPUT_TOKEN', '1'],
    ]);
    expect(costOf(cached, { INPUT_TOKEN: '6', CACHED_INPUT_TOKEN: '5' })).toBe('22');
    expect(costOf(cached, { INPUT_TOKEN: '6', OUTPUT_TOKEN: '5' })).toBe('11');
  });

  test('with more parameters is more specific, and the first listed parameter breaks a tie', () => {
    const gpu = priceOf([
      ['GPU_SECOND', '1', { params: { gpuType: 'L' } }],
      ['GPU_SECOND', '2', { params: { resolution: '720p' } }],
      ['GPU_SECOND', '3', { params: { resolution: '720p', gpuType: 'S' } }],
    ]);
    expect(costOf(gpu, { GPU_SECOND: '1' }, { gpuType: 'L', resolution: '720p' })).toBe('1');
    expect(costOf(gpu, { GPU_SECOND: '1' }, { gpuType: 'S', resolution: '720p' })).toBe('3');
  });
});

describe('a meter without a price of its own', () => {
  const base = priceOf([
    ['INPUT_TOKEN', '2'],
    ['INPUT_TOKEN', '1', flex],
    ['OUTPUT_TOKEN', '5'],
    ['CACHE_WRITE_TOKEN', '3'],
  ]);

  test.for([
    ['CACHED_INPUT_TOKEN', 'INPUT_TOKEN', '2'],
    ['CACHE_WRITE_1H_TOKEN', 'CACHE_WRITE_TOKEN', '3'],
    ['REASONING_TOKEN', 'OUTPUT_TOKEN', '5'],
    ['INPUT_IMAGE_TOKEN', 'INPUT_TOKEN', '2'],
    ['CACHED_INPUT_AUDIO_TOKEN', 'INPUT_TOKEN', '2'],
  ] as const)('%s costs what %s does', ([meter, pricedAs, cost]) => {
    const { lines } = rated(base, { [meter]: '1' });
    expect(lines).toMatchObject([{ meter, pricedAs }]);
    expect(costOf(base, { [meter]: '1' })).toBe(cost);
  });

  test('follows the conditions of the meter it falls back on', () => {
    expect(costOf(base, { CACHED_INPUT_TOKEN: '1' }, { serviceTier: 'flex' })).toBe('1');
  });

  test('falls back too where its own prices are all for other conditions', () => {
    const price = priceOf([
      ['INPUT_TOKEN', '2'],
      ['CACHED_INPUT_TOKEN', '1', flex],
    ]);
    expect(costOf(price, { CACHED_INPUT_TOKEN: '1' })).toBe('2');
  });

  test.for(['OUTPUT_AUDIO_TOKEN', 'OUTPUT_IMAGE_TOKEN', 'WEB_SEARCH', 'GPU_SECOND'] as const)(
    '%s is refused, not guessed',
    (meter) => {
      expect(refusalOf(base, { INPUT_TOKEN: '1', [meter]: '1' })).toMatchObject({
        code: 'UNPRICED_METER',
        meter,
      });
    },
  );

  test('needs none for a quantity of zero', () => {
    expect(costOf(base, { INPUT_TOKEN: '1', OUTPUT_AUDIO_TOKEN: '0' })).toBe('2');
  });
});

describe('tiers within a quantity', () => {
  const price = priceOf(
    [
      ['INPUT_CHARACTER', '0.00001'],
      ['INPUT_CHARACTER', '0.000008', { aboveQuantity: '1000000' }],
      ['INPUT_CHARACTER', '0.000005', { aboveQuantity: '5000000' }],
      ['INPUT_CHARACTER', '0.000002', { params: { serviceTier: 'batch' } }],
      ['INPUT_CHARACTER', '0.000001', { params: { serviceTier: 'batch' }, aboveQuantity: '5000000' }],
      ['INPUT_CHARACTER', '0.000004', { params: { serviceTier: 'flex' }, aboveQuantity: '1000000' }],
      ['INPUT_TOKEN', '2'],
      ['INPUT_TOKEN', '1', { aboveQuantity: '10' }],
      ['CACHED_INPUT_TOKEN', '0.5', { aboveQuantity: '20' }],
      ['GPU_SECOND', '0.5'],
      ['GPU_SECOND', '0.25', { aboveQuantity: '60' }],
    ],
    { multipliers: [{ factor: '2', params: { region: 'eu' } }] },
  );

  test.for<[string, Quantities, Params, string]>([
    ['all below the first tier', { INPUT_CHARACTER: '1000000' }, {}, '10'],
    ['one unit beyond it', { INPUT_CHARACTER: '1000001' }, {}, '10.000008'],
    ['units of three tiers', { INPUT_CHARACTER: '6000000' }, {}, '47'],
    ['the tiers of the request only', { INPUT_CHARACTER: '6000000' }, { serviceTier: 'batch' }, '11'],
    [
      'a tier whose units before cost the base',
      { INPUT_CHARACTER: '2000000' },
      { serviceTier: 'flex' },
      '14',
    ],
    ['a factor on every tier', { INPUT_CHARACTER: '6000000' }, { region: 'eu' }, '94'],
    ['parts of a unit', { GPU_SECOND: '60.5' }, {}, '30.125'],
    ['each meter by its own quantity', { INPUT_TOKEN: '8', CACHE_WRITE_TOKEN: '8' }, {}, '32'],
    ['tiers of the meter it falls back on', { CACHE_WRITE_TOKEN: '16' }, {}, '26'],
    ['its own tier after those of the meter it falls back on', { CACHED_INPUT_TOKEN: '24' }, {}, '32'],
  ])('cost %s', ([, quantities, params, cost]) => {
    expect(costOf(price, quantities, params)).toBe(cost);
  });

  test('are lines of their own, in their order, each with where it begins and ends', () => {
    const { lines } = rated(price, { REQUEST: '0', INPUT_CHARACTER: '6000000', GPU_SECOND: '1' });
    expect(
      lines.map(({ meter, quantity, unitPrice, conditions, upTo }) => [
        meter,
        formatDecimal(quantity),
        formatDecimal(unitPrice),
        describeConditions(conditions, upTo),
      ]),
    ).toEqual([
      ['INPUT_CHARACTER', '1000000', '0.00001', 'units up to 1000000'],
      ['INPUT_CHARACTER', '4000000', '0.000008', 'units beyond 1000000 up to 5000000'],
      ['INPUT_CHARACTER', '1000000', '0.000005', 'units beyond 5000000'],
      ['GPU_SECOND', '1', '0.5', ''],
    ]);
  });

  test('do not follow the input tokens of other meters, as thresholds do', () => {
    const both = priceOf([
      ['INPUT_TOKEN', '1'],
      ['INPUT_TOKEN', '2', { aboveInputTokens: '10' }],
      ['INPUT_TOKEN', '3', { aboveInputTokens: '10', aboveQuantity: '8' }],
    ]);
    expect(costOf(both, { INPUT_TOKEN: '9' })).toBe('9');
    expect(costOf(both, { INPUT_TOKEN: '9', CACHED_INPUT_TOKEN: '2' })).toBe('23');
  });
});

describe('multipliers and the minimum', () => {
  const price = priceOf(
    [
      ['INPUT_TOKEN', '0.1'],
      ['WEB_SEARCH', '1'],
    ],
    {
      multipliers: [
        { factor: '1.1', params: { region: 'us' }, units: ['TOKEN'] },
        { factor: '6', params: { speed: 'fast' }, units: ['TOKEN'] },
        { factor: '0.5', params: { region: 'eu' } },
      ],
      minimum: '0.25',
    },
  );
  const usage = { INPUT_TOKEN: '10', WEB_SEARCH: '1' };

  test.for([
    ['none holds', {}, '2'],
    ['one holds, for its units only', { region: 'us' }, '2.1'],
    ['two hold and are multiplied', { region: 'us', speed: 'fast' }, '7.6'],
    ['one holds for every unit', { region: 'eu' }, '1'],
    ['another value holds none', { region: 'asia' }, '2'],
  ] as const)('%s', ([, params, cost]) => {
    expect(costOf(price, usage, params)).toBe(cost);
  });

  test('the minimum is the least a charge costs, after multipliers', () => {
    expect(costOf(price, { INPUT_TOKEN: '1' })).toBe('0.25');
    expect(rated(price, { INPUT_TOKEN: '1' }).minimum).toBeDefined();
    expect(costOf(price, { INPUT_TOKEN: '1' }, { speed: 'fast' })).toBe('0.6');
    expect(rated(price, { INPUT_TOKEN: '3' }).minimum).toBeUndefined();
  });
});

describe('rounding', () => {
  test('happens once for the charge, half-up, never per line', () => {
    const price = priceOf([
      ['INPUT_TOKEN', '0.0000000004'],
      ['OUTPUT_TOKEN', '0.0000000001'],
    ]);
    expect(costOf(price, { INPUT_TOKEN: '1' })).toBe('0');
    expect(costOf(price, { INPUT_TOKEN: '1', OUTPUT_TOKEN: '1' })).toBe('0.000000001');
    expect(costOf(price, { INPUT_TOKEN: '3', OUTPUT_TOKEN: '2' })).toBe('0.000000001');
    expect(costOf(price, { INPUT_TOKEN: '3', OUTPUT_TOKEN: '3' })).toBe('0.000000002');
  });

  test('keeps prices finer than a float can hold', () => {
    const price = priceOf([['INPUT_VIDEO_SECOND', '0.000033333333333333335']]);
    expect(formatDecimal(rated(price, { INPUT_VIDEO_SECOND: '1000000000' }).exact)).toBe(
      '33333.333333333335',
    );
  });
});

describe('usage that cannot be rated', () => {
  const price = priceOf([
    ['INPUT_TOKEN', '1000000'],
    ['OUTPUT_IMAGE', '1'],
    ['OUTPUT_IMAGE_TOKEN', '1'],
    ['GPU_SECOND', '1'],
  ]);

  test.for([
    ['-1', 'NEGATIVE'],
    ['-0.000000001', 'NEGATIVE'],
    ['1000000000000001', 'TOO_LARGE'],
    ['1000000000000000.1', 'TOO_LARGE'],
    ['0.0000000001', 'TOO_MANY_DECIMALS'],
  ] as const)('a quantity of %s is refused as %s', ([quantity, problem]) => {
    expect(refusalOf(price, { GPU_SECOND: quantity })).toMatchObject({
      code: 'INVALID_QUANTITY',
      meter: 'GPU_SECOND',
      problem,
    });
  });

  test('nine decimals and 10^15 are the last that pass', () => {
    expect(costOf(price, { GPU_SECOND: '0.000000001' })).toBe('0.000000001');
    expect(refusalOf(price, { GPU_SECOND: '1000000000000000' }).code).toBe('AMOUNT_TOO_LARGE');
  });

  test.for([
    ['colour', 'blue'],
    ['serviceTier', 'turbo'],
    ['region', ''],
    ['region', 'e u'],
    ['__proto__', 'x'],
  ] as const)('the parameter %s = "%s" is refused', ([param, value]) => {
    const params = Object.fromEntries([[param, value]]);
    expect(refusalOf(price, { GPU_SECOND: '1' }, params)).toMatchObject({ code: 'UNKNOWN_PARAM', param });
  });

  test('two measures of the same thing are refused: they would be charged twice', () => {
    expect(refusalOf(price, { OUTPUT_IMAGE: '1', OUTPUT_IMAGE_TOKEN: '1120' })).toMatchObject({
      code: 'OVERLAPPING_METERS',
      meter: 'OUTPUT_IMAGE',
      other: 'OUTPUT_IMAGE_TOKEN',
    });
    expect(costOf(price, { OUTPUT_IMAGE: '2', OUTPUT_IMAGE_TOKEN: '0' })).toBe('2');
  });

  test('the largest amount is 2^63 - 1 nano-credits', () => {
    expect(costOf(price, { GPU_SECOND: '9223372036.854775807' })).toBe('9223372036.854775807');
    expect(refusalOf(price, { GPU_SECOND: '9223372036.854775808' }).code).toBe('AMOUNT_TOO_LARGE');
    expect(refusalOf(price, { INPUT_TOKEN: '1000000000000000' }).code).toBe('AMOUNT_TOO_LARGE');
  });
});
