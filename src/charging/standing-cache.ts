import type { Uuid } from '../id.ts';
import type { Standing } from '../ledger/standing.ts';
import type { Cap } from './cap.ts';

/**
 * What this process last wrote or read of teams, the longest unused given up first. Nothing here need be current: a
 * decision on an old standing is refused when it is written.
 */
export class StandingCache {
  private readonly standings = new Map<Uuid, Standing>();
  private readonly caps = new Map<Uuid, readonly Cap[]>();
  private grantCount = 0;

  /** At most `limit` grants are remembered, a team counting as one: teams differ in how many they have. */
  constructor(private readonly limit: number) {}

  get(teamId: Uuid): Standing | undefined {
    return this.standings.get(teamId);
  }

  /** The team's caps, where they are remembered: as of the same version as its standing. */
  capsOf(teamId: Uuid): readonly Cap[] | undefined {
    return this.caps.get(teamId);
  }

  put(standing: Standing, caps: readonly Cap[]): void {
    this.drop(standing.head.teamId);
    this.standings.set(standing.head.teamId, standing);
    if (caps.length > 0) this.caps.set(standing.head.teamId, caps);
    this.grantCount += standing.grants.length;
    for (const oldest of this.standings.keys()) {
      if (this.standings.size + this.grantCount <= this.limit) return;
      this.drop(oldest);
    }
  }

  drop(teamId: Uuid): void {
    this.grantCount -= this.standings.get(teamId)?.grants.length ?? 0;
    this.standings.delete(teamId);
    this.caps.delete(teamId);
  }
}
