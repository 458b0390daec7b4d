import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import type { CatalogVersion } from '../../src/catalog/catalog-cache.ts';
import { compilePrice } from '../../src/catalog/compile-price.ts';
import { type PriceJson, priceFromJson } from '../../src/catalog/price-json.ts';
import type { Charge } from '../../src/charging/charge.ts';
import { explainPrice, lineFormula, lineSummary } from '../../src/charging/explain-price.ts';
import { newUuid } from '../../src/id.ts';
import { parseCredits } from '../../src/money.ts';

function versionOf(price: PriceJson): CatalogVersion {
  const compiled = compilePrice(priceFromJson(price));
  return { id: newUuid(), modelId: newUuid(), version: 1, effectiveAt: new Date(0), price: compiled };
}

function chargeOf(
  amount: string,
  quantities: Charge['quantities'],
  params: Charge['params'] = null,
  deductions: Partial<Pick<Charge, 'priorNano' | 'shortNano'>> = {},
): Charge {
  const id = newUuid();
  const now = new Date(0);
  return {
    teamId: id,
    id,
    status: 'CHARGED',
    modelId: id,
    priceVersionId: id,
    quantities,
    params,
    amountNano: parseCredits(amount),
    debtNano: 0n,
    fromSeq: null,
    toSeq: null,
    occurredAt: now,
    postedAt: now,
    memberId: null,
    apiKeyId: null,
    deploymentId: null,
    runId: null,
    holdId: null,
    runStep: null,
    replicaSlot: null,
    shortNano: 0n,
    priorNano: 0n,
    discountBps: 0n,
    tags: null,
    actor: SYSTEM_ACTOR,
    ...deductions,
  };
}

const TOKENS: PriceJson = {
  components: [
    { meter: 'INPUT_TOKEN', unitPrice: '0.000003' },
    { meter: 'INPUT_TOKEN', unitPrice: '0.000006', aboveInputTokens: '200000' },
    { meter: 'INPUT_TOKEN', unitPrice: '0.0000015', params: { serviceTier: 'batch' } },
    { meter: 'OUTPUT_TOKEN', unitPrice: '0.000015' },
  ],
  multipliers: [{ factor: '1.1', params: { region: 'eu' } }],
};

describe('the explained price', () => {
  test.for<[string, PriceJson, Charge, string]>([
    [
      'adds up lines in the order of meters',
      TOKENS,
      chargeOf('0.00675', { OUTPUT_TOKEN: '250', INPUT_TOKEN: '1000' }),
      '1000 × 0.000003 + 250 × 0.000015 = 0.00675',
    ],
    [
      'shows the factor of multipliers that hold',
      TOKENS,
      chargeOf('0.0033', { INPUT_TOKEN: '1000' }, { region: 'eu' }),
      '1000 × 0.000003 × 1.1 = 0.0033',
    ],
    [
      'rounds the sum once, half-up',
      { components: [{ meter: 'CACHED_INPUT_TOKEN', unitPrice: '0.0000000025' }], multipliers: [] },
      chargeOf('0.000000003', { CACHED_INPUT_TOKEN: '1' }),
      '1 × 0.0000000025 = 0.0000000025, rounded half-up to 0.000000003',
    ],
    [
      'is raised to the minimum',
      { components: [{ meter: 'REQUEST', unitPrice: '0.1' }], multipliers: [], minimum: '0.5' },
      chargeOf('0.5', { REQUEST: '2' }),
      '2 × 0.1 = 0.2, raised to the minimum of 0.5',
    ],
    [
      'is nothing for nothing',
      { components: [{ meter: 'REQUEST', unitPrice: '0.1' }], multipliers: [] },
      chargeOf('0', { REQUEST: '0' }),
      '0 = 0',
    ],
    [
      'says what is taken off because it was charged before or nothing paid it',
      TOKENS,
      chargeOf('0.00175', { INPUT_TOKEN: '1000', OUTPUT_TOKEN: '250' }, null, {
        priorNano: parseCredits('0.003'),
        shortNano: parseCredits('0.002'),
      }),
      '1000 × 0.000003 + 250 × 0.000015 = 0.00675, less 0.003 charged before, less 0.002 that nothing paid: 0.00175',
    ],
    [
      'has a line for each tier',
      {
        components: [
          { meter: 'REQUEST', unitPrice: '0.1' },
          { meter: 'REQUEST', unitPrice: '0.05', aboveQuantity: '10' },
        ],
        multipliers: [],
      },
      chargeOf('1.1', { REQUEST: '12' }),
      '10 × 0.1 + 2 × 0.05 = 1.1',
    ],
  ])('%s', ([, price, charge, formula]) => {
    expect(explainPrice(charge, versionOf(price)).formula).toBe(formula);
  });

  test('names the price of each line and the conditions that held', () => {
    const long = explainPrice(chargeOf('1.8', { INPUT_TOKEN: '300000' }), versionOf(TOKENS));
    const cached = explainPrice(
      chargeOf('0.0015', { CACHED_INPUT_TOKEN: '1000' }, { serviceTier: 'batch' }),
      versionOf(TOKENS),
    );
    expect(
      [...long.rated.lines, ...cached.rated.lines].map((line) => [lineFormula(line), lineSummary(line)]),
    ).toEqual([
      ['300000 × 0.000006 = 1.8', 'The price of INPUT_TOKEN for above 200000 input tokens.'],
      ['1000 × 0.0000015 = 0.0015', 'No price of its own: that of INPUT_TOKEN for serviceTier batch.'],
    ]);
  });

  test('tells for which units a tier holds', () => {
    const price: PriceJson = {
      components: [
        { meter: 'REQUEST', unitPrice: '0.1' },
        { meter: 'REQUEST', unitPrice: '0.05', aboveQuantity: '10' },
      ],
      multipliers: [],
    };
    const { rated } = explainPrice(chargeOf('1.1', { REQUEST: '12' }), versionOf(price));
    expect(rated.lines.map(lineSummary)).toEqual([
      'The price of REQUEST for units up to 10.',
      'The price of REQUEST for units beyond 10.',
    ]);
  });

  test('has a line for each tier that was reached, and says where it begins and ends', () => {
    const tiers: PriceJson = {
      components: [
        { meter: 'INPUT_CHARACTER', unitPrice: '0.00001' },
        { meter: 'INPUT_CHARACTER', unitPrice: '0.000008', aboveQuantity: '1000000' },
        { meter: 'INPUT_CHARACTER', unitPrice: '0.000005', aboveQuantity: '5000000' },
      ],
      multipliers: [],
    };
    const { rated, formula } = explainPrice(chargeOf('14', { INPUT_CHARACTER: '1500000' }), versionOf(tiers));
    expect(formula).toBe('1000000 × 0.00001 + 500000 × 0.000008 = 14');
    expect(rated.lines.map(lineSummary)).toEqual([
      'The price of INPUT_CHARACTER for units up to 1000000.',
      'The price of INPUT_CHARACTER for units beyond 1000000.',
    ]);
  });

  test('is never a number that was not charged', () => {
    const charge = chargeOf('0.004', { INPUT_TOKEN: '1000' });
    expect(() => explainPrice(charge, versionOf(TOKENS))).toThrow('price version');
  });
});
