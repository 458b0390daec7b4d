import type { ActorRef } from '../actor.ts';
import type { Tx } from '../db/client.ts';
import { claimKey } from '../db/idempotency.ts';
import { badInput, notFound } from '../domain-error.ts';
import { orderedUuid, publicId, type Uuid } from '../id.ts';
import type { Book } from '../ledger/book.ts';
import type { GrantAccount, GrantKind, GrantScope } from '../ledger/grant-account.ts';
import { lockBook, writeBooks } from '../ledger/post.ts';
import { MAX_NANO, type NanoCredits } from '../money.ts';
import { checkIdempotencyKey } from '../teams/text.ts';

/** Why a grant exists. */
export const GRANT_SOURCES = {
  PROMOTIONAL: ['SIGN_UP', 'PROMO_CODE', 'GOODWILL', 'BONUS', 'PLAN'],
  PREPAID: ['PURCHASE', 'AUTO_RECHARGE', 'TRANSFER', 'PLAN'],
} as const satisfies Record<GrantKind, readonly string[]>;
export type GrantSource = (typeof GRANT_SOURCES)[GrantKind][number];

export interface IssueGrant {
  readonly teamId: Uuid;
  readonly kind: GrantKind;
  readonly source: GrantSource;
  readonly amountNano: NanoCredits;
  /** PROMOTIONAL grants only. */
  readonly scope?: Partial<GrantScope>;
  /** 0–100, default 50; lower is drawn first within a shape. */
  readonly priority?: number;
  /** Default now; later: scheduled, in the books from then on. */
  readonly effectiveAt?: Date;
  /** PROMOTIONAL grants only. */
  readonly expiresAt?: Date;
  /** What was paid for it; 0 for PROMOTIONAL, the amount for PREPAID unless given. */
  readonly costBasisNano?: NanoCredits;
  readonly reason: string;
  readonly idempotencyKey: string;
}

export interface GrantResult {
  readonly grantId: Uuid;
  readonly replayed: boolean;
}

const MAX_REASON = 500;

/**
 * Issues a grant: its entry is posted now, or when it becomes effective.
 * @throws DomainError BAD_USER_INPUT naming the field, NOT_FOUND for the team, IDEMPOTENCY_CONFLICT.
 */
export async function issueGrant(
  tx: Tx,
  input: IssueGrant,
  actor: ActorRef,
  now: Date,
): Promise<GrantResult> {
  const { teamId, idempotencyKey, ...request } = input;
  const book = await lockTeam(tx, teamId, now);
  const grantId = idAfterCharges(book);
  const first = await claimKey(
    tx,
    { teamId, operation: 'issueGrant', key: checkIdempotencyKey(idempotencyKey), request },
    grantId,
    now,
  );
  if (first !== undefined) return { grantId: first, replayed: true };
  issueAs(grantId, book, input, actor);
  await writeBooks(tx, [book]);
  return { grantId, replayed: false };
}

/** A grant to issue, for who holds the book of its team and knows by other means that it does so once. */
export type GrantTerms = Omit<IssueGrant, 'teamId' | 'idempotencyKey'>;

/** Issues a grant in a book that is locked, and answers its id. @throws DomainError BAD_USER_INPUT naming the field. */
export function issueInto(book: Book, terms: GrantTerms, actor: ActorRef): Uuid {
  // Grants of one transaction are told apart by what is random in their ids.
  const grantId = idAfterCharges(book);
  issueAs(grantId, book, terms, actor);
  return grantId;
}

function issueAs(grantId: Uuid, book: Book, terms: GrantTerms, actor: ActorRef): void {
  checkIssue(terms, book.atMs);
  book.issue(newGrant(grantId, terms, actor, book.atMs), { id: grantId, actor, reason: terms.reason });
}

export interface ChangeGrant {
  readonly teamId: Uuid;
  readonly grantId: Uuid;
  readonly reason: string;
  readonly idempotencyKey: string;
}

/**
 * Takes what remains of a grant out of the books.
 * @throws DomainError NOT_FOUND, BAD_USER_INPUT when the grant is already final, IDEMPOTENCY_CONFLICT.
 */
export async function voidGrant(
  tx: Tx,
  input: ChangeGrant,
  actor: ActorRef,
  now: Date,
): Promise<GrantResult> {
  return changeGrant(tx, 'voidGrant', input, now, async (book, grant) => {
    if (grant.status !== 'OPEN' && grant.status !== 'SCHEDULED') throw finalGrant(grant);
    const amountNano = grant.remainingNano;
    book.void(grant, { actor, reason: input.reason });
    await recordChange(
      tx,
      book,
      grant,
      { change: 'VOIDED', before: grant.expiresAtMs, amountNano },
      actor,
      input.reason,
    );
  });
}

/** `expiresAt` null: the grant no longer expires. */
export type ExtendGrant = ChangeGrant & { readonly expiresAt: Date | null };

/**
 * Gives a grant a later expiry. Credit that has expired meanwhile comes back, as a correcting entry.
 * @throws DomainError NOT_FOUND, BAD_USER_INPUT (not later than now and than the present expiry;
 * voided; a grant that never expires), IDEMPOTENCY_CONFLICT.
 */
export async function extendGrant(
  tx: Tx,
  input: ExtendGrant,
  actor: ActorRef,
  now: Date,
): Promise<GrantResult> {
  return changeGrant(tx, 'extendGrant', input, now, async (book, grant) => {
    if (grant.status === 'VOIDED') throw finalGrant(grant);
    if (grant.expiresAtMs === null)
      throw badInput('expiresAt', 'the grant never expires; there is nothing to extend.');
    const expiresAtMs = input.expiresAt?.getTime() ?? null;
    if (expiresAtMs !== null && expiresAtMs <= Math.max(book.atMs, grant.expiresAtMs)) {
      throw badInput('expiresAt', 'must be in the future and later than the present expiry.');
    }
    const before = grant.expiresAtMs;
    const amountNano = grant.expiredNano;
    book.extend(grant, expiresAtMs, { actor, reason: input.reason });
    await recordChange(tx, book, grant, { change: 'EXTENDED', before, amountNano }, actor, input.reason);
  });
}

async function changeGrant(
  tx: Tx,
  operation: string,
  input: ChangeGrant & { readonly expiresAt?: Date | null },
  now: Date,
  change: (book: Book, grant: GrantAccount) => Promise<void>,
): Promise<GrantResult> {
  const { teamId, idempotencyKey, ...request } = input;
  checkReason(input.reason);
  const book = await lockTeam(tx, teamId, now, [input.grantId]);
  const grant = book.grant(input.grantId);
  if (!grant) throw notFound('Grant', publicId('grant', input.grantId));
  const key = checkIdempotencyKey(idempotencyKey);
  const first = await claimKey(tx, { teamId, operation, key, request }, grant.id, now);
  if (first !== undefined) return { grantId: first, replayed: true };
  await change(book, grant);
  await writeBooks(tx, [book]);
  return { grantId: grant.id, replayed: false };
}

/** An id that tells whether a charge of the same millisecond came before: its counter is that of the last one. */
function idAfterCharges(book: Book): Uuid {
  return orderedUuid(book.atMs, book.chargeCount);
}

async function lockTeam(tx: Tx, teamId: Uuid, now: Date, grantIds: readonly Uuid[] = []): Promise<Book> {
  const book = await lockBook(tx, teamId, now.getTime(), grantIds);
  if (!book) throw notFound('Team', publicId('team', teamId));
  return book;
}

function newGrant(id: Uuid, input: GrantTerms, actor: ActorRef, atMs: number): GrantAccount {
  return {
    id,
    kind: input.kind,
    source: input.source,
    scope: {
      product: input.scope?.product ?? null,
      modelId: input.scope?.modelId ?? null,
      gpuType: input.scope?.gpuType ?? null,
    },
    priority: input.priority ?? 50,
    grantedNano: input.amountNano,
    costBasisNano: input.costBasisNano ?? (input.kind === 'PREPAID' ? input.amountNano : 0n),
    effectiveAtMs: input.effectiveAt?.getTime() ?? atMs,
    createdAtMs: atMs,
    actor,
    reason: input.reason,
    expiresAtMs: input.expiresAt?.getTime() ?? null,
    remainingNano: 0n,
    spentNano: 0n,
    heldNano: 0n,
    expiredNano: 0n,
    voidedNano: 0n,
    refundedNano: 0n,
    disputedNano: 0n,
    freezingNano: 0n,
    status: 'SCHEDULED',
    closedAtMs: null,
    closedSeq: null,
  };
}

/** The largest single grant: far above any purchase, and many of them still fit into 64 bits. */
const MAX_GRANT = MAX_NANO / 1000n;

function checkIssue(input: GrantTerms, atMs: number): void {
  const { kind, amountNano, costBasisNano, priority = 50, effectiveAt, expiresAt, scope = {} } = input;
  checkReason(input.reason);
  if (amountNano <= 0n || amountNano > MAX_GRANT)
    throw badInput('amount', 'must be above 0 and at most 9,223,372 credits.');
  if (costBasisNano !== undefined && (costBasisNano < 0n || costBasisNano > MAX_GRANT))
    throw badInput('costBasis', 'must be from 0 to 9,223,372 credits.');
  if (!Number.isInteger(priority) || priority < 0 || priority > 100)
    throw badInput('priority', 'must be from 0 to 100.');
  if (!(GRANT_SOURCES[kind] as readonly string[]).includes(input.source)) {
    throw badInput('source', `must be one of ${GRANT_SOURCES[kind].join(', ')} for a ${kind} grant.`);
  }
  if (effectiveAt && effectiveAt.getTime() < atMs - 1000)
    throw badInput('effectiveAt', 'must not be in the past.');
  if (expiresAt && expiresAt.getTime() <= Math.max(atMs, effectiveAt?.getTime() ?? 0)) {
    throw badInput('expiresAt', 'must be in the future and after effectiveAt.');
  }
  if (kind !== 'PREPAID') return;
  if (expiresAt) throw badInput('expiresAt', 'prepaid credit never expires.');
  if (Object.values(scope).some((restriction) => restriction !== null && restriction !== undefined)) {
    throw badInput('scope', 'prepaid credit is never restricted.');
  }
}

function checkReason(reason: string): void {
  if (reason.trim() === '' || reason.length > MAX_REASON)
    throw badInput('reason', `must have 1 to ${MAX_REASON} characters.`);
  // It is hashed as it is and stored: the database must give back the same text.
  if (reason.includes('\0') || !reason.isWellFormed())
    throw badInput('reason', 'must be text that can be stored.');
}

function finalGrant(grant: GrantAccount) {
  return badInput('grantId', `the grant is ${grant.status} and cannot be changed.`);
}

async function recordChange(
  tx: Tx,
  book: Book,
  grant: GrantAccount,
  what: { change: 'EXTENDED' | 'VOIDED'; before: number | null; amountNano: NanoCredits },
  actor: ActorRef,
  reason: string,
): Promise<void> {
  const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  await tx.sql`insert into grant_changes ${tx.sql({
    team_id: book.teamId,
    grant_id: grant.id,
    id: idAfterCharges(book),
    change: what.change,
    expires_at_before: iso(what.before),
    expires_at_after: iso(grant.expiresAtMs),
    amount_nano: what.amountNano,
    at: new Date(book.atMs).toISOString(),
    actor_kind: actor.kind,
    actor_id: actor.id,
    reason,
  })}`;
}
