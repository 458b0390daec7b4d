import { unixSeconds } from './call.ts';
import { type Fault, takeFault, WEBHOOK_FAULTS } from './faults.ts';
import { newId } from './new-id.ts';
import type { Objects } from './objects.ts';
import type { StoredEvent } from './resources.ts';

/** Of which request an event is. */
export interface EventOrigin {
  readonly requestId: string | null;
  readonly idempotencyKey: string | null;
}

/** The version of the API that the stand-in speaks, whatever is asked for. */
export const API_VERSION = '2026-10-28.endive';

/** How long an event that is overtaken waits for another one, before it is sent all the same. */
const OVERTAKEN_MS = 3_600_000;

/** Events of one request, until they are stored with its effect. */
export class Outbox {
  private readonly events: StoredEvent[] = [];

  constructor(
    private readonly now: Date,
    private readonly origin: EventOrigin,
  ) {}

  add(type: string, object: object, previous?: object): void {
    this.events.push({
      id: newId('evt'),
      object: 'event',
      api_version: API_VERSION,
      created: unixSeconds(this.now),
      data: {
        object: structuredClone(object),
        ...(previous ? { previous_attributes: structuredClone(previous) } : {}),
      },
      livemode: false,
      pending_webhooks: 1,
      request: { id: this.origin.requestId, idempotency_key: this.origin.idempotencyKey },
      type,
    });
  }

  /** Stores the events and sends them on their way. @returns how many there were. */
  async flush(objects: Objects): Promise<number> {
    for (const event of this.events) {
      await objects.put({
        id: event.id,
        type: 'event',
        data: event,
        secret: {},
        customer: null,
        parent: null,
        dueAt: null,
      });
      const fault = await takeFault(objects.tx, WEBHOOK_FAULTS, event.type);
      await enqueue(objects, event, this.now, fault);
      if (fault?.kind === 'DUPLICATE_WEBHOOK') await enqueue(objects, event, this.now, undefined);
    }
    return this.events.length;
  }
}

/** Sends an event (again). */
export async function enqueue(
  { tx }: Objects,
  event: StoredEvent,
  now: Date,
  fault: Fault | undefined,
): Promise<void> {
  const dropped = fault?.kind === 'DROP_WEBHOOK';
  const overtaken = fault?.kind === 'REORDER_WEBHOOK';
  const waitMs = overtaken ? OVERTAKEN_MS : fault?.kind === 'DELAY_WEBHOOK' ? fault.delayMs : 0;
  const nextAt = dropped ? null : new Date(now.getTime() + waitMs).toISOString();
  await tx.sql`
    insert into sandbox_stripe_deliveries (id, event_id, payload, next_at, dropped, overtaken)
    values (${newId('whd')}, ${event.id}, ${JSON.stringify(event)}, ${nextAt}::timestamptz, ${dropped}, ${overtaken})`;
}
