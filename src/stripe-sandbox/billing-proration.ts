import type { Period } from './billing-period.ts';

/** What one price costs over a whole period, and its name on invoices. */
export interface Rate {
  readonly unitCents: bigint;
  readonly quantity: bigint;
  readonly name: string;
}

/** One line of an adjustment: credits are negative. */
export interface ProratedLine {
  readonly cents: bigint;
  readonly quantity: bigint;
  readonly description: string;
  readonly period: Period;
}

/**
 * The cents of what is left of `period` at the second `at`: the whole times the seconds left over the seconds there
 * are, rounded half away from zero. Before the period it is the whole, after it nothing.
 */
export function remainingCents(whole: bigint, period: Period, at: number): bigint {
  const length = BigInt(period.end - period.start);
  const left = BigInt(Math.max(0, Math.min(period.end - at, period.end - period.start)));
  const twice = 2n * whole * left;
  const half = whole < 0n ? -length : length;
  return (twice + half) / (2n * length);
}

/** The credit for what of `rate` is not used after `at`. */
export function unusedTime(rate: Rate, period: Period, at: number): ProratedLine {
  return {
    cents: -remainingCents(rate.unitCents * rate.quantity, period, at),
    quantity: rate.quantity,
    description: `Unused time on ${counted(rate)} after ${day(at)}`,
    period: { start: at, end: period.end },
  };
}

/** The charge for what of `period` is left for `rate` after `at`. */
export function remainingTime(rate: Rate, period: Period, at: number): ProratedLine {
  return {
    cents: remainingCents(rate.unitCents * rate.quantity, period, at),
    quantity: rate.quantity,
    description: `Remaining time on ${counted(rate)} after ${day(at)}`,
    period: { start: at, end: period.end },
  };
}

function counted({ quantity, name }: Rate): string {
  return quantity === 1n ? name : `${quantity} × ${name}`;
}

const DAY_FORMAT = new Intl.DateTimeFormat('en-GB', {
  day: '2-digit',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});

/** As invoices write a day: `05 Nov 2026`. */
export function day(at: number): string {
  const parts = Object.fromEntries(
    DAY_FORMAT.formatToParts(at * 1000).map(({ type, value }) => [type, value]),
  );
  return `${parts.day} ${parts.month?.slice(0, 3)} ${parts.year}`;
}
