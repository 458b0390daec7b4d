import type { Uuid } from '../id.ts';
import { type Standing, standingAfter } from '../ledger/standing.ts';
import type { Cap } from './cap.ts';
import type { Hold } from './hold.ts';
import type { TeamWork } from './team-work.ts';

/** A team as of one version of its wallet: every change of its holds and caps makes another version. */
export interface Remembered {
  readonly standing: Standing;
  readonly caps: readonly Cap[];
  /** Those open holds that were placed or read here, if any. */
  readonly holds: ReadonlyMap<Uuid, Hold> | undefined;
}

interface Kept extends Remembered {
  /** Changed in place: a gateway has thousands open, and copying them for each batch would take milliseconds. */
  readonly holds: Map<Uuid, Hold> | undefined;
}

/**
 * What this process last wrote or read of teams, the longest unused given up first. Nothing here need be current: a
 * decision on an old standing is refused when it is written.
 */
export class StandingCache {
  private readonly teams = new Map<Uuid, Kept>();
  private size = 0;

  /** At most `limit` grants, caps and holds are remembered, a team counting as one: teams differ in how many they have. */
  constructor(private readonly limit: number) {}

  get(teamId: Uuid): Remembered | undefined {
    return this.teams.get(teamId);
  }

  /**
   * Remembers a team as it is after work on it that was committed. `follows`: the work was done on what is remembered,
   * so that the rest of that is right still.
   */
  put(work: TeamWork, follows: boolean): void {
    const standing = standingAfter(work.book);
    const before = follows ? this.teams.get(work.book.teamId)?.holds : undefined;
    this.drop(work.book.teamId);
    const kept = { standing, caps: work.caps.all, holds: openHolds(before, work) };
    this.teams.set(work.book.teamId, kept);
    this.size += sizeOf(kept);
    for (const oldest of this.teams.keys()) {
      if (this.size <= this.limit) return;
      this.drop(oldest);
    }
  }

  drop(teamId: Uuid): void {
    const found = this.teams.get(teamId);
    if (!found) return;
    this.size -= sizeOf(found);
    this.teams.delete(teamId);
  }
}

function sizeOf({ standing, caps, holds }: Remembered): number {
  return 1 + standing.grants.length + caps.length + (holds?.size ?? 0);
}

function openHolds(before: Map<Uuid, Hold> | undefined, work: TeamWork): Map<Uuid, Hold> | undefined {
  if (!work.hasShelves) return before;
  const holds = before ?? new Map<Uuid, Hold>();
  for (const hold of work.holds.all) {
    if (hold.status === 'HELD') holds.set(hold.id, hold);
    else holds.delete(hold.id);
  }
  return holds;
}
