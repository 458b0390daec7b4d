import type { Reader, Tx } from '../db/client.ts';
import { nextTopUpEvent } from '../gateway/payment-heads.ts';
import type { Uuid } from '../id.ts';
import type { TopUp } from './top-up.ts';
import type { TopUpChanged, TopUpEvent } from './top-up-changed.ts';
import { type TopUpRow, topUpColumns, topUpFromRow } from './top-up-rows.ts';

/** Writes and tells what has happened to a top-up, which is as `topUp` says now. Under `lockPayments`. */
export async function recordTopUpEvent(tx: Tx, topUp: TopUp, at: Date): Promise<void> {
  const { teamId, id } = topUp;
  const seq = await nextTopUpEvent(tx, teamId);
  // The row as it is now, so that an event reads like a top-up does; the secret is for who asks for the top-up itself.
  await tx.sql`
    insert into top_up_events (team_id, seq, top_up_id, at, top_up)
    select t.team_id, ${seq}, t.id, ${at.toISOString()}::timestamptz, to_jsonb(t) - 'client_secret' from top_ups t
    where t.team_id = ${teamId} and t.id = ${id}`;
  const event: TopUpEvent = { teamId, seq, at, topUp: { ...topUp, clientSecret: null } };
  const fact: TopUpChanged = { type: 'top-up.changed', teamId, fromSeq: seq, seq, events: [event] };
  tx.facts.push(fact);
}

type EventRow = TopUpRow & { event_seq: bigint; event_at: Date };

/** Up to `limit` events of a team after number `seq`, in order. */
export async function topUpEventsAfter(
  reader: Reader,
  teamId: Uuid,
  seq: bigint,
  limit: number,
): Promise<TopUpEvent[]> {
  const rows = await reader.sql<EventRow[]>`
    select ${topUpColumns(reader)}, e.seq as event_seq, e.at as event_at from top_up_events e
    cross join lateral jsonb_populate_record(null::top_ups, e.top_up) t
    where e.team_id = ${teamId} and e.seq > ${seq} order by e.seq limit ${limit}`;
  return rows.map((row) => ({
    teamId,
    seq: row.event_seq,
    at: row.event_at,
    topUp: topUpFromRow(row),
  }));
}
