import {
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { DomainError } from '../domain-error.ts';
import type { Identity } from './users.ts';

/** How users' tokens are verified. With neither keys nor secret no token is good. */
export interface TokenOptions {
  readonly jwksUrl?: string | undefined;
  readonly secret?: string | undefined;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
}

/** What a good token says. */
export interface VerifiedToken {
  readonly identity: Identity;
  readonly expiresAt: Date;
}

const SHARED = ['HS256'];
const PUBLIC = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const CLOCK_TOLERANCE_SECONDS = 5;

/**
 * A verifier of users' JWTs. A secret serves HS256 only and public keys serve signatures only, so that no token can
 * choose to be checked with a public key as its secret.
 * @returns undefined for any token that is not good, whatever is wrong with it.
 * @throws DomainError UNAVAILABLE when the keys cannot be fetched.
 */
export function tokenVerifier(options: TokenOptions): (token: string) => Promise<VerifiedToken | undefined> {
  const secret = options.secret === undefined ? undefined : new TextEncoder().encode(options.secret);
  const keys = options.jwksUrl === undefined ? undefined : publishedKeys(options.jwksUrl);
  return async (token) => {
    try {
      const isShared = SHARED.includes(decodeProtectedHeader(token).alg ?? '');
      if (isShared) return secret && (await verify(token, () => secret, SHARED, options));
      return keys && (await verify(token, keys, PUBLIC, options));
    } catch (error) {
      // How jose says that a token is not good, and that a text is no token at all.
      if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined;
      throw error;
    }
  };
}

/** The keys at a URL, fetched when a token names one that is not known yet, at most twice a minute. */
function publishedKeys(url: string): JWTVerifyGetKey {
  const find = createRemoteJWKSet(new URL(url));
  return async (header, token) => {
    try {
      return await find(header, token);
    } catch (error) {
      if (UNUSABLE_KEY.some((type) => error instanceof type)) throw error;
      throw new DomainError('UNAVAILABLE', 'Tokens cannot be verified at the moment.', {
        retryAfterSeconds: 1,
      });
    }
  };
}

/** The keys were there, and none of them is the token's. */
const UNUSABLE_KEY = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

async function verify(
  token: string,
  key: JWTVerifyGetKey,
  algorithms: string[],
  { issuer, audience }: TokenOptions,
): Promise<VerifiedToken | undefined> {
  const { payload } = await jwtVerify(token, key, {
    algorithms,
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    requiredClaims: ['sub', 'exp'],
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  });
  const { sub, exp } = payload;
  if (!isText(sub, 255) || exp === undefined) return undefined;
  return { identity: identityOf(sub, payload), expiresAt: new Date(exp * 1000) };
}

function identityOf(subject: string, { email, email_verified, name }: JWTPayload): Identity {
  return {
    subject,
    email: email_verified === true && isText(email, 320) ? email : undefined,
    name: isText(name, 200) ? name : undefined,
  };
}

/** PostgreSQL's text holds no NUL. */
function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxLength && !value.includes('\0');
}
