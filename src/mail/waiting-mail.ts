import { systemMillis } from '../clock.ts';
import { type Db, inTransaction } from '../db/client.ts';
import { firstUuidAt, type Uuid } from '../id.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import { Loop, type LoopLog } from '../loop.ts';

const EVERY_MS = 10 * 60_000;
const GIVEN_UP_AFTER_MS = 2 * 3_600_000;
const AT_ONCE = 500;

/**
 * Has mail sent that its job has given up, or that was written while there were no SMTP settings: when it starts, and
 * every ten minutes. To be run where there are SMTP settings. A mail with two jobs is sent once.
 */
export function waitingMailLoop(db: Db, jobs: JobQueue, log: LoopLog): Loop {
  let isFirst = true;
  return new Loop(
    async () => {
      const before = firstUuidAt(systemMillis() - (isFirst ? 0 : GIVEN_UP_AFTER_MS));
      await enqueueWaiting(db, jobs, before);
      isFirst = false;
      return undefined;
    },
    { name: 'waiting mail', restMs: EVERY_MS, log },
  );
}

/** Enqueues all mail that waits and was written before the id `before`. Answers how many. */
export async function enqueueWaiting(db: Db, jobs: Pick<JobQueue, 'enqueue'>, before: Uuid): Promise<number> {
  let after = firstUuidAt(0);
  let count = 0;
  for (;;) {
    const waiting = await db.sql<{ team_id: Uuid; id: Uuid }[]>`
      select m.team_id, m.id from mails m
      where m.status = 'WAITING' and m.id > ${after} and m.id < ${before} order by m.id limit ${AT_ONCE}`;
    await inTransaction(db, async (tx) => {
      for (const { team_id, id } of waiting) await jobs.enqueue(tx, 'mail', { teamId: team_id, mailId: id });
    });
    count += waiting.length;
    const last = waiting.at(-1);
    if (!last || waiting.length < AT_ONCE) return count;
    after = last.id;
  }
}
