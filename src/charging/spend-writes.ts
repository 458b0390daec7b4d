import type { Tx } from '../db/client.ts';
import type { Write } from '../ledger/post.ts';
import { updateCaps } from './cap-rows.ts';
import { insertCharges } from './charge-rows.ts';
import { insertHolds, resolveHolds, updateHolds } from './hold-rows.ts';
import { insertRuns, updateRuns } from './run-rows.ts';
import type { TeamWork } from './team-work.ts';

/** Everything that the work on teams writes beside their books, as parts of `writeBooks`: one for each kind of row. */
export function spendWrites(tx: Tx, works: readonly TeamWork[]): Write[] {
  const shelved = works.filter(({ hasShelves }) => hasShelves);
  const changedHolds = shelved.flatMap(({ holds }) => holds.changed);
  return [
    part(
      works.flatMap(({ freshCharges }) => freshCharges),
      (rows) => insertCharges(tx, rows),
    ),
    part(
      shelved.flatMap(({ holds }) => holds.added),
      (rows) => insertHolds(tx, rows),
    ),
    part(
      changedHolds.filter(({ status }) => status !== 'HELD'),
      (rows) => resolveHolds(tx, rows),
    ),
    part(
      changedHolds.filter(({ status }) => status === 'HELD'),
      (rows) => updateHolds(tx, rows),
    ),
    part(
      shelved.flatMap(({ runs }) => runs.added),
      (rows) => insertRuns(tx, rows),
    ),
    part(
      shelved.flatMap(({ runs }) => runs.changed),
      (rows) => updateRuns(tx, rows),
    ),
    part(
      works.flatMap(({ caps }) => [...caps.changed]),
      (rows) => updateCaps(tx, rows),
    ),
  ].flat();
}

function part<T>(rows: readonly T[], write: (rows: readonly T[]) => Write): Write[] {
  return rows.length > 0 ? [write(rows)] : [];
}
