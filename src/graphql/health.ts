import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when what the server depends on (the database) can be reached. */
export type Health = () => Promise<void>;

const PATIENCE_MS = 2_000;

/** Answers `/readyz`: 200 only while requests should be sent here. */
export async function answerReadiness(
  response: ServerResponse,
  health: Health,
  draining: boolean,
): Promise<void> {
  const state = draining ? 'draining' : await stateOf(health);
  sendStatus(response, state === 'ready' ? 200 : 503, state);
}

/** Ends a response with a state as JSON. */
export function sendStatus(response: ServerResponse, code: number, status: string): void {
  response.writeHead(code, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify({ status }));
}

async function stateOf(health: Health): Promise<'ready' | 'unavailable'> {
  const patience = new AbortController();
  const tooLong = delay(PATIENCE_MS, 'unavailable' as const, { signal: patience.signal });
  const judged = health().then(
    () => 'ready' as const,
    () => 'unavailable' as const,
  );
  const state = await Promise.race([judged, tooLong]);
  patience.abort();
  return state;
}
