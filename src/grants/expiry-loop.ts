import type { Clock } from '../clock.ts';
import type { Db } from '../db/client.ts';
import { Loop, type LoopLog } from '../loop.ts';
import { bookDueExpiries, nextDueAt } from './expire.ts';

const BATCH = 200;
const LONGEST_REST_MS = 5_000;
/** What is due and cannot be booked must not be tried without a pause. */
const SHORTEST_REST_MS = 250;

/**
 * Books what falls due when it does: rests until the next instant, at most 5 s, because a grant with an earlier one may
 * be issued meanwhile. `wake` it when the clock was moved.
 */
export function expiryLoop(db: Db, clock: Clock, log: LoopLog): Loop {
  const step = async (): Promise<number> => {
    if (await bookDueExpiries(db, clock, BATCH)) return 0;
    const next = await nextDueAt(db);
    const restMs = next ? next.getTime() - clock.now().getTime() : LONGEST_REST_MS;
    return Math.min(Math.max(restMs, SHORTEST_REST_MS), LONGEST_REST_MS);
  };
  return new Loop(step, { name: 'expiry', restMs: LONGEST_REST_MS, log });
}
