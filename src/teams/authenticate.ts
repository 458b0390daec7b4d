import type { Actor } from '../actor.ts';
import type { Clock } from '../clock.ts';
import { type Db, inTransaction } from '../db/client.ts';
import { DomainError } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import type { KeyDirectory } from './key-directory.ts';
import type { ApiKeyRow } from './keys.ts';
import { type TokenOptions, tokenVerifier } from './token.ts';
import { type Identity, recordUser, type WelcomeOwner } from './users.ts';

/** What came with a request, or with the first message of a socket. */
export interface Credentials {
  /** The value of the header of this name. */
  readonly authorization?: string | undefined;
}

/** Who asks, and how long the credentials are good. */
export interface Authenticated {
  readonly actor: Actor;
  /** What limits and revocation go by: the id of the key or user; undefined for nobody. */
  readonly credentialId?: Uuid;
  /** By the machine's time. */
  readonly expiresAt?: Date;
}

/** Tells who asks. @throws DomainError UNAUTHENTICATED for credentials that are not good; none at all are ANONYMOUS. */
export type Authenticate = (credentials: Credentials) => Promise<Authenticated>;

export interface AuthenticatorOptions {
  readonly db: Db;
  readonly keys: KeyDirectory;
  readonly clock: Clock;
  readonly tokens: TokenOptions;
  /** Absent: nothing is due for who owns a team. */
  readonly welcome?: WelcomeOwner | undefined;
}

const ANONYMOUS: Authenticated = { actor: { kind: 'ANONYMOUS' } };
const MAX_LENGTH = 8192;
const KNOWN_USERS = 10_000;

/** Judges `Authorization: Bearer …`: an API key, or a user's JWT, whose user is made known at first sight. */
export function createAuthenticator({
  db,
  keys,
  clock,
  tokens,
  welcome,
}: AuthenticatorOptions): Authenticate {
  const verifyToken = tokenVerifier(tokens);
  const userIdOf = userIds(db, clock, welcome);
  return async ({ authorization }) => {
    if (authorization === undefined) return ANONYMOUS;
    const bearer = bearerOf(authorization);
    if (bearer.startsWith('dd_')) return fromKey((await keys.verify(bearer)) ?? refuse());
    const { identity, expiresAt } = (await verifyToken(bearer)) ?? refuse();
    const userId = await userIdOf(identity);
    return { actor: { kind: 'USER', userId }, credentialId: userId, expiresAt };
  };
}

function bearerOf(authorization: string): string {
  const [, bearer] =
    authorization.length > MAX_LENGTH ? [] : (/^bearer +([\x21-\x7e]+)$/i.exec(authorization) ?? []);
  return bearer ?? refuse();
}

function fromKey(row: ApiKeyRow): Authenticated {
  const { id, type, teamId, scopes, expiresAt } = row;
  return {
    actor: { kind: 'KEY', keyId: id, keyType: type, scopes, ...(teamId !== null && { teamId }) },
    credentialId: id,
    ...(expiresAt && { expiresAt }),
  };
}

/** One answer for whatever is wrong, so that it tells a guesser nothing. */
function refuse(): never {
  throw new DomainError(
    'UNAUTHENTICATED',
    'These credentials are not good: malformed, unknown, expired or revoked. Send Authorization: Bearer <API key or token>.',
  );
}

/** The ids of users, in memory, so that a token costs no database access unless what it says is new. */
function userIds(
  db: Db,
  clock: Clock,
  welcome: WelcomeOwner | undefined,
): (identity: Identity) => Promise<Uuid> {
  const known = new Map<string, Uuid>();
  return async (identity) => {
    const fingerprint = JSON.stringify([identity.subject, identity.email, identity.name]);
    const userId = known.get(fingerprint);
    if (userId) return userId;
    const recorded = await inTransaction(db, (tx) => recordUser(tx, identity, clock.now(), welcome));
    const [oldest] = known.keys();
    if (known.size >= KNOWN_USERS && oldest) known.delete(oldest);
    known.set(fingerprint, recorded);
    return recorded;
  };
}
