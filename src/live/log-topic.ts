import type { Reader } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import { entriesAfter } from '../ledger/entries.ts';
import type { Entry } from '../ledger/entry.ts';
import type { LedgerPosted } from '../ledger/posted.ts';
import type { LiveEvent } from './event.ts';
import { Feed, wakeAll } from './feed.ts';
import type { Topic } from './topics.ts';
import { wholePostings } from './whole-postings.ts';

/** Entries of an event, unless one posting has more. */
export const EVENT_ENTRIES = 256;
/** Entries that are kept for those who are a little behind; who is further behind reads the ledger. */
const KEPT_ENTRIES = 1_024;
/** How long they are kept when nothing follows. */
const KEPT_MS = 5_000;
/** When the ledger could not be read. */
const RETRY_MS = 1_000;

export interface LogReads {
  readonly reader: Reader;
  readonly onFailure: (error: unknown) => void;
}

/** The journal of one team for all who follow it here: the last events, and pages of the ledger for who needs more. */
export class LogTopic implements Topic {
  readonly watcher = this;
  readonly feeds = new Set<LogFeed>();
  /** The last events, by their `fromSeq`: whoever is right before one of them takes it. */
  private readonly kept = new Map<bigint, LiveEvent>();
  private keptEntries = 0;
  private keptAtMs = 0;
  /** The newest number that the ledger is known to have. */
  private head = 0n;
  private readonly pages = new Map<bigint, Promise<LiveEvent | undefined>>();

  constructor(
    private readonly teamId: Uuid,
    private readonly deps: LogReads,
  ) {}

  posted({ fromSeq, seq, entries }: LedgerPosted): void {
    if (BigInt(entries.length) === seq - fromSeq + 1n) this.keep(entries);
    this.reached(seq);
  }

  reached(seq: bigint): void {
    if (seq <= this.head) return;
    this.head = seq;
    wakeAll(this.feeds);
  }

  /** The event after `seq`, when it is kept. */
  keptAfter(seq: bigint): LiveEvent | undefined {
    return this.kept.get(seq + 1n);
  }

  isBehind(seq: bigint): boolean {
    return this.head > seq;
  }

  /** The event after `seq` from the ledger, which has one. Those who need the same page share it. */
  readAfter(seq: bigint): Promise<LiveEvent | undefined> {
    const known = this.pages.get(seq);
    if (known) return known;
    const page = this.tryPage(seq).finally(() => this.pages.delete(seq));
    this.pages.set(seq, page);
    return page;
  }

  /** Gives up what nobody will ask for, and tells those who heard nothing for `silenceMs` that they have missed nothing. */
  beat(silenceMs: number): void {
    if (performance.now() - this.keptAtMs > KEPT_MS) this.forget();
    const beats = new Map<bigint, LiveEvent>();
    for (const feed of this.feeds) {
      feed.beat(silenceMs, () => {
        const beat = beats.get(feed.seq) ?? snapshotOf(this.teamId, feed.seq + 1n, feed.seq, feed.atMs);
        beats.set(feed.seq, beat);
        return beat;
      });
    }
  }

  private keep(entries: readonly Entry[]): void {
    for (const part of wholePostings(entries, EVENT_ENTRIES)) {
      const event = changeOf(this.teamId, part);
      this.drop(event.fromSeq);
      this.kept.set(event.fromSeq, event);
      this.keptEntries += part.length;
    }
    this.keptAtMs = performance.now();
    for (const fromSeq of this.kept.keys()) {
      if (this.keptEntries <= KEPT_ENTRIES) break;
      this.drop(fromSeq);
    }
  }

  private drop(fromSeq: bigint): void {
    this.keptEntries -= this.kept.get(fromSeq)?.entries.length ?? 0;
    this.kept.delete(fromSeq);
  }

  /** Nothing here goes on by itself. */
  close(): void {
    this.forget();
  }

  private forget(): void {
    this.kept.clear();
    this.keptEntries = 0;
  }

  private async tryPage(seq: bigint): Promise<LiveEvent | undefined> {
    try {
      return await this.readPage(seq);
    } catch (error) {
      this.deps.onFailure(error);
      return undefined;
    }
  }

  private async readPage(seq: bigint): Promise<LiveEvent> {
    for (let limit = EVENT_ENTRIES; ; limit *= 2) {
      const found = await entriesAfter(this.deps.reader, this.teamId, seq, limit + 1);
      const [page, ...more] = wholePostings(found, limit);
      assert(page, 'the ledger has every entry up to a number that it has reached');
      // A single posting may be longer than a page: it must not be cut where the page ends.
      if (found.length <= limit || more.length > 0) return changeOf(this.teamId, page);
    }
  }
}

/** An event that stands for what the subscriber knows or did not ask for: no entries. */
export function snapshotOf(teamId: Uuid, fromSeq: bigint, seq: bigint, atMs: number): LiveEvent {
  return { teamId, kind: 'SNAPSHOT', fromSeq, seq, atMs, entries: [] };
}

function changeOf(teamId: Uuid, entries: readonly Entry[]): LiveEvent {
  const [first, last] = [entries[0], entries.at(-1)];
  assert(first && last, 'an event of a journal has entries');
  return { teamId, kind: 'CHANGE', fromSeq: first.seq, seq: last.seq, atMs: last.postedAtMs, entries };
}

/** One subscriber of a journal: gets every entry in order, from the ledger while it is behind. */
export class LogFeed extends Feed<LiveEvent> {
  /** When the entry that it has got to was posted. */
  atMs = 0;
  private ready: LiveEvent | undefined;
  private isReading = false;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly topic: LogTopic,
    private readonly onLeave: () => void,
  ) {
    super(0n);
    topic.feeds.add(this);
  }

  /** Begins with `first` if there is such an event, and goes on after number `seq`. */
  begin(seq: bigint, atMs: number, first: LiveEvent | undefined): this {
    this.delivered = seq;
    this.atMs = atMs;
    this.ready = first;
    return this;
  }

  protected override take(): LiveEvent | undefined {
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
