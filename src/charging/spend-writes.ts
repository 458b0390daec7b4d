import type { Tx } from '../db/client.ts';
import { sentTogether } from '../db/sent-together.ts';
import type { Book } from '../ledger/book.ts';
import { type Write, writeBooks } from '../ledger/post.ts';
import { updateCaps } from './cap-rows.ts';
import { insertCharges } from './charge-rows.ts';
import type { Hold } from './hold.ts';
import { insertHolds, resolveHolds, updateHolds } from './hold-rows.ts';
import type { Run } from './run.ts';
import { insertRuns, updateRuns } from './run-rows.ts';
import type { TeamWork } from './team-work.ts';

/**
 * Writes the books of teams and everything that belongs to them by one multi-row statement. What was made and changed
 * in the same transaction takes another one, sent along: a statement does not see what it inserts.
 * @throws StaleBook when a wallet is not the version that its book was opened on.
 */
export async function writeWorks(tx: Tx, works: readonly TeamWork[]): Promise<void> {
  const books: readonly Book[] = works.map(({ book }) => book);
  const shelved = works.filter(({ hasShelves }) => hasShelves);
  const rows = [
    part(
      works.flatMap(({ freshCharges }) => freshCharges),
      (charges) => insertCharges(tx, charges),
    ),
    part(
      shelved.flatMap(({ holds }) => holds.added),
      (holds) => insertHolds(tx, holds),
    ),
    part(
      shelved.flatMap(({ runs }) => runs.added),
      (runs) => insertRuns(tx, runs),
    ),
    ...changes(
      tx,
      shelved.flatMap(({ holds }) => holds.changed),
      shelved.flatMap(({ runs }) => runs.changed),
    ),
    part(
      works.flatMap(({ caps }) => [...caps.changed]),
      (caps) => updateCaps(tx, caps),
    ),
  ].flat();
  const later = [
    ...changes(
      tx,
      shelved.flatMap(({ holds }) => holds.changedSince),
      shelved.flatMap(({ runs }) => runs.changedSince),
    ),
    // What is written with a resolution is not all that may have changed before it.
    part(
      shelved.flatMap(({ holds }) => holds.changedAgain.filter(({ status }) => status !== 'HELD')),
      (resolved) => updateHolds(tx, resolved),
    ),
  ].flat();
  await sentTogether([writeBooks(tx, books, rows), ...later]);
}

function changes(tx: Tx, holds: readonly Hold[], runs: readonly Run[]): Write[][] {
  return [
    part(
      holds.filter(({ status }) => status !== 'HELD'),
      (resolved) => resolveHolds(tx, resolved),
    ),
    part(
      holds.filter(({ status }) => status === 'HELD'),
      (open) => updateHolds(tx, open),
    ),
    part(runs, (changed) => updateRuns(tx, changed)),
  ];
}

function part<T>(rows: readonly T[], write: (rows: readonly T[]) => Write): Write[] {
  return rows.length > 0 ? [write(rows)] : [];
}
