import type { Reader } from '../db/client.ts';
import type { DueWork } from './call.ts';
import type { CallRunner } from './call-runner.ts';
import type { Stored } from './objects.ts';
import type { Kind } from './resources.ts';

interface DueRow {
  readonly id: string;
  readonly type: Kind;
}

/** Told of work that fails. */
export interface DueLog {
  error(fields: object, message: string): void;
}

const BATCH = 50;

/** Does what happens to objects by themselves: renewals, retries, expiry, refunds that fail later. */
export class DueObjects {
  constructor(
    private readonly runner: CallRunner,
    private readonly works: readonly DueWork[],
    private readonly log: DueLog,
  ) {}

  /** When the next object is due; undefined for never. */
  async nextDueAt(reader: Reader): Promise<Date | undefined> {
    const [row] = await reader.sql<{ at: string | Date | null }[]>`
      select min(due_at) as at from sandbox_stripe_objects where due_at is not null`;
    return row?.at ? new Date(row.at) : undefined;
  }

  /** Does all that is due by now, the oldest first, each in a transaction of its own. */
  async runDue(): Promise<void> {
    const failed = new Set<string>();
    for (;;) {
      const due = (await this.due()).filter(({ id }) => !failed.has(id));
      if (due.length === 0) return;
      for (const row of due) if (!(await this.runOne(row))) failed.add(row.id);
    }
  }

  private async due(): Promise<DueRow[]> {
    const { db, clock } = this.runner;
    return db.sql<DueRow[]>`
      select id, type from sandbox_stripe_objects where due_at <= ${clock.now().toISOString()}::timestamptz
      order by due_at, seq limit ${BATCH}`;
  }

  /** Answers whether it went well. What fails stays due. */
  private async runOne({ id, type }: DueRow): Promise<boolean> {
    try {
      await this.runner.run({}, async (call) => {
        const object = await call.objects.get(type, id, { lock: true });
        if (object?.dueAt && object.dueAt <= call.now) await this.workOf(type).run(call, object);
      });
      return true;
    } catch (error) {
      this.log.error({ err: error, object: id }, 'work of the Stripe sandbox that is due failed');
      return false;
    }
  }

  private workOf(type: Kind): { run(call: Parameters<DueWork['run']>[0], object: Stored): Promise<void> } {
    const found = this.works.find((work) => work.type === type);
    if (found === undefined) throw new Error(`Nothing is known to happen to a ${type} by itself.`);
    return found;
  }
}
