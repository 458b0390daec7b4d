import { setTimeout as delay } from 'node:timers/promises';
import type { SQL } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { type Fact, inTransaction, type Orm } from '../../src/db/client.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { keyText, newSecret, parseKey, visiblePrefix } from '../../src/teams/api-key.ts';
import { KeyDirectory, revokedAmong } from '../../src/teams/key-directory.ts';
import { type CreateApiKey, createApiKey, keysById, keysOf, revokeApiKey } from '../../src/teams/keys.ts';
import type { apiKeys } from '../../src/teams/tables.ts';
import { testDatabase, useDatabase } from '../support/database.ts';
import { at, newKey, newKeyText, newTeam, SYSTEM } from './people.ts';

const database = useDatabase();

function revoke(keyId: Uuid, teamId?: Uuid, db = database.db) {
  return inTransaction(db, (tx) => revokeApiKey(tx, { keyId, teamId, reason: 'leaked' }, SYSTEM, at));
}

/** The reads of `orm`, each answered only when what `held` made is resolved, with what was true before. */
function slowly(orm: Orm, held: () => Promise<void>): Orm {
  const select = () => ({
    from: (table: typeof apiKeys) => ({
      where: async (condition: SQL) => {
        const rows = await orm.select().from(table).where(condition);
        await held();
        return rows;
      },
    }),
  });
  // Of drizzle, the directory uses this form of reading and nothing else.
  return { select } as unknown as Orm;
}

const idOf = (text: string): Uuid => parseKey(text)?.keyId ?? '';

describe('a new key', () => {
  test('is told once and stored without its secret', async () => {
    const text = await newKeyText(database.db, { scopes: ['usage:write', 'billing:read'] });
    const secret = parseKey(text)?.secret ?? '';
    const [row] = await keysById(database.db, [idOf(text)]);
    expect(row).toMatchObject({
      type: 'PLATFORM',
      prefix: visiblePrefix(idOf(text)),
      scopes: ['billing:read', 'usage:write'],
      lastUsedAt: null,
      revokedAt: null,
    });
    const [whole] = await database.ownerDb.sql`
      select (select string_agg(k::text, '') from api_keys k) || (select string_agg(a::text, '') from audit_events a) as text`;
    expect(whole?.text).toContain(row?.prefix);
    expect(whole?.text).not.toContain(secret);
    expect(whole?.text).not.toContain(Buffer.from(secret).toString('hex'));
  });

  test('is made once for one idempotency key, and its text is not told again', async () => {
    const { teamId } = await newTeam(database.db);
    const input: CreateApiKey = { type: 'TEAM', teamId, name: 'ci', scopes: [], idempotencyKey: 'once' };
    const create = (over: Partial<CreateApiKey> = {}) =>
      inTransaction(database.db, (tx) => createApiKey(tx, { ...input, ...over }, SYSTEM, at));
    const results = await Promise.all([create(), create(), create()]);
    expect(new Set(results.map((result) => result.keyId)).size).toBe(1);
    expect(results.filter((result) => result.text !== undefined)).toHaveLength(1);
    expect(results.filter((result) => result.replayed)).toHaveLength(2);
    await expect(create({ name: 'other' })).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    expect(await keysOf(database.db, teamId, { direction: 'FORWARD', limit: 9 })).toHaveLength(1);
  });

  test.for([
    ['scopes', { type: 'PLATFORM', scopes: ['everything'] }],
    ['scopes', { type: 'OPERATOR', scopes: ['billing:read'] }],
    ['teamId', { type: 'TEAM' }],
    ['teamId', { type: 'PLATFORM', teamId: 'the team' }],
    ['teamId', { type: 'OPERATOR', teamId: 'the team' }],
    ['name', { name: ' ' }],
    ['expiresAt', { expiresAt: new Date(0) }],
  ] as const)('is refused for bad %s: %o', async ([field, over]) => {
    const { teamId } = await newTeam(database.db);
    const input = { ...over, ...('teamId' in over && { teamId }) } as Partial<CreateApiKey>;
    await expect(newKey(database.db, input)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { field },
    });
  });

  test('needs a team that exists', async () => {
    await expect(newKey(database.db, { type: 'TEAM', teamId: newUuid() })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('verifying', () => {
  test('accepts the very text only', async () => {
    const keys = new KeyDirectory(database.db);
    const [text, other] = [await newKeyText(database.db), await newKeyText(database.db)];
    const [parts, otherParts] = [parseKey(text), parseKey(other)];
    if (!parts || !otherParts) throw new Error('keys can be parsed');
    expect(await keys.verify(text)).toMatchObject({ id: parts.keyId });
    const forged = [
      keyText({ keyId: parts.keyId, secret: newSecret() }),
      keyText({ keyId: otherParts.keyId, secret: parts.secret }),
      keyText({ keyId: newUuid(), secret: parts.secret }),
      text.slice(0, -1),
      `${text}0`,
      text.replace(/.$/, 'é'),
      `${visiblePrefix(parts.keyId)}_`,
      '',
    ];
    for (const wrong of forged) expect(await keys.verify(wrong), wrong).toBeUndefined();
    expect(await keys.verify(text)).toBeDefined();
    await keys.close();
  });

  test('refuses a key from the instant it expires', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000);
    let nowMs = expiresAt.getTime() - 1;
    const keys = new KeyDirectory(database.db, () => nowMs);
    const text = await newKeyText(database.db, { expiresAt });
    expect(await keys.verify(text)).toBeDefined();
    nowMs += 1;
    expect(await keys.verify(text)).toBeUndefined();
    await keys.close();
  });

  test('reads a key once for many requests, and again when what was read is old', async () => {
    const own = await testDatabase();
    let nowMs = Date.now();
    const keys = new KeyDirectory(own.db, () => nowMs);
    const text = await newKeyText(own.db);
    const known = await Promise.all(Array.from({ length: 50 }, () => keys.verify(text)));
    expect(known.every((row) => row !== undefined)).toBe(true);
    await own.ownerDb.sql`update api_keys set name = 'renamed'`;
    expect(await keys.verify(text)).toMatchObject({ name: 'gateway' });
    nowMs += 801;
    expect(await keys.verify(text)).toMatchObject({ name: 'renamed' });
    await keys.close();
    await own.close();
  });
});

describe('revoking', () => {
  test('ends access at once in this process, and is told and recorded', async () => {
    const keys = new KeyDirectory(database.db);
    const text = await newKeyText(database.db);
    expect(await keys.verify(text)).toBeDefined();
    const facts: Fact[] = [];
    const stop = database.db.onCommitted((told) => facts.push(...told));
    await revoke(idOf(text));
    stop();
    expect(await keys.verify(text)).toBeUndefined();
    expect(facts).toEqual([{ type: 'api-key.revoked', keyId: idOf(text) }]);
    const events = await database.db.sql`
      select details->>'reason' as reason from audit_events where action = 'api-key.revoked'
      and details->>'keyId' = ${visiblePrefix(idOf(text)).replace('dd_', 'key_')}`;
    expect(events).toHaveLength(1);
    expect(events[0]?.reason).toBe('leaked');
    await keys.close();
  });

  test('ends access at once even when the key was being read as it was revoked', async () => {
    const { db } = database;
    const text = await newKeyText(db);
    const answers: (() => void)[] = [];
    const held = () => new Promise<void>((resolve) => answers.push(resolve));
    const keys = new KeyDirectory({ ...db, orm: slowly(db.orm, held) });
    const before = keys.verify(text);
    await expect.poll(() => answers).toHaveLength(1);
    await revoke(idOf(text));
    answers[0]?.();
    await before;
    const after = keys.verify(text);
    await expect.poll(() => answers).toHaveLength(2);
    answers[1]?.();
    expect(await after).toBeUndefined();
    await keys.close();
  });

  test('ends access within a second in another process, however busy the key is', async () => {
    const elsewhere = new KeyDirectory(database.ownerDb);
    const text = await newKeyText(database.db);
    expect(await elsewhere.verify(text)).toBeDefined();
    const revokedAtMs = Date.now();
    await revoke(idOf(text));
    while (await elsewhere.verify(text)) {
      expect(Date.now() - revokedAtMs).toBeLessThan(1000);
      await delay(5);
    }
    await elsewhere.close();
  });

  test('again changes nothing', async () => {
    const text = await newKeyText(database.db);
    await revoke(idOf(text));
    await inTransaction(database.db, (tx) =>
      revokeApiKey(tx, { keyId: idOf(text) }, SYSTEM, new Date(at.getTime() + 1000)),
    );
    const [row] = await keysById(database.db, [idOf(text)]);
    expect(row?.revokedAt).toEqual(at);
  });

  test('does not reach the key of another team, nor tell that it exists', async () => {
    const [mine, theirs] = [await newTeam(database.db), await newTeam(database.db)];
    const text = await newKeyText(database.db, { type: 'TEAM', teamId: theirs.teamId });
    const [foreign, unknown] = await Promise.allSettled([
      revoke(idOf(text), mine.teamId),
      revoke(newUuid(), mine.teamId),
    ]);
    expect(foreign).toMatchObject({ status: 'rejected', reason: { code: 'NOT_FOUND' } });
    expect(unknown).toMatchObject({ status: 'rejected', reason: { code: 'NOT_FOUND' } });
    expect(await revokedAmong(database.db, [idOf(text)])).toEqual([]);
  });
});

test('of the keys of open sockets, those that are revoked or gone can be told', async () => {
  const [good, bad] = [idOf(await newKeyText(database.db)), idOf(await newKeyText(database.db))];
  await revoke(bad);
  const gone = newUuid();
  expect((await revokedAmong(database.db, [good, bad, gone])).sort()).toEqual([bad, gone].sort());
});

test('when a key was used is written down in one go, to the minute, and never earlier than before', async () => {
  let nowMs = Date.now();
  const keys = new KeyDirectory(database.db, () => nowMs);
  const texts = [await newKeyText(database.db), await newKeyText(database.db), await newKeyText(database.db)];
  const lastUsed = async () => {
    const rows = await keysById(database.db, texts.map(idOf));
    return texts.map((text) => rows.find((row) => row.id === idOf(text))?.lastUsedAt?.getTime());
  };
  const minute = (ms: number) => Math.floor(ms / 60_000) * 60_000;
  const first = minute(nowMs);
  await keys.verify(texts[0] ?? '');
  await keys.verify(texts[1] ?? '');
  expect(await lastUsed()).toEqual([undefined, undefined, undefined]);
  await keys.flushLastUsed();
  expect(await lastUsed()).toEqual([first, first, undefined]);
  nowMs += 120_000;
  await keys.verify(texts[1] ?? '');
  await keys.flushLastUsed();
  nowMs -= 60_000;
  await keys.verify(texts[1] ?? '');
  await keys.close();
  expect(await lastUsed()).toEqual([first, first + 120_000, undefined]);
});

test('an attempt with a wrong secret does not count as a use', async () => {
  const keys = new KeyDirectory(database.db);
  const keyId = idOf(await newKeyText(database.db));
  await keys.verify(keyText({ keyId, secret: newSecret() }));
  await keys.close();
  expect((await keysById(database.db, [keyId]))[0]?.lastUsedAt).toBeNull();
});
