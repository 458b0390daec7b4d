import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTransaction } from '../../src/db/client.ts';
import { newUuid } from '../../src/id.ts';
import { parseKey } from '../../src/teams/api-key.ts';
import { createAuthenticator } from '../../src/teams/authenticate.ts';
import { KeyDirectory } from '../../src/teams/key-directory.ts';
import { revokeApiKey } from '../../src/teams/keys.ts';
import type { TokenOptions } from '../../src/teams/token.ts';
import { usersById } from '../../src/teams/users.ts';
import { useDatabase } from '../support/database.ts';
import { at, newKeyText, newTeam, SYSTEM } from './people.ts';

const database = useDatabase();
const SECRET = 'a secret of at least thirty-two bytes';
const secretKey = new TextEncoder().encode(SECRET);

function authenticator(tokens: TokenOptions = { secret: SECRET }) {
  const keys = new KeyDirectory(database.db);
  return createAuthenticator({ db: database.db, keys, clock: { now: () => at }, tokens });
}

function authenticate(bearer: string, tokens?: TokenOptions) {
  return authenticator(tokens)({ authorization: `Bearer ${bearer}` });
}

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
const claims = (over: JWTPayload = {}): JWTPayload => ({ sub: 'ada', exp: inSeconds(60), ...over });

function shared(payload: JWTPayload, key = secretKey, alg = 'HS256'): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg }).sign(key);
}

describe('without credentials', () => {
  test('the asker is anonymous', async () => {
    expect(await authenticator()({})).toEqual({ actor: { kind: 'ANONYMOUS' } });
  });

  test.for([
    '',
    'Bearer',
    'Bearer ',
    'Basic YTpi',
    'dd_x',
    'Bearer a b',
    `Bearer ${'x'.repeat(9000)}`,
    'Bearer é',
  ])('%s is refused, not taken for none', async (authorization) => {
    await expect(authenticator()({ authorization })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('an API key', () => {
  test('makes the asker that key, with its team, scopes and expiry', async () => {
    const { teamId } = await newTeam(database.db);
    const expiresAt = new Date(Date.now() + 60_000);
    const text = await newKeyText(database.db, { type: 'TEAM', teamId, scopes: ['billing:read'], expiresAt });
    const keyId = parseKey(text)?.keyId;
    expect(await authenticate(text)).toEqual({
      actor: { kind: 'KEY', keyId, keyType: 'TEAM', teamId, scopes: ['billing:read'] },
      credentialId: keyId,
      expiresAt,
    });
    expect(await authenticator()({ authorization: `bearer   ${text}` })).toHaveProperty(
      'credentialId',
      keyId,
    );
  });

  test('that is wrong, truncated, revoked or unknown is answered alike', async () => {
    const [text, revoked] = [await newKeyText(database.db), await newKeyText(database.db)];
    const keyId = parseKey(revoked)?.keyId ?? '';
    await inTransaction(database.db, (tx) => revokeApiKey(tx, { keyId }, SYSTEM, at));
    const bad = [revoked, text.slice(0, -1), text.replace(/.{43}$/, revoked.slice(-43)), 'dd_', 'dd__'];
    const answers = await Promise.allSettled(bad.map((one) => authenticate(one)));
    const reasons = answers.map((answer) => answer.status === 'rejected' && answer.reason);
    expect(new Set(reasons.map((reason) => `${reason.code} ${reason.message}`)).size).toBe(1);
    expect(reasons[0]).toMatchObject({ code: 'UNAUTHENTICATED', details: {} });
  });
});

describe('a token with a shared secret', () => {
  test('makes the asker its user, who is known from then on', async () => {
    const payload = claims({ email: 'ada@x.org', email_verified: true, name: 'Ada' });
    const { actor, credentialId, expiresAt } = await authenticate(await shared(payload));
    const [user] = await usersById(database.db, [credentialId ?? '']);
    expect(actor).toEqual({ kind: 'USER', userId: user?.id });
    expect(user).toMatchObject({ subject: 'ada', email: 'ada@x.org', name: 'Ada', createdAt: at });
    expect(expiresAt).toEqual(new Date((payload.exp ?? 0) * 1000));
    expect(await authenticate(await shared(claims()))).toMatchObject({ credentialId });
  });

  test('is believed about the e-mail only if that was verified', async () => {
    const subject = newUuid();
    const { credentialId } = await authenticate(await shared(claims({ sub: subject, email: 'eve@x.org' })));
    expect(await usersById(database.db, [credentialId ?? ''])).toMatchObject([{ subject, email: null }]);
  });

  test('is good for five seconds after it expired, for clocks that differ, and no longer', async () => {
    await expect(authenticate(await shared(claims({ exp: inSeconds(-3) })))).resolves.toBeDefined();
    await expect(authenticate(await shared(claims({ exp: inSeconds(-7) })))).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  const strict: TokenOptions = { secret: SECRET, issuer: 'https://id.example', audience: 'drawdown' };
  const good = () => claims({ iss: 'https://id.example', aud: 'drawdown' });

  test.for<[string, () => Promise<string> | string]>([
    ['signed with another secret', () => shared(good(), new TextEncoder().encode(`${SECRET}!`))],
    ['not signed at all', () => new UnsecuredJWT(good()).encode()],
    ['signed with an algorithm that is not allowed', () => shared(good(), secretKey, 'HS512')],
    ['without an end', () => shared(without(good(), 'exp'))],
    ['without a subject', () => shared(without(good(), 'sub'))],
    ['with an empty subject', () => shared({ ...good(), sub: '' })],
    ['with a NUL in its subject', () => shared({ ...good(), sub: 'a\0b' })],
    ['with a subject of 256 characters', () => shared({ ...good(), sub: 'x'.repeat(256) })],
    ['not valid yet', () => shared({ ...good(), nbf: inSeconds(60) })],
    ['of another issuer', () => shared({ ...good(), iss: 'https://evil.example' })],
    ['for another audience', () => shared({ ...good(), aud: 'another' })],
    ['without an audience', () => shared(without(good(), 'aud'))],
    ['with a changed payload', async () => swapPayload(await shared(good()), { ...good(), sub: 'root' })],
    ['cut short', async () => (await shared(good())).slice(0, -2)],
    ['that is no token', () => 'a.b.c'],
    ['that is no token either', () => 'eyJhbGciOiJIUzI1NiJ9'],
  ])('%s is refused', async ([, make]) => {
    await expect(authenticate(await make(), strict)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(authenticate(await shared(good()), strict)).resolves.toBeDefined();
  });

  test('is refused where no secret and no keys are configured', async () => {
    await expect(authenticate(await shared(claims()), {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

function without(payload: JWTPayload, claim: string): JWTPayload {
  return Object.fromEntries(Object.entries(payload).filter(([name]) => name !== claim));
}

function swapPayload(token: string, payload: JWTPayload): string {
  const [header, , signature] = token.split('.');
  return `${header}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.${signature}`;
}

describe('a token with published keys', () => {
  let status = 200;
  let keys: { publicKey: CryptoKey; privateKey: CryptoKey };
  let jwksUrl = '';
  const server = createServer(async (_request, response) => {
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256' };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [jwk] }));
  });

  beforeAll(async () => {
    keys = await generateKeyPair('ES256', { extractable: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // A server that listens on TCP has an AddressInfo.
    jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  });
  afterAll(() => server.close());

  const signed = (kid = 'one') =>
    new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', kid }).sign(keys.privateKey);

  test('is accepted when one of them signed it', async () => {
    expect(await authenticate(await signed(), { jwksUrl })).toMatchObject({ actor: { kind: 'USER' } });
  });

  test('is refused when it names a key that is not there', async () => {
    await expect(authenticate(await signed('two'), { jwksUrl })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  test('is refused when the public key itself served as its secret', async () => {
    const asSecret = new TextEncoder().encode(JSON.stringify(await exportJWK(keys.publicKey)));
    const token = await new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(asSecret);
    await expect(authenticate(token, { jwksUrl })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('is neither good nor bad while the keys cannot be fetched', async () => {
    status = 500;
    await expect(authenticate(await signed(), { jwksUrl })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const nobody = 'http://127.0.0.1:1/jwks';
    await expect(authenticate(await signed(), { jwksUrl: nobody })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    status = 200;
  });
});
