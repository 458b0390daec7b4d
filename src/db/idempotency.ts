import { hash } from 'node:crypto';
import { assert, DomainError } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import type { Tx } from './client.ts';

/** A caller's key for one operation of one team, and the input it stands for. */
export interface KeyClaim {
  readonly teamId: Uuid;
  readonly operation: string;
  readonly key: string;
  /** Everything the caller supplied, but for the key. */
  readonly request: unknown;
}

/**
 * Takes the key for `resultId`, in the transaction of the effect; a rollback frees it. The unique index is the judge:
 * a concurrent claim of the same key waits here until this transaction ends.
 * @returns the id of the first result when the key has been used with the same input, else undefined: go on.
 * @throws DomainError IDEMPOTENCY_CONFLICT when it has been used with other input.
 */
export async function claimKey(tx: Tx, claim: KeyClaim, resultId: Uuid, at: Date): Promise<Uuid | undefined> {
  const keyDigest = digest16(claim.key);
  const requestDigest = digest16(canonicalJson(claim.request));
  const fresh = await tx.sql`
    insert into idempotency_keys (team_id, operation, key_digest, request_digest, result_id, created_at)
    values (${claim.teamId}, ${claim.operation}, decode(${keyDigest}, 'hex'), decode(${requestDigest}, 'hex'), ${resultId},
      ${at.toISOString()}::timestamptz)
    on conflict do nothing returning 1`;
  if (fresh.length > 0) return undefined;
  const first = await claimedResult(tx, claim);
  assert(first !== undefined, 'a key that cannot be taken has been taken');
  return first;
}

/**
 * The id of the first result when the key has been used with the same input, for who can name its own result only when
 * it is done: under a lock that whoever claims keys of this operation takes.
 * @throws DomainError IDEMPOTENCY_CONFLICT when it has been used with other input.
 */
export async function claimedResult(tx: Tx, claim: KeyClaim): Promise<Uuid | undefined> {
  const [first] = await tx.sql<{ request_digest: string; result_id: Uuid }[]>`
    select encode(request_digest, 'hex') as request_digest, result_id from idempotency_keys
    where team_id = ${claim.teamId} and operation = ${claim.operation}
      and key_digest = decode(${digest16(claim.key)}, 'hex')`;
  if (first === undefined) return undefined;
  if (first.request_digest !== digest16(canonicalJson(claim.request))) throw idempotencyConflict(claim.key);
  return first.result_id;
}

export function idempotencyConflict(key: string): DomainError {
  return new DomainError('IDEMPOTENCY_CONFLICT', `idempotencyKey: "${key}" has been used with other input.`, {
    field: 'idempotencyKey',
  });
}

/** The first 16 bytes of SHA-256 of `text`, as hex: what is kept of a key for ever. */
export function digest16(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 32);
}

/** JSON with sorted member names, without undefined members; bigints and dates as text. Equal inputs give equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member === 'bigint') return member.toString();
    if (member !== null && typeof member === 'object' && !Array.isArray(member)) {
      return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
    }
    return member;
  });
}
