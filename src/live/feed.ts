import type { LiveEvent } from './event.ts';

type Result<E> = IteratorResult<E, undefined>;

interface Waiter<E> {
  resolve(result: Result<E>): void;
  reject(error: Error): void;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * The events of one subscriber. It keeps no queue: it knows the `seq` it has delivered, and takes the next event from
 * its topic when its consumer asks for one. A generator would do it in fewer lines, but its `return()` waits for the
 * next event.
 */
export abstract class Feed<E extends LiveEvent> implements AsyncIterableIterator<E, undefined> {
  /** When something was last delivered, in milliseconds of `performance.now()`. */
  protected deliveredAtMs = performance.now();
  private readonly waiters: Waiter<E>[] = [];
  private ended = false;
  private failure: Error | undefined;

  /** `delivered`: the number up to which the consumer knows everything. */
  constructor(protected delivered: bigint) {}

  /** The newest number that the consumer has been told of. */
  get seq(): bigint {
    return this.delivered;
  }

  next(): Promise<Result<E>> {
    if (this.ended) return this.afterEnd();
    return new Promise((resolve, reject) => {
      this.waiters.push({ resolve, reject });
      this.wake();
    });
  }

  /** Ends at once, also while `next()` waits. */
  return(): Promise<IteratorReturnResult<undefined>> {
    this.end();
    return Promise.resolve(DONE);
  }

  /** Ends at once; with a reason, the consumer gets it as an error. */
  end(reason?: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.leave();
    const waiters = this.waiters.splice(0);
    if (waiters.length === 0) this.failure = reason;
    for (const waiter of waiters) {
      if (reason) waiter.reject(reason);
      else waiter.resolve(DONE);
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Hands out what there is, if the consumer waits for something. */
  wake(): void {
    while (this.waiters.length > 0) {
      const event = this.take();
      if (!event) return;
      this.deliver(event);
    }
  }

  /** Delivers a sign of life if the consumer waits and has got nothing for `silenceMs`. */
  beat(silenceMs: number, makeEvent: () => E): void {
    const silentFor = performance.now() - this.deliveredAtMs;
    if (this.waiters.length > 0 && silentFor >= silenceMs) this.deliver(makeEvent());
  }

  /** The next event, if there is one that may be delivered now. */
  protected abstract take(): E | undefined;

  /** Called once, when the feed ends: gives back what it holds. */
  protected abstract leave(): void;

  private deliver(event: E): void {
    this.delivered = event.seq;
    this.deliveredAtMs = performance.now();
    this.waiters.shift()?.resolve({ done: false, value: event });
  }

  private afterEnd(): Promise<Result<E>> {
    const { failure } = this;
    this.failure = undefined;
    return failure ? Promise.reject(failure) : Promise.resolve(DONE);
  }
}

const CHUNK = 256;

/**
 * Wakes feeds, some at a time: between two chunks the process does what else is to be done, so that thousands of
 * subscribers of one team do not hold up everybody else's answers.
 */
export function wakeAll(feeds: Iterable<Feed<LiveEvent>>): void {
  const all = [...feeds];
  const wakeFrom = (start: number): void => {
    for (const feed of all.slice(start, start + CHUNK)) feed.wake();
    if (start + CHUNK < all.length) setImmediate(() => wakeFrom(start + CHUNK));
  };
  wakeFrom(0);
}
