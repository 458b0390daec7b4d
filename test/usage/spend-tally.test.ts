import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newUuid, type Uuid } from '../../src/id.ts';
import { ACCOUNT, ENTRY_KIND, type EntryKind } from '../../src/ledger/account.ts';
import type { Entry } from '../../src/ledger/entry.ts';
import { bucketOf, periodsAt } from '../../src/usage/spend-periods.ts';
import { SpendTally, type SpendTotals } from '../../src/usage/spend-tally.ts';
import { postedFact } from '../live/posted-fact.ts';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 4, 20, 10, 37);
/** The last four whole quarters of an hour and the one under way, at 10:37. */
const WINDOW_START = Date.UTC(2026, 4, 20, 9, 30);

/** A team that has spent nothing and runs deployments for so much an hour. */
function totals(committedNanoPerHour = 0n): SpendTotals {
  const nothing = { hourNano: 0n, dayNano: 0n, monthNano: 0n, recent: new Map(), recentHours: new Map() };
  const periods = periodsAt(NOW, 'UTC');
  return {
    teamId: newUuid(),
    timeZone: 'UTC',
    seq: 0n,
    asOfMs: NOW,
    periods,
    committedNanoPerHour,
    ...nothing,
  };
}

interface Line {
  readonly kind: EntryKind;
  readonly amountNano: bigint;
  readonly occurredAtMs: number;
  readonly isHour?: boolean;
}

/** Lines as they follow each other in a ledger, and which of them are hours of deployments. */
function journal(lines: readonly Line[]): { entries: Entry[]; hours: Set<Uuid> } {
  const { entries } = postedFact({ entries: lines.length });
  const made = entries.map((entry, i): Entry => {
    const { kind, amountNano, occurredAtMs } = lines[i] ?? expect.fail();
    return { ...entry, kind, amountNano, occurredAtMs, debitAccount: ACCOUNT.HELD };
  });
  return { entries: made, hours: new Set(made.filter((_, i) => lines[i]?.isHour).map((e) => e.postingId)) };
}

describe('the tally of a team', () => {
  test('counts what is charged, also from a hold, and nothing that is set aside or comes back', () => {
    const tally = new SpendTally(totals());
    const { HOLD, RELEASE, CHARGE, ISSUE, EXPIRY } = ENTRY_KIND;
    const { entries, hours } = journal(
      [HOLD, CHARGE, RELEASE, ISSUE, EXPIRY].map((kind, i) => ({
        kind,
        amountNano: 10n ** BigInt(i),
        occurredAtMs: NOW,
      })),
    );
    expect(tally.apply(entries, hours)).toBe(true);
    expect(tally.seq).toBe(5n);
    expect(tally.figuresAt(NOW)).toMatchObject({ hourNano: 10n, dayNano: 10n, monthNano: 10n });
  });

  test('counts a deployment once: by what it costs an hour, not by the hours it was charged', () => {
    const tally = new SpendTally(totals(600n));
    const at = { kind: ENTRY_KIND.CHARGE, occurredAtMs: NOW - 20 * MINUTE };
    const { entries, hours } = journal([
      { ...at, amountNano: 600n, isHour: true },
      { ...at, amountNano: 670n },
    ]);
    tally.apply(entries, hours);
    // 670 in 67 minutes.
    expect(tally.figuresAt(NOW)).toMatchObject({
      dayNano: 1_270n,
      usageNanoPerHour: 600n,
      deploymentNanoPerHour: 600n,
      burnNanoPerHour: 1_200n,
    });
    tally.committedNanoPerHour = 0n;
    expect(tally.figuresAt(NOW)).toMatchObject({ deploymentNanoPerHour: 0n, burnNanoPerHour: 600n });
  });

  test('is what a look at every line says, however the lines came and whatever the time is', () => {
    const line = fc.record({
      kind: fc.constantFrom(ENTRY_KIND.CHARGE, ENTRY_KIND.CHARGE, ENTRY_KIND.HOLD, ENTRY_KIND.RELEASE),
      amountNano: fc.bigInt({ min: 1n, max: 10n ** 12n }),
      ageMinutes: fc.oneof(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 0, max: 30 * 24 * 60 })),
      isHour: fc.boolean(),
      waitMinutes: fc.oneof(
        fc.constant(0),
        fc.integer({ min: 0, max: 90 }),
        fc.integer({ min: 0, max: 900 }),
      ),
    });
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 30 }),
        fc.bigInt({ min: 0n, max: 10n ** 12n }),
        (lines, committed) => {
          let nowMs = NOW;
          const written = lines.map(({ ageMinutes, waitMinutes, ...one }) => {
            nowMs += waitMinutes * MINUTE;
            // What was spent before the tally began is in its totals, of which there are none here.
            return { ...one, nowMs, occurredAtMs: Math.max(nowMs - ageMinutes * MINUTE, WINDOW_START) };
          });
          const { entries, hours } = journal(written);
          const tally = new SpendTally(totals(committed));
          for (const [i, { nowMs }] of written.entries()) {
            expect(tally.apply(entries.slice(i, i + 1), hours)).toBe(true);
            expect(tally.figuresAt(nowMs)).toEqual(figures(written.slice(0, i + 1), nowMs, committed));
          }
        },
      ),
    );
  });
});

/** The figures by brute force: each line is looked at. */
function figures(lines: readonly Line[], nowMs: number, deploymentNanoPerHour: bigint) {
  const charged = lines.filter(({ kind }) => kind === ENTRY_KIND.CHARGE);
  const sum = (isCounted: (line: Line) => boolean) =>
    charged.filter(isCounted).reduce((total, { amountNano }) => total + amountNano, 0n);
  const iso = (ms: number) => new Date(ms).toISOString();
  const sameUpTo = (length: number) =>
    sum(({ occurredAtMs }) => iso(occurredAtMs).slice(0, length) === iso(nowMs).slice(0, length));
  const startMs = bucketOf(nowMs) - 60 * MINUTE;
  const used = sum(({ occurredAtMs, isHour }) => !isHour && occurredAtMs >= startMs);
  const usageNanoPerHour = (used * 3_600_000n) / BigInt(nowMs - startMs);
  return {
    hourNano: sameUpTo(13),
    dayNano: sameUpTo(10),
    monthNano: sameUpTo(7),
    usageNanoPerHour,
    deploymentNanoPerHour,
    burnNanoPerHour: usageNanoPerHour + deploymentNanoPerHour,
  };
}
