import { setTimeout as sleep } from 'node:timers/promises';
import { PgBoss } from 'pg-boss';
import { systemMillis } from '../clock.ts';
import type { Db, Fact, Tx } from '../db/client.ts';
import { JOB_SCHEMA, jobStatements, pooledJobStatements } from '../db/job-tables.ts';
import type { LoopLog } from '../loop.ts';
import { JOBS, type JobData, type JobKind, type JobName } from './job-names.ts';

/** Does a job. A throw has it done again later. Jobs may be done twice, and at once: each must be safe to repeat. */
export type JobHandler = (data: JobData) => Promise<void>;

interface JobEnqueued extends Fact {
  readonly type: 'job.enqueued';
  readonly name: JobName;
}

const POLL_SECONDS = 2;
const AT_ONCE = 4;
const LONGEST_RETRY_SECONDS = 300;
const EXPIRE_SECONDS = 120;
const FETCH = 20;
/** How long it is waited for jobs that others do. */
const PATIENCE_MS = 5_000;
const GLANCE_MS = 20;

/**
 * Work that follows a transaction, kept in PostgreSQL by pg-boss: what a transaction enqueues is done if, and only if, it
 * commits, by any process of the installation, at least once. What is due at a time of business is no matter of this
 * queue: due times are in the tables of their rooms.
 */
export class JobQueue {
  private readonly boss: PgBoss;
  private readonly handlers = new Map<JobName, JobHandler>();
  private readonly workers = new Map<JobName, string>();
  private opened: Promise<void> | undefined;
  private stopListening: (() => void) | undefined;

  constructor(
    private readonly db: Db,
    log: LoopLog,
  ) {
    this.boss = new PgBoss({
      db: pooledJobStatements(db.sql),
      schema: JOB_SCHEMA,
      migrate: false,
      createSchema: false,
      schedule: false,
      // The tables belong to the owner, who alone may rebuild their indexes.
      reindex: false,
    });
    this.boss.on('error', (error) => log.warn({ err: error }, 'the job queue has to try again'));
  }

  /** Says who does the jobs of a kind. Before `start`. */
  handle(name: JobName, handler: JobHandler): void {
    this.handlers.set(name, handler);
  }

  /** Has a job done after, and only if, the transaction commits. `retries`: how often it is tried again, unless as its kind says. */
  async enqueue(
    tx: Tx,
    name: JobName,
    data: JobData,
    { retries }: { readonly retries?: number } = {},
  ): Promise<void> {
    await this.open();
    const limit = retries === undefined ? {} : { retryLimit: retries };
    await this.boss.send(name, data, { ...limit, db: jobStatements(tx.sql) });
    const fact: JobEnqueued = { type: 'job.enqueued', name };
    tx.facts.push(fact);
  }

  /** Begins to do jobs. What this process commits is begun at once, what others do within two seconds. */
  start(): void {
    this.stopListening = this.db.onCommitted((facts) => {
      for (const fact of facts) if (isEnqueued(fact)) this.wake(fact.name);
    });
    this.opened = this.open().then(() => this.work());
    // Whoever enqueues is told; a worker without a queue begins when the process is started again.
    this.opened.catch(() => undefined);
  }

  /** Begins no more jobs. Resolves when those that run are done, after 10 seconds at the latest. */
  async stop(): Promise<void> {
    this.stopListening?.();
    if (!this.opened) return;
    await this.opened.catch(() => undefined);
    await this.boss.stop({ graceful: true, close: false, timeout: 10_000 });
  }

  /**
   * Does all that waits, and what comes of it, until nothing is left that can be done now; waits, up to 5 seconds, for what
   * others have begun. Answers how many jobs were done here; those that failed are left to be done again in their time.
   */
  async drain(): Promise<number> {
    await this.open();
    let done = 0;
    const givenUpMs = systemMillis() + PATIENCE_MS;
    for (;;) {
      const round = await this.doWaiting();
      done += round.done;
      if (round.fetched > 0) continue;
      if (systemMillis() > givenUpMs || !(await this.othersWork())) return done;
      await sleep(GLANCE_MS);
    }
  }

  private async doWaiting(): Promise<{ readonly fetched: number; readonly done: number }> {
    let [fetched, done] = [0, 0];
    for (const [name, handler] of this.handlers) {
      const jobs = await this.boss.fetch<JobData>(name, { batchSize: FETCH });
      fetched += jobs.length;
      for (const job of jobs) if (await this.attempt(name, job.id, () => handler(job.data))) done += 1;
    }
    return { fetched, done };
  }

  private async othersWork(): Promise<boolean> {
    const { sql } = this.db;
    const [row] = await sql<{ active: boolean }[]>`
      select exists (select 1 from ${sql(JOB_SCHEMA)}.job where state = 'active') as active`;
    return row?.active ?? false;
  }

  private async attempt(name: JobName, id: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      await this.boss.complete(name, id);
      return true;
    } catch (error) {
      await this.boss.fail(name, id, { message: String(error) });
      return false;
    }
  }

  private open(): Promise<void> {
    this.opened ??= this.openQueues();
    return this.opened;
  }

  private async openQueues(): Promise<void> {
    await this.boss.start();
    const existing = new Set((await this.boss.getQueues()).map(({ name }) => name));
    for (const [name, kind] of Object.entries<JobKind>(JOBS)) {
      if (!existing.has(name)) await this.boss.createQueue(name, queueOptions(kind));
    }
  }

  private async work(): Promise<void> {
    for (const [name, handler] of this.handlers) {
      const options = { pollingIntervalSeconds: POLL_SECONDS, localConcurrency: AT_ONCE };
      const worker = await this.boss.work<JobData>(name, options, async (jobs) => {
        for (const { data } of jobs) await handler(data);
      });
      this.workers.set(name, worker);
    }
  }

  private wake(name: JobName): void {
    const worker = this.workers.get(name);
    if (worker) this.boss.notifyWorker(worker);
  }
}

function queueOptions({ retryLimit, retryDelay }: JobKind) {
  return {
    retryLimit,
    retryDelay,
    retryBackoff: true,
    retryDelayMax: LONGEST_RETRY_SECONDS,
    expireInSeconds: EXPIRE_SECONDS,
  };
}

function isEnqueued(fact: Fact): fact is JobEnqueued {
  return fact.type === 'job.enqueued';
}
