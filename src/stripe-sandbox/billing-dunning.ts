const DAY = 86_400;

/** Days after the first failed attempt on which a renewal is tried again. After the last the subscription is canceled. */
export const RETRY_DAYS = [3, 5, 7] as const;

/** How long a subscription may wait for its first payment, in seconds. */
export const INCOMPLETE_SECONDS = 23 * 3600;

/**
 * When a renewal is tried again, in Unix seconds, after it has failed for the `failures`-th time; undefined when it was
 * tried often enough. `firstFailedAt` is when it failed first.
 */
export function nextAttempt(firstFailedAt: number, failures: number): number | undefined {
  const days = RETRY_DAYS[failures - 1];
  return days === undefined ? undefined : firstFailedAt + days * DAY;
}
