import type { Db } from '../db/client.ts';
import { Loop, type LoopLog } from '../loop.ts';
import type { LedgerHealth } from './health.ts';
import { isLedgerPosted } from './posted.ts';

export interface HealthFeedOptions {
  readonly db: Db;
  readonly log: LoopLog;
  readonly audit: () => Promise<LedgerHealth>;
  /** The least time from one audit to the next, 5 s unless given. */
  readonly restMs?: number;
  /** Without postings here there is an audit all the same, for those of other processes: after 60 s unless given. */
  readonly idleMs?: number;
}

const REST_MS = 5_000;
const IDLE_MS = 60_000;
/** An audit that takes long is made less often: at most a tenth of the time. */
const DUTY = 10;

/**
 * Audits the books for those who watch their health: when they come, and after postings. Nobody watching, nothing is
 * audited; however many watch, one audit serves all.
 */
export class HealthFeed {
  private readonly loop: Loop;
  private readonly watchers = new Set<HealthWatcher>();
  private readonly stopListening: () => void;
  private readonly restMs: number;
  private readonly idleMs: number;
  private latest: LedgerHealth | undefined;
  private restUntilMs = 0;

  constructor(private readonly options: HealthFeedOptions) {
    const { db, log, restMs = REST_MS, idleMs = IDLE_MS } = options;
    this.restMs = restMs;
    this.idleMs = idleMs;
    this.loop = new Loop(() => this.step(), { name: 'ledger health', restMs, log });
    this.stopListening = db.onCommitted((facts) => {
      if (this.watchers.size > 0 && facts.some(isLedgerPosted)) this.loop.wake();
    });
  }

  start(): void {
    this.loop.start();
  }

  /** Ends all subscriptions, at once. */
  async close(): Promise<void> {
    this.stopListening();
    for (const watcher of [...this.watchers]) watcher.return();
    await this.loop.stop();
  }

  /** The health of the books by now, then after postings. */
  watch(): HealthWatcher {
    const watcher: HealthWatcher = new HealthWatcher(() => this.watchers.delete(watcher));
    this.watchers.add(watcher);
    if (this.latest && this.restLeftMs > 0) watcher.offer(this.latest);
    this.loop.wake();
    return watcher;
  }

  private get restLeftMs(): number {
    return this.restUntilMs - performance.now();
  }

  private async step(): Promise<number> {
    if (this.watchers.size === 0) return this.idleMs;
    if (this.restLeftMs > 0) return this.restLeftMs;
    const started = performance.now();
    this.latest = await this.options.audit();
    const tookMs = performance.now() - started;
    this.restUntilMs = performance.now() + Math.max(this.restMs, tookMs * DUTY);
    for (const watcher of this.watchers) watcher.offer(this.latest);
    return this.idleMs;
  }
}

type Result = IteratorResult<LedgerHealth, undefined>;
const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** One subscription: the newest audit that its consumer has not had. `return()` ends it at once, also while it waits. */
export class HealthWatcher implements AsyncIterableIterator<LedgerHealth, undefined> {
  /** Operators all see the same. */
  readonly audience = 'operators';
  private newest: LedgerHealth | undefined;
  private ended = false;
  private readonly waiting: ((result: Result) => void)[] = [];

  constructor(private readonly leave: () => void) {}

  offer(health: LedgerHealth): void {
    const waiter = this.waiting.shift();
    if (waiter) waiter({ done: false, value: health });
    else this.newest = health;
  }

  next(): Promise<Result> {
    const { newest: value } = this;
    if (this.ended) return Promise.resolve(DONE);
    if (!value) return new Promise((resolve) => this.waiting.push(resolve));
    this.newest = undefined;
    return Promise.resolve({ done: false, value });
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.ended = true;
    this.leave();
    for (const waiter of this.waiting.splice(0)) waiter(DONE);
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
