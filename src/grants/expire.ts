import type { Clock } from '../clock.ts';
import { type Db, inTransaction, type Reader } from '../db/client.ts';
import { DomainError } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import { lockHeads, openBooks, writeBooks } from '../ledger/post.ts';

/**
 * Books expiries and starts of grants that are due, of the teams of up to `limit` grants, longest due first, so that
 * their entries and events come in time. Nothing depends on it: whoever locks a wallet books what is due before anything
 * else. Safe with any number of processes. Returns whether more may be due.
 * @throws the first failure, after the teams that can be booked have been.
 */
export async function bookDueExpiries(db: Db, clock: Clock, limit: number): Promise<boolean> {
  const { teamIds, isFull } = await dueTeams(db, clock.now(), limit);
  if (teamIds.length > 0) await bookDue(db, clock, teamIds);
  return isFull;
}

/** The next instant at which something falls due in any team; undefined for never. */
export async function nextDueAt(reader: Reader): Promise<Date | undefined> {
  const [row] = await reader.sql<{ due_ms: number }[]>`
    select extract(epoch from ${dueAt(reader)})::float8 * 1000 as due_ms from grants g
    where not g.closed and g.status in ('SCHEDULED', 'OPEN') and ${dueAt(reader)} is not null order by ${dueAt(reader)} limit 1`;
  return row && new Date(Math.round(row.due_ms));
}

async function dueTeams(
  reader: Reader,
  now: Date,
  limit: number,
): Promise<{ teamIds: Uuid[]; isFull: boolean }> {
  const rows = await reader.sql<{ team_id: Uuid }[]>`
    select g.team_id from grants g
    where not g.closed and g.status in ('SCHEDULED', 'OPEN') and ${dueAt(reader)} <= ${now.toISOString()}::timestamptz
    order by ${dueAt(reader)} limit ${limit}`;
  return { teamIds: [...new Set(rows.map(({ team_id }) => team_id))], isFull: rows.length === limit };
}

/** The expression of the index grants_due. */
function dueAt(reader: Reader) {
  return reader.sql`(case g.status when 'SCHEDULED' then g.effective_at else g.expires_at end)`;
}

/** One transaction for all; when that fails, halves, so that one team cannot keep the others from being booked. */
async function bookDue(db: Db, clock: Clock, teamIds: readonly Uuid[]): Promise<void> {
  try {
    await inTransaction(db, async (tx) => {
      const heads = await lockHeads(tx, teamIds);
      // Opening a book posts what is due in it.
      const books = await openBooks(tx, heads, clock.now().getTime());
      await writeBooks(tx, books.values());
    });
  } catch (error) {
    const unavailable = error instanceof DomainError && error.code === 'UNAVAILABLE';
    if (unavailable || teamIds.length === 1) throw error;
    const middle = teamIds.length >>> 1;
    const halves = [teamIds.slice(0, middle), teamIds.slice(middle)];
    const outcomes = await Promise.allSettled(halves.map((half) => bookDue(db, clock, half)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }
}
