import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { discountAt, discounted, discountedHour } from '../../src/catalog/compute-discount.ts';
import {
  allEntitlements,
  checkDiscount,
  type Entitlements,
  entitlementsFrom,
  NO_ENTITLEMENTS,
  storedEntitlements,
} from '../../src/catalog/entitlement-terms.ts';
import type { Rated } from '../../src/catalog/rate.ts';
import { parseDecimal } from '../../src/decimal.ts';
import { formatCredits, parseCredits, roundToNano } from '../../src/money.ts';

const BPS = 10_000n;

function rated(exact: string): Rated {
  const value = parseDecimal(exact);
  return { ok: true, amountNano: roundToNano(value), exact: value, lines: [], multipliers: [] };
}

describe('a discount on a price', () => {
  test.for([
    ['0.6', 3000n, '0.42'],
    ['1.8', 3000n, '1.26'],
    ['3.5', 3000n, '2.45'],
    ['0.6', 0n, '0.6'],
    ['0.000000001', 5000n, '0.000000001'],
    ['0.000000001', 5001n, '0'],
    ['0.000000003', 3333n, '0.000000002'],
    ['1', 9999n, '0.0001'],
  ] as const)('of %s credits by %i basis points leaves %s', ([exact, bps, left]) => {
    expect(formatCredits(discounted(rated(exact), bps).amountNano)).toBe(left);
    expect(formatCredits(discountedHour(parseCredits(exact), bps))).toBe(left);
  });

  test('is taken off the exact price, which is rounded once', () => {
    // Rounded first, 0.0000000015 would be 2 n, and 70 % of that 1.4 n.
    expect(discounted(rated('0.00000000215'), 3000n).amountNano).toBe(2n);
    expect(discounted(rated('0.0000000015'), 3400n).amountNano).toBe(1n);
  });

  test('never makes a price negative or higher, and is right to the nano-credit', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 18n), fc.bigInt(0n, BPS - 1n), (hourlyNano, bps) => {
        const left = discountedHour(hourlyNano, bps);
        const error = left * BPS - hourlyNano * (BPS - bps);
        expect(left >= 0n && left <= hourlyNano).toBe(true);
        expect(error * 2n <= BPS && error * 2n > -BPS).toBe(true);
      }),
    );
  });
});

describe('the discount of an hour', () => {
  const history = [
    { sinceMs: 1000, discountBps: 3000n },
    { sinceMs: 2000, discountBps: 0n },
  ];

  test.for([
    [999, 0n],
    [1000, 3000n],
    [1999, 3000n],
    [2000, 0n],
  ] as const)('that begins at %i is %i', ([ms, bps]) => {
    expect(discountAt(history, new Date(ms))).toBe(bps);
  });

  test('of a team that never had a plan is none', () => {
    expect(discountAt(undefined, new Date(5))).toBe(0n);
  });
});

describe('entitlements', () => {
  const pro: Entitlements = { ...NO_ENTITLEMENTS, apiKeys: true, computeDiscountBps: 500n };
  const business: Entitlements = { ...NO_ENTITLEMENTS, monetization: true, computeDiscountBps: 3000n };

  test('of several plans are what any of them gives, and the greatest discount instead of the sum', () => {
    const both = { ...NO_ENTITLEMENTS, apiKeys: true, monetization: true, computeDiscountBps: 3000n };
    expect(allEntitlements([pro, business])).toEqual(both);
    expect(allEntitlements([business, pro])).toEqual(both);
    expect(allEntitlements([])).toEqual(NO_ENTITLEMENTS);
  });

  test('are read as they were stored', () => {
    const text = JSON.stringify(storedEntitlements(business));
    expect(entitlementsFrom(JSON.parse(text))).toEqual(business);
  });

  test.for([-1n, 10_000n])('a discount of %i basis points is refused', (bps) => {
    expect(() => checkDiscount(bps, 'computeDiscount')).toThrow('must be from 0 to 99.99 percent');
  });
});
