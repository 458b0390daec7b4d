import { Temporal } from 'temporal-polyfill';
import { assert, badInput } from '../domain-error.ts';

/*
 * Windows are said in local time, and clocks are set forward and back. The rule: a window opens and closes at the first
 * instant at which the clock of the time zone shows its time, or a later one. So
 * - a time that the clock skips comes at the first instant after the gap, and a window that is skipped as a whole never;
 * - of an hour that comes twice, the first time counts: each window opens once and closes once, and windows that touch
 *   keep touching. What was open when the clock was set back stays open until its time to close has come once.
 */

/** Days as ISO 8601 orders them: MONDAY is day 1. */
export const WEEKDAYS = [
  'MONDAY',
  'TUESDAY',
  'WEDNESDAY',
  'THURSDAY',
  'FRIDAY',
  'SATURDAY',
  'SUNDAY',
] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/**
 * A window that begins on each of `days` at the local time `from` and ends before `to`: "HH:MM", `to` up to "24:00".
 * With a `to` that is earlier than `from` it ends on the next day.
 */
export interface ScheduleWindow {
  readonly days: readonly Weekday[];
  readonly from: string;
  readonly to: string;
}

/** The weekly windows in which a deployment runs, in the time zone of its team. They do not overlap. */
export interface Schedule {
  readonly windows: readonly ScheduleWindow[];
}

export const MAX_WINDOWS = 50;

const DAY = 24 * 60;
const WEEK = 7 * DAY;

/** A part of the week in minutes since Monday 00:00, from and before. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * The schedule as it is kept: days in their order.
 * @throws DomainError BAD_USER_INPUT naming the member that cannot be used, such as `schedule.windows.1.to`: no or too
 * many windows, a window that is empty or overlaps another, a day named twice, what is no time of day.
 */
export function checkedSchedule({ windows }: Schedule): Schedule {
  if (windows.length === 0 || windows.length > MAX_WINDOWS) {
    throw badInput('schedule.windows', `must have 1 to ${MAX_WINDOWS} elements.`);
  }
  const checked = windows.map((window, index) => checkedWindow(window, `schedule.windows.${index}`));
  checkApart(checked);
  return { windows: checked };
}

function checkedWindow({ days, from, to }: ScheduleWindow, field: string): ScheduleWindow {
  const named = new Set(days);
  if (named.size === 0) throw badInput(`${field}.days`, 'must name a day.');
  if (named.size < days.length) throw badInput(`${field}.days`, 'must name each day once.');
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(from)) {
    throw badInput(`${field}.from`, 'must be a time from "00:00" to "23:59".');
  }
  if (!/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/.test(to)) {
    throw badInput(`${field}.to`, 'must be a time from "00:00" to "24:00".');
  }
  if (from === to) {
    throw badInput(
      `${field}.to`,
      'must not be "from": the window would be empty. A whole day ends at "24:00".',
    );
  }
  return { days: WEEKDAYS.filter((day) => named.has(day)), from, to };
}

function checkApart(windows: readonly ScheduleWindow[]): void {
  const taken: { span: Span; index: number }[] = [];
  windows.forEach((window, index) => {
    for (const span of spansOf(window)) {
      const other = taken.find((one) => one.span.from < span.to && span.from < one.span.to);
      if (other) {
        const which = other.index === index ? 'itself' : `window ${other.index}`;
        throw badInput(`schedule.windows.${index}`, `overlaps ${which} on ${dayOf(span, other.span)}.`);
      }
      taken.push({ span, index });
    }
  });
}

function dayOf(a: Span, b: Span): Weekday {
  const day = WEEKDAYS[Math.floor(Math.max(a.from, b.from) / DAY)];
  assert(day, 'a span begins within the week');
  return day;
}

/** The parts of the week that a window takes; what goes on after Sunday is at the beginning of it. */
function spansOf(window: ScheduleWindow): Span[] {
  const length = endOf(window) - minutesOf(window.from);
  return window.days.flatMap((day) => {
    const from = WEEKDAYS.indexOf(day) * DAY + minutesOf(window.from);
    const to = from + length;
    return to <= WEEK
      ? [{ from, to }]
      : [
          { from, to: WEEK },
          { from: 0, to: to - WEEK },
        ];
  });
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

/** When a window ends, in minutes since the beginning of the day on which it begins. */
function endOf({ from, to }: ScheduleWindow): number {
  const minutes = minutesOf(to);
  return minutes < minutesOf(from) ? minutes + DAY : minutes;
}

/** Whether a schedule lets a deployment run at `atMs`; null is always. */
export function isOpenAt(schedule: Schedule | null, timeZone: string, atMs: number): boolean {
  if (schedule === null) return true;
  for (const { fromMs } of occurrences(schedule, timeZone, atMs)) return fromMs <= atMs;
  return false;
}

/** When a schedule next opens or closes after `atMs`; undefined for never: no schedule, or one that is always open. */
export function nextChangeAt(schedule: Schedule | null, timeZone: string, atMs: number): number | undefined {
  if (schedule === null || coversWeek(schedule)) return undefined;
  let openUntilMs: number | undefined;
  for (const { fromMs, toMs } of occurrences(schedule, timeZone, atMs)) {
    if (openUntilMs === undefined ? fromMs > atMs : fromMs > openUntilMs) return openUntilMs ?? fromMs;
    openUntilMs = toMs;
  }
  throw new Error('A schedule that is not always open opens or closes within weeks.');
}

function coversWeek({ windows }: Schedule): boolean {
  const covered = windows.flatMap(spansOf).reduce((sum, { from, to }) => sum + to - from, 0);
  return covered === WEEK;
}

/** A window on one date. */
interface Occurrence {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Where a window may begin that is open now: yesterday, or two days ago where a zone has skipped a date. */
const DAYS_BACK = 2;
/** The clock skips a window, and with it a week, at most once in a row. */
const DAYS_AHEAD = 22;

/** The windows that end after `atMs`, in order, without those that the clock skips. */
function* occurrences(
  { windows }: Schedule,
  timeZone: string,
  atMs: number,
): Generator<Occurrence, void, undefined> {
  const byStart = windows.toSorted((a, b) => (a.from < b.from ? -1 : 1));
  const today = Temporal.Instant.fromEpochMilliseconds(Math.floor(atMs))
    .toZonedDateTimeISO(timeZone)
    .toPlainDate();
  for (let offset = -DAYS_BACK; offset <= DAYS_AHEAD; offset++) {
    const date = today.add({ days: offset });
    const day = WEEKDAYS[date.dayOfWeek - 1];
    for (const window of byStart) {
      if (day === undefined || !window.days.includes(day)) continue;
      const fromMs = firstMsAt(date, minutesOf(window.from), timeZone);
      const toMs = firstMsAt(date, endOf(window), timeZone);
      if (fromMs < toMs && toMs > atMs) yield { fromMs, toMs };
    }
  }
}

/** The first instant at which the clock shows this minute of the date (which may reach into the next), or a later one. */
function firstMsAt(date: Temporal.PlainDate, minutes: number, timeZone: string): number {
  const local = date.toPlainDateTime().add({ minutes });
  // Where the clock shows it twice, the first time; where it skips it, an instant before the gap that shows another time.
  const found = local.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
  if (found.toPlainDateTime().equals(local)) return found.epochMilliseconds;
  const afterGap = found.getTimeZoneTransition('next');
  assert(afterGap, 'the clock is set forward after an instant before a gap');
  return afterGap.epochMilliseconds;
}
