import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import { entriesAfter } from '../ledger/entries.ts';
import type { Entry } from '../ledger/entry.ts';
import { isLedgerPosted, type LedgerPosted } from '../ledger/posted.ts';
import type { TeamState } from '../ledger/team-state.ts';
import type { Journal } from './journal.ts';
import type { ReadBatches } from './read-batches.ts';

/** The ledger as feeds tell it: whole postings. */
export function ledgerJournal(reader: Reader, states: ReadBatches<TeamState>): Journal<Entry, LedgerPosted> {
  return {
    isTold: isLedgerPosted,
    linesOf: ({ entries }) => entries,
    linesAfter: (teamId, seq, limit) => entriesAfter(reader, teamId, seq, limit),
    head: async (teamId) => {
      const state = await states.load(teamId);
      return state && { seq: state.seq, atMs: state.postedAtMs };
    },
    newest: (teamIds) => newestEntries(reader, teamIds),
    groupOf: ({ postingId }) => postingId,
    atMsOf: ({ postedAtMs }) => postedAtMs,
  };
}

async function newestEntries(reader: Reader, teamIds: readonly Uuid[]): Promise<Map<Uuid, bigint>> {
  const rows = await reader.sql<{ team_id: Uuid; seq: bigint }[]>`
    select w.team_id, w.seq from unnest(${arrayOf(teamIds)}::uuid[]) as t (id) join wallets w on w.team_id = t.id`;
  return new Map(rows.map(({ team_id, seq }) => [team_id, seq]));
}
