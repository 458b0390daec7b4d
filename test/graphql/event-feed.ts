import type { SharedSource } from '../../src/graphql/subscription-source.ts';

/** A feed that a test publishes to. Each subscriber has a queue of its own, and leaves at once when it is told to. */
export class EventFeed<T> {
  private readonly subscribers = new Set<Subscriber<T>>();
  private readonly waiting = new Set<{ count: number; resolve: () => void }>();

  open(audience?: string): SharedSource<T> {
    const subscriber = new Subscriber<T>(() => {
      this.subscribers.delete(subscriber);
      this.tell();
    });
    this.subscribers.add(subscriber);
    this.tell();
    return { [Symbol.asyncIterator]: () => subscriber, ...(audience === undefined ? {} : { audience }) };
  }

  publish(event: T): void {
    for (const subscriber of this.subscribers) subscriber.push(event);
  }

  /** Ends every subscriber's stream: well, or with an error. */
  finish(error?: Error): void {
    for (const subscriber of this.subscribers) subscriber.finish(error);
  }

  /** Resolves when the feed has exactly this many subscribers. */
  has(count: number): Promise<void> {
    if (this.subscribers.size === count) return Promise.resolve();
    return new Promise((resolve) => this.waiting.add({ count, resolve }));
  }

  private tell(): void {
    for (const waiter of this.waiting) {
      if (waiter.count !== this.subscribers.size) continue;
      this.waiting.delete(waiter);
      waiter.resolve();
    }
  }
}

class Subscriber<T> implements AsyncIterator<T, undefined> {
  private readonly queue: T[] = [];
  private ended: { error?: Error | undefined } | undefined;
  private wake: (() => void) | undefined;

  constructor(private readonly onLeave: () => void) {}

  push(event: T): void {
    this.queue.push(event);
    this.wake?.();
  }

  finish(error?: Error): void {
    this.ended ??= { error };
    this.wake?.();
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    while (this.queue.length === 0 && !this.ended) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    const event = this.queue.shift();
    if (event !== undefined) return { done: false, value: event };
    if (this.ended?.error) throw this.ended.error;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.queue.length = 0;
    this.finish();
    this.onLeave();
    return { done: true, value: undefined };
  }
}
