/** How the time of the trace becomes the time of the run. */
export interface Timing {
  /** 0: as fast as possible; 1: as it was; 10: ten times as fast. */
  readonly speed: number;
  /** What the run's clock counts from: the same in every run of the same name. */
  readonly anchorMs: number;
  readonly durationMs: number;
}

/**
 * When a request is said to have happened: as fast as possible, the trace ended at the anchor; otherwise it begins
 * there. Never later than it is sent, and the same again in a repeated run.
 */
export function occurredAt({ speed, anchorMs, durationMs }: Timing, offsetMs: number): Date {
  if (speed === 0) return new Date(anchorMs - durationMs + offsetMs);
  return new Date(anchorMs + Math.floor(offsetMs / speed));
}

/** How long after the start of sending a request is to be sent. */
export function dueAfterMs({ speed }: Timing, offsetMs: number): number {
  return speed === 0 ? 0 : offsetMs / speed;
}
