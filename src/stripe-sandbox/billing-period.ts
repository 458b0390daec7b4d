/** How often a price is paid: every `count` days, weeks, months or years. */
export interface Interval {
  readonly unit: 'day' | 'week' | 'month' | 'year';
  readonly count: number;
}

/** A span of time in Unix seconds; `end` is the first second after it. */
export interface Period {
  readonly start: number;
  readonly end: number;
}

const DAY = 86_400;
const MONTHS = { month: 1, year: 12 } as const;
const SECONDS = { day: DAY, week: 7 * DAY } as const;

/**
 * When the `turn`-th period after `anchor` begins, in Unix seconds. Months are counted from the anchor, not from the
 * period before: anchored on the 31st, it is 28 February and then 31 March again.
 */
export function boundary(anchor: number, interval: Interval, turn: number): number {
  if (interval.unit === 'day' || interval.unit === 'week')
    return anchor + SECONDS[interval.unit] * interval.count * turn;
  return plusMonths(anchor, MONTHS[interval.unit] * interval.count * turn);
}

/** The period of `interval` around `at`, by the boundaries of `anchor`. At a boundary it is the one that begins there. */
export function periodAt(anchor: number, interval: Interval, at: number): Period {
  const turn = turnAt(anchor, interval, at);
  return { start: boundary(anchor, interval, turn), end: boundary(anchor, interval, turn + 1) };
}

function turnAt(anchor: number, interval: Interval, at: number): number {
  let turn = Math.floor((at - anchor) / longest(interval));
  while (boundary(anchor, interval, turn) > at) turn--;
  while (boundary(anchor, interval, turn + 1) <= at) turn++;
  return turn;
}

/** The most seconds one interval can have, so that a guess by it is never far off. */
function longest({ unit, count }: Interval): number {
  const days = { day: 1, week: 7, month: 31, year: 366 }[unit];
  return days * DAY * count;
}

function plusMonths(anchor: number, months: number): number {
  const at = new Date(anchor * 1000);
  const first = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + months, 1));
  const day = Math.min(at.getUTCDate(), daysIn(first));
  const midnight = Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), day) / 1000;
  return midnight + (((anchor % DAY) + DAY) % DAY);
}

function daysIn(month: Date): number {
  return new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 0)).getUTCDate();
}
