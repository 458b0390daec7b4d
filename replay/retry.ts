import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, type HttpClient, isRetryable } from '../client/http-client.ts';

export interface Patience {
  /** How long one call may be tried again before its error is thrown. */
  readonly giveUpAfterMs: number;
  readonly onRetry?: (error: unknown) => void;
  readonly signal?: AbortSignal | undefined;
}

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2_000;

/**
 * Tries until it succeeds, while what goes wrong may pass: the server is away, overloaded or without its database.
 * Waits longer each time, and as long as the server says. Every attempt must carry the same idempotency keys.
 * @throws the last error, when it will not pass or patience is over; the reason of the signal, once that aborts.
 */
export async function withRetries<T>(attempt: () => Promise<T>, patience: Patience): Promise<T> {
  const giveUpAt = performance.now() + patience.giveUpAfterMs;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    patience.signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      const pauseMs = Math.max(waitMs * (0.5 + Math.random() / 2), askedFor(error));
      if (!isRetryable(error) || performance.now() + pauseMs > giveUpAt) throw error;
      patience.onRetry?.(error);
      await delay(pauseMs, undefined, { signal: patience.signal });
    }
  }
}

/** The same client, with patience in every call: for operations that may be repeated. */
export function patient(client: HttpClient, patience: Patience): HttpClient {
  return { send: (document, variables) => withRetries(() => client.send(document, variables), patience) };
}

function askedFor(error: unknown): number {
  return error instanceof ApiError ? 1000 * (error.retryAfterSeconds ?? 0) : 0;
}
