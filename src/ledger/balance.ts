import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import { badInput } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import { MAX_NANO } from '../money.ts';
import { ENTRY_KIND } from './account.ts';
import type { Book } from './book.ts';
import type { BookHead } from './book-head.ts';
import { type BalancesRow, balancesColumns, balancesOfRow } from './entries.ts';
import type { BalancesAfter } from './entry.ts';
import { lastSeqAt } from './last-seq.ts';
import { headOf, type WalletRow, walletColumns } from './rows.ts';
import { bookOf, readStandings, type Standing } from './standing.ts';

/** What a team has and owes at an instant. */
export interface TeamBalance {
  readonly teamId: Uuid;
  readonly balances: BalancesAfter;
  /** The last entry posted by then. */
  readonly seq: bigint;
  /** When it next changes by itself: an open grant expires or a scheduled one starts. Null for never, and in the past. */
  readonly nextDueAtMs: number | null;
  readonly asOfMs: number;
}

/**
 * The balance of a team now: its wallet row, and its open grants only when an expiry or a start is due that nobody has
 * booked yet: the answer is as if it had been. Undefined: no such team.
 */
export async function balanceOf(reader: Reader, teamId: Uuid, now: Date): Promise<TeamBalance | undefined> {
  return (await stateAt(reader, teamId, now.getTime()))?.balance;
}

/** The balances of teams now, by one statement when nothing is due. Unknown teams are absent. @see balanceOf */
export async function balancesOf(
  reader: Reader,
  teamIds: readonly Uuid[],
  now: Date,
): Promise<Map<Uuid, TeamBalance>> {
  const rows = await reader.sql<WalletRow[]>`
    select ${walletColumns(reader)} from unnest(${arrayOf(teamIds)}::uuid[]) as t (id) join wallets w on w.team_id = t.id`;
  const heads = rows.map(headOf);
  const nowMs = now.getTime();
  const balances = new Map(heads.map((head) => [head.teamId, balanceIn(head, nowMs)]));
  const due = heads.filter(({ nextDueAtMs }) => nextDueAtMs !== null && nextDueAtMs <= nowMs);
  if (due.length === 0) return balances;
  const standings = await readStandings(
    reader,
    due.map(({ teamId }) => teamId),
  );
  for (const [teamId, standing] of standings) balances.set(teamId, dueBalance(standing, nowMs));
  return balances;
}

/**
 * The balance of a team at any past instant, by when entries were posted, and by when expiries and starts were due
 * although they may have been posted later. Late events never change an answer. Undefined: no such team.
 * @throws DomainError BAD_USER_INPUT for an instant after `now`.
 */
export async function balanceAt(
  reader: Reader,
  teamId: Uuid,
  at: Date,
  now: Date,
): Promise<TeamBalance | undefined> {
  const atMs = at.getTime();
  if (atMs > now.getTime()) throw badInput('at', 'must not be in the future.');
  const current = await stateAt(reader, teamId, atMs);
  if (!current || current.head.postedAtMs <= atMs) return current?.balance;
  return pastBalance(reader, teamId, current.head.seq, atMs);
}

/**
 * A team's book with everything due by `now` booked in memory only, read at one moment. To look at: it is not what
 * `writeBooks` may write, for the team is not locked.
 */
export async function readBook(reader: Reader, teamId: Uuid, now: Date): Promise<Book | undefined> {
  const standing = (await readStandings(reader, [teamId])).get(teamId);
  return standing && bookOf(standing, now.getTime());
}

/** The balance and the head it rests on, when no entry was posted after `atMs`. */
async function stateAt(
  reader: Reader,
  teamId: Uuid,
  atMs: number,
): Promise<{ head: BookHead; balance: TeamBalance } | undefined> {
  const [row] = await reader.sql<WalletRow[]>`
    select ${walletColumns(reader)} from wallets w where w.team_id = ${teamId}`;
  if (!row) return undefined;
  const head = headOf(row);
  if (head.nextDueAtMs === null || head.nextDueAtMs > atMs) return { head, balance: balanceIn(head, atMs) };
  const standing = (await readStandings(reader, [teamId])).get(teamId);
  return standing && { head: standing.head, balance: dueBalance(standing, atMs) };
}

/** As if everything due had been booked. */
function dueBalance(standing: Standing, atMs: number): TeamBalance {
  const { balances, nextDueAtMs } = bookOf(standing, atMs);
  return balanceIn({ ...standing.head, balances, nextDueAtMs }, atMs);
}

function balanceIn(
  { teamId, balances, seq, nextDueAtMs }: Omit<TeamBalance, 'asOfMs'>,
  asOfMs: number,
): TeamBalance {
  return { teamId, balances, seq, nextDueAtMs, asOfMs };
}

/** What the booking of due events consists of; any other entry ends the run. */
const DUE_KINDS = arrayOf([ENTRY_KIND.ISSUE, ENTRY_KIND.DEBT_PAYMENT, ENTRY_KIND.EXPIRY]);

const NOTHING: BalancesAfter = {
  availableNano: 0n,
  prepaidNano: 0n,
  unrestrictedNano: 0n,
  heldNano: 0n,
  disputedNano: 0n,
  unpaidNano: 0n,
};

/**
 * The balance after the last entry posted by `atMs` and what was due by then: the next posting booked that first, so
 * it follows at once, with `occurredAt` saying when it was due.
 */
async function pastBalance(
  reader: Reader,
  teamId: Uuid,
  headSeq: bigint,
  atMs: number,
): Promise<TeamBalance> {
  const seq = await lastSeqAt(reader, teamId, headSeq, atMs);
  const balances = await balancesWithDue(reader, teamId, seq, atMs);
  return { teamId, balances: balances ?? NOTHING, seq, nextDueAtMs: null, asOfMs: atMs };
}

/** Balances after entry `seq` (0: none) and the run of due bookings that follows it. */
async function balancesWithDue(
  reader: Reader,
  teamId: Uuid,
  seq: bigint,
  atMs: number,
): Promise<BalancesAfter | undefined> {
  const [row] = await reader.sql<BalancesRow[]>`
    with other as (
      select e.seq from entries e
      where e.team_id = ${teamId} and e.seq > ${seq}
        and not (e.kind = any(${DUE_KINDS}::int2[]) and e.occurred_at <= ${new Date(atMs).toISOString()}::timestamptz)
      order by e.seq limit 1
    )
    select ${balancesColumns(reader)} from entries e
    where e.team_id = ${teamId} and e.seq < coalesce((select seq from other), ${MAX_NANO})
    order by e.seq desc limit 1`;
  return row && balancesOfRow(row);
}
