import { ApiError, isRetryable } from './http-client.ts';
import { SocketClosed } from './live-client.ts';

/** An event of a numbered feed: it stands for the numbers `fromSeq` to `seq`. */
export interface Numbered {
  readonly fromSeq: string;
  readonly seq: string;
}

export interface FollowOptions<Event extends Numbered> {
  /** Opens the feed behind a number, or from its start; called again after each loss. */
  readonly open: (after: string | undefined) => AsyncIterableIterator<Event>;
  readonly onEvent: (event: Event) => void;
  /** Told of each loss before the next attempt. */
  readonly onLoss?: (error: unknown) => void;
  readonly signal: AbortSignal;
}

const FIRST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 1_000;

/**
 * Follows a numbered feed until the signal aborts: comes back after each loss and goes on behind the last number it got.
 * @throws ApiError or SocketClosed when the server will not have it back.
 */
export async function follow<Event extends Numbered>(options: FollowOptions<Event>): Promise<void> {
  const { signal, onLoss } = options;
  let after: string | undefined;
  let waitMs = FIRST_WAIT_MS;
  const onEvent = (event: Event) => {
    after = event.seq;
    waitMs = FIRST_WAIT_MS;
    options.onEvent(event);
  };
  while (!signal.aborted) {
    try {
      await drain(options.open(after), onEvent, signal);
    } catch (error) {
      if (!mayReturn(error)) throw error;
      onLoss?.(error);
    }
    await pause(waitMs, signal);
    waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
  }
}

async function drain<Event>(
  events: AsyncIterableIterator<Event>,
  onEvent: (event: Event) => void,
  signal: AbortSignal,
): Promise<void> {
  const leave = () => void events.return?.();
  signal.addEventListener('abort', leave);
  try {
    for await (const event of events) onEvent(event);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

function mayReturn(error: unknown): boolean {
  return error instanceof SocketClosed ? error.mayReturn : error instanceof ApiError && isRetryable(error);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
