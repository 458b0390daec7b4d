import { and, asc, desc, eq, gt, inArray, isNull, lt } from 'drizzle-orm';
import { type Actor, actorRef, type KeyType } from '../actor.ts';
import { systemMillis } from '../clock.ts';
import type { Fact, Reader, Tx } from '../db/client.ts';
import { claimKey } from '../db/idempotency.ts';
import { badInput, notFound } from '../domain-error.ts';
import { newUuid, publicId, type Uuid } from '../id.ts';
import { checkScopes, type KeyParts, keyText, newSecret, secretDigest, visiblePrefix } from './api-key.ts';
import { audit, INSTALLATION } from './audit.ts';
import type { IdWindow } from './memberships.ts';
import { apiKeys, teams } from './tables.ts';
import { checkIdempotencyKey, checkName, checkReason } from './text.ts';

/** A key gives access no more. */
export interface ApiKeyRevoked extends Fact {
  readonly type: 'api-key.revoked';
  readonly keyId: Uuid;
}

export function isApiKeyRevoked(fact: Fact): fact is ApiKeyRevoked {
  return fact.type === 'api-key.revoked';
}

export type ApiKeyRow = typeof apiKeys.$inferSelect;

export interface CreateApiKey {
  readonly type: KeyType;
  /** Which team the key acts for: of TEAM keys always, of PARTNER keys if it is one, of others never. */
  readonly teamId?: Uuid | undefined;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresAt?: Date | undefined;
  readonly reason?: string | undefined;
  readonly idempotencyKey: string;
}

/** A new key with its text, which exists only here; a replay has none. */
export interface CreatedKey {
  readonly keyId: Uuid;
  readonly text: string | undefined;
  readonly replayed: boolean;
}

/**
 * Creates a key and tells its text, once: a repeat with the same idempotency key answers the same key without it.
 * @throws DomainError BAD_USER_INPUT naming the field, NOT_FOUND for the team, IDEMPOTENCY_CONFLICT.
 */
export async function createApiKey(tx: Tx, input: CreateApiKey, actor: Actor, at: Date): Promise<CreatedKey> {
  const { idempotencyKey, ...request } = input;
  const parts = { keyId: newUuid(at.getTime()), secret: newSecret() };
  await demandTeam(tx, input.teamId);
  const scope = input.teamId ?? INSTALLATION;
  const claim = {
    teamId: scope,
    operation: 'createApiKey',
    key: checkIdempotencyKey(idempotencyKey),
    request,
  };
  const first = await claimKey(tx, claim, parts.keyId, at);
  if (first !== undefined) return { keyId: first, text: undefined, replayed: true };
  await installApiKey(tx, parts, input, actor, at);
  return { keyId: parts.keyId, text: keyText(parts), replayed: false };
}

/** Stores a key whose parts were made elsewhere: the demo's, which are kept in a file. Others: `createApiKey`. */
export async function installApiKey(
  tx: Tx,
  parts: KeyParts,
  input: Omit<CreateApiKey, 'idempotencyKey'>,
  actor: Actor,
  at: Date,
): Promise<void> {
  const row = keyRow(parts, input, actor, at);
  await tx.orm.insert(apiKeys).values(row);
  const { id, type, name, scopes } = row;
  await audit(tx, {
    teamId: row.teamId ?? INSTALLATION,
    action: 'api-key.created',
    actor: actorRef(actor),
    details: { keyId: publicId('apiKey', id), type, name, scopes, reason: checkReason(input.reason) },
    at,
  });
}

function keyRow(
  { keyId, secret }: KeyParts,
  input: Omit<CreateApiKey, 'idempotencyKey'>,
  actor: Actor,
  at: Date,
): ApiKeyRow {
  const { type, teamId } = input;
  if (type === 'TEAM' && !teamId) throw badInput('teamId', 'must name the team of a TEAM key.');
  if ((type === 'PLATFORM' || type === 'OPERATOR') && teamId) {
    throw badInput('teamId', `must be absent: a ${type} key belongs to no team.`);
  }
  return {
    id: keyId,
    type,
    teamId: teamId ?? null,
    name: checkName(input.name),
    prefix: visiblePrefix(keyId),
    secretHash: secretDigest(secret),
    scopes: [...checkScopes(type, input.scopes)],
    createdBy: actorRef(actor).id,
    createdAt: at,
    lastUsedAt: null,
    expiresAt: checkExpiry(input.expiresAt),
    revokedAt: null,
  };
}

/** Keys expire by the machine's time, as tokens do, wherever the business clock stands. */
function checkExpiry(expiresAt: Date | undefined): Date | null {
  if (expiresAt && expiresAt.getTime() <= systemMillis())
    throw badInput('expiresAt', 'must be in the future.');
  return expiresAt ?? null;
}

async function demandTeam(tx: Tx, teamId: Uuid | undefined): Promise<void> {
  if (!teamId) return;
  const [team] = await tx.orm.select({ id: teams.id }).from(teams).where(eq(teams.id, teamId));
  if (!team) throw notFound('Team', publicId('team', teamId));
}

/** Which key to revoke, and of which team; without a team any key, for operators. */
export interface RevokeApiKey {
  readonly keyId: Uuid;
  readonly teamId?: Uuid | undefined;
  readonly reason?: string | undefined;
}

/**
 * Ends a key's access for good. A key that was revoked before stays as it is.
 * @throws DomainError NOT_FOUND when there is no such key (of this team).
 */
export async function revokeApiKey(tx: Tx, input: RevokeApiKey, actor: Actor, at: Date): Promise<void> {
  const { keyId, teamId } = input;
  const reason = checkReason(input.reason);
  const which = and(eq(apiKeys.id, keyId), teamId ? eq(apiKeys.teamId, teamId) : undefined);
  const [revoked] = await tx.orm
    .update(apiKeys)
    .set({ revokedAt: at })
    .where(and(which, isNull(apiKeys.revokedAt)))
    .returning({ teamId: apiKeys.teamId });
  if (!revoked) return demandKey(tx, keyId, which);
  await audit(tx, {
    teamId: revoked.teamId ?? INSTALLATION,
    action: 'api-key.revoked',
    actor: actorRef(actor),
    details: { keyId: publicId('apiKey', keyId), reason },
    at,
  });
  const fact: ApiKeyRevoked = { type: 'api-key.revoked', keyId };
  tx.facts.push(fact);
}

async function demandKey(tx: Tx, keyId: Uuid, which: ReturnType<typeof and>): Promise<void> {
  const [known] = await tx.orm.select({ id: apiKeys.id }).from(apiKeys).where(which);
  if (!known) throw notFound('API key', publicId('apiKey', keyId));
}

/** The keys with these ids, revoked and expired ones too, in any order. */
export async function keysById(db: Reader, ids: readonly Uuid[]): Promise<ApiKeyRow[]> {
  return db.orm
    .select()
    .from(apiKeys)
    .where(inArray(apiKeys.id, [...ids]));
}

/** The working keys of this name that nobody but the installation itself has made. */
export async function keysNamed(db: Reader, name: string): Promise<ApiKeyRow[]> {
  const unmade = and(isNull(apiKeys.createdBy), isNull(apiKeys.revokedAt));
  return db.orm
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.name, name), unmade));
}

/** The keys of a team, or those of no team, newest first, revoked and expired ones too. */
export async function keysOf(db: Reader, teamId: Uuid | null, window: IdWindow): Promise<ApiKeyRow[]> {
  const forward = window.direction === 'FORWARD';
  const beyond = window.from === undefined ? undefined : (forward ? lt : gt)(apiKeys.id, window.from);
  return db.orm
    .select()
    .from(apiKeys)
    .where(and(teamId ? eq(apiKeys.teamId, teamId) : isNull(apiKeys.teamId), beyond))
    .orderBy((forward ? desc : asc)(apiKeys.id))
    .limit(window.limit);
}
