import { createHmac } from 'node:crypto';
import { type Clock, systemMillis } from '../clock.ts';
import { type Db, inTransaction, type Reader } from '../db/client.ts';

/** How long after each failed attempt the next one follows, by the business clock. After the last, no more. */
const BACKOFF_MS = [1e3, 5e3, 3e4, 3e5, 3.6e6, 1.08e7, 2.16e7, 4.32e7, 8.64e7, 8.64e7];
/** How long the endpoint may take to answer. */
const PATIENCE_MS = 10_000;
const BATCH = 50;

interface Delivery {
  readonly id: string;
  readonly seq: bigint;
  readonly payload: string;
  readonly attempts: number;
}

/** Sends stored events to the webhook endpoint, in their order, each until it is acknowledged. */
export class Deliveries {
  /** Where events are sent to; while it is unknown they wait. */
  url: string | undefined;
  private running: Promise<void> = Promise.resolve();
  private readonly closing = new AbortController();

  constructor(
    private readonly db: Db,
    private readonly clock: Clock,
    private readonly webhookSecret: string,
  ) {}

  /** When the next event has to be sent; undefined when none waits or nobody is there to take it. */
  async nextDueAt(reader: Reader): Promise<Date | undefined> {
    if (this.url === undefined) return undefined;
    const [row] = await reader.sql<{ at: string | Date | null }[]>`
      select min(next_at) as at from sandbox_stripe_deliveries where next_at is not null`;
    return row?.at ? new Date(row.at) : undefined;
  }

  /** Sends what is due now and what falls due by that. One caller at a time; others wait for their turn. */
  deliverDue(): Promise<void> {
    const turn = this.running.then(() => this.sendAll());
    this.running = turn.catch(() => undefined);
    return turn;
  }

  /** Gives up what is on its way; it counts as not attempted. */
  close(): void {
    this.closing.abort();
  }

  private async sendAll(): Promise<void> {
    while (this.url !== undefined && !this.closing.signal.aborted) {
      const due = await this.due();
      if (due.length === 0) return;
      for (const delivery of due) if (await this.attempt(this.url, delivery)) break;
    }
  }

  private async due(): Promise<Delivery[]> {
    return this.db.sql<Delivery[]>`
      select id, seq, payload, attempts from sandbox_stripe_deliveries
      where next_at <= ${this.clock.now().toISOString()}::timestamptz order by seq limit ${BATCH}`;
  }

  /** Answers whether earlier ones that it has overtaken are due now. */
  private async attempt(url: string, delivery: Delivery): Promise<boolean> {
    const status = await this.post(url, delivery.payload);
    if (this.closing.signal.aborted && !/^\d{3}$/.test(status)) return false;
    const delivered = /^2\d\d$/.test(status);
    const now = this.clock.now();
    const waitMs = BACKOFF_MS[delivery.attempts];
    const nextAt = delivered || waitMs === undefined ? null : new Date(now.getTime() + waitMs).toISOString();
    return inTransaction(this.db, async (tx) => {
      await tx.sql`
        update sandbox_stripe_deliveries set attempts = attempts + 1, last_status = ${status},
          next_at = ${nextAt}::timestamptz, delivered_at = ${delivered ? now.toISOString() : null}::timestamptz
        where id = ${delivery.id}`;
      if (!delivered) return false;
      const released = await tx.sql`
        update sandbox_stripe_deliveries set overtaken = false, next_at = ${now.toISOString()}::timestamptz
        where next_at is not null and overtaken and seq < ${delivery.seq}::int8 returning 1`;
      return released.length > 0;
    });
  }

  /** The HTTP status, or why there was none. */
  private async post(url: string, payload: string): Promise<string> {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'stripe-signature': signature(payload, this.webhookSecret, Math.floor(systemMillis() / 1000)),
          'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
        },
        body: payload,
        redirect: 'manual',
        signal: AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), this.closing.signal]),
      });
      await response.body?.cancel();
      return String(response.status);
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      return cause instanceof Error ? cause.message.slice(0, 200) : 'no answer';
    }
  }
}

/** `Stripe-Signature` of a payload, sent at `atSeconds` of Unix time. */
export function signature(payload: string, secret: string, atSeconds: number): string {
  const digest = createHmac('sha256', secret).update(`${atSeconds}.${payload}`).digest('hex');
  return `t=${atSeconds},v1=${digest}`;
}
