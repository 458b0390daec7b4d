import { CLOSE, type Close } from './close-codes.ts';
import { OperationRefused } from './prepare-operation.ts';

/** The socket, as far as a delivery needs it. */
export interface Outlet {
  readonly bufferedAmount: number;
  send(text: string): void;
  /** Resolves when the text has left the process, or never will. */
  flush(text: string): Promise<void>;
  close(why: Close): void;
}

/** Bytes that may wait in a socket. */
export interface BufferLimits {
  /** Above this a subscription sends no more until what it sent has left; its feed keeps the newest state, or its place. */
  readonly pauseBytes: number;
  /** Above this the socket closes with 1013. */
  readonly closeBytes: number;
}

export interface DeliveryOptions {
  readonly id: string;
  readonly source: AsyncIterable<unknown>;
  readonly outlet: Outlet;
  readonly limits: BufferLimits;
  /** The JSON of an event's payload. */
  readonly payloadOf: (event: unknown) => string | Promise<string>;
  readonly onSent: () => void;
  readonly onEnd: () => void;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * Carries the events of one subscription to its socket. To graphql-ws it is an iterator that yields nothing and ends
 * when the subscription does; the messages go past it, because each is a shared payload between the id's prefix and a
 * brace. Ends at once when it is told to, whatever its source waits for.
 */
export class Delivery implements AsyncGenerator<never, undefined, undefined> {
  private readonly events: AsyncIterator<unknown>;
  private readonly prefix: string;
  private ended = false;
  private failure: Error | undefined;
  private settle: { resolve: (end: typeof DONE) => void; reject: (error: Error) => void } | undefined;

  constructor(private readonly options: DeliveryOptions) {
    this.events = options.source[Symbol.asyncIterator]();
    this.prefix = `{"id":${JSON.stringify(options.id)},"type":"next","payload":`;
  }

  next(): Promise<typeof DONE> {
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      if (this.ended) this.settleNow();
      else void this.pump();
    });
  }

  async return(): Promise<typeof DONE> {
    this.end();
    return DONE;
  }

  async throw(error: unknown): Promise<typeof DONE> {
    this.end(error instanceof Error ? error : new Error(String(error)));
    return DONE;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Ends the subscription; with a failure the client is sent an `error` message that says why. */
  end(failure?: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.failure = failure;
    // Not awaited: a source that is a generator would return only after its next event.
    void Promise.resolve(this.events.return?.()).catch(() => undefined);
    this.options.onEnd();
    this.settleNow();
  }

  private settleNow(): void {
    if (this.failure) this.settle?.reject(this.failure);
    else this.settle?.resolve(DONE);
  }

  private async pump(): Promise<void> {
    try {
      for (;;) {
        const event = await this.events.next();
        if (this.ended) return;
        if (event.done) break;
        const made = this.options.payloadOf(event.value);
        const payload = typeof made === 'string' ? made : await made;
        if (this.ended) return;
        const waiting = this.deliver(payload);
        if (waiting) await waiting;
      }
      this.end();
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Sends one message; the promise, when there is one, resolves when the next may follow. */
  private deliver(payload: string): Promise<void> | undefined {
    const { outlet, limits, onSent } = this.options;
    const text = `${this.prefix}${payload}}`;
    onSent();
    const buffered = outlet.bufferedAmount;
    if (buffered > limits.closeBytes) outlet.close(CLOSE.TOO_SLOW);
    if (buffered > limits.pauseBytes) return outlet.flush(text);
    outlet.send(text);
    return undefined;
  }
}

/** A subscription that ends with these errors before it begins. */
export async function* refusedDelivery(errors: OperationRefused['errors']): AsyncGenerator<never> {
  yield* [];
  throw new OperationRefused(errors);
}
