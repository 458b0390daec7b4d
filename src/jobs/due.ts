import type { Clock } from '../clock.ts';
import { type Db, inTransaction, type Reader, type Tx } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import { Loop, type LoopLog } from '../loop.ts';
import type { JobData, JobName } from './job-names.ts';
import type { JobQueue } from './job-queue.ts';

/** Something in our tables that falls due by business time, and is done by a job. */
export interface Due {
  /** What it is about, for the one who moves the clock. */
  readonly name: string;
  /** The next instant at which something is due, also one in the past; undefined for never. */
  nextAt(reader: Reader): Promise<Date | undefined>;
  /**
   * Enqueues the jobs of what is due at `now`, and puts off the next look at it, so that it is not enqueued again at
   * once; the job says when it is due next. Answers how many.
   */
  enqueueDue(tx: Tx, now: Date): Promise<number>;
}

/** Which rows of which table fall due, and what is done about them. */
export interface DueRows {
  readonly name: string;
  /** A table with `team_id`, `id` and `next_check_at`, and an index on the last. */
  readonly table: string;
  readonly job: JobName;
  readonly dataOf: (teamId: Uuid, id: Uuid) => JobData;
  /** After how long it is enqueued again if its job has not said otherwise. */
  readonly againMs: number;
}

/** How many are enqueued in one transaction: as many mean that there may be more. */
export const AT_ONCE = 100;

/**
 * How a job is tried again that is enqueued anew within minutes anyway. Tried for an hour, as others are, they would be
 * more and more while Stripe is away: sixty at a time for each payment that waits, and all at once when it is back.
 */
export const COMES_AGAIN = { retries: 3 } as const;
const SOON_MS = 10 * 60_000;

/** The rows of a table that are to be looked at at their `next_check_at`. */
export function dueRows(jobs: JobQueue, { name, table, job, dataOf, againMs }: DueRows): Due {
  return {
    name,
    async nextAt({ sql }) {
      const [row] = await sql<{ at: Date }[]>`
        select next_check_at as at from ${sql(table)} where next_check_at is not null order by next_check_at limit 1`;
      return row?.at;
    },
    async enqueueDue(tx, now) {
      const { sql } = tx;
      const again = new Date(now.getTime() + againMs);
      const rows = await sql<{ team_id: Uuid; id: Uuid }[]>`
        update ${sql(table)} t set next_check_at = ${again.toISOString()}::timestamptz
        from (
          select team_id, id from ${sql(table)} where next_check_at <= ${now.toISOString()}::timestamptz
          order by next_check_at limit ${AT_ONCE} for update skip locked
        ) due where t.team_id = due.team_id and t.id = due.id
        returning t.team_id, t.id`;
      const tries = againMs <= SOON_MS ? COMES_AGAIN : {};
      for (const { team_id, id } of rows) await jobs.enqueue(tx, job, dataOf(team_id, id), tries);
      return rows.length;
    },
  };
}

/** What the loop works with. */
export interface DueLoopOptions {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: LoopLog;
  readonly dues: readonly Due[];
}

const LONGEST_REST_MS = 2_000;
const SHORTEST_REST_MS = 50;

/** Enqueues what falls due, in any number of processes at once. `wake` it when the clock was moved. */
export function dueLoop({ db, clock, log, dues }: DueLoopOptions): Loop {
  const step = async (): Promise<number> => {
    let hasFailed = false;
    for (const due of dues) {
      try {
        await enqueueAllDue(db, due, clock.now());
      } catch (error) {
        // What cannot be done of one thing must not keep the others from being done.
        log.warn({ err: error, due: due.name }, 'what is due could not be enqueued and will be tried again');
        hasFailed = true;
      }
    }
    if (hasFailed) return LONGEST_REST_MS;
    const nextAts = await Promise.all(dues.map((due) => due.nextAt(db)));
    const waits = nextAts.map((at) => (at ? at.getTime() - clock.now().getTime() : LONGEST_REST_MS));
    return Math.min(Math.max(Math.min(...waits), SHORTEST_REST_MS), LONGEST_REST_MS);
  };
  return new Loop(step, { name: 'what is due', restMs: LONGEST_REST_MS, log });
}

/** Enqueues all that is due at `now`. */
export async function enqueueAllDue(db: Db, due: Due, now: Date): Promise<void> {
  while ((await inTransaction(db, (tx) => due.enqueueDue(tx, now))) >= AT_ONCE);
}
