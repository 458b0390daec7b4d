import type { Clock } from '../../src/clock.ts';

export interface MovableClock extends Clock {
  advance(ms: number): void;
}

/** A clock that stands still until it is moved. */
export function movableClock(startMs = Date.UTC(2026, 0, 1)): MovableClock {
  let atMs = startMs;
  return {
    now: () => new Date(atMs),
    advance: (ms) => {
      atMs += ms;
    },
  };
}
