import { badInput } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import type { StateEvent } from './event.ts';
import type { Hub, Watcher } from './hub.ts';
import { type Pace, StateFeed, StateTopic } from './state-topic.ts';
import { type Topic, Topics } from './topics.ts';

/** Where the states of one team come from. What it learns as a watcher it offers to its topic. */
export interface StateSource<S> extends Watcher {
  /** The state now: a SNAPSHOT from 1, read after the call began. @throws DomainError NOT_FOUND for the team. */
  snapshot(): Promise<StateEvent<S>>;
  /** What happened after entry `after`, up to a later snapshot, as one event. */
  since(after: bigint, snapshot: StateEvent<S>): Promise<StateEvent<S>>;
  /** The same state by now: some figures change with time alone. */
  refreshed(state: S): S;
}

export interface StateFeedsOptions<S> {
  readonly hub: Hub;
  readonly pace: Pace;
  readonly sourceOf: (teamId: Uuid, changes: StateTopic<S>) => StateSource<S>;
}

export interface OpenState {
  readonly teamId: Uuid;
  /** The last number that the subscriber has; absent: none. */
  readonly after?: bigint | undefined;
  /** The least time between two events, when it is more than the usual. */
  readonly restMs?: number | undefined;
}

interface Watched<S> extends Topic {
  readonly changes: StateTopic<S>;
  readonly source: StateSource<S>;
}

/** The state feeds of one kind. */
export class StateFeeds<S> {
  readonly topics: Topics<Watched<S>>;

  constructor(options: StateFeedsOptions<S>) {
    this.topics = new Topics(options.hub, (teamId) => watchedOf(teamId, options));
  }

  /**
   * The hub is joined before the state is read, and what is older than the state is dropped: nothing falls between.
   * @throws DomainError NOT_FOUND for the team, BAD_USER_INPUT for an `after` that is not reached yet.
   */
  async open({ teamId, after, restMs = 0 }: OpenState): Promise<StateFeed<S>> {
    const { changes, source } = this.topics.of(teamId);
    const feed = new StateFeed(changes, restMs, () => this.topics.release(teamId));
    try {
      const snapshot = await source.snapshot();
      checkAfter(after, snapshot.seq);
      if (after === undefined || after === snapshot.seq) return feed.begin(snapshot, after === snapshot.seq);
      return feed.begin(await source.since(after, snapshot), false);
    } catch (error) {
      feed.end();
      throw error;
    }
  }
}

function watchedOf<S>(teamId: Uuid, { pace, sourceOf }: StateFeedsOptions<S>): Watched<S> {
  const changes = new StateTopic<S>(pace);
  const source = sourceOf(teamId, changes);
  return {
    changes,
    source,
    watcher: source,
    feeds: changes.feeds,
    beat: (silenceMs) => changes.beat(silenceMs, (state) => source.refreshed(state)),
    close: () => changes.close(),
  };
}

/** @throws DomainError BAD_USER_INPUT when nothing can follow `after`, because the team has not got there. */
export function checkAfter(after: bigint | undefined, seq: bigint): void {
  if (after !== undefined && after > seq) {
    throw badInput('after', `must be at most ${seq}, the newest number of this team.`);
  }
}
