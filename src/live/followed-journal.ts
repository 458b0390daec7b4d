import type { Fact } from '../db/client.ts';
import type { Numbered } from './event.ts';
import { Hub } from './hub.ts';
import type { Journal, JournalFact } from './journal.ts';
import { LogFeeds } from './log-feeds.ts';

/** A journal that is followed in this process: who watches it, and the feeds of its lines. */
export class FollowedJournal<L extends Numbered, F extends JournalFact> {
  readonly hub: Hub<F>;
  readonly feeds: LogFeeds<L, F>;

  constructor(
    private readonly journal: Journal<L, F>,
    onFailure: (error: unknown) => void,
  ) {
    this.hub = new Hub(onFailure);
    this.feeds = new LogFeeds({ hub: this.hub, journal, onFailure });
  }

  /** Lets those know who watch the team of a fact, if it is about this journal. */
  tell(fact: Fact): void {
    if (this.journal.isTold(fact)) this.hub.posted(fact);
  }

  /** One statement for all teams that are watched here: what their watchers have missed, they read. */
  async poll(): Promise<void> {
    const { teams } = this.hub;
    if (teams.length === 0) return;
    for (const [teamId, seq] of await this.journal.newest(teams)) this.hub.reached(teamId, seq);
  }
}
