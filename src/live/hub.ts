import type { Uuid } from '../id.ts';
import type { JournalFact } from './journal.ts';

/** What watches one team. Both calls return at once; what takes longer is done later. */
export interface Watcher<F> {
  /** Something was written. A hint: it may be missing, come twice, late, or in another order. */
  posted(fact: F): void;
  /** The journal has line `seq`: what the watcher does not know up to there, it has missed. */
  reached(seq: bigint): void;
}

/**
 * Who watches the journal of which team in this process. Joining and leaving take the same time however many there are;
 * nothing is kept, and a watcher is told of its own team only.
 */
export class Hub<F extends JournalFact> {
  private readonly channels = new Map<Uuid, Set<Watcher<F>>>();

  constructor(private readonly onFailure: (error: unknown) => void) {}

  /** Lets `watcher` know of a team from now on, until the answer is called. */
  join(teamId: Uuid, watcher: Watcher<F>): () => void {
    const channel = this.channels.get(teamId) ?? new Set();
    this.channels.set(teamId, channel.add(watcher));
    return () => {
      channel.delete(watcher);
      if (channel.size === 0 && this.channels.get(teamId) === channel) this.channels.delete(teamId);
    };
  }

  /** The teams that somebody watches. */
  get teams(): Uuid[] {
    return [...this.channels.keys()];
  }

  posted(fact: F): void {
    this.tell(fact.teamId, (watcher) => watcher.posted(fact));
  }

  reached(teamId: Uuid, seq: bigint): void {
    this.tell(teamId, (watcher) => watcher.reached(seq));
  }

  /** A watcher that fails must not keep a fact from the others, nor from whoever posted it. */
  private tell(teamId: Uuid, what: (watcher: Watcher<F>) => void): void {
    for (const watcher of this.channels.get(teamId) ?? []) {
      try {
        what(watcher);
      } catch (error) {
        this.onFailure(error);
      }
    }
  }
}
