import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  checkedSchedule,
  isOpenAt,
  nextChangeAt,
  type Schedule,
  type ScheduleWindow,
  WEEKDAYS,
} from '../../src/deployments/schedule.ts';
import { DomainError } from '../../src/domain-error.ts';

/*
 * The reference looks at every minute of ten days with Intl alone. It reads the clock as one that stands still while it
 * repeats what it has shown before: a window is open while that clock is within it.
 */

const MINUTE_MS = 60_000;
const MINUTES = 10 * 24 * 60;

/** What `timeZone`'s clock has shown at most by each minute of ten days, in minutes as if it were UTC. */
function shownBy(timeZone: string, startMs: number): number[] {
  const format = new Intl.DateTimeFormat('en-GB-u-ca-iso8601', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  let latest = Number.NEGATIVE_INFINITY;
  return Array.from({ length: MINUTES }, (_, minute) => {
    const parts = new Map(format.formatToParts(startMs + minute * MINUTE_MS).map((p) => [p.type, p.value]));
    const number = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type));
    const shown = Date.UTC(
      number('year'),
      number('month') - 1,
      number('day'),
      number('hour'),
      number('minute'),
    );
    latest = Math.max(latest, shown / MINUTE_MS);
    return latest;
  });
}

/** Whether a window is open when the clock shows this: it began today, or yesterday and goes on. */
function isWithin({ days, from, to }: ScheduleWindow, shown: number): boolean {
  const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
  const beganOn = (daysAgo: number) => {
    const weekday = new Date((shown - daysAgo * 1440) * MINUTE_MS).getUTCDay();
    return days.includes(WEEKDAYS[(weekday + 6) % 7] ?? 'MONDAY');
  };
  const minute = ((shown % 1440) + 1440) % 1440;
  if (minutes(from) < minutes(to)) return beganOn(0) && minutes(from) <= minute && minute < minutes(to);
  return (beganOn(0) && minutes(from) <= minute) || (beganOn(1) && minute < minutes(to));
}

const PLACES = [
  ['Europe/Berlin', '2026-03-22T00:00Z'],
  ['Europe/Berlin', '2026-10-18T00:00Z'],
  ['America/New_York', '2026-03-01T00:00Z'],
  ['America/New_York', '2026-10-25T00:00Z'],
  ['Australia/Lord_Howe', '2026-03-29T00:00Z'],
  ['Australia/Lord_Howe', '2026-09-27T00:00Z'],
  ['Africa/Cairo', '2026-04-17T00:00Z'],
  ['Africa/Cairo', '2026-10-22T00:00Z'],
  ['America/Havana', '2026-10-25T00:00Z'],
  ['America/St_Johns', '2006-10-22T00:00Z'],
  ['Pacific/Apia', '2011-12-24T00:00Z'],
  ['UTC', '2026-03-22T00:00Z'],
  ['Asia/Kathmandu', '2026-03-22T00:00Z'],
] as const;

/** Times between midnight and 04:00 half of the time: that is where clocks are set. */
const minuteOfDay = fc.oneof(fc.integer({ min: 0, max: 240 }), fc.integer({ min: 0, max: 1439 }));
const text = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

const anyWindow: fc.Arbitrary<ScheduleWindow> = fc.record({
  days: fc.subarray([...WEEKDAYS], { minLength: 1 }),
  from: minuteOfDay.map(text),
  to: fc.oneof(minuteOfDay.map(text), fc.constant('24:00')),
});

/** As many of the windows as do not overlap. */
const anySchedule = fc.array(anyWindow, { minLength: 1, maxLength: 12 }).map((candidates) => {
  let windows: readonly ScheduleWindow[] = [];
  for (const candidate of candidates) {
    try {
      windows = checkedSchedule({ windows: [...windows, candidate] }).windows;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
    }
  }
  return windows.length > 0 ? { windows } : undefined;
});

test.for(PLACES)('opens and closes as a minute-by-minute look at the clock says: %s, %s', ([zone, start]) => {
  const startMs = new Date(start).getTime();
  const shown = shownBy(zone, startMs);
  fc.assert(
    fc.property(anySchedule, fc.nat({ max: MINUTES - 1 }), (schedule, minute) => {
      fc.pre(schedule !== undefined);
      // The clock is not set in the day before the ten days begin: what it shows then is what it has shown at most.
      const open = shown.map((local) => schedule.windows.some((window) => isWithin(window, local)));
      expect(changesOf(schedule, zone, startMs)).toEqual(changesIn(open, startMs));
      expect(isOpenAt(schedule, zone, startMs + minute * MINUTE_MS)).toBe(open[minute]);
    }),
    { numRuns: 25 },
  );
});

/** The changes of ten days, one after another, each found from the one before. */
function changesOf(schedule: Schedule, zone: string, startMs: number): number[] {
  const found: number[] = [];
  for (let atMs = startMs; ; ) {
    const next = nextChangeAt(schedule, zone, atMs);
    if (next === undefined || next >= startMs + MINUTES * MINUTE_MS) return found;
    found.push(next);
    atMs = next;
  }
}

function changesIn(open: readonly boolean[], startMs: number): number[] {
  return open.flatMap((isOpen, minute) =>
    minute > 0 && isOpen !== open[minute - 1] ? [startMs + minute * MINUTE_MS] : [],
  );
}
