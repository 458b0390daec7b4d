import type { Reader } from '../db/client.ts';

export interface RecentObject {
  readonly id: string;
  readonly type: string;
  readonly status: string | null;
}

export interface RecentDelivery {
  readonly eventId: string;
  readonly type: string;
  readonly attempts: number;
  readonly waiting: boolean;
  readonly deliveredAt: string | Date | null;
  readonly dropped: boolean;
  readonly lastStatus: string | null;
}

/** The newest objects that are no events, the newest first. */
export async function recentObjects({ sql }: Reader, limit: number): Promise<RecentObject[]> {
  return sql<RecentObject[]>`
    select id, type, data ->> 'status' as status from sandbox_stripe_objects
    where type not in ('event', 'balance_transaction') order by seq desc limit ${limit}`;
}

/** The newest deliveries of events and how they went, the newest first. */
export async function recentDeliveries({ sql }: Reader, limit: number): Promise<RecentDelivery[]> {
  return sql<RecentDelivery[]>`
    select event_id as "eventId", payload::jsonb ->> 'type' as type, attempts, next_at is not null as waiting,
      delivered_at as "deliveredAt", dropped, last_status as "lastStatus"
    from sandbox_stripe_deliveries order by seq desc limit ${limit}`;
}
