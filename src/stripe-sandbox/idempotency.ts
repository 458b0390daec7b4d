import { hash } from 'node:crypto';
import type { Tx } from '../db/client.ts';
import { canonicalJson } from '../db/idempotency.ts';
import { StripeProblem } from './problem.ts';

/** What is sent back. */
export interface Answer {
  readonly status: number;
  /** JSON. */
  readonly body: string;
}

/** A request with an idempotency key. */
export interface KeyedRequest {
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly given: unknown;
}

/** Stripe forgets keys after a day. */
const KEPT_MS = 86_400_000;

/**
 * Takes the key until the transaction ends. With it gone wrong, or the process gone, the key is free again.
 * @returns the first answer, when the key has been used for the same request.
 * @throws StripeProblem 409 while it is in use, 400 when it was used for another request.
 */
export async function takeKey(tx: Tx, request: KeyedRequest, now: Date): Promise<Answer | undefined> {
  const { key } = request;
  if (key.length > 255) {
    throw new StripeProblem(400, 'idempotency_error', 'Idempotency keys have up to 255 characters.');
  }
  const [lock] = await tx.sql<{ taken: boolean }[]>`
    select pg_try_advisory_xact_lock(hashtextextended(${`stripe sandbox ${key}`}, 0)) as taken`;
  if (!lock?.taken) {
    throw new StripeProblem(
      409,
      'idempotency_error',
      `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
      { code: 'idempotency_key_in_use' },
    );
  }
  const [row] = await tx.sql<{ request: string; status: number; body: string }[]>`
    select request, status, body from sandbox_stripe_keys
    where key = ${key} and created_at > ${new Date(now.getTime() - KEPT_MS).toISOString()}::timestamptz`;
  if (row === undefined) return undefined;
  if (row.request === digestOf(request)) return { status: row.status, body: row.body };
  throw new StripeProblem(
    400,
    'idempotency_error',
    `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
  );
}

/** Keeps the answer under the key, in the transaction of the effect. */
export async function keepAnswer(tx: Tx, request: KeyedRequest, answer: Answer, now: Date): Promise<void> {
  await tx.sql`
    insert into sandbox_stripe_keys (key, request, status, body, created_at)
    values (${request.key}, ${digestOf(request)}, ${answer.status}, ${answer.body}, ${now.toISOString()}::timestamptz)
    on conflict (key) do update set request = excluded.request, status = excluded.status, body = excluded.body,
      created_at = excluded.created_at`;
}

function digestOf({ method, path, given }: KeyedRequest): string {
  return hash('sha256', canonicalJson([method, path, given]), 'hex');
}
