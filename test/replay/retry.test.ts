import { expect, test } from 'vitest';
import { ApiError, Unreachable } from '../../client/http-client.ts';
import { withRetries } from '../../replay/retry.ts';

const apiError = (code: string, retryAfterSeconds?: number) =>
  new ApiError([
    { message: code, extensions: { code, ...(retryAfterSeconds ? { retryAfterSeconds } : {}) } },
  ]);

/** Fails with each of these in turn, then succeeds. */
function failing(...errors: Error[]): () => Promise<number> {
  const all = errors.length;
  return async () => {
    const error = errors.shift();
    if (error) throw error;
    return all;
  };
}

test('tries again what may pass, and tells of each attempt', async () => {
  const seen: unknown[] = [];
  const errors = [new Unreachable('gone'), apiError('UNAVAILABLE'), apiError('OVERLOADED')];
  const patience = { giveUpAfterMs: 10_000, onRetry: (error: unknown) => void seen.push(error) };
  expect(await withRetries(failing(...errors), patience)).toBe(3);
  expect(seen).toEqual([expect.any(Unreachable), expect.any(ApiError), expect.any(ApiError)]);
});

test('throws at once what will not pass', async () => {
  const patience = { giveUpAfterMs: 10_000 };
  await expect(withRetries(failing(apiError('FORBIDDEN')), patience)).rejects.toThrow('FORBIDDEN');
  await expect(withRetries(failing(new Error('a defect')), patience)).rejects.toThrow('a defect');
});

test('throws the last error when patience would be over before the next attempt', async () => {
  await expect(withRetries(failing(new Unreachable('gone')), { giveUpAfterMs: 0 })).rejects.toThrow('gone');
  const asked = failing(apiError('OVERLOADED', 60));
  await expect(withRetries(asked, { giveUpAfterMs: 30_000 })).rejects.toThrow('OVERLOADED');
});

test('does not try once the run is stopped, nor again when it is stopped meanwhile', async () => {
  const stopped = { giveUpAfterMs: 10_000, signal: AbortSignal.abort(new Error('stopped')) };
  await expect(withRetries(failing(), stopped)).rejects.toThrow('stopped');
  const stopping = new AbortController();
  const patience = { giveUpAfterMs: 10_000, signal: stopping.signal, onRetry: () => stopping.abort() };
  await expect(withRetries(failing(new Unreachable('gone')), patience)).rejects.toThrow(/abort/);
});
