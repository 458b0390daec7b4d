import { assert } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import type { LiveEvent, Numbered } from './event.ts';
import { Feed, wakeAll } from './feed.ts';
import type { Watcher } from './hub.ts';
import type { Journal, JournalFact } from './journal.ts';
import type { Topic } from './topics.ts';
import { wholeGroups } from './whole-groups.ts';

/** Lines of an event, unless one group has more. */
const EVENT_LINES = 256;
/** Lines that are kept for those who are a little behind; who is further behind reads the journal. */
const KEPT_LINES = 1_024;
/** How long they are kept when nothing follows. */
const KEPT_MS = 5_000;
/** When the journal could not be read. */
const RETRY_MS = 1_000;

/** The journal of one team for all who follow it here: the last events, and pages of the journal for who needs more. */
export class LogTopic<L extends Numbered, F extends JournalFact> implements Topic, Watcher<F> {
  readonly feeds = new Set<LogFeed<L>>();
  /** The last events, by their `fromSeq`: whoever is right before one of them takes it. */
  private readonly kept = new Map<bigint, LiveEvent<L>>();
  private keptLines = 0;
  private keptAtMs = 0;
  /** The newest number that the journal is known to have. */
  private head = 0n;
  private readonly pages = new Map<bigint, Promise<LiveEvent<L> | undefined>>();

  constructor(
    private readonly teamId: Uuid,
    private readonly journal: Journal<L, F>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  posted(fact: F): void {
    const lines = this.journal.linesOf(fact);
    if (BigInt(lines.length) === fact.seq - fact.fromSeq + 1n) this.keep(lines);
    this.reached(fact.seq);
  }

  reached(seq: bigint): void {
    if (seq <= this.head) return;
    this.head = seq;
    wakeAll(this.feeds);
  }

  /** The event after `seq`, when it is kept. */
  keptAfter(seq: bigint): LiveEvent<L> | undefined {
    return this.kept.get(seq + 1n);
  }

  isBehind(seq: bigint): boolean {
    return this.head > seq;
  }

  /** The event after `seq` from the journal, which has one. Those who need the same page share it. */
  readAfter(seq: bigint): Promise<LiveEvent<L> | undefined> {
    const known = this.pages.get(seq);
    if (known) return known;
    const page = this.tryPage(seq).finally(() => this.pages.delete(seq));
    this.pages.set(seq, page);
    return page;
  }

  /** Gives up what nobody will ask for, and tells those who heard nothing for `silenceMs` that they have missed nothing. */
  beat(silenceMs: number): void {
    if (performance.now() - this.keptAtMs > KEPT_MS) this.forget();
    const beats = new Map<bigint, LiveEvent<L>>();
    for (const feed of this.feeds) {
      feed.beat(silenceMs, () => {
        const beat = beats.get(feed.seq) ?? snapshotOf(this.teamId, feed.seq + 1n, feed.seq, feed.atMs);
        beats.set(feed.seq, beat);
        return beat;
      });
    }
  }

  private keep(lines: readonly L[]): void {
    for (const part of this.parts(lines, EVENT_LINES)) {
      const event = this.changeOf(part);
      this.drop(event.fromSeq);
      this.kept.set(event.fromSeq, event);
      this.keptLines += part.length;
    }
    this.keptAtMs = performance.now();
    for (const fromSeq of this.kept.keys()) {
      if (this.keptLines <= KEPT_LINES) break;
      this.drop(fromSeq);
    }
  }

  private drop(fromSeq: bigint): void {
    this.keptLines -= this.kept.get(fromSeq)?.entries.length ?? 0;
    this.kept.delete(fromSeq);
  }

  /** Nothing here goes on by itself. */
  close(): void {
    this.forget();
  }

  private forget(): void {
    this.kept.clear();
    this.keptLines = 0;
  }

  private async tryPage(seq: bigint): Promise<LiveEvent<L> | undefined> {
    try {
      return await this.readPage(seq);
    } catch (error) {
      this.onFailure(error);
      return undefined;
    }
  }

  private async readPage(seq: bigint): Promise<LiveEvent<L>> {
    for (let limit = EVENT_LINES; ; limit *= 2) {
      const found = await this.journal.linesAfter(this.teamId, seq, limit + 1);
      const [page, ...more] = this.parts(found, limit);
      assert(page, 'a journal has every line up to a number that it has reached');
      // A single group may be longer than a page: it must not be cut where the page ends.
      if (found.length <= limit || more.length > 0) return this.changeOf(page);
    }
  }

  private parts(lines: readonly L[], limit: number): readonly L[][] {
    return wholeGroups(lines, limit, (line) => this.journal.groupOf(line));
  }

  private changeOf(entries: readonly L[]): LiveEvent<L> {
    const [first, last] = [entries[0], entries.at(-1)];
    assert(first && last, 'an event of a journal has lines');
    const { teamId, journal } = this;
    return { teamId, kind: 'CHANGE', fromSeq: first.seq, seq: last.seq, atMs: journal.atMsOf(last), entries };
  }
}

/** An event that stands for what the subscriber knows or did not ask for: no lines. */
export function snapshotOf(teamId: Uuid, fromSeq: bigint, seq: bigint, atMs: number): LiveEvent<never> {
  return { teamId, kind: 'SNAPSHOT', fromSeq, seq, atMs, entries: [] };
}

/** What a subscriber of a journal needs of it. */
type Source<L extends Numbered> = Pick<LogTopic<L, never>, 'feeds' | 'keptAfter' | 'isBehind' | 'readAfter'>;

/** One subscriber of a journal: gets every line in order, from the journal itself while it is behind. */
export class LogFeed<L extends Numbered> extends Feed<LiveEvent<L>> {
  /** When the line that it has got to was written. */
  atMs = 0;
  private ready: LiveEvent<L> | undefined;
  private isReading = false;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly topic: Source<L>,
    private readonly onLeave: () => void,
  ) {
    super(0n);
    topic.feeds.add(this);
  }

  /** Begins with `first` if there is such an event, and goes on after number `seq`. */
  begin(seq: bigint, atMs: number, first: LiveEvent<L> | undefined): this {
    this.delivered = seq;
    this.atMs = atMs;
    this.ready = first;
    return this;
  }

  protected override take(): LiveEvent<L> | undefined {
    if (this.isReading) return undefined;
    const event = this.ready ?? this.topic.keptAfter(this.delivered);
    this.ready = undefined;
    if (event) this.atMs = event.atMs;
    else if (this.topic.isBehind(this.delivered)) void this.read();
    return event;
  }

  protected override leave(): void {
    clearTimeout(this.retry);
    this.topic.feeds.delete(this);
    this.onLeave();
  }

  private async read(): Promise<void> {
    this.isReading = true;
    clearTimeout(this.retry);
    this.ready = await this.topic.readAfter(this.delivered);
    this.isReading = false;
    if (this.ready) this.wake();
    else this.retry = setTimeout(() => this.wake(), RETRY_MS).unref();
  }
}
