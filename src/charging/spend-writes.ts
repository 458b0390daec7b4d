import type { Tx } from '../db/client.ts';
import type { Write } from '../ledger/post.ts';
import { updateCaps } from './cap-rows.ts';
import { insertCharges } from './charge-rows.ts';
import { insertHolds, updateHolds } from './hold-rows.ts';
import { insertRuns, updateRuns } from './run-rows.ts';
import type { TeamWork, TeamWrites } from './team-work.ts';

/** Everything that the work on teams writes beside their books, as parts of `writeBooks`: one for each kind of row. */
export function spendWrites(tx: Tx, works: readonly TeamWork[]): Write[] {
  const changed = works.filter(({ book }) => book.changed).map(({ writes }) => writes);
  const all = <K extends keyof TeamWrites>(kind: K) =>
    changed.flatMap<TeamWrites[K][number]>((writes) => writes[kind]);
  return [
    part(all('charges'), (charges) => insertCharges(tx, charges)),
    part(all('newHolds'), (holds) => insertHolds(tx, holds)),
    part(all('holds'), (holds) => updateHolds(tx, holds)),
    part(all('newRuns'), (runs) => insertRuns(tx, runs)),
    part(all('runs'), (runs) => updateRuns(tx, runs)),
    part(all('caps'), (caps) => updateCaps(tx, caps)),
  ].flat();
}

function part<T>(rows: readonly T[], write: (rows: readonly T[]) => Write): Write[] {
  return rows.length > 0 ? [write(rows)] : [];
}
