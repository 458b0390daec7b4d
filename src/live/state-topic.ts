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
  /** What makes the newest state of the one before, when that waits for its time. */
  private renewing: ((state: S) => S) | undefined;
  private renewed: Renewed<S> = { count: 0, events: new Map(), refreshed: (state) => state };
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

  /**
   * Sends the state again to those who have it: `refreshed` makes of a state what it is by now, though nothing was
   * posted. At the pace of all other events.
   */
  renew(refreshed: (state: S) => S): void {
    this.renewing = refreshed;
    this.schedule();
  }

  /** How often the state was renewed. */
  get renewals(): number {
    return this.renewed.count;
  }

  /** What a subscriber who has the state before the last renewal gets, which stands for no entry; undefined: nothing yet. */
  renewalFor(feed: StateFeed<S>): StateEvent<S> | undefined {
    // What waits for its time is part of what a state is by now, and comes soon.
    if (this.pending) return undefined;
    return againFor(feed, this.renewed.events, this.renewed.refreshed);
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
    for (const feed of this.feeds) feed.beat(silenceMs, () => againFor(feed, beats, refreshed));
  }

  close(): void {
    clearTimeout(this.timer);
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
    this.latest = this.pending ?? this.latest;
    this.pending = undefined;
    this.catchUps.clear();
    this.takeRenewal();
    this.paidUpAtMs = Math.max(performance.now(), this.paidUpAtMs) + this.pace.intervalMs;
    wakeAll(this.feeds);
  }

  private takeRenewal(): void {
    const { latest, renewing: refreshed } = this;
    if (!refreshed) return;
    this.renewing = undefined;
    this.renewed = { count: this.renewed.count + 1, events: new Map(), refreshed };
    if (latest) this.latest = { ...latest, state: refreshed(latest.state) };
  }
}

/** The last renewal: its events are shared by those who are at the same number. */
interface Renewed<S> {
  readonly count: number;
  readonly events: Map<bigint, StateEvent<S>>;
  readonly refreshed: (state: S) => S;
}

/** What a subscriber has already, by now: the same event for all who are at one number. */
function againFor<S>(
  feed: StateFeed<S>,
  known: Map<bigint, StateEvent<S>>,
  refreshed: (state: S) => S,
): StateEvent<S> {
  const shared = known.get(feed.seq);
  if (shared) return shared;
  const { last, seq } = feed;
  const event: StateEvent<S> = {
    ...last,
    kind: 'SNAPSHOT',
    fromSeq: seq + 1n,
    entries: [],
    state: refreshed(last.state),
  };
  known.set(seq, event);
  return event;
}

function coalesced<S>(newest: StateEvent<S>, fromSeq: bigint): StateEvent<S> {
  return { ...newest, kind: 'COALESCED', fromSeq, entries: [] };
}

/** One subscriber of a state: whatever it misses while it is busy, it gets as one event. */
export class StateFeed<S> extends Feed<StateEvent<S>> {
  private first: StateEvent<S> | undefined;
  private lastEvent: StateEvent<S> | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** The renewal that it has taken account of. */
  private renewal: number;

  /** `restMs`: the least time between two events, when that is more than what the topic keeps anyway. */
  constructor(
    private readonly topic: StateTopic<S>,
    private readonly restMs: number,
    private readonly onLeave: () => void,
  ) {
    super(0n);
    // From before its state is read: a renewal between may be told twice, and is never missed.
    this.renewal = topic.renewals;
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
    const { topic, first } = this;
    const event = first ?? topic.eventAfter(this.delivered) ?? this.renewed();
    if (!event || !this.isTime()) return undefined;
    if (!first) this.renewal = topic.renewals;
    this.first = undefined;
    this.lastEvent = event;
    return event;
  }

  private renewed(): StateEvent<S> | undefined {
    return this.renewal === this.topic.renewals ? undefined : this.topic.renewalFor(this);
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
