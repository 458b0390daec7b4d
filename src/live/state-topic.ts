import type { StateEvent } from './event.ts';
import { Feed, wakeAll } from './feed.ts';

/** How fast events may follow each other: `burst` at once, and then one each `intervalMs`. */
export interface Pace {
  readonly burst: number;
  readonly intervalMs: number;
}

/** The newest state of one team for all who follow it here: what comes faster than its pace becomes one event. */
export class StateTopic<S> {
  readonly feeds = new Set<StateFeed<S>>();
  /** What was emitted last. */
  private latest: StateEvent<S> | undefined;
  /** What waits for its time. */
  private pending: StateEvent<S> | undefined;
  /** What those who are behind get instead of `latest`, by where they are: shared, too. */
  private readonly catchUps = new Map<bigint, StateEvent<S>>();
  private timer: NodeJS.Timeout | undefined;
  /** When all intervals of what has been emitted are over. */
  private paidUpAtMs = 0;

  constructor(private readonly pace: Pace) {}

  /**
   * The number after which something may be missing here, whoever asks: everything up to it has been offered or was
   * known to all feeds when they began. Undefined while no feed has begun.
   */
  get seq(): bigint | undefined {
    const newest = (this.pending ?? this.latest)?.seq;
    let slowest: bigint | undefined;
    for (const { begun, seq } of this.feeds) {
      if (begun && (slowest === undefined || seq < slowest)) slowest = seq;
    }
    return newest !== undefined && newest > (slowest ?? 0n) ? newest : slowest;
  }

  /** Takes in the state after a change; what is not newer is dropped. */
  offer(change: StateEvent<S>): void {
    const newest = this.pending ?? this.latest;
    if (newest && change.seq <= newest.seq) return;
    this.pending = this.pending ? coalesced(change, this.pending.fromSeq) : change;
    this.schedule();
  }

  /** The event that brings a subscriber who knows everything up to `seq` to the newest state; undefined: it is there. */
  eventAfter(seq: bigint): StateEvent<S> | undefined {
    const { latest } = this;
    if (!latest || latest.seq <= seq) return undefined;
    if (latest.fromSeq === seq + 1n) return latest;
    const known = this.catchUps.get(seq);
    if (known) return known;
    const event = coalesced(latest, seq + 1n);
    this.catchUps.set(seq, event);
    return event;
  }

  /** Sends those who got nothing for `silenceMs` their state again: `refreshed` tells what it is by now. */
  beat(silenceMs: number, refreshed: (state: S) => S): void {
    const beats = new Map<bigint, StateEvent<S>>();
    for (const feed of this.feeds) feed.beat(silenceMs, () => this.beatFor(feed, beats, refreshed));
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private beatFor(
    feed: StateFeed<S>,
    beats: Map<bigint, StateEvent<S>>,
    refreshed: (state: S) => S,
  ): StateEvent<S> {
    const known = beats.get(feed.seq);
    if (known) return known;
    const state = refreshed(feed.last.state);
    const event: StateEvent<S> = {
      ...feed.last,
      kind: 'SNAPSHOT',
      fromSeq: feed.seq + 1n,
      entries: [],
      state,
    };
    beats.set(feed.seq, event);
    return event;
  }

  private schedule(): void {
    if (this.timer) return;
    const { burst, intervalMs } = this.pace;
    const waitMs = this.paidUpAtMs - (burst - 1) * intervalMs - performance.now();
    if (waitMs <= 0) this.emit();
    else this.timer = setTimeout(() => this.emit(), waitMs);
  }

  private emit(): void {
    this.timer = undefined;
    this.latest = this.pending;
    this.pending = undefined;
    this.catchUps.clear();
    this.paidUpAtMs = Math.max(performance.now(), this.paidUpAtMs) + this.pace.intervalMs;
    wakeAll(this.feeds);
  }
}

function coalesced<S>(newest: StateEvent<S>, fromSeq: bigint): StateEvent<S> {
  return { ...newest, kind: 'COALESCED', fromSeq, entries: [] };
}

/** One subscriber of a state: whatever it misses while it is busy, it gets as one event. */
export class StateFeed<S> extends Feed<StateEvent<S>> {
  private first: StateEvent<S> | undefined;
  private lastEvent: StateEvent<S> | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** `restMs`: the least time between two events, when that is more than what the topic keeps anyway. */
  constructor(
    private readonly topic: StateTopic<S>,
    private readonly restMs: number,
    private readonly onLeave: () => void,
  ) {
    super(0n);
    topic.feeds.add(this);
  }

  /** Whether it knows where it is. */
  get begun(): boolean {
    return this.lastEvent !== undefined;
  }

  /** The newest event that it has delivered or that it stands on. */
  get last(): StateEvent<S> {
    if (!this.lastEvent) throw new Error('Invariant violated: a feed begins before it is read');
    return this.lastEvent;
  }

  /** Begins with `event`, or right after it when the subscriber knows its state. */
  begin(event: StateEvent<S>, isKnown: boolean): this {
    this.lastEvent = event;
    this.delivered = event.seq;
    if (!isKnown) this.first = event;
    return this;
  }

  protected override take(): StateEvent<S> | undefined {
    const event = this.first ?? this.topic.eventAfter(this.delivered);
    if (!event || !this.isTime()) return undefined;
    this.first = undefined;
    this.lastEvent = event;
    return event;
  }

  protected override leave(): void {
    clearTimeout(this.timer);
    this.topic.feeds.delete(this);
    this.onLeave();
  }

  private isTime(): boolean {
    if (this.first || this.restMs === 0) return true;
    const waitMs = this.deliveredAtMs + this.restMs - performance.now();
    if (waitMs <= 0) return true;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.wake();
    }, waitMs);
    return false;
  }
}
