import { SignJWT } from 'jose';
import type { Actor, KeyType } from '../actor.ts';
import { type Clock, systemMillis } from '../clock.ts';
import { type Db, inTransaction, type Tx } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import { type KeyParts, parseKey } from '../teams/api-key.ts';
import { installApiKey, keysById, keysNamed, revokeApiKey } from '../teams/keys.ts';
import { scopesFor } from '../teams/permissions.ts';
import { createTeam, type OpenLedger } from '../teams/teams.ts';
import type { TokenOptions } from '../teams/token.ts';
import { recordUser } from '../teams/users.ts';
import { type DemoSecrets, newKeyText, replaceDemoSecrets } from './demo-secrets.ts';

/** The demo's team and its owner, by their stored ids. */
export interface DemoTeam {
  readonly teamId: Uuid;
  readonly userId: Uuid;
}

export interface DemoOptions {
  readonly db: Db;
  readonly clock: Clock;
  readonly secrets: DemoSecrets;
  /** Where the secrets are kept. */
  readonly dataDir: string;
  /** How the server verifies tokens: with a secret, the demo's user gets one. */
  readonly tokens: TokenOptions;
  readonly openLedger: OpenLedger;
  /** What higher rooms add to the new team, in the transaction that creates it: grants, say. */
  readonly seed: (tx: Tx, demo: DemoTeam, at: Date) => Promise<void>;
}

/** Credentials that work. */
export interface Demo extends DemoTeam {
  readonly keys: readonly DemoKey[];
}

export interface DemoKey {
  readonly label: string;
  /** USER: a token of the demo's user for a week. There is none where tokens are verified with public keys. */
  readonly keyType: KeyType | 'USER';
  /** The whole header value. */
  readonly authorization: string;
}

const SYSTEM: Actor = { kind: 'SYSTEM' };
const SUBJECT = 'demo-user';
/** Reserved for examples: no mail ever arrives there. */
const EMAIL = 'demo@example.com';
const TOKEN_SECONDS = 7 * 86_400;

/** Never changed: later versions would no longer recognise the team that an earlier one created. */
const TEAM = { name: 'Demo Labs', ownerSubject: SUBJECT, idempotencyKey: 'demo-team' } as const;

const KEYS = [
  { secret: 'platformKey', type: 'PLATFORM', name: 'Demo platform key' },
  { secret: 'operatorKey', type: 'OPERATOR', name: 'Demo operator key' },
  { secret: 'teamKey', type: 'TEAM', name: 'Demo team key' },
] as const;

/**
 * Creates the demo's team with its owner and keys, once: the database knows by an idempotency key whether it has it.
 * Later calls, also from other processes, answer the same team and see to it that the keys work.
 */
export async function createDemoData(options: DemoOptions): Promise<Demo> {
  const { db, clock, seed, openLedger } = options;
  const at = clock.now();
  const { demo, secrets } = await inTransaction(db, async (tx) => {
    const { teamId, replayed } = await createTeam(tx, TEAM, SYSTEM, at, openLedger);
    const userId = await recordUser(tx, { subject: SUBJECT, name: 'Demo User', email: EMAIL }, at);
    const installed = await installKeys(tx, options.secrets, teamId, at);
    if (!replayed) await seed(tx, { teamId, userId }, at);
    return { demo: { teamId, userId }, secrets: installed };
  });
  if (KEYS.some(({ secret }) => secrets[secret] !== options.secrets[secret])) {
    replaceDemoSecrets(options.dataDir, secrets);
  }
  const keys = KEYS.map(({ secret, type, name }) => ({
    label: name,
    keyType: type,
    authorization: `Bearer ${secrets[secret]}`,
  }));
  return { ...demo, keys: [...keys, ...(await userKeys(options.tokens))] };
}

async function installKeys(tx: Tx, secrets: DemoSecrets, teamId: Uuid, at: Date): Promise<DemoSecrets> {
  const installed = { ...secrets };
  for (const { secret, type, name } of KEYS) {
    const input = { type, name, scopes: scopesFor(type), ...(type === 'TEAM' && { teamId }) };
    installed[secret] = await installKey(tx, secrets[secret], input, at);
  }
  return installed;
}

/** The text of the key as it works now: the given one, or another if that was revoked. */
async function installKey(
  tx: Tx,
  text: string,
  input: Parameters<typeof installApiKey>[2],
  at: Date,
): Promise<string> {
  const [known] = await keysById(tx, [partsOf(text).keyId]);
  if (known && known.revokedAt === null) return text;
  for (const { id } of await keysNamed(tx, input.name)) {
    await revokeApiKey(tx, { keyId: id, reason: 'its text is lost' }, SYSTEM, at);
  }
  const working = known ? newKeyText() : text;
  await installApiKey(tx, partsOf(working), input, SYSTEM, at);
  return working;
}

function partsOf(text: string): KeyParts {
  const parts = parseKey(text);
  assert(parts, 'demo secrets are keys');
  return parts;
}

async function userKeys({ secret, issuer, audience }: TokenOptions): Promise<DemoKey[]> {
  if (secret === undefined) return [];
  const token = new SignJWT({ name: 'Demo User', email: EMAIL, email_verified: true })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(SUBJECT)
    .setExpirationTime(Math.floor(systemMillis() / 1000) + TOKEN_SECONDS);
  if (issuer !== undefined) token.setIssuer(issuer);
  if (audience !== undefined) token.setAudience(audience);
  const signed = await token.sign(new TextEncoder().encode(secret));
  return [{ label: "Demo user's token", keyType: 'USER', authorization: `Bearer ${signed}` }];
}
