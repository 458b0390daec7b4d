import { noteRefusal } from '../charging/note-refusal.ts';
import type { Clock } from '../clock.ts';
import type { Db } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import { SpendRefused } from './spend-refused.ts';

/** What a call that was refused leaves behind it. */
export interface RefusedCallDeps {
  readonly db: Db;
  readonly clock: Clock;
}

/**
 * Does a call of a team; when it was refused for lack of credit, and so rolled back with all it had written, the refusal
 * is noted in a transaction of its own: it asks for auto-recharge, where that is on.
 * @throws what the call throws.
 */
export async function orRefusalNoted<T>(
  { db, clock }: RefusedCallDeps,
  teamId: Uuid,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof SpendRefused && error.code === 'OUT_OF_CREDITS')
      await noteRefusal(db, clock, teamId);
    throw error;
  }
}
