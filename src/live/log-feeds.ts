import { notFound } from '../domain-error.ts';
import { publicId, type Uuid } from '../id.ts';
import type { Numbered } from './event.ts';
import type { Hub } from './hub.ts';
import type { Journal, JournalFact } from './journal.ts';
import { LogFeed, LogTopic, snapshotOf } from './log-topic.ts';
import { checkAfter } from './state-feeds.ts';
import { Topics } from './topics.ts';

export interface LogFeedsOptions<L extends Numbered, F extends JournalFact> {
  readonly hub: Hub<F>;
  readonly journal: Journal<L, F>;
  readonly onFailure: (error: unknown) => void;
}

/** The feeds of one journal. */
export class LogFeeds<L extends Numbered, F extends JournalFact> {
  readonly topics: Topics<LogTopic<L, F>>;
  private readonly journal: Journal<L, F>;

  constructor({ hub, journal, onFailure }: LogFeedsOptions<L, F>) {
    this.topics = new Topics(
      (teamId) => new LogTopic(teamId, journal, onFailure),
      (teamId, topic) => hub.join(teamId, topic),
    );
    this.journal = journal;
  }

  /**
   * Every line after number `after`, however many there are; without it, those that follow from now on.
   * @throws DomainError NOT_FOUND for the team, BAD_USER_INPUT for an `after` that is not reached yet.
   */
  async open(teamId: Uuid, after: bigint | undefined): Promise<LogFeed<L>> {
    const topic = this.topics.of(teamId);
    const feed = new LogFeed<L>(topic, () => this.topics.release(teamId));
    try {
      const head = await this.journal.head(teamId);
      if (!head) throw notFound('Team', publicId('team', teamId));
      const { seq, atMs } = head;
      checkAfter(after, seq);
      topic.reached(seq);
      if (after !== undefined) return feed.begin(after, atMs, undefined);
      return feed.begin(seq, atMs, snapshotOf(teamId, 1n, seq, atMs));
    } catch (error) {
      feed.end();
      throw error;
    }
  }
}
