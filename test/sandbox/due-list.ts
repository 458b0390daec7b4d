import type { Clock } from '../../src/clock.ts';
import type { DueWork } from '../../src/sandbox/advance-clock.ts';

/** What was done, when it was due, and what time it was then. */
export interface Done {
  readonly name: string;
  readonly dueMs: number;
  readonly atMs: number;
}

/** Work that is due at these instants; `onDone` may make more fall due. */
export function dueList(
  name: string,
  instants: readonly Date[],
  clock: Clock,
  done: Done[],
  onDone: (dueMs: number) => Date[] = () => [],
): DueWork {
  let open = instants.map((at) => at.getTime());
  return {
    name,
    nextAt: async () => (open.length === 0 ? undefined : new Date(Math.min(...open))),
    run: async () => {
      const atMs = clock.now().getTime();
      const due = open.filter((dueMs) => dueMs <= atMs).sort((a, b) => a - b);
      open = open.filter((dueMs) => dueMs > atMs);
      for (const dueMs of due) {
        done.push({ name, dueMs, atMs });
        open.push(...onDone(dueMs).map((at) => at.getTime()));
      }
    },
  };
}
