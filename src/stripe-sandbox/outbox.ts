import type { Tx } from '../db/client.ts';
import { unixSeconds } from './call.ts';
import { type Fault, takeFault, WEBHOOK_FAULTS, waitingFaults } from './faults.ts';
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
  async flush({ tx }: Objects): Promise<number> {
    if (this.events.length === 0) return 0;
    const faults = await waitingFaults(tx);
    for (const event of this.events) {
      const fault = await takeFault(tx, WEBHOOK_FAULTS, event.type, faults);
      await enqueue(tx, event, this.now, fault);
      if (fault?.kind === 'DUPLICATE_WEBHOOK') await enqueue(tx, event, this.now, undefined);
    }
    return this.events.length;
  }
}

/** Stores the event, unless it is, and sends it. */
export async function enqueue(
  tx: Tx,
  event: StoredEvent,
  now: Date,
  fault: Fault | undefined,
): Promise<void> {
  const dropped = fault?.kind === 'DROP_WEBHOOK';
  const overtaken = fault?.kind === 'REORDER_WEBHOOK';
  const waitMs = overtaken ? OVERTAKEN_MS : fault?.kind === 'DELAY_WEBHOOK' ? fault.delayMs : 0;
  const nextAt = dropped ? null : new Date(now.getTime() + waitMs).toISOString();
  const payload = JSON.stringify(event);
  await tx.sql`
    with stored as (
      insert into sandbox_stripe_objects (id, type, data, secret)
      values (${event.id}, 'event', ${payload}::text::jsonb, '{}') on conflict (id) do nothing
    )
    insert into sandbox_stripe_deliveries (id, event_id, payload, next_at, dropped, overtaken)
    values (${newId('whd')}, ${event.id}, ${payload}, ${nextAt}::timestamptz, ${dropped}, ${overtaken})`;
}
