import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Applicability,
  applicability,
  availableFor,
  type ChargeTarget,
  covers,
  drawDown,
  inDrawdownOrder,
} from '../../src/grants/drawdown.ts';
import type { GrantAccount, GrantScope } from '../../src/ledger/grant-account.ts';
import { ANYTHING, openGrant, T0 } from '../support/books.ts';

const CHAT: GrantScope = { ...ANYTHING, product: 'chat' };
const CHAT_ON_A100: GrantScope = { ...CHAT, gpuType: 'A100' };
const MODEL = '0190d3c8-0000-7000-8000-000000000001';
const target: ChargeTarget = { product: 'chat', modelId: MODEL, gpuType: 'A100' };
const DAY = 86_400_000;

/** Ids that sort as named; the later ones belong to the grant that has to come first. */
const ID_LOW = '0190d3c8-0000-7000-8000-00000000000a';
const ID_HIGH = '0190d3c8-0000-7000-8000-00000000000b';

const SHAPES: Record<string, Partial<GrantAccount>> = {
  'promotional, expiring, restricted': { expiresAtMs: T0 + DAY, scope: CHAT },
  'promotional, expiring, unrestricted': { expiresAtMs: T0 + DAY },
  'promotional, lasting, restricted': { scope: CHAT },
  'promotional, lasting, unrestricted': {},
  prepaid: { kind: 'PREPAID' },
};

describe('the drawdown order', () => {
  test('takes the five shapes in the documented order, whatever else the grants say', () => {
    // The later the shape, the better every other key.
    const grants = Object.values(SHAPES).map((shape, i) =>
      openGrant({
        ...shape,
        priority: 100 - i,
        ...(shape.expiresAtMs ? { expiresAtMs: T0 + (9 - i) * DAY } : {}),
        effectiveAtMs: T0 - i,
        createdAtMs: T0 - i,
        id: `0190d3c8-0000-7000-8000-00000000000${9 - i}`,
      }),
    );
    expect(inDrawdownOrder([...grants].reverse())).toEqual(grants);
  });

  /** First and second differ in the key of the title; every later key would put the second first. */
  const keys: [string, Partial<GrantAccount>, Partial<GrantAccount>][] = [
    [
      'the shape before priority',
      {
        expiresAtMs: T0 + 9 * DAY,
        scope: CHAT,
        priority: 100,
        effectiveAtMs: T0,
        createdAtMs: T0,
        id: ID_HIGH,
      },
      { expiresAtMs: T0 + DAY, priority: 0, effectiveAtMs: T0 - 1, createdAtMs: T0 - 1, id: ID_LOW },
    ],
    [
      'the shape before priority: nothing prepaid while promotional credit remains',
      { priority: 100, effectiveAtMs: T0, createdAtMs: T0, id: ID_HIGH },
      { kind: 'PREPAID', priority: 0, effectiveAtMs: T0 - 1, createdAtMs: T0 - 1, id: ID_LOW },
    ],
    [
      'priority before expiry',
      {
        priority: 1,
        scope: CHAT,
        expiresAtMs: T0 + 9 * DAY,
        effectiveAtMs: T0,
        createdAtMs: T0,
        id: ID_HIGH,
      },
      {
        priority: 2,
        scope: CHAT_ON_A100,
        expiresAtMs: T0 + DAY,
        effectiveAtMs: T0 - 1,
        createdAtMs: T0 - 1,
        id: ID_LOW,
      },
    ],
    [
      'expiry before the specific scope',
      { expiresAtMs: T0 + DAY, scope: CHAT, effectiveAtMs: T0, createdAtMs: T0, id: ID_HIGH },
      {
        expiresAtMs: T0 + 2 * DAY,
        scope: CHAT_ON_A100,
        effectiveAtMs: T0 - 1,
        createdAtMs: T0 - 1,
        id: ID_LOW,
      },
    ],
    [
      'the more specific scope before the earlier start',
      { scope: CHAT_ON_A100, effectiveAtMs: T0, createdAtMs: T0, id: ID_HIGH },
      { scope: CHAT, effectiveAtMs: T0 - 1, createdAtMs: T0 - 1, id: ID_LOW },
    ],
    [
      'the earlier start before the earlier creation',
      { effectiveAtMs: T0 - 1, createdAtMs: T0, id: ID_HIGH },
      { effectiveAtMs: T0, createdAtMs: T0 - 1, id: ID_LOW },
    ],
    [
      'the earlier creation before the id',
      { createdAtMs: T0 - 1, id: ID_HIGH },
      { createdAtMs: T0, id: ID_LOW },
    ],
    ['the id at last', { id: ID_LOW }, { id: ID_HIGH }],
  ];
  test.for(keys)('judges %s', ([, first, second]) => {
    const ordered = [openGrant(first), openGrant(second)];
    expect(inDrawdownOrder(ordered)).toEqual(ordered);
    expect(inDrawdownOrder([...ordered].reverse())).toEqual(ordered);
  });

  test('does not depend on the order in which grants were read', () => {
    fc.assert(
      fc.property(grantLists, fc.infiniteStream(fc.nat()), (grants, random) => {
        const shuffled = grants
          .map((grant) => ({ grant, at: random.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ grant }) => grant);
        expect(ids(inDrawdownOrder(shuffled))).toEqual(ids(inDrawdownOrder(grants)));
      }),
    );
  });
});

describe('drawing', () => {
  test('takes what each grant has, in order, until the amount is reached', () => {
    const [small, large] = [openGrant({ grantedNano: 30n, priority: 1 }), openGrant({ grantedNano: 100n })];
    const { draws, shortByNano } = drawDown(inDrawdownOrder([large, small]), target, 50n, T0);
    expect(draws).toEqual([
      { grant: small, amountNano: 30n },
      { grant: large, amountNano: 20n },
    ]);
    expect(shortByNano).toBe(0n);
  });

  test('draws nothing for an amount of zero', () => {
    expect(drawDown([openGrant()], target, 0n, T0)).toEqual({ draws: [], shortByNano: 0n });
  });

  test('says what is missing, and skips what may not pay', () => {
    const grants = [
      openGrant({ scope: { ...ANYTHING, product: 'image' } }),
      openGrant({ expiresAtMs: T0 }),
      openGrant({ grantedNano: 10n }),
    ];
    const { draws, shortByNano } = drawDown(inDrawdownOrder(grants), target, 25n, T0);
    expect(draws).toEqual([{ grant: grants[2], amountNano: 10n }]);
    expect(shortByNano).toBe(15n);
  });

  test('accounts for every nano-credit: draws and shortfall make the amount, no grant gives more than it has', () => {
    const amounts = fc.bigInt({ min: 0n, max: 2000n });
    fc.assert(
      fc.property(grantLists, amounts, fc.integer({ min: -2, max: 12 }), (grants, amountNano, days) => {
        const atMs = T0 + days * DAY;
        const ordered = inDrawdownOrder(grants);
        const { draws, shortByNano } = drawDown(ordered, target, amountNano, atMs);
        const drawn = draws.reduce((sum, draw) => sum + draw.amountNano, 0n);
        const available = availableFor(grants, target, atMs);
        expect(drawn + shortByNano).toBe(amountNano);
        expect(shortByNano).toBe(amountNano > available ? amountNano - available : 0n);
        for (const draw of draws) {
          expect(draw.amountNano > 0n && draw.amountNano <= draw.grant.remainingNano).toBe(true);
          expect(applicability(draw.grant, target, atMs)).toBe('APPLICABLE');
        }
        // The first ones in the order, each emptied before the next is touched.
        const applicable = ordered.filter((grant) => applicability(grant, target, atMs) === 'APPLICABLE');
        expect(draws.map(({ grant }) => grant)).toEqual(applicable.slice(0, draws.length));
        for (const draw of draws.slice(0, -1)) expect(draw.amountNano).toBe(draw.grant.remainingNano);
      }),
    );
  });
});

describe('scopes', () => {
  test.for<[string, GrantScope, Partial<ChargeTarget>, boolean]>([
    ['no scope', ANYTHING, { product: null, modelId: null, gpuType: null }, true],
    ['the product', CHAT, {}, true],
    ['another product', CHAT, { product: 'image' }, false],
    ['a product, and the target has none', CHAT, { product: null }, false],
    ['the model', { ...ANYTHING, modelId: MODEL }, {}, true],
    ['another model', { ...ANYTHING, modelId: ID_LOW }, {}, false],
    ['a model, and the target has none', { ...ANYTHING, modelId: MODEL }, { modelId: null }, false],
    ['the GPU', { ...ANYTHING, gpuType: 'A100' }, {}, true],
    ['another GPU', { ...ANYTHING, gpuType: 'H100' }, {}, false],
    ['product, model and GPU', { product: 'chat', modelId: MODEL, gpuType: 'A100' }, {}, true],
    ['product and model, but another GPU', { product: 'chat', modelId: MODEL, gpuType: 'H100' }, {}, false],
    ['model and GPU, but another product', { product: 'image', modelId: MODEL, gpuType: 'A100' }, {}, false],
    ['product and GPU, but another model', { product: 'chat', modelId: ID_LOW, gpuType: 'A100' }, {}, false],
  ])('%s', ([, scope, changes, covered]) => {
    expect(covers(scope, { ...target, ...changes })).toBe(covered);
  });
});

describe('why a grant may not pay', () => {
  test.for<[Applicability, Partial<GrantAccount>]>([
    ['APPLICABLE', {}],
    ['APPLICABLE', { expiresAtMs: T0 + 1, effectiveAtMs: T0 }],
    ['VOIDED', { status: 'VOIDED', remainingNano: 0n }],
    ['NOT_EFFECTIVE', { status: 'SCHEDULED', effectiveAtMs: T0 + 1, remainingNano: 0n }],
    ['NOT_EFFECTIVE', { effectiveAtMs: T0 + 1 }],
    ['EXPIRED', { expiresAtMs: T0 }],
    ['EXPIRED', { status: 'EXPIRED', expiresAtMs: T0 - 1, remainingNano: 0n }],
    ['OUT_OF_SCOPE', { scope: { ...ANYTHING, product: 'image' } }],
    ['EXHAUSTED', { status: 'SPENT', remainingNano: 0n }],
  ])('%s', ([expected, changes]) => {
    expect(applicability(openGrant(changes), target, T0)).toBe(expected);
  });
});

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

/** Few values for each key, so that grants tie in any prefix of the order. */
const grantLists = fc.uniqueArray(
  fc
    .record({
      prepaid: fc.boolean(),
      restricted: fc.boolean(),
      specific: fc.boolean(),
      priority: fc.constantFrom(0, 50),
      expiresInDays: maybe(fc.constantFrom(1, 10)),
      startedDays: fc.constantFrom(0, 1),
      createdDays: fc.constantFrom(1, 2),
      grantedNano: fc.bigInt({ min: 1n, max: 300n }),
      id: fc.uuid({ version: 7 }),
    })
    .map((made) =>
      openGrant({
        id: made.id,
        grantedNano: made.grantedNano,
        priority: made.priority,
        effectiveAtMs: T0 - made.startedDays * DAY,
        createdAtMs: T0 - made.createdDays * DAY,
        ...(made.prepaid ? { kind: 'PREPAID' } : termsOf(made)),
      }),
    ),
  { maxLength: 8, selector: (grant) => grant.id },
);

function termsOf(made: { restricted: boolean; specific: boolean; expiresInDays: number | null }) {
  return {
    scope: made.restricted ? (made.specific ? CHAT_ON_A100 : CHAT) : ANYTHING,
    expiresAtMs: made.expiresInDays === null ? null : T0 + made.expiresInDays * DAY,
  };
}

function ids(grants: readonly GrantAccount[]): string[] {
  return grants.map(({ id }) => id);
}
