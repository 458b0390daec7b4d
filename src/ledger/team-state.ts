import type { Reader } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { TeamBalance } from './balance.ts';
import type { GrantAccount } from './grant-account.ts';
import type { LedgerPosted } from './posted.ts';
import { bookOf, readStandings } from './standing.ts';

/** What a team has after entry `seq`, with the open and scheduled grants behind it. */
export interface TeamState extends TeamBalance {
  readonly grants: readonly GrantAccount[];
  /** When entry `seq` was posted. */
  readonly postedAtMs: number;
}

/** The state of teams at one moment, read by one statement; what is due is answered as if it had been booked. */
export async function readTeamStates(
  reader: Reader,
  teamIds: readonly Uuid[],
  now: Date,
): Promise<Map<Uuid, TeamState>> {
  const states = new Map<Uuid, TeamState>();
  for (const [teamId, standing] of await readStandings(reader, teamIds)) {
    const { balances, nextDueAtMs, atMs, grants } = bookOf(standing, now.getTime());
    const { seq, postedAtMs } = standing.head;
    const open = [...grants].filter(({ status }) => status === 'OPEN' || status === 'SCHEDULED');
    states.set(teamId, { teamId, balances, seq, nextDueAtMs, asOfMs: atMs, postedAtMs, grants: open });
  }
  return states;
}

/** The state right after a posting. */
export function stateAfter({ teamId, balances, seq, nextDueAtMs, atMs, grants }: LedgerPosted): TeamState {
  return { teamId, balances, seq, nextDueAtMs, asOfMs: atMs, postedAtMs: atMs, grants };
}
