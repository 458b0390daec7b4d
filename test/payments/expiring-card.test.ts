import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cardName,
  expiresAt,
  expiryMonth,
  isExpired,
  monthToTell,
  noticeAt,
} from '../../src/payments/expiring-card.ts';

const DAY = 86_400_000;
const months = fc.record({
  expMonth: fc.integer({ min: 1, max: 12 }),
  expYear: fc.integer({ min: 2020, max: 2099 }),
});
const instants = fc.date({
  min: new Date('2019-11-01T00:00:00Z'),
  max: new Date('2100-03-01T00:00:00Z'),
  noInvalidDate: true,
});

describe('a card', () => {
  test.for([
    [12, 2026, '2027-01-01T00:00:00.000Z', '2026-12-02T00:00:00.000Z'],
    [2, 2028, '2028-03-01T00:00:00.000Z', '2028-01-31T00:00:00.000Z'],
    [2, 2027, '2027-03-01T00:00:00.000Z', '2027-01-30T00:00:00.000Z'],
    [1, 2027, '2027-02-01T00:00:00.000Z', '2027-01-02T00:00:00.000Z'],
  ] as const)(
    'of %i/%i is valid to the end of the month, and told of 30 days before',
    ([expMonth, expYear, end, notice]) => {
      const card = { expMonth, expYear };
      expect(expiresAt(card)?.toISOString()).toBe(end);
      expect(noticeAt(card)?.toISOString()).toBe(notice);
      expect(isExpired(card, new Date(Date.parse(end) - 1))).toBe(false);
      expect(isExpired(card, new Date(end))).toBe(true);
    },
  );

  test('is told of exactly from its notice on, whatever the month', () => {
    fc.assert(
      fc.property(months, instants, (card, now) => {
        const { year, month } = monthToTell(now);
        const isToBeTold = card.expYear < year || (card.expYear === year && card.expMonth <= month);
        expect(isToBeTold).toBe((noticeAt(card)?.getTime() ?? Number.NaN) <= now.getTime());
      }),
      { numRuns: 2_000 },
    );
  });

  test('is told of at the very instant of its notice, and not a millisecond before', () => {
    fc.assert(
      fc.property(months, (card) => {
        const at = noticeAt(card)?.getTime() ?? Number.NaN;
        expect(monthToTell(new Date(at))).toEqual({ year: card.expYear, month: card.expMonth });
        expect(monthToTell(new Date(at - 1))).not.toEqual({ year: card.expYear, month: card.expMonth });
      }),
    );
  });

  test('without an expiry never expires', () => {
    const none = { expMonth: null, expYear: null };
    expect([expiresAt(none), noticeAt(none), isExpired(none, new Date(9e14)), expiryMonth(none)]).toEqual([
      undefined,
      undefined,
      false,
      '',
    ]);
  });

  test.for([
    [{ brand: 'visa', last4: '4242' }, 'Visa ending in 4242'],
    [{ brand: 'amex', last4: '0005' }, 'American Express ending in 0005'],
    [{ brand: 'eftpos_au', last4: '1234' }, 'eftpos_au ending in 1234'],
    [{ brand: null, last4: null }, 'card'],
  ] as const)('%o is called %s', ([card, name]) => {
    expect(cardName(card)).toBe(name);
  });

  test('says its month in words', () => {
    expect(expiryMonth({ expMonth: 12, expYear: 2026 })).toBe('December 2026');
  });

  test('is told of within 31 days before its end', () => {
    fc.assert(
      fc.property(months, (card) => {
        const [end, notice] = [expiresAt(card)?.getTime() ?? 0, noticeAt(card)?.getTime() ?? 0];
        expect(end - notice).toBe(30 * DAY);
      }),
    );
  });
});
