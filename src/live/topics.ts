import type { Uuid } from '../id.ts';
import type { LiveEvent } from './event.ts';
import type { Feed } from './feed.ts';

/** What feeds of one kind share of one team. */
export interface Topic {
  readonly feeds: ReadonlySet<Feed<LiveEvent>>;
  /** Gives a sign of life to those who heard nothing for `silenceMs`. */
  beat(silenceMs: number): void;
  close(): void;
}

/** The topics of one kind: one a team, in the hub as long as it has feeds. */
export class Topics<T extends Topic> {
  private readonly open = new Map<Uuid, { readonly topic: T; readonly leaveHub: () => void }>();

  /** `join`: lets a topic learn of its team from now on, until the answer is called. */
  constructor(
    private readonly makeTopic: (teamId: Uuid) => T,
    private readonly join: (teamId: Uuid, topic: T) => () => void,
  ) {}

  /** The topic of a team, in the hub already when this returns. */
  of(teamId: Uuid): T {
    const known = this.open.get(teamId);
    if (known) return known.topic;
    const topic = this.makeTopic(teamId);
    this.open.set(teamId, { topic, leaveHub: this.join(teamId, topic) });
    return topic;
  }

  /** To be called when a feed has left. */
  release(teamId: Uuid): void {
    const found = this.open.get(teamId);
    if (!found || found.topic.feeds.size > 0) return;
    this.open.delete(teamId);
    found.leaveHub();
    found.topic.close();
  }

  beat(silenceMs: number): void {
    for (const { topic } of this.open.values()) topic.beat(silenceMs);
  }

  /** Ends all feeds. */
  close(): void {
    for (const { topic } of this.open.values()) for (const feed of [...topic.feeds]) feed.end();
  }
}
