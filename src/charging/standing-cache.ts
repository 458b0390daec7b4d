import type { Uuid } from '../id.ts';
import type { Standing } from '../ledger/standing.ts';

/**
 * What this process last wrote or read of teams, the longest unused given up first. Nothing here need be current: a
 * decision on an old standing is refused when it is written.
 */
export class StandingCache {
  private readonly standings = new Map<Uuid, Standing>();
  private grantCount = 0;

  /** At most `limit` grants are remembered, a team counting as one: teams differ in how many they have. */
  constructor(private readonly limit: number) {}

  get(teamId: Uuid): Standing | undefined {
    return this.standings.get(teamId);
  }

  put(standing: Standing): void {
    this.drop(standing.head.teamId);
    this.standings.set(standing.head.teamId, standing);
    this.grantCount += standing.grants.length;
    for (const oldest of this.standings.keys()) {
      if (this.standings.size + this.grantCount <= this.limit) return;
      this.drop(oldest);
    }
  }

  drop(teamId: Uuid): void {
    this.grantCount -= this.standings.get(teamId)?.grants.length ?? 0;
    this.standings.delete(teamId);
  }
}
