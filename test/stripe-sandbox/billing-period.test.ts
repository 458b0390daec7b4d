import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundary, type Interval, periodAt } from '../../src/stripe-sandbox/billing-period.ts';

const at = (iso: string): number => Date.parse(iso) / 1000;
const MONTHLY: Interval = { unit: 'month', count: 1 };

describe('boundaries of billing periods', () => {
  test.for([
    ['2026-01-31T10:00:00Z', 1, '2026-02-28T10:00:00Z'],
    ['2026-01-31T10:00:00Z', 2, '2026-03-31T10:00:00Z'],
    ['2026-01-31T10:00:00Z', 3, '2026-04-30T10:00:00Z'],
    ['2027-12-31T23:59:59Z', 2, '2028-02-29T23:59:59Z'],
    ['2026-11-15T00:00:00Z', 14, '2028-01-15T00:00:00Z'],
    ['2026-11-15T00:00:00Z', -1, '2026-10-15T00:00:00Z'],
  ] as const)(
    '%s and %i months is %s: the day of the anchor, or the last of a shorter month',
    ([from, turn, to]) => {
      expect(boundary(at(from), MONTHLY, turn)).toBe(at(to));
    },
  );

  test.for([
    [{ unit: 'year', count: 1 }, '2024-02-29T08:00:00Z', '2025-02-28T08:00:00Z'],
    [{ unit: 'month', count: 3 }, '2026-11-30T08:00:00Z', '2027-02-28T08:00:00Z'],
    [{ unit: 'week', count: 2 }, '2026-11-30T08:00:00Z', '2026-12-14T08:00:00Z'],
    [{ unit: 'day', count: 30 }, '2026-11-30T08:00:00Z', '2026-12-30T08:00:00Z'],
  ] as const)('%j from %s ends at %s', ([interval, from, to]) => {
    expect(periodAt(at(from), interval, at(from))).toEqual({ start: at(from), end: at(to) });
  });

  test('each second is in exactly one period, whose neighbours begin and end with it', () => {
    const interval = fc.record({
      unit: fc.constantFrom('day', 'week', 'month', 'year'),
      count: fc.integer({ min: 1, max: 12 }),
    });
    const second = fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z') });
    fc.assert(
      fc.property(second, interval, second, (anchor, every, now) => {
        const period = periodAt(anchor, every, now);
        expect(period.start).toBeLessThanOrEqual(now);
        expect(period.end).toBeGreaterThan(now);
        expect(periodAt(anchor, every, period.end).start).toBe(period.end);
        expect(periodAt(anchor, every, period.start - 1).end).toBe(period.start);
      }),
    );
  });
});
