import type Stripe from 'stripe';
import type { Clock } from '../clock.ts';
import { type Db, inTransaction, type Tx } from '../db/client.ts';
import { AT_ONCE, type Due } from '../jobs/due.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { Gateway } from './stripe.ts';

/** An event by its name: what it says is asked for anew, for events come late and out of order. */
export interface StripeEvent {
  /** `evt_…`. */
  readonly id: string;
  readonly type: string;
  /** The object that it is about, such as `pi_…`. */
  readonly objectId: string;
}

/**
 * What an event has as its effect: the first half asks Stripe how things are now, the second, if there is something to
 * write, writes it in one transaction with the record that the event is done. Safe to repeat.
 */
export type EventEffect = (event: StripeEvent) => Promise<((tx: Tx) => Promise<void>) | undefined>;

/** The effects of a room by the type of the event. */
export type EventEffects = Readonly<Record<string, EventEffect>>;

/** What the inbox works with. */
export interface StripeInboxDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly gateway: Gateway;
  readonly jobs: JobQueue;
}

const AGAIN_MS = 2 * 3_600_000;

/** The signature of an event is not that of its content, or too old. */
export class WrongSignature extends Error {}

/**
 * Takes in the events of Stripe: each is recorded once, by its id, and had its effect when it is DONE. Types that nobody
 * has an effect for are recorded and ignored.
 */
export class StripeInbox {
  private readonly effects = new Map<string, EventEffect[]>();

  constructor(
    private readonly deps: StripeInboxDeps,
    effects: readonly EventEffects[],
  ) {
    for (const [type, effect] of effects.flatMap((ofRoom) => Object.entries(ofRoom))) {
      this.effects.set(type, [...(this.effects.get(type) ?? []), effect]);
    }
    deps.jobs.handle('stripe-event', ({ eventId }) => this.process(eventId ?? ''));
  }

  /** The types of events that have an effect: what an endpoint at Stripe has to be subscribed to. */
  get types(): readonly string[] {
    return [...this.effects.keys()].sort();
  }

  /**
   * Records that an event has come, and has its effect enqueued in the same transaction. When this returns, Stripe may
   * forget it. @throws WrongSignature, or SyntaxError for what is no event, and then nothing is written.
   */
  async receive(body: string, signature: string): Promise<'RECORDED' | 'KNOWN' | 'IGNORED'> {
    return this.takeIn(this.verified(body, signature));
  }

  /** Records an event that Stripe itself has told us, by whatever way, as `receive` does. */
  async takeIn(event: Stripe.Event): Promise<'RECORDED' | 'KNOWN' | 'IGNORED'> {
    const objectId = idOf(event.data.object);
    const isOurs = this.effects.has(event.type) && objectId !== undefined;
    return inTransaction(this.deps.db, async (tx) => {
      const isNew = await this.record(tx, event, objectId, isOurs);
      if (!isNew) return 'KNOWN';
      if (!isOurs) return 'IGNORED';
      await this.deps.jobs.enqueue(tx, 'stripe-event', { eventId: event.id });
      return 'RECORDED';
    });
  }

  /** Has the effect of a recorded event, unless it has had it. @throws what asking Stripe or writing failed with. */
  async process(eventId: string): Promise<void> {
    const { db } = this.deps;
    const [row] = await db.sql<{ type: string; object_id: string }[]>`
      select type, object_id from stripe_events where id = ${eventId} and status = 'RECEIVED'`;
    if (!row) return;
    const event = { id: eventId, type: row.type, objectId: row.object_id };
    const writes = await Promise.all((this.effects.get(row.type) ?? []).map((effect) => effect(event)));
    await inTransaction(db, async (tx) => {
      for (const write of writes) await write?.(tx);
      await tx.sql`
        update stripe_events set status = 'DONE', done_at = ${this.now()}::timestamptz, next_check_at = null
        where id = ${eventId} and status = 'RECEIVED'`;
    });
  }

  private verified(body: string, signature: string): Stripe.Event {
    const { stripe, webhookSecret } = this.deps.gateway;
    try {
      return stripe.webhooks.constructEvent(body, signature, webhookSecret);
    } catch (error) {
      throw new WrongSignature(error instanceof Error ? error.message : String(error));
    }
  }

  private async record(
    tx: Tx,
    event: Stripe.Event,
    objectId: string | undefined,
    isOurs: boolean,
  ): Promise<boolean> {
    const at = this.now();
    const rows = await tx.sql`
      insert into stripe_events (id, type, object_id, api_version, created_at, received_at, status, done_at, next_check_at)
      values (${event.id}, ${event.type}, ${objectId ?? null}, ${event.api_version},
        ${new Date(event.created * 1000).toISOString()}::timestamptz, ${at}::timestamptz,
        ${isOurs ? 'RECEIVED' : 'IGNORED'}, ${isOurs ? null : at}::timestamptz,
        ${isOurs ? this.later() : null}::timestamptz)
      on conflict (id) do nothing returning 1`;
    return rows.length > 0;
  }

  /** What waits longer than its job is tried is enqueued again: nothing that Stripe told of is ever forgotten. */
  due(): Due {
    const { jobs } = this.deps;
    return {
      name: 'stripe events',
      async nextAt({ sql }) {
        const [row] = await sql<{ at: Date }[]>`
          select next_check_at as at from stripe_events where next_check_at is not null order by next_check_at limit 1`;
        return row?.at;
      },
      enqueueDue: async (tx, now) => {
        const rows = await tx.sql<{ id: string }[]>`
          update stripe_events e set next_check_at = ${this.later()}::timestamptz
          from (
            select id from stripe_events where next_check_at <= ${now.toISOString()}::timestamptz
            order by next_check_at limit ${AT_ONCE} for update skip locked
          ) due where e.id = due.id
          returning e.id`;
        for (const { id } of rows) await jobs.enqueue(tx, 'stripe-event', { eventId: id });
        return rows.length;
      },
    };
  }

  private later(): string {
    return new Date(this.deps.clock.now().getTime() + AGAIN_MS).toISOString();
  }

  private now(): string {
    return this.deps.clock.now().toISOString();
  }
}

function idOf(object: object): string | undefined {
  return 'id' in object && typeof object.id === 'string' ? object.id : undefined;
}
