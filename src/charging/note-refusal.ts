import type { Clock } from '../clock.ts';
import { type Db, inTransaction } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import { lockBook, writeBooks } from '../ledger/post.ts';

/**
 * Notes, in a transaction of its own, that something of a team was refused for lack of credit and rolled back with all
 * it had written: it asks for auto-recharge, where that is on.
 */
export async function noteRefusal(db: Db, clock: Clock, teamId: Uuid): Promise<void> {
  await inTransaction(db, async (tx) => {
    const book = await lockBook(tx, teamId, clock.now().getTime());
    if (!book) return;
    book.noteRefusal();
    await writeBooks(tx, [book]);
  });
}
