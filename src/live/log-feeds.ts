import { notFound } from '../domain-error.ts';
import { publicId, type Uuid } from '../id.ts';
import type { TeamState } from '../ledger/team-state.ts';
import type { Hub } from './hub.ts';
import { LogFeed, type LogReads, LogTopic, snapshotOf } from './log-topic.ts';
import type { ReadBatches } from './read-batches.ts';
import { checkAfter } from './state-feeds.ts';
import { Topics } from './topics.ts';

export interface LogFeedsOptions extends LogReads {
  readonly hub: Hub;
  readonly states: ReadBatches<TeamState>;
}

/** The feeds of journals. */
export class LogFeeds {
  readonly topics: Topics<LogTopic>;
  private readonly states: ReadBatches<TeamState>;

  constructor({ hub, states, ...reads }: LogFeedsOptions) {
    this.topics = new Topics(hub, (teamId) => new LogTopic(teamId, reads));
    this.states = states;
  }

  /**
   * Every entry after number `after`, however many there are; without it, those that follow from now on.
   * @throws DomainError NOT_FOUND for the team, BAD_USER_INPUT for an `after` that is not reached yet.
   */
  async open(teamId: Uuid, after: bigint | undefined): Promise<LogFeed> {
    const topic = this.topics.of(teamId);
    const feed = new LogFeed(topic, () => this.topics.release(teamId));
    try {
      const state = await this.states.load(teamId);
      if (!state) throw notFound('Team', publicId('team', teamId));
      const { seq, postedAtMs } = state;
      checkAfter(after, seq);
      topic.reached(seq);
      if (after !== undefined) return feed.begin(after, postedAtMs, undefined);
      return feed.begin(seq, postedAtMs, snapshotOf(teamId, 1n, seq, postedAtMs));
    } catch (error) {
      feed.end();
      throw error;
    }
  }
}
