import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeRecharge, type RechargeFacts, utcDay, utcMonth } from '../../src/payments/recharge-decision.ts';

const NOW = new Date(Date.UTC(2026, 10, 10, 12));
const HOUR_MS = 3_600_000;
const CENT = 10_000_000n;

const cents = (max: bigint) => fc.bigInt({ min: 0n, max });
const pastInstant = fc.integer({ min: 0, max: 60 * HOUR_MS }).map((ago) => new Date(NOW.getTime() - ago));

const facts: fc.Arbitrary<RechargeFacts> = fc
  .record({
    amountCents: fc.bigInt({ min: 1n, max: 5_000n }),
    maxTimes: fc.option(fc.bigInt({ min: 100n, max: 900n })),
    dailyTimes: fc.option(fc.bigInt({ min: 100n, max: 900n })),
    monthlyTimes: fc.option(fc.bigInt({ min: 100n, max: 5_000n })),
    enabled: fc.boolean(),
    thresholdNano: cents(50_000n).map((amount) => amount * CENT),
    suspended: fc.constantFrom(null, null, null, 'DECLINED' as const, 'DISPUTED' as const),
    hasMethod: fc.constantFrom(true, true, true, false),
    unrestrictedNano: cents(50_000n).map((amount) => amount * CENT + 3n),
    heldNano: cents(5_000n).map((amount) => amount * CENT),
    unpaidNano: cents(5_000n).map((amount) => amount * CENT),
    toppingUpCents: fc.oneof(fc.constant(0n), cents(20_000n)),
    wasRefused: fc.boolean(),
    inFlight: fc.constantFrom(false, false, false, true),
    lastStartedAt: fc.option(pastInstant),
    failures: fc.constantFrom(0, 0, 1, 2, 3),
    lastFailedAt: fc.option(pastInstant),
    usedTodayCents: cents(20_000n),
    more: cents(100_000n),
  })
  .map(({ amountCents, maxTimes, dailyTimes, monthlyTimes, enabled, thresholdNano, more, ...rest }) => {
    const part = (times: bigint | null) => (times === null ? null : (amountCents * times) / 100n);
    const terms = {
      ...{ enabled, thresholdNano, amountCents, maxPerChargeCents: part(maxTimes) },
      ...{ dailyCapCents: part(dailyTimes), monthlyCapCents: part(monthlyTimes) },
    };
    return { ...rest, terms, usedThisMonthCents: rest.usedTodayCents + more };
  });

const has = ({ unrestrictedNano, heldNano }: RechargeFacts) => unrestrictedNano + heldNano;
const onItsWay = (f: RechargeFacts) => has(f) + f.toppingUpCents * CENT;
const fires = (f: RechargeFacts, now = NOW) => judgeRecharge(f, now).obstacles.length === 0;

describe('the decision to recharge', () => {
  test('fires only when it is on, not suspended, with a card, with nothing in flight, and wanted', () => {
    fc.assert(
      fc.property(facts, (f) => {
        if (!fires(f)) return;
        expect([f.terms.enabled, f.suspended, f.hasMethod, f.inFlight]).toEqual([true, null, true, false]);
        expect(onItsWay(f) < f.terms.thresholdNano || f.wasRefused).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('charges a multiple of the amount: one without a greatest charge, and never beyond it or a cap', () => {
    fc.assert(
      fc.property(facts, (f) => {
        const { terms, usedTodayCents, usedThisMonthCents } = f;
        const { amountCents } = judgeRecharge(f, NOW);
        expect(amountCents % terms.amountCents).toBe(0n);
        expect(amountCents).toBeGreaterThan(0n);
        if (terms.maxPerChargeCents === null) expect(amountCents).toBe(terms.amountCents);
        else expect(amountCents <= terms.maxPerChargeCents).toBe(true);
        if (!fires(f)) return;
        const { dailyCapCents: day, monthlyCapCents: month } = terms;
        if (day !== null) expect(usedTodayCents + amountCents <= day).toBe(true);
        if (month !== null) expect(usedThisMonthCents + amountCents <= month).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('takes more than the amount only as far as the threshold needs it, debt paid first', () => {
    fc.assert(
      fc.property(facts, (f) => {
        const { amountCents } = judgeRecharge(f, NOW);
        const oneLess = amountCents - f.terms.amountCents;
        if (oneLess === 0n) return;
        expect(onItsWay(f) - f.unpaidNano + oneLess * CENT < f.terms.thresholdNano).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('keeps an hour between charges, and 1, 6 and 24 hours after declines in a row', () => {
    fc.assert(
      fc.property(facts, (f) => {
        if (!fires(f)) return;
        const since = (at: Date | null) => (at ? NOW.getTime() - at.getTime() : Number.POSITIVE_INFINITY);
        expect(since(f.lastStartedAt)).toBeGreaterThanOrEqual(HOUR_MS);
        const backOff = [0, 1, 6, 24][f.failures] ?? 24;
        expect(since(f.lastFailedAt)).toBeGreaterThanOrEqual(f.failures === 0 ? 0 : backOff * HOUR_MS);
      }),
      { numRuns: 2_000 },
    );
  });

  test('says the first instant at which it would fire, if only time stands in its way', () => {
    fc.assert(
      fc.property(facts, (given) => {
        // Of what it rests on, time changes what was used in the day and the month.
        const at = (now: Date): RechargeFacts => ({
          ...given,
          usedTodayCents: utcDay(now) > utcDay(NOW) ? 0n : given.usedTodayCents,
          usedThisMonthCents: utcMonth(now) > utcMonth(NOW) ? 0n : given.usedThisMonthCents,
        });
        const { trigger, nextPossibleAt } = judgeRecharge(given, NOW);
        if (nextPossibleAt === null || trigger === null || given.inFlight) return;
        expect(fires(at(nextPossibleAt), nextPossibleAt)).toBe(true);
        const before = new Date(nextPossibleAt.getTime() - 1);
        if (before >= NOW) expect(fires(at(before), before)).toBe(false);
      }),
      { numRuns: 3_000 },
    );
  });

  test('names no instant where only somebody can make it possible', () => {
    fc.assert(
      fc.property(facts, (f) => {
        const isPossible = f.terms.enabled && f.suspended === null && f.hasMethod;
        expect(judgeRecharge(f, NOW).nextPossibleAt !== null).toBe(isPossible);
      }),
    );
  });

  test('wants nothing while the credit is enough and nothing was refused', () => {
    fc.assert(
      fc.property(facts, (f) => {
        expect(judgeRecharge(f, NOW).isWanted).toBe(has(f) < f.terms.thresholdNano || f.wasRefused);
      }),
    );
  });
});
