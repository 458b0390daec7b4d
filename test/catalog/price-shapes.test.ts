import { describe, expect, test } from 'vitest';
import type { Price } from '../../src/catalog/price.ts';
import { formatPrice, parsePrice } from '../../src/catalog/price-json.ts';
import { costOf, type Params, priceOf, type Quantities, refusalOf } from './rating.ts';

/** Each way of selling that platforms use, as a price, with usage and what it costs by hand. */
interface Shape {
  readonly price: Price;
  readonly costs: readonly (readonly [quantities: Quantities, params: Params, cost: string])[];
  /** What the price says nothing of. */
  readonly unpriced?: readonly (readonly [quantities: Quantities, params: Params])[];
}

const at = (resolution: string) => ({ params: { resolution } });

const SHAPES: Readonly<Record<string, Shape>> = {
  'seconds of video by resolution': {
    price: priceOf([
      ['OUTPUT_VIDEO_SECOND', '0.1', at('720p')],
      ['OUTPUT_VIDEO_SECOND', '0.3', at('1080p')],
      ['OUTPUT_VIDEO_SECOND', '0.5', at('4k')],
    ]),
    costs: [
      [{ OUTPUT_VIDEO_SECOND: '8' }, { resolution: '720p' }, '0.8'],
      [{ OUTPUT_VIDEO_SECOND: '8' }, { resolution: '1080p' }, '2.4'],
      [{ OUTPUT_VIDEO_SECOND: '6.5' }, { resolution: '4k' }, '3.25'],
    ],
    unpriced: [
      [{ OUTPUT_VIDEO_SECOND: '8' }, {}],
      [{ OUTPUT_VIDEO_SECOND: '8' }, { resolution: '8k' }],
    ],
  },
  'seconds of video by resolution, cheaper beyond the first minute': {
    price: priceOf([
      ['OUTPUT_VIDEO_SECOND', '0.1', at('720p')],
      ['OUTPUT_VIDEO_SECOND', '0.08', { ...at('720p'), aboveQuantity: '60' }],
      ['OUTPUT_VIDEO_SECOND', '0.3', at('1080p')],
    ]),
    costs: [
      [{ OUTPUT_VIDEO_SECOND: '60' }, { resolution: '720p' }, '6'],
      [{ OUTPUT_VIDEO_SECOND: '90.5' }, { resolution: '720p' }, '8.44'],
      [{ OUTPUT_VIDEO_SECOND: '90.5' }, { resolution: '1080p' }, '27.15'],
    ],
  },
  'images by size and quality': {
    price: priceOf([
      ['OUTPUT_IMAGE', '0.02'],
      ['OUTPUT_IMAGE', '0.04', at('1024x1024')],
      ['OUTPUT_IMAGE', '0.08', at('1024x1792')],
      ['OUTPUT_IMAGE', '0.12', { params: { resolution: '1024x1792', quality: 'hd' } }],
    ]),
    costs: [
      [{ OUTPUT_IMAGE: '3' }, { resolution: '512x512' }, '0.06'],
      [{ OUTPUT_IMAGE: '3' }, { resolution: '1024x1024', quality: 'hd' }, '0.12'],
      [{ OUTPUT_IMAGE: '3' }, { resolution: '1024x1792' }, '0.24'],
      [{ OUTPUT_IMAGE: '3' }, { resolution: '1024x1792', quality: 'hd' }, '0.36'],
    ],
  },
  'by the generation': {
    price: priceOf([['REQUEST', '0.035']]),
    costs: [
      [{ REQUEST: '1' }, {}, '0.035'],
      [{ REQUEST: '40' }, {}, '1.4'],
    ],
  },
  'by the request, the first thousand dearer': {
    price: priceOf([
      ['REQUEST', '0.01'],
      ['REQUEST', '0.004', { aboveQuantity: '1000' }],
      ['REQUEST', '0.001', { aboveQuantity: '10000' }],
    ]),
    costs: [
      [{ REQUEST: '1000' }, {}, '10'],
      [{ REQUEST: '1001' }, {}, '10.004'],
      [{ REQUEST: '10000' }, {}, '46'],
      [{ REQUEST: '12000' }, {}, '48'],
    ],
  },
  'GPU-seconds by GPU type': {
    price: priceOf([
      ['GPU_SECOND', '0.0002', { params: { gpuType: 'L4' } }],
      ['GPU_SECOND', '0.0005', { params: { gpuType: 'A100-80GB' } }],
      ['GPU_SECOND', '0.00097', { params: { gpuType: 'H100' } }],
    ]),
    costs: [
      [{ GPU_SECOND: '12.5' }, { gpuType: 'L4' }, '0.0025'],
      [{ GPU_SECOND: '12.5' }, { gpuType: 'A100-80GB' }, '0.00625'],
      [{ GPU_SECOND: '0.001' }, { gpuType: 'H100' }, '0.00000097'],
    ],
    unpriced: [[{ GPU_SECOND: '1' }, { gpuType: 'T4' }]],
  },
  characters: {
    price: priceOf([['INPUT_CHARACTER', '0.00001']]),
    costs: [
      [{ INPUT_CHARACTER: '1000000' }, {}, '10'],
      [{ INPUT_CHARACTER: '1' }, {}, '0.00001'],
    ],
  },
  'minutes of a recording': {
    price: priceOf([['MINUTE', '0.024']]),
    costs: [
      [{ MINUTE: '40' }, {}, '0.96'],
      [{ MINUTE: '0.5' }, {}, '0.012'],
    ],
  },
  'cached tokens, with a minimum': {
    price: priceOf(
      [
        ['INPUT_TOKEN', '0.000003'],
        ['CACHED_INPUT_TOKEN', '0.0000003'],
        ['OUTPUT_TOKEN', '0.000015'],
      ],
      { minimum: '0.001' },
    ),
    costs: [
      [{ INPUT_TOKEN: '100', CACHED_INPUT_TOKEN: '900', OUTPUT_TOKEN: '10' }, {}, '0.001'],
      [{ INPUT_TOKEN: '100', CACHED_INPUT_TOKEN: '9000', OUTPUT_TOKEN: '10' }, {}, '0.00315'],
      [{ CACHED_INPUT_TOKEN: '1' }, {}, '0.001'],
    ],
  },
  'tokens, dearer as a whole above 200k': {
    price: priceOf([
      ['INPUT_TOKEN', '0.000003'],
      ['INPUT_TOKEN', '0.000006', { aboveInputTokens: '200000' }],
      ['OUTPUT_TOKEN', '0.000015'],
      ['OUTPUT_TOKEN', '0.0000225', { aboveInputTokens: '200000' }],
    ]),
    costs: [
      [{ INPUT_TOKEN: '200000', OUTPUT_TOKEN: '1000' }, {}, '0.615'],
      [{ INPUT_TOKEN: '150000', CACHED_INPUT_TOKEN: '50001', OUTPUT_TOKEN: '1000' }, {}, '1.222506'],
    ],
  },
  'several components of one request': {
    price: priceOf(
      [
        ['REQUEST', '0.001'],
        ['INPUT_CHARACTER', '0.00001'],
        ['GPU_SECOND', '0.0002', { params: { gpuType: 'L4' } }],
        ['OUTPUT_IMAGE', '0.02', at('512x512')],
      ],
      { multipliers: [{ factor: '1.1', params: { region: 'eu' }, units: ['SECOND', 'IMAGE'] }] },
    ),
    costs: [
      [
        { REQUEST: '1', INPUT_CHARACTER: '200', GPU_SECOND: '10', OUTPUT_IMAGE: '2' },
        { gpuType: 'L4', resolution: '512x512' },
        '0.045',
      ],
      [
        { REQUEST: '1', INPUT_CHARACTER: '200', GPU_SECOND: '10', OUTPUT_IMAGE: '2' },
        { gpuType: 'L4', resolution: '512x512', region: 'eu' },
        '0.0492',
      ],
    ],
  },
};

describe.for(Object.entries(SHAPES))('a price %s', ([, { price, costs, unpriced = [] }]) => {
  test.for(costs)('makes %o with %o cost %s', ([quantities, params, cost]) => {
    expect(costOf(price, quantities, params)).toBe(cost);
  });

  test.for(unpriced)('refuses %o with %o instead of guessing', ([quantities, params]) => {
    expect(refusalOf(price, quantities, params).code).toBe('UNPRICED_METER');
  });

  test('is stored and read back as it was', () => {
    expect(parsePrice(formatPrice(price))).toEqual(price);
  });
});
