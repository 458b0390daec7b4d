import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { KeyType } from '../actor.ts';
import { badInput } from '../domain-error.ts';
import { publicId, tryParseId, type Uuid } from '../id.ts';
import { scopesFor } from './permissions.ts';

/** The form of keys: `dd_<id>_<secret>`. The id says where to look, the secret is never stored. */

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 62^43 > 2^256. */
const SECRET_LENGTH = 43;
const FORM = new RegExp(`^dd_([0-9a-z]{26})_([${ALPHABET}]{${SECRET_LENGTH}})$`);

/** A key as its holder presents it, taken apart. */
export interface KeyParts {
  readonly keyId: Uuid;
  readonly secret: string;
}

/** 256 random bits as letters and digits. */
export function newSecret(): string {
  let secret = '';
  while (secret.length < SECRET_LENGTH) {
    for (const byte of randomBytes(SECRET_LENGTH)) {
      // 248 is the last multiple of 62 in a byte: what lies above would favour the first letters.
      if (byte < 248 && secret.length < SECRET_LENGTH) secret += ALPHABET[byte % ALPHABET.length];
    }
  }
  return secret;
}

/** The text that is shown to its holder once. */
export function keyText({ keyId, secret }: KeyParts): string {
  return `${visiblePrefix(keyId)}_${secret}`;
}

/** The part of a key that may be shown at any time, to recognise it by. */
export function visiblePrefix(keyId: Uuid): string {
  return `dd_${publicId('apiKey', keyId).slice('key_'.length)}`;
}

/** Takes a key apart; undefined for any other text. */
export function parseKey(text: string): KeyParts | undefined {
  const [, id, secret] = FORM.exec(text) ?? [];
  if (!id || !secret) return undefined;
  const parsed = tryParseId(`key_${id}`);
  return parsed && { keyId: parsed.uuid, secret };
}

/** What is stored of a secret. It has 256 random bits, so a slow hash would protect nothing more. */
export function secretDigest(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/** Whether `secret` has this digest, in a time that does not depend on how much of it is right. */
export function secretMatches(secret: string, digest: Buffer): boolean {
  const given = secretDigest(secret);
  return digest.length === given.length && timingSafeEqual(given, digest);
}

/**
 * The scopes to store for a key of this type: each once, in order.
 * @throws DomainError BAD_USER_INPUT naming the first scope that such a key cannot have.
 */
export function checkScopes(type: KeyType, scopes: readonly string[]): readonly string[] {
  const allowed = scopesFor(type);
  const wrong = scopes.find((scope) => !allowed.includes(scope));
  if (wrong === undefined) return [...new Set(scopes)].sort();
  const choice = allowed.length > 0 ? `must be among ${allowed.join(', ')}` : 'must be empty';
  throw badInput('scopes', `${choice} for a ${type} key; "${wrong}" is not.`);
}
