/** The source of business time: charges, expiry, effective dates. Milliseconds are its finest unit. */
export interface Clock {
  now(): Date;
}

/** The machine's own time. */
export const systemClock: Clock = { now: () => new Date() };

/** System milliseconds, for token expiry, ids, rate limits and durations (never for business time). */
export function systemMillis(): number {
  return Date.now();
}
