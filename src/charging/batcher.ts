import { setTimeout as sleep } from 'node:timers/promises';
import { type Db, inTransaction, sqlState } from '../db/client.ts';
import { assert, DomainError } from '../domain-error.ts';
import { StaleBook } from '../ledger/post.ts';
import type { ChargeRequest, ChargeResult } from './charge.ts';
import type { HoldRequest, HoldResult } from './hold.ts';
import type { RunRequest, RunResult } from './run.ts';
import type { PendingSpend, ResultOf, SpendRequest, SpendResult } from './spend.ts';
import { type Approach, type SpendBatchDeps, spendBatch } from './spend-batch.ts';
import { StandingCache } from './standing-cache.ts';

/** Told of each batch that was committed. */
export type BatchObserver = (batch: {
  readonly size: number;
  readonly seconds: number;
  readonly approach: Approach;
}) => void;

export interface BatcherOptions {
  /** Batches in flight at once; a team always goes through the same lane. */
  readonly lanes: number;
  /** Requests a batch holds at most. */
  readonly batchSize: number;
  /** Requests that may wait before OVERLOADED is answered; a single call may be larger. */
  readonly queueLimit: number;
  /** Teams and grants whose standing is remembered between batches. Default 200,000 (about 0.5 KB each). */
  readonly remembered?: number;
  readonly observe?: BatchObserver;
}

/** One call of `spend`: its results come together when the last of its requests is decided. */
interface Call {
  readonly results: SpendResult[];
  remaining: number;
  resolve(results: SpendResult[]): void;
  reject(error: unknown): void;
}

interface Waiting extends PendingSpend {
  readonly call: Call;
  readonly index: number;
}

interface Lane {
  readonly waiting: Waiting[];
  running: boolean;
  /** Batches to decide LOCKED before OPTIMISTIC is tried again: others write to the same teams. */
  lockedFor: number;
  /** What `lockedFor` is set to at the next stale decision; doubles with each, halves with each that was in time. */
  caution: number;
}

const MAX_ATTEMPTS = 8;
const MIN_CAUTION = 2;
const MAX_CAUTION = 256;

/**
 * Micro-batching: concurrent calls of this process share transactions. A lane has one batch in flight, and what arrives
 * meanwhile is its next batch; so at low load a batch is one request that waits for nothing, and under load one commit
 * serves many.
 */
export class Batcher {
  private readonly lanes: Lane[];
  private readonly standings: StandingCache;
  private readonly deps: SpendBatchDeps;
  private waitingCount = 0;
  private closed = false;
  /** Requests decided a second, smoothed, for the retry-after of OVERLOADED. */
  private perSecond = 1000;

  constructor(
    private readonly db: Db,
    deps: Omit<SpendBatchDeps, 'standings'>,
    private readonly options: BatcherOptions,
  ) {
    this.standings = new StandingCache(options.remembered ?? 200_000);
    this.deps = { ...deps, standings: this.standings };
    this.lanes = Array.from({ length: options.lanes }, () => ({
      waiting: [],
      running: false,
      lockedFor: 0,
      caution: MIN_CAUTION,
    }));
  }

  /** Requests that wait or are being decided. */
  get depth(): number {
    return this.waitingCount;
  }

  /** Charges usage. @see spend */
  charge(requests: readonly ChargeRequest[]): Promise<ChargeResult[]> {
    return this.spend(requests);
  }

  /** Places, settles and releases holds. @see spend */
  holds(requests: readonly HoldRequest[]): Promise<HoldResult[]> {
    return this.spend(requests);
  }

  /** Starts and ends runs. @see spend */
  runs(requests: readonly RunRequest[]): Promise<RunResult[]> {
    return this.spend(requests);
  }

  /**
   * Decides requests of any kind; results are in their order. When this throws, each request of the call was either
   * done or not: repeating it with the same keys is safe and does nothing twice.
   * @throws DomainError OVERLOADED with retryAfterSeconds when the queue is full, UNAVAILABLE when the database is.
   */
  async spend<R extends SpendRequest>(requests: readonly R[]): Promise<ResultOf<R>[]> {
    // The kind of a result follows the kind of its request: see `spendBatch`.
    return (await this.enqueue(requests)) as ResultOf<R>[];
  }

  private enqueue(requests: readonly SpendRequest[]): Promise<SpendResult[]> {
    if (requests.length === 0) return Promise.resolve([]);
    if (this.closed)
      return Promise.reject(new DomainError('UNAVAILABLE', 'The server is shutting down.', RETRY_SOON));
    // A call larger than the queue would be told for ever to come back: it is taken when nothing waits.
    if (this.waitingCount > 0 && this.waitingCount + requests.length > this.options.queueLimit)
      return Promise.reject(this.overloaded());
    return new Promise((resolve, reject) => {
      const call: Call = { results: new Array(requests.length), remaining: requests.length, resolve, reject };
      const lanes = new Set<Lane>();
      this.waitingCount += requests.length;
      requests.forEach((request, index) => {
        const lane = this.laneOf(request.teamId);
        lane.waiting.push({ request, call, index });
        lanes.add(lane);
      });
      for (const lane of lanes) if (!lane.running) void this.run(lane);
    });
  }

  /** Refuses new calls and waits until everything that was accepted has been answered. */
  async drain(): Promise<void> {
    this.closed = true;
    while (this.waitingCount > 0) await sleep(5);
  }

  private laneOf(teamId: string): Lane {
    const lane = this.lanes[Number.parseInt(teamId.slice(-6), 16) % this.lanes.length];
    assert(lane, 'there is at least one lane');
    return lane;
  }

  private async run(lane: Lane): Promise<void> {
    lane.running = true;
    while (lane.waiting.length > 0) {
      const batch = lane.waiting.splice(0, this.options.batchSize);
      const started = performance.now();
      await this.settle(lane, batch);
      this.waitingCount -= batch.length;
      const rate = batch.length / ((performance.now() - started) / 1000);
      this.perSecond += (rate * this.lanes.length - this.perSecond) * 0.1;
    }
    lane.running = false;
  }

  /** Decides a batch and answers its callers; a failure that is one request's own fault is not the others'. */
  private async settle(lane: Lane, batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.decide(lane, batch);
      batch.forEach((waiting, i) => {
        const result = results[i];
        assert(result, 'each request has a result');
        answer(waiting, result);
      });
    } catch (error) {
      if (batch.length === 1 || isOutOfReach(error)) {
        for (const { call } of batch) call.reject(error);
        return;
      }
      const middle = batch.length >>> 1;
      await this.settle(lane, batch.slice(0, middle));
      await this.settle(lane, batch.slice(middle));
    }
  }

  /** A stale decision, key conflict or deadlock rolled everything back: the batch is decided again, under its locks. */
  private async decide(lane: Lane, batch: readonly Waiting[]): Promise<readonly SpendResult[]> {
    for (let attempt = 1; ; attempt++) {
      const approach = attempt === 1 && lane.lockedFor === 0 ? 'OPTIMISTIC' : 'LOCKED';
      const started = performance.now();
      try {
        const { results, works } = await inTransaction(this.db, (tx) =>
          spendBatch(tx, batch, this.deps, approach),
        );
        for (const work of works) this.standings.put(work, approach === 'OPTIMISTIC');
        weigh(lane, approach);
        const seconds = (performance.now() - started) / 1000;
        this.options.observe?.({ size: batch.length, seconds, approach });
        return results;
      } catch (error) {
        for (const { request } of batch) this.standings.drop(request.teamId);
        if (error instanceof StaleBook) beCautious(lane);
        if (attempt === MAX_ATTEMPTS || !isDecidedAgain(error)) throw error;
      }
    }
  }

  private overloaded(): DomainError {
    const retryAfterSeconds = Math.max(1, Math.ceil(this.waitingCount / this.perSecond));
    return new DomainError(
      'OVERLOADED',
      `Too much usage is waiting. Repeat the request in ${retryAfterSeconds} s.`,
      {
        retryAfterSeconds,
      },
    );
  }
}

/** The database's fault, and so everybody's. */
function isOutOfReach(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'UNAVAILABLE';
}

function isDecidedAgain(error: unknown): boolean {
  return error instanceof StaleBook || /^(23505|40001|40P01)$/.test(sqlState(error) ?? '');
}

function beCautious(lane: Lane): void {
  lane.lockedFor = lane.caution;
  lane.caution = Math.min(lane.caution * 2, MAX_CAUTION);
}

function weigh(lane: Lane, approach: Approach): void {
  if (approach === 'OPTIMISTIC') lane.caution = Math.max(MIN_CAUTION, lane.caution >> 1);
  else if (lane.lockedFor > 0) lane.lockedFor -= 1;
}

const RETRY_SOON = { retryAfterSeconds: 1 };

function answer({ call, index }: Waiting, result: SpendResult): void {
  call.results[index] = result;
  call.remaining -= 1;
  if (call.remaining === 0) call.resolve(call.results);
}
