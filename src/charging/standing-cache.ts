import type { Uuid } from '../id.ts';
import type { Standing } from '../ledger/standing.ts';

/**
 * What this process last wrote or read of teams, the longest unused given up first. Nothing here need be current: a
 * decision on an old standing is refused when it is written.
 */
export class StandingCache {
  private readonly standings = new Map<Uuid, Standing>();

  constructor(private readonly limit: number) {}

  get(teamId: Uuid): Standing | undefined {
    return this.standings.get(teamId);
  }

  put(standing: Standing): void {
    const { teamId } = standing.head;
    this.standings.delete(teamId);
    this.standings.set(teamId, standing);
    if (this.standings.size <= this.limit) return;
    const [oldest] = this.standings.keys();
    if (oldest !== undefined) this.standings.delete(oldest);
  }

  drop(teamId: Uuid): void {
    this.standings.delete(teamId);
  }
}
