import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CatalogModel, CatalogSnapshot, CatalogVersion } from '../../src/catalog/catalog-cache.ts';
import { compilePrice } from '../../src/catalog/compile-price.ts';
import type { InstanceSpec } from '../../src/catalog/instance-spec.ts';
import type { Meter } from '../../src/catalog/meters.ts';
import { makePrice, type Price } from '../../src/catalog/price.ts';
import { checkForm } from '../../src/charging/request-form.ts';
import { type Decimal, parseDecimal } from '../../src/decimal.ts';
import { newUuid } from '../../src/id.ts';
import { explainStep } from '../../src/usage/explain-step.ts';
import { pricePlan } from '../../src/usage/price-run.ts';
import { type PlanForm, plannedSteps, planText, type StepForm } from '../../src/usage/run-plan.ts';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const MACHINE: InstanceSpec = { kind: 'GPU', gpus: 1, vcpus: 8, memoryGb: 64 };
const LATER = new Date('2026-12-01T00:00:00.000Z');

/** A catalogue in memory: each model with the price of each of its versions, by when it holds. */
function catalogOf(prices: Readonly<Record<string, readonly (readonly [Date, Price])[]>>): CatalogSnapshot {
  const models: CatalogModel[] = [];
  const versions: CatalogVersion[] = [];
  for (const [key, own] of Object.entries(prices)) {
    const id = newUuid();
    const instance = key.startsWith('gpu-') ? MACHINE : null;
    models.push({
      ...{ id, key, name: key, product: 'chat', gpuType: null, supplierLabel: 'test' },
      ...{ supplierTeamId: null, active: true, instance },
    });
    for (const [effectiveAt, price] of own)
      versions.push({
        ...{ id: newUuid(), modelId: id, version: versions.length, effectiveAt },
        price: compilePrice(price),
      });
  }
  return {
    revision: 1n,
    modelByKey: new Map(models.map((model) => [model.key, model])),
    modelById: new Map(models.map((model) => [model.id, model])),
    versionById: new Map(versions.map((version) => [version.id, version])),
    priceAt: (modelId, at) => versions.findLast((one) => one.modelId === modelId && one.effectiveAt <= at),
  };
}

function priceOf(unitPrices: Partial<Record<Meter, string>>, minimum?: string): Price {
  const components = Object.entries(unitPrices).map(([meter, unitPrice]) => ({
    // The keys of a record of meters are meters.
    meter: meter as Meter,
    unitPrice: parseDecimal(unitPrice),
    conditions: {},
  }));
  return makePrice({ components, multipliers: [], ...(minimum && { minimum: parseDecimal(minimum) }) });
}

const START = new Date(0);
const catalog = catalogOf({
  one: [[START, priceOf({ INPUT_TOKEN: '0.0000000025', OUTPUT_TOKEN: '0.000000000003' })]],
  two: [[START, priceOf({ REQUEST: '0.1' }, '0.05')]],
  dear: [[START, priceOf({ REQUEST: '1000000' })]],
  later: [[LATER, priceOf({ REQUEST: '1' })]],
  'gpu-s': [[START, priceOf({ REQUEST: '0.6' })]],
});

function quantities(counts: Partial<Record<Meter, string>>): { meter: Meter; quantity: Decimal }[] {
  return Object.entries(counts).map(([meter, text]) => ({
    // The keys of a record of meters are meters.
    meter: meter as Meter,
    quantity: parseDecimal(text),
  }));
}

const step = (
  key: string,
  model: string,
  counts: Partial<Record<Meter, string>>,
  times?: number,
): StepForm => ({
  key,
  model,
  quantities: quantities(counts),
  ...(times !== undefined && { times }),
});

/** The quote of a plan, or its refusal. */
function quote(plan: PlanForm, at = NOW) {
  const steps = checkForm(() => plannedSteps(plan, 'plan'));
  return 'code' in steps ? steps : pricePlan(steps, catalog, at);
}

describe('the price of a plan', () => {
  test('is the sum of its steps, each exact and rounded once, half-up, for any quantities and times', () => {
    const decimal = fc
      .tuple(fc.bigInt(0n, 10n ** 12n), fc.integer({ min: 0, max: 9 }))
      .map(([coefficient, scale]) => ({ coefficient, scale }));
    const plan = fc.array(
      fc.record({ input: decimal, output: decimal, times: fc.integer({ min: 1, max: 10 ** 6 }) }),
      {
        minLength: 1,
        maxLength: 8,
      },
    );
    fc.assert(
      fc.property(plan, (parts) => {
        const steps = parts.map(({ input, output, times }, place) => ({
          ...step(`s${place}`, 'one', {}, times),
          quantities: [
            { meter: 'INPUT_TOKEN' as const, quantity: input },
            { meter: 'OUTPUT_TOKEN' as const, quantity: output },
          ],
        }));
        const quoted = quote({ steps });
        if ('code' in quoted) return expect.fail(quoted.message);
        // In units of 10^-21: the prices have 12 places, the quantities 9.
        const expected = parts.map(({ input, output, times }) => {
          const exact =
            (input.coefficient * 10n ** BigInt(9 - input.scale) * 2_500n +
              output.coefficient * 10n ** BigInt(9 - output.scale) * 3n) *
            BigInt(times);
          return (exact + 500_000_000_000n) / 1_000_000_000_000n;
        });
        expect(quoted.steps.map(({ estimatedNano }) => estimatedNano)).toEqual(expected);
        expect(quoted.totalNano).toBe(expected.reduce((sum, nano) => sum + nano, 0n));
      }),
      { numRuns: 300 },
    );
  });

  test('takes the minimum of a price for each time', () => {
    const quoted = quote({ steps: [step('a', 'two', { REQUEST: '0.1' }, 3)] });
    expect(quoted).toMatchObject({ totalNano: 150_000_000n });
  });

  test('is the one that holds at the instant, with its version', () => {
    const steps = [step('a', 'later', { REQUEST: '1' })];
    expect(quote({ steps })).toMatchObject({ code: 'NOT_PRICED', field: 'plan.steps.0.model' });
    const version = [...catalog.versionById.values()].find(({ effectiveAt }) => effectiveAt === LATER);
    expect(quote({ steps }, LATER)).toMatchObject({ steps: [{ priceVersionId: version?.id }] });
  });

  test('of a benchmark is that of each model once for each record', () => {
    const usage = quantities({ REQUEST: '2' });
    const quoted = quote({ benchmark: { models: ['two', 'one'], quantities: usage, records: 500 } });
    expect(quoted).toMatchObject({ code: 'NOT_PRICED', field: 'plan.benchmark.quantities' });
    const tokens = quantities({ INPUT_TOKEN: '4000' });
    const known = quote({ benchmark: { models: ['one'], quantities: tokens, records: 500 } });
    expect(known).toMatchObject({ steps: [{ key: 'one', times: '500', estimatedNano: 5_000_000n }] });
  });

  test('is explained with the numbers that make it', () => {
    const quoted = quote({
      steps: [
        step('a', 'one', { INPUT_TOKEN: '1000', OUTPUT_TOKEN: '1' }, 500),
        step('b', 'one', { OUTPUT_TOKEN: '1' }),
      ],
    });
    if ('code' in quoted) return expect.fail(quoted.message);
    const explained = quoted.steps.map((one) => {
      const version = catalog.versionById.get(one.priceVersionId) ?? expect.fail('no version');
      return explainStep(one, version);
    });
    expect(explained.map(({ formula }) => formula)).toEqual([
      '500 × 0.000002500003 = 0.0012500015, rounded half-up to 0.001250002',
      '1 × 0.000000000003 = 0.000000000003, rounded half-up to 0',
    ]);
    expect(explained[0]?.once.formula).toBe(
      '1000 × 0.0000000025 + 1 × 0.000000000003 = 0.000002500003, rounded half-up to 0.0000025',
    );
  });
});

describe('a plan is refused, naming the member at fault, when', () => {
  const fine = step('a', 'two', { REQUEST: '1' });
  const refused: readonly (readonly [string, PlanForm, string, string])[] = [
    ['it has no steps', { steps: [] }, 'INVALID_USAGE', 'plan.steps'],
    ['it has 201 steps', { steps: Array(201).fill(fine) }, 'INVALID_USAGE', 'plan.steps'],
    ['two steps have one key', { steps: [fine, fine] }, 'INVALID_USAGE', 'plan.steps.1.key'],
    ['a key is empty', { steps: [{ ...fine, key: '' }] }, 'INVALID_USAGE', 'plan.steps.0.key'],
    [
      'a model is unknown',
      { steps: [fine, step('b', 'none', { REQUEST: '1' })] },
      'MODEL_NOT_FOUND',
      'plan.steps.1.model',
    ],
    [
      'a model is an instance type',
      { steps: [step('a', 'gpu-s', { REQUEST: '1' })] },
      'MODEL_NOT_FOUND',
      'plan.steps.0.model',
    ],
    ['nothing is used', { steps: [{ ...fine, quantities: [] }] }, 'INVALID_USAGE', 'plan.steps.0.quantities'],
    [
      'a meter is there twice',
      { steps: [{ ...fine, quantities: [...fine.quantities, ...fine.quantities] }] },
      'INVALID_USAGE',
      'plan.steps.0.quantities',
    ],
    [
      'a quantity is negative',
      { steps: [step('a', 'two', { REQUEST: '-1' })] },
      'INVALID_USAGE',
      'plan.steps.0.quantities',
    ],
    [
      'a quantity is too large',
      { steps: [step('a', 'two', { REQUEST: '1000000000000001' })] },
      'INVALID_USAGE',
      'plan.steps.0.quantities',
    ],
    [
      'a quantity has ten places',
      { steps: [step('a', 'two', { REQUEST: '0.0000000001' })] },
      'INVALID_USAGE',
      'plan.steps.0.quantities',
    ],
    [
      'a meter has no price',
      { steps: [step('a', 'two', { INPUT_TOKEN: '1' })] },
      'NOT_PRICED',
      'plan.steps.0.quantities',
    ],
    [
      'a parameter is unknown',
      { steps: [{ ...fine, params: [{ name: 'colour', value: 'red' }] }] },
      'INVALID_USAGE',
      'plan.steps.0.params',
    ],
    ['it is done no time', { steps: [{ ...fine, times: 0 }] }, 'INVALID_USAGE', 'plan.steps.0.times'],
    [
      'it is done too often',
      { steps: [{ ...fine, times: 1_000_000_001 }] },
      'INVALID_USAGE',
      'plan.steps.0.times',
    ],
    [
      'a step costs too much',
      { steps: [step('a', 'dear', { REQUEST: '5000' }, 2)] },
      'INVALID_USAGE',
      'plan.steps.0.quantities',
    ],
    [
      'all steps cost too much',
      { steps: [step('a', 'dear', { REQUEST: '5000' }), step('b', 'dear', { REQUEST: '5000' })] },
      'INVALID_USAGE',
      'plan',
    ],
    [
      'a benchmark has no model',
      { benchmark: { models: [], quantities: fine.quantities, records: 1 } },
      'INVALID_USAGE',
      'plan.benchmark.models',
    ],
    [
      'a benchmark names a model twice',
      { benchmark: { models: ['two', 'two'], quantities: fine.quantities, records: 1 } },
      'INVALID_USAGE',
      'plan.benchmark.models.1',
    ],
    [
      'a benchmark names an unknown model',
      { benchmark: { models: ['two', 'none'], quantities: fine.quantities, records: 1 } },
      'MODEL_NOT_FOUND',
      'plan.benchmark.models.1',
    ],
    [
      'a benchmark has no records',
      { benchmark: { models: ['two'], quantities: fine.quantities, records: 0 } },
      'INVALID_USAGE',
      'plan.benchmark.records',
    ],
  ];

  test.for(refused)('%s', ([, plan, code, field]) => {
    expect(quote(plan)).toMatchObject({ code, field, message: expect.stringMatching(/\S/) });
  });
});

test('plans of the same meaning have the same text, and others have another', () => {
  const textOf = (...steps: StepForm[]) => planText(plannedSteps({ steps }, 'plan'));
  const one = { ...step('a', 'one', { INPUT_TOKEN: '1', OUTPUT_TOKEN: '2.50' }), times: 1 };
  const same = step('a', 'one', { OUTPUT_TOKEN: '2.5', INPUT_TOKEN: '1' });
  expect(textOf(one)).toBe(textOf(same));
  const others = [
    [{ ...same, key: 'b' }],
    [{ ...same, model: 'two' }],
    [{ ...same, times: 2 }],
    [step('a', 'one', { OUTPUT_TOKEN: '2.5', INPUT_TOKEN: '2' })],
    [{ ...same, params: [{ name: 'region', value: 'eu' }] }],
    [same, step('b', 'one', { INPUT_TOKEN: '1' })],
  ].map((steps) => textOf(...steps));
  expect(new Set([...others, textOf(one)]).size).toBe(others.length + 1);
});
