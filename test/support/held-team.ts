import { expect } from 'vitest';
import { type Db, inTransaction } from '../../src/db/client.ts';
import type { Uuid } from '../../src/id.ts';
import type { Book } from '../../src/ledger/book.ts';
import { lockBook, writeBooks } from '../../src/ledger/post.ts';

/** A transaction that has changed a team's books and is not over. */
export interface HeldTeam {
  /** Commits it. */
  release(): Promise<void>;
}

/** Locks a team as any writer does, lets `work` change its book, and keeps the lock. */
export async function holdTeam(
  db: Db,
  teamId: Uuid,
  now: Date,
  work: (book: Book) => void = () => undefined,
): Promise<HeldTeam> {
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const over = inTransaction(db, async (tx) => {
    const book = await lockBook(tx, teamId, now.getTime());
    if (!book) throw new Error('no such team');
    work(book);
    await writeBooks(tx, [book]);
    held.resolve();
    await released.promise;
  });
  await Promise.race([held.promise, over]);
  return {
    release: async () => {
      released.resolve();
      await over;
    },
  };
}

/** Resolves when this many sessions of the database wait for a row that another one has locked. */
export async function untilWaiting(db: Db, sessions = 1): Promise<void> {
  await expect
    .poll(
      () => db.sql`
        select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      { interval: 5, timeout: 10_000 },
    )
    .toHaveLength(sessions);
}

/** Whether nobody has locked the wallet of the team. */
export async function isFree(db: Db, teamId: Uuid): Promise<boolean> {
  const rows = await inTransaction(
    db,
    (tx) => tx.sql`select 1 from wallets where team_id = ${teamId} for update skip locked`,
  );
  return rows.length === 1;
}
