import fc from 'fast-check';

/** One call of one client. `pick` chooses among what there is by then. */
export type Step =
  | { readonly what: 'CHARGE'; readonly team: number; readonly usages: readonly KeyedUsage[] }
  | { readonly what: 'ISSUE'; readonly team: number; readonly twice: boolean; readonly terms: Terms }
  | {
      readonly what: 'VOID' | 'REVERSE';
      readonly team: number;
      readonly twice: boolean;
      readonly pick: number;
    }
  | Extend
  | { readonly what: 'ADVANCE'; readonly seconds: number }
  | { readonly what: 'SWEEP' };

interface Extend {
  readonly what: 'EXTEND';
  readonly team: number;
  readonly twice: boolean;
  readonly pick: number;
  readonly bySeconds: number | null;
}

/** The key decides what was used; the other variant is the same key with other input. */
export interface KeyedUsage {
  readonly key: number;
  /** How many teams on from the one of the call. */
  readonly further: number;
  readonly other: boolean;
}

export interface Terms {
  readonly prepaid: boolean;
  /** Thousandths of a credit. */
  readonly amount: number;
  readonly product: string | null;
  readonly model: number | null;
  readonly gpuType: string | null;
  readonly priority: number;
  readonly startsInSeconds: number;
  readonly lastsSeconds: number | null;
}

export const TEAMS = 4;
export const MODELS = 4;
const CLIENTS = 9;
const STEPS = 45;
const KEYS = 90;

const team = fc.nat(TEAMS - 1);
const twice = fc.integer({ min: 0, max: 3 }).map((n) => n === 0);
const usages = fc.array(
  fc.record({
    key: fc.nat(KEYS - 1),
    further: fc.constantFrom(0, 0, 0, 1, 2, 3),
    other: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
  }),
  { minLength: 1, maxLength: 8 },
);
const terms: fc.Arbitrary<Terms> = fc.record({
  prepaid: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
  amount: fc.integer({ min: 1, max: 9_000 }),
  product: fc.constantFrom(null, null, 'chat', 'image'),
  model: fc.constantFrom(null, null, null, 0, 1, 2),
  gpuType: fc.constantFrom(null, null, null, 'H100'),
  priority: fc.constantFrom(50, 50, 10, 90),
  startsInSeconds: fc.constantFrom(0, 0, 0, 20, 60),
  lastsSeconds: fc.constantFrom(null, 15, 40, 40, 120),
});

const extend: fc.Arbitrary<Extend> = fc.record({
  what: fc.constant('EXTEND'),
  team,
  twice,
  pick: fc.nat(),
  bySeconds: fc.constantFrom(90, 150, 200, 300, null),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 55, arbitrary: fc.record({ what: fc.constant('CHARGE'), team, usages }) },
  { weight: 14, arbitrary: fc.record({ what: fc.constant('ISSUE'), team, twice, terms }) },
  {
    weight: 12,
    arbitrary: fc.record({
      what: fc.constantFrom('VOID', 'REVERSE', 'REVERSE'),
      team,
      twice,
      pick: fc.nat(),
    }),
  },
  { weight: 7, arbitrary: extend },
  {
    weight: 10,
    arbitrary: fc.record({ what: fc.constant('ADVANCE'), seconds: fc.integer({ min: 1, max: 25 }) }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('SWEEP') }) },
);

/** What each client does, one call after the other; the clients do it at the same time. */
export const concurrentHistories: fc.Arbitrary<Step[][]> = fc.array(
  fc.array(step, { minLength: STEPS, maxLength: STEPS }),
  { minLength: CLIENTS, maxLength: CLIENTS },
);
