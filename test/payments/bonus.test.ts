import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDecimal, parseDecimal } from '../../src/decimal.ts';
import { type BonusTier, basisPointsOf, bonusOf, makeTiers, percentOf } from '../../src/payments/bonus.ts';
import { creditPacks, displayed, packCents } from '../../src/payments/credit-packs.ts';

const tier = (fromCents: bigint, basisPoints: bigint): BonusTier => ({ fromCents, basisPoints });
const TIERS = [tier(2_000n, 500n), tier(5_000n, 1_000n), tier(10_000n, 1_250n)];

describe('the bonus of a purchase', () => {
  test.for<[bigint, bigint]>([
    [1n, 0n],
    [1_999n, 0n],
    [2_000n, 1_000_000_000n],
    [4_999n, 2_499_500_000n],
    [5_000n, 5_000_000_000n],
    [10_000n, 12_500_000_000n],
    [99_999_999n, 124_999_998_750_000n],
  ])('of %d cents is that of the highest tier it reaches, for all of it', ([cents, bonus]) => {
    expect(bonusOf(TIERS, cents)).toBe(bonus);
    expect(bonusOf(TIERS.toReversed(), cents)).toBe(bonus);
  });

  test('is nothing without tiers, and nothing of nothing', () => {
    expect(bonusOf([], 10_000n)).toBe(0n);
    expect(bonusOf(TIERS, 0n)).toBe(0n);
  });

  test('keeps the smallest part of a cent', () => {
    expect(bonusOf([tier(1n, 1n)], 1n)).toBe(1_000n);
  });

  const cents = fc.bigInt({ min: 1n, max: 99_999_999n });
  const points = fc.bigInt({ min: 0n, max: 10_000n });
  const tiers = fc.uniqueArray(fc.record({ fromCents: cents, basisPoints: points }), {
    maxLength: 8,
    selector: ({ fromCents }) => fromCents,
  });

  test('is exactly its share of what is paid, whatever the tiers', () => {
    fc.assert(
      fc.property(tiers, cents, (some, amount) => {
        const reached = some.filter(({ fromCents }) => fromCents <= amount);
        const highest = reached.toSorted((a, b) => (a.fromCents < b.fromCents ? 1 : -1))[0];
        const bonus = bonusOf(makeTiers(some), amount);
        // In nano-credits times 10,000, so that nothing is divided.
        expect(bonus * 10_000n).toBe(amount * 10_000_000n * (highest?.basisPoints ?? 0n));
      }),
    );
  });

  test('of two purchases in one tier is that of both together: nobody gains by splitting', () => {
    fc.assert(
      fc.property(points, cents, cents, (basisPoints, one, other) => {
        const some = [tier(0n, basisPoints)];
        expect(bonusOf(some, one) + bonusOf(some, other)).toBe(bonusOf(some, one + other));
      }),
    );
  });
});

describe('a percentage', () => {
  test('is the same after it was kept as basis points', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10_000n }), (points) => {
        expect(basisPointsOf(parseDecimal(formatDecimal(percentOf(points))), 'percent')).toBe(points);
      }),
    );
  });

  test.for(['-0.01', '100.01', '1.234', '1000'])('cannot be %s', (text) => {
    expect(() => basisPointsOf(parseDecimal(text), 'percent')).toThrow('at most 2 decimal places');
  });
});

describe('tiers', () => {
  test('are kept the smallest first', () => {
    expect(makeTiers(TIERS.toReversed())).toEqual(TIERS);
  });

  test('begin each at an amount of its own, and are not too many', () => {
    expect(() => makeTiers([tier(5n, 1n), tier(9n, 1n), tier(5n, 2n)])).toThrow('of its own');
    const many = Array.from({ length: 51 }, (_, i) => tier(BigInt(i + 1), 1n));
    expect(() => makeTiers(many)).toThrow('at most 50');
  });
});

describe('a pack', () => {
  const options = { minPurchaseCents: 100n, creditsPerUsd: parseDecimal('100') };

  test('buys its worth, with the bonus of its size, in the unit that people see', () => {
    const [five, ...rest] = creditPacks(TIERS, options);
    expect(five).toEqual({
      id: 'pack-5',
      priceCents: 500n,
      creditsNano: 5_000_000_000n,
      bonusNano: 0n,
      display: expect.anything(),
    });
    expect(five && formatDecimal(five.display)).toBe('500');
    expect(rest.map(({ display }) => formatDecimal(display))).toEqual(['1000', '2100', '5500', '11250']);
  });

  test('is ordered by its id', () => {
    for (const { id, priceCents } of creditPacks([], options)) expect(packCents(id)).toBe(priceCents);
    expect(packCents('pack-7')).toBeUndefined();
  });

  test('is shown exactly, whatever the unit', () => {
    expect(formatDecimal(displayed(1n, { ...options, creditsPerUsd: parseDecimal('0.5') }))).toBe(
      '0.0000000005',
    );
  });
});
