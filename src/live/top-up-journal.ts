import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import { isTopUpChanged, type TopUpChanged, type TopUpEvent } from '../payments/top-up-changed.ts';
import { topUpEventsAfter } from '../payments/top-up-events.ts';
import type { Journal, JournalHead } from './journal.ts';
import { ReadBatches } from './read-batches.ts';

/** Teams of one statement. */
const HEADS_AT_ONCE = 500;

/** What happens to top-ups, as feeds tell it: each event stands for itself. */
export function topUpJournal(reader: Reader): Journal<TopUpEvent, TopUpChanged> {
  const heads = new ReadBatches((teamIds) => headsOf(reader, teamIds), HEADS_AT_ONCE);
  return {
    isTold: isTopUpChanged,
    linesOf: ({ events }) => events,
    linesAfter: (teamId, seq, limit) => topUpEventsAfter(reader, teamId, seq, limit),
    head: (teamId) => heads.load(teamId),
    newest: (teamIds) => newestEvents(reader, teamIds),
    groupOf: ({ seq }) => seq,
    atMsOf: ({ at }) => at.getTime(),
  };
}

/** A team that has bought nothing has no head yet, and nothing to tell since it was made. */
async function headsOf(reader: Reader, teamIds: readonly Uuid[]): Promise<Map<Uuid, JournalHead>> {
  const rows = await reader.sql<{ id: Uuid; seq: bigint; at: Date }[]>`
    select m.id, coalesce(h.event_seq, 0) as seq, coalesce(e.at, m.created_at) as at
    from unnest(${arrayOf(teamIds)}::uuid[]) as t (id) join teams m on m.id = t.id
    left join payment_heads h on h.team_id = m.id
    left join top_up_events e on e.team_id = h.team_id and e.seq = h.event_seq`;
  return new Map(rows.map(({ id, seq, at }) => [id, { seq, atMs: at.getTime() }]));
}

async function newestEvents(reader: Reader, teamIds: readonly Uuid[]): Promise<Map<Uuid, bigint>> {
  const rows = await reader.sql<{ team_id: Uuid; event_seq: bigint }[]>`
    select h.team_id, h.event_seq from unnest(${arrayOf(teamIds)}::uuid[]) as t (id)
    join payment_heads h on h.team_id = t.id`;
  return new Map(rows.map(({ team_id, event_seq }) => [team_id, event_seq]));
}
