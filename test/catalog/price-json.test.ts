import { describe, expect, test } from 'vitest';
import { makePrice } from '../../src/catalog/price.ts';
import { formatPrice, parsePrice, priceFromJson } from '../../src/catalog/price-json.ts';
import { DomainError } from '../../src/domain-error.ts';
import { priceOf } from './rating.ts';

describe('the text of a price', () => {
  const text = JSON.stringify({
    components: [
      { meter: 'INPUT_TOKEN', unitPrice: '0.0000000028' },
      {
        meter: 'INPUT_TOKEN',
        unitPrice: '0.000033333333333333335',
        aboveInputTokens: '200000',
        params: { serviceTier: 'flex' },
      },
      { meter: 'WEB_SEARCH', unitPrice: '0' },
    ],
    multipliers: [{ factor: '1.1', params: { region: 'us' }, units: ['TOKEN'] }],
    minimum: '0.01',
  });

  test('comes back as it was, to the last digit', () => {
    expect(formatPrice(parsePrice(text))).toBe(text);
  });

  test('has tiers in order of their height', () => {
    const tiers = JSON.stringify({
      components: [
        { meter: 'INPUT_CHARACTER', unitPrice: '0.00001' },
        { meter: 'INPUT_CHARACTER', unitPrice: '0.000008', aboveQuantity: '900' },
        { meter: 'INPUT_CHARACTER', unitPrice: '0.000006', aboveQuantity: '1000000' },
        { meter: 'INPUT_CHARACTER', unitPrice: '0.000007', params: { region: 'eu' } },
      ],
      multipliers: [],
    });
    expect(formatPrice(parsePrice(tiers))).toBe(tiers);
    const { components, ...rest } = parsePrice(tiers);
    expect(formatPrice({ ...rest, components: components.toReversed() })).toBe(tiers);
  });

  test('is the same for equal prices however they were written', () => {
    const one = priceOf([
      ['OUTPUT_TOKEN', '2.50'],
      ['INPUT_TOKEN', '1e-6', { params: { serviceTier: 'flex', region: 'eu' } }],
      ['INPUT_TOKEN', '3'],
    ]);
    const other = priceOf([
      ['INPUT_TOKEN', '3.0'],
      ['INPUT_TOKEN', '0.000001', { params: { region: 'eu', serviceTier: 'flex' } }],
      ['OUTPUT_TOKEN', '2.5'],
    ]);
    expect(formatPrice(one)).toBe(formatPrice(other));
  });
});

describe('a price that cannot be used names the field', () => {
  const input = { meter: 'INPUT_TOKEN', unitPrice: '1' };
  const base = { components: [input], multipliers: [] };
  const component = (change: object) => ({ ...base, components: [input, { ...input, ...change }] });
  const multiplier = (change: object) => ({
    ...base,
    multipliers: [{ factor: '1.1', params: { region: 'us' }, ...change }],
  });

  test.for([
    ['price', null],
    ['price.components', { multipliers: [] }],
    ['price.components', { components: [], multipliers: [] }],
    ['price.components', component({})],
    ['price.components', { ...base, components: Array(201).fill(input) }],
    ['price.components.0.unitPrice', { ...base, components: [{ ...input, unitPrice: 1 }] }],
    ['price.components.1.meter', component({ meter: 'TOKENS' })],
    ['price.components.1.meter', component({ meter: 'toString' })],
    ['price.components.1.unitPrice', component({ unitPrice: 'NaN', aboveInputTokens: '5' })],
    ['price.components.1.unitPrice', component({ unitPrice: '-0.1', aboveInputTokens: '5' })],
    ['price.components.1.unitPrice', component({ unitPrice: '1000000.1', aboveInputTokens: '5' })],
    ['price.components.1.unitPrice', component({ unitPrice: `0.${'0'.repeat(36)}1`, aboveInputTokens: '5' })],
    ['price.components.1.aboveInputTokens', component({ aboveInputTokens: '0' })],
    ['price.components.1.aboveInputTokens', component({ aboveInputTokens: '2e5' })],
    ['price.components.1.aboveQuantity', component({ aboveQuantity: '0' })],
    ['price.components.1.aboveQuantity', component({ aboveQuantity: '0.5' })],
    ['price.components.1.aboveQuantity', component({ aboveQuantity: '1000000000000001' })],
    ['price.components.1.aboveQuantity', component({ meter: 'OUTPUT_TOKEN', aboveQuantity: '5' })],
    [
      'price.components.0.aboveQuantity',
      {
        ...base,
        components: [
          { ...input, aboveQuantity: '5' },
          { ...input, params: { region: 'eu' } },
          { ...input, aboveInputTokens: '5' },
        ],
      },
    ],
    ['price.components.1.params.colour', component({ params: { colour: 'blue' } })],
    ['price.components.1.params.serviceTier', component({ params: { serviceTier: 'turbo' } })],
    ['price.multipliers.0.factor', multiplier({ factor: '-1' })],
    ['price.multipliers.0.factor', multiplier({ factor: '1001' })],
    ['price.multipliers.0.params', multiplier({ params: {} })],
    ['price.multipliers.0.units', multiplier({ units: [] })],
    ['price.multipliers.0.units.0', multiplier({ units: ['FORTNIGHT'] })],
    [
      'price.multipliers',
      { ...base, multipliers: [...multiplier({}).multipliers, ...multiplier({ factor: '2' }).multipliers] },
    ],
    ['price.minimum', { ...base, minimum: '-1' }],
  ] as const)('%s', ([field, json]) => {
    expect(() => priceFromJson(json)).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', details: { field } }),
    );
  });

  test('and text that is no JSON is refused too', () => {
    expect(() => parsePrice('{"components":')).toThrow(DomainError);
  });

  test('as does one that was made without JSON', () => {
    const negative = { coefficient: -1n, scale: 0 };
    const components = [{ meter: 'REQUEST', unitPrice: negative, conditions: {} }] as const;
    expect(() => makePrice({ components, multipliers: [] })).toThrow(/price.components.0.unitPrice/);
  });
});
