import { badInput } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import type { StateEvent } from './event.ts';
import { type Pace, StateFeed, StateTopic } from './state-topic.ts';
import { type Topic, Topics } from './topics.ts';

/** Where the states of one team come from. What it learns as a watcher of journals it offers to its topic. */
export interface StateSource<S> {
  /** The state now: a SNAPSHOT from 1, read after the call began. @throws DomainError NOT_FOUND for the team. */
  snapshot(): Promise<StateEvent<S>>;
  /** What happened after entry `after`, up to a later snapshot, as one event. */
  since(after: bigint, snapshot: StateEvent<S>): Promise<StateEvent<S>>;
  /** The same state by now: some figures change with time alone. */
  refreshed(state: S): S;
}

export interface StateFeedsOptions<S, Source extends StateSource<S>> {
  readonly pace: Pace;
  readonly sourceOf: (teamId: Uuid, changes: StateTopic<S>) => Source;
  /** Lets a source learn of its team from now on, until the answer is called. */
  readonly join: (teamId: Uuid, source: Source) => () => void;
}

export interface OpenState {
  readonly teamId: Uuid;
  /** The last number that the subscriber has; absent: none. */
  readonly after?: bigint | undefined;
  /** The least time between two events, when it is more than the usual. */
  readonly restMs?: number | undefined;
}

interface Watched<S, Source extends StateSource<S>> extends Topic {
  readonly changes: StateTopic<S>;
  readonly source: Source;
}

/** The state feeds of one kind. */
export class StateFeeds<S, Source extends StateSource<S> = StateSource<S>> {
  readonly topics: Topics<Watched<S, Source>>;

  constructor(options: StateFeedsOptions<S, Source>) {
    this.topics = new Topics(
      (teamId) => watchedOf(teamId, options),
      (teamId, { source }) => options.join(teamId, source),
    );
  }

  /**
   * Hubs are joined before the state is read, and what is older than the state is dropped: nothing falls between.
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

function watchedOf<S, Source extends StateSource<S>>(
  teamId: Uuid,
  { pace, sourceOf }: StateFeedsOptions<S, Source>,
): Watched<S, Source> {
  const changes = new StateTopic<S>(pace);
  const source = sourceOf(teamId, changes);
  return {
    changes,
    source,
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
