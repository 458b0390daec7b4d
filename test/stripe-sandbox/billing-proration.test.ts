import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { remainingCents, remainingTime, unusedTime } from '../../src/stripe-sandbox/billing-proration.ts';

const at = (iso: string): number => Date.parse(iso) / 1000;
const NOVEMBER = { start: at('2026-11-01T00:00:00Z'), end: at('2026-12-01T00:00:00Z') };

describe('proration', () => {
  test.for([
    [1900n, '2026-11-16T00:00:00Z', 950n],
    [1900n, '2026-11-01T00:00:00Z', 1900n],
    [1900n, '2026-12-01T00:00:00Z', 0n],
    [1900n, '2027-01-01T00:00:00Z', 0n],
    [1900n, '2026-10-01T00:00:00Z', 1900n],
    [5900n, '2026-11-11T12:34:56Z', 3830n],
    [1n, '2026-11-16T00:00:00Z', 1n],
    [1n, '2026-11-16T00:00:01Z', 0n],
    [-1n, '2026-11-16T00:00:00Z', -1n],
  ] as const)(
    'of %s cents for November, at %s %s are left: by the second, half a cent away from zero',
    ([whole, now, left]) => {
      expect(remainingCents(whole, NOVEMBER, at(now))).toBe(left);
    },
  );

  test('an upgrade is a credit for the old price and a charge for the new one, both from now to the end', () => {
    const now = at('2026-11-16T00:00:00Z');
    const from = { unitCents: 1900n, quantity: 1n, name: 'Starter' };
    const to = { unitCents: 5900n, quantity: 2n, name: 'Pro' };
    expect([unusedTime(from, NOVEMBER, now), remainingTime(to, NOVEMBER, now)]).toEqual([
      {
        cents: -950n,
        quantity: 1n,
        description: 'Unused time on Starter after 16 Nov 2026',
        period: { start: now, end: NOVEMBER.end },
      },
      {
        cents: 5900n,
        quantity: 2n,
        description: 'Remaining time on 2 × Pro after 16 Nov 2026',
        period: { start: now, end: NOVEMBER.end },
      },
    ]);
  });

  test('what is left lies between nothing and the whole, shrinks with time, and credit mirrors charge', () => {
    const cents = fc.bigInt({ min: 0n, max: 10n ** 12n });
    const second = fc.integer({ min: NOVEMBER.start - 10, max: NOVEMBER.end + 10 });
    fc.assert(
      fc.property(cents, second, second, (whole, one, other) => {
        const [early, late] = [Math.min(one, other), Math.max(one, other)];
        const left = remainingCents(whole, NOVEMBER, early);
        expect(left >= 0n && left <= whole).toBe(true);
        expect(remainingCents(whole, NOVEMBER, late) <= left).toBe(true);
        expect(remainingCents(-whole, NOVEMBER, early)).toBe(-left);
      }),
    );
  });
});
