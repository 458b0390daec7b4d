/** From `startMs` until before `endMs`. */
export interface Period {
  readonly startMs: number;
  readonly endMs: number;
}

/** The hour, day and month that an instant lies in, by the clocks of a time zone. */
export interface SpendPeriods {
  readonly hour: Period;
  readonly day: Period;
  readonly month: Period;
}

/** Spend is kept by quarters of an hour: every zone in use is a whole number of them away from UTC, and so are its changes. */
export const BUCKET_MS = 15 * 60_000;

const DAYS_MS = 86_400_000;

/** The start of the quarter of an hour that an instant lies in. */
export function bucketOf(ms: number): number {
  return ms - (ms % BUCKET_MS);
}

/**
 * The periods of `timeZone` around an instant, exact when clocks change: a day has 23, 24 or 25 hours and may start at
 * 01:00, and an hour is what passes until the clock shows another one or is moved.
 * @throws RangeError for an unknown time zone.
 */
export function periodsAt(ms: number, timeZone: string): SpendPeriods {
  const known = lastAsked.get(timeZone);
  if (known && isIn(known.hour, ms)) return known;
  const periods = findPeriods(ms, timeZone);
  lastAsked.set(timeZone, periods);
  return periods;
}

/** Whether an instant lies in a period. */
export function isIn({ startMs, endMs }: Period, ms: number): boolean {
  return ms >= startMs && ms < endMs;
}

/** Everybody asks for the present hour: one answer a zone is worth keeping. */
const lastAsked = new Map<string, SpendPeriods>();

function findPeriods(ms: number, timeZone: string): SpendPeriods {
  const clock = clockOf(timeZone);
  const bucket = bucketOf(ms);
  return {
    hour: hourAround(bucket, clock),
    day: datePeriod(bucket, clock, 2 * DAYS_MS, dayOf),
    month: datePeriod(bucket, clock, 33 * DAYS_MS, monthOf),
  };
}

/** What the clocks of a zone show: `2026-11-21 09:30 GMT+01:00`. */
type ZoneClock = (ms: number) => string;

const dayOf = (shown: string): string => shown.slice(0, 10);
const monthOf = (shown: string): string => shown.slice(0, 7);
/** With the offset: the hour that is passed twice is two. */
const hourOf = (shown: string): string => shown.slice(0, 13) + shown.slice(16);

/** The run of quarters around one with the same hour: never more than four. */
function hourAround(bucket: number, clock: ZoneClock): Period {
  const hour = hourOf(clock(bucket));
  const isSame = (ms: number): boolean => hourOf(clock(ms)) === hour;
  let [startMs, endMs] = [bucket, bucket + BUCKET_MS];
  while (isSame(startMs - BUCKET_MS)) startMs -= BUCKET_MS;
  while (isSame(endMs)) endMs += BUCKET_MS;
  return { startMs, endMs };
}

/** Dates only go up, so the quarters at which one starts and ends are found by halving. */
function datePeriod(
  bucket: number,
  clock: ZoneClock,
  reachMs: number,
  dateOf: (shown: string) => string,
): Period {
  const date = dateOf(clock(bucket));
  const startMs = firstBucket(bucket - reachMs, bucket, (ms) => dateOf(clock(ms)) >= date);
  const endMs = firstBucket(bucket, bucket + reachMs, (ms) => dateOf(clock(ms)) > date);
  return { startMs, endMs };
}

/** The first quarter after `low`, up to `high`, at which `isReached` holds; it holds at `high` and not at `low`. */
function firstBucket(low: number, high: number, isReached: (ms: number) => boolean): number {
  let [before, reached] = [low, high];
  while (reached - before > BUCKET_MS) {
    const middle = bucketOf((before + reached) / 2);
    if (isReached(middle)) reached = middle;
    else before = middle;
  }
  return reached;
}

const clocks = new Map<string, ZoneClock>();

function clockOf(timeZone: string): ZoneClock {
  const known = clocks.get(timeZone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'longOffset',
  });
  const clock: ZoneClock = (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    const { year, month, day, hour, minute, timeZoneName } = Object.fromEntries(parts);
    return `${year}-${month}-${day} ${hour}:${minute} ${timeZoneName}`;
  };
  clocks.set(timeZone, clock);
  return clock;
}
