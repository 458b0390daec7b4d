import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { inTransaction } from '../../src/db/client.ts';
import { createDemoData, type Demo, type DemoTeam } from '../../src/sandbox/demo-data.ts';
import { demoSecrets } from '../../src/sandbox/demo-secrets.ts';
import { parseKey } from '../../src/teams/api-key.ts';
import { createAuthenticator } from '../../src/teams/authenticate.ts';
import { KeyDirectory } from '../../src/teams/key-directory.ts';
import { revokeApiKey } from '../../src/teams/keys.ts';
import { rolesOf } from '../../src/teams/memberships.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { SYSTEM, wallet } from '../teams/people.ts';

let database: TestDatabase;
let dataDir: string;
let seeded: DemoTeam[];

beforeEach(async () => {
  database = await testDatabase();
  dataDir = mkdtempSync(join(tmpdir(), 'drawdown-demo-'));
  seeded = [];
});
afterEach(async () => {
  await database.close();
  rmSync(dataDir, { recursive: true });
});

const file = () => join(dataDir, 'demo-credentials.json');

/** What a start does. */
function start(): Promise<Demo> {
  const secrets = demoSecrets(dataDir, 'development');
  return createDemoData({
    db: database.db,
    clock: systemClock,
    secrets,
    dataDir,
    tokens: { secret: secrets.tokenSecret, issuer: 'demo', audience: 'drawdown' },
    openLedger: wallet,
    seed: async (_tx, demo) => {
      seeded.push(demo);
    },
  });
}

async function whoIs(authorization: string): Promise<unknown> {
  const keys = new KeyDirectory(database.db);
  const tokens = {
    secret: demoSecrets(dataDir, 'development').tokenSecret,
    issuer: 'demo',
    audience: 'drawdown',
  };
  const authenticate = createAuthenticator({ db: database.db, keys, clock: systemClock, tokens });
  try {
    return (await authenticate({ authorization })).actor;
  } finally {
    await keys.close();
  }
}

/** A token is signed anew at each start; keys are kept. */
const apiKeys = ({ keys }: Demo) => keys.filter(({ keyType }) => keyType !== 'USER');

async function expectToWork({ teamId, userId, keys }: Demo): Promise<void> {
  const actors = await Promise.all(keys.map((key) => whoIs(key.authorization)));
  expect(actors).toMatchObject([
    {
      keyType: 'PLATFORM',
      scopes: [
        'billing:read',
        'deployments:read',
        'deployments:write',
        'teams:write',
        'usage:read',
        'usage:write',
        'users:write',
      ],
    },
    { keyType: 'OPERATOR' },
    { keyType: 'TEAM', teamId, scopes: ['billing:read', 'deployments:write'] },
    { kind: 'USER', userId },
  ]);
}

test('the first start creates a team, its owner and working credentials, and seeds the team', async () => {
  const demo = await start();
  expect(await rolesOf(database.db, demo.userId, [demo.teamId])).toEqual(new Map([[demo.teamId, 'OWNER']]));
  expect(seeded).toEqual([{ teamId: demo.teamId, userId: demo.userId }]);
  await expectToWork(demo);
});

test('later starts answer the same team and keys, and seed nothing', async () => {
  const first = await start();
  const again = await start();
  expect(again).toMatchObject({ teamId: first.teamId, userId: first.userId });
  expect(apiKeys(again)).toEqual(apiKeys(first));
  expect(seeded).toHaveLength(1);
  expect(await database.db.sql`select 1 from api_keys`).toHaveLength(3);
});

test('two processes that start at once make one demo', async () => {
  const [one, other] = await Promise.all([start(), start()]);
  expect(other.teamId).toBe(one.teamId);
  expect(apiKeys(other)).toEqual(apiKeys(one));
  expect(seeded).toHaveLength(1);
  await expectToWork(other);
});

test('the keys are kept where only the owner may read them, and never in production', async () => {
  await start();
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect(readdirSync(dataDir)).toEqual(['demo-credentials.json']);
  expect(() => demoSecrets(dataDir, 'production')).toThrow(/not for production/);
});

test('when the file is lost, new keys work and the lost ones do no more', async () => {
  const first = await start();
  rmSync(file());
  const second = await start();
  expect(second.teamId).toBe(first.teamId);
  await expectToWork(second);
  for (const key of first.keys)
    await expect(whoIs(key.authorization)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('when the database is another one, the kept keys work there', async () => {
  const first = await start();
  const old = database;
  database = await testDatabase();
  await old.close();
  const second = await start();
  expect(apiKeys(second)).toEqual(apiKeys(first));
  await expectToWork(second);
});

test('a key that was revoked is replaced by one that works', async () => {
  const first = await start();
  const keyId = parseKey(first.keys[0]?.authorization.slice('Bearer '.length) ?? '')?.keyId ?? '';
  await inTransaction(database.db, (tx) => revokeApiKey(tx, { keyId }, SYSTEM, new Date()));
  const second = await start();
  await expectToWork(second);
  expect(apiKeys(second).slice(1)).toEqual(apiKeys(first).slice(1));
  expect(apiKeys(await start())).toEqual(apiKeys(second));
});

test('a file that cannot be used is named, not overwritten', () => {
  writeFileSync(file(), '{"platformKey":"dd_x"}');
  expect(() => demoSecrets(dataDir, 'development')).toThrow(file());
  expect(readFileSync(file(), 'utf8')).toBe('{"platformKey":"dd_x"}');
});

test('a demo that cannot be seeded is not there at all, and is made at the next start', async () => {
  const secrets = demoSecrets(dataDir, 'development');
  const options = { db: database.db, clock: systemClock, secrets, dataDir, tokens: {}, openLedger: wallet };
  const failing = createDemoData({ ...options, seed: () => Promise.reject(new Error('no grants')) });
  await expect(failing).rejects.toThrow('no grants');
  expect(await database.db.sql`select 1 from teams`).toHaveLength(0);
  await start();
  expect(seeded).toHaveLength(1);
});
