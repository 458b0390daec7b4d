import { type ExecutionResult, type GraphQLSchema, graphql, parse, subscribe } from 'graphql';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { type Db, inTransaction } from '../../src/db/client.ts';
import { DomainError } from '../../src/domain-error.ts';
import { createContext } from '../../src/graphql/context.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { checkpointKey } from '../../src/ledger/checkpoint.ts';
import { type LedgerHealth, ledgerHealth } from '../../src/ledger/health.ts';
import { HealthFeed } from '../../src/ledger/health-feed.ts';
import { LedgerResolver } from '../../src/ledger/ledger.resolver.ts';
import { openLedger } from '../../src/ledger/post.ts';
import { verifyTeam } from '../../src/ledger/verify.ts';
import { newGrant, T0 } from '../support/books.ts';
import { useDatabase } from '../support/database.ts';
import { databaseStage } from '../support/history.ts';

const database = useDatabase();
const now = new Date(T0);
const operator: Actor = { kind: 'KEY', keyId: newUuid(), keyType: 'OPERATOR', scopes: [] };
const silent = { warn: () => undefined };
const REST_MS = 40;

let schema: GraphQLSchema;
let feed: HealthFeed;
let audits: number;

beforeEach(() => {
  const { db } = database;
  audits = 0;
  const auditBooks = (): Promise<LedgerHealth> => {
    audits += 1;
    return ledgerHealth(db, now);
  };
  feed = new HealthFeed({ db, log: silent, audit: auditBooks, restMs: REST_MS });
  feed.start();
  const key = checkpointKey('11'.repeat(32));
  const verifyBooks = (teamId: Uuid) => verifyTeam(db, teamId, { key });
  const resolver = new LedgerResolver({ db, verifyBooks, auditBooks, healthFeed: feed });
  schema = buildAppSchema([LedgerResolver], new Map([[LedgerResolver, resolver]]));
});
afterEach(() => feed.close());

async function teamWithGrant(): Promise<Uuid> {
  const { db } = database;
  const teamId = newUuid();
  await inTransaction(db, (tx) => openLedger(tx, teamId, now, 0n));
  await issue(db, teamId);
  return teamId;
}

async function issue(db: Db, teamId: Uuid): Promise<void> {
  await databaseStage(db, teamId).transaction(T0, [], (book) =>
    book.issue(newGrant(), { actor: { kind: 0, id: null } }),
  );
}

const context = (actor: Actor) => createContext(actor, 'trace');

async function ask(source: string, actor: Actor = operator): Promise<ExecutionResult> {
  return JSON.parse(JSON.stringify(await graphql({ schema, source, contextValue: context(actor) })));
}

/** The events of a subscription, or why it was refused. */
async function follow(actor: Actor = operator): Promise<AsyncGenerator<ExecutionResult, void, void>> {
  const document = parse('subscription { ledgerHealth { ok checkedAt checks { name ok } } }');
  const result = await subscribe({ schema, document, contextValue: context(actor) });
  if (Symbol.asyncIterator in result) return result;
  throw result.errors?.[0]?.originalError ?? result.errors?.[0];
}

async function nextOk(events: AsyncGenerator<ExecutionResult, void, void>): Promise<unknown> {
  const { value } = await events.next();
  if (!value) throw new Error('the subscription has ended');
  expect(value.errors).toBeUndefined();
  return JSON.parse(JSON.stringify(value.data)).ledgerHealth;
}

describe('verifyLedger', () => {
  const query = (teamId: Uuid) => `{ verifyLedger(teamId: "${publicId('team', teamId)}") {
    teamId ok entries checkpoints headHash problems { seq fault message } } }`;

  test('proves a team', async () => {
    const teamId = await teamWithGrant();
    const { data } = await ask(query(teamId));
    expect(data).toMatchObject({
      verifyLedger: {
        teamId: publicId('team', teamId),
        ok: true,
        entries: '1',
        checkpoints: 0,
        problems: [],
      },
    });
  });

  test('names what does not fit', async () => {
    const teamId = await teamWithGrant();
    await database.ownerDb.sql`update entries set amount_nano = 1 where team_id = ${teamId}`;
    const { data } = await ask(query(teamId));
    expect(data).toMatchObject({
      verifyLedger: { ok: false, entries: '0', problems: [{ seq: '1', fault: 'HASH_MISMATCH' }] },
    });
    await database.ownerDb.sql`delete from entries where team_id = ${teamId}`;
    await database.ownerDb.sql`delete from grants where team_id = ${teamId}`;
    await database.ownerDb.sql`delete from wallets where team_id = ${teamId}`;
  });

  test('answers an unknown team as not found', async () => {
    const { errors } = await ask(query(newUuid()));
    expect(errors?.[0]?.message).toMatch(/was not found/);
  });
});

describe('ledgerHealth', () => {
  test('answers each promise and the totals of all accounts', async () => {
    await teamWithGrant();
    const { data } = await ask(
      '{ ledgerHealth { ok checkedAt checks { name promise ok violations sample } accounts { account debits credits } } }',
    );
    expect(data).toMatchObject({ ledgerHealth: { ok: true, checkedAt: now.toISOString() } });
    expect(JSON.stringify(data)).toContain('"streams-have-no-gap"');
    expect(JSON.stringify(data)).toContain('"account":"PROMO_EXPENSE"');
  });
});

describe('watching the health of the books', () => {
  test('begins with an audit, and goes on after postings', async () => {
    const teamId = await teamWithGrant();
    const events = await follow();
    expect(await nextOk(events)).toMatchObject({ ok: true });
    const next = nextOk(events);
    await issue(database.db, teamId);
    expect(await next).toMatchObject({ ok: true });
    expect(audits).toBeGreaterThanOrEqual(2);
    await events.return();
  });

  test('tells when something breaks', async () => {
    const teamId = await teamWithGrant();
    const events = await follow();
    await nextOk(events);
    await database.ownerDb
      .sql`update wallets set available_nano = available_nano + 1 where team_id = ${teamId}`;
    const next = nextOk(events);
    await issue(database.db, await teamWithGrant());
    expect(await next).toMatchObject({ ok: false });
    await database.ownerDb
      .sql`update wallets set available_nano = available_nano - 1 where team_id = ${teamId}`;
    await events.return();
  });

  test('audits once for all who watch, and not more often than it may', async () => {
    const teamId = await teamWithGrant();
    const watchers = await Promise.all(Array.from({ length: 10 }, () => follow()));
    await Promise.all(watchers.map(nextOk));
    expect(audits).toBe(1);
    const started = performance.now();
    const next = Promise.all(watchers.map(nextOk));
    for (let i = 0; i < 20; i++) await issue(database.db, teamId);
    await next;
    expect(performance.now() - started).toBeGreaterThanOrEqual(REST_MS - 1);
    expect(audits).toBe(2);
    const late = await follow();
    await nextOk(late);
    expect(audits).toBe(2);
    await Promise.all([...watchers, late].map((events) => events.return()));
  });

  test('audits nothing while nobody watches', async () => {
    const { db } = database;
    let needless = 0;
    const audit = () => {
      needless += 1;
      return ledgerHealth(db, now);
    };
    const eager = new HealthFeed({ db, log: silent, restMs: 0, idleMs: 0, audit });
    eager.start();
    const watcher = eager.watch();
    await watcher.next();
    await watcher.return();
    needless = 0;
    const teamId = await teamWithGrant();
    for (let i = 0; i < 5; i++) await issue(db, teamId);
    expect(needless).toBe(0);
    await eager.close();
  });

  test('ends at once, also while it waits', async () => {
    const watcher = feed.watch();
    await watcher.next();
    const waiting = watcher.next();
    await watcher.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await watcher.next()).toEqual({ done: true, value: undefined });
  });

  test('ends for all when the server closes', async () => {
    const watcher = feed.watch();
    await watcher.next();
    const waiting = watcher.next();
    await feed.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  test('goes on after an audit that failed', async () => {
    let failures = 0;
    const flaky = new HealthFeed({
      db: database.db,
      log: silent,
      restMs: 1,
      audit: async () => {
        if (failures++ === 0) throw new Error('the database went away');
        return ledgerHealth(database.db, now);
      },
    });
    flaky.start();
    expect((await flaky.watch().next()).value?.ok).toBe(true);
    await flaky.close();
  });
});

describe('proof and health', () => {
  const team: Actor = {
    kind: 'KEY',
    keyId: newUuid(),
    keyType: 'TEAM',
    teamId: newUuid(),
    scopes: ['billing:read'],
  };
  const platform: Actor = { kind: 'KEY', keyId: newUuid(), keyType: 'PLATFORM', scopes: ['billing:read'] };
  test.for<[string, Actor]>([
    ['team keys', team],
    ['service keys', platform],
    ['users', { kind: 'USER', userId: newUuid() }],
  ])('are not for %s', async ([, actor]) => {
    for (const source of [
      `{ verifyLedger(teamId: "${publicId('team', newUuid())}") { ok } }`,
      '{ ledgerHealth { ok } }',
    ]) {
      const { errors, data } = await ask(source, actor);
      expect(data ?? null).toBeNull();
      expect(errors?.[0]?.message).toMatch(/do not allow this/);
    }
    await expect(follow(actor)).rejects.toThrow(DomainError);
  });
});
