import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { connect, type Db, type Fact, inTransaction, type Tx } from '../../src/db/client.ts';
import type { DomainError } from '../../src/domain-error.ts';
import { newUuid } from '../../src/id.ts';
import { checkpoints } from '../../src/ledger/tables.ts';
import { auditEvents, teams } from '../../src/teams/tables.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();
const unavailable = expect.objectContaining({ code: 'UNAVAILABLE' });

beforeAll(async () => {
  await database.ownerDb.sql`create table marks (n int)`;
  await database.ownerDb.sql`grant all on marks to drawdown_app`;
});
beforeEach(async () => {
  await database.ownerDb.sql`truncate marks`;
});

async function marks(): Promise<number[]> {
  const rows = await database.ownerDb.sql<{ n: number }[]>`select n from marks order by n`;
  return rows.map((row) => row.n);
}

const insertMark = async (tx: Tx, n: number) => tx.sql`insert into marks values (${n})`;

async function sessionOf(tx: Tx): Promise<number> {
  const [row] = await tx.sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  return row?.pid ?? 0;
}

/** Ends a session as a crash or an administrator would. */
async function endSession(pid: number): Promise<void> {
  await database.ownerDb.sql`select pg_terminate_backend(${pid}, 5000)`;
}

function collectFacts(db: Db): { facts: Fact[]; stop: () => void } {
  const facts: Fact[] = [];
  return { facts, stop: db.onCommitted((committed) => facts.push(...committed)) };
}

test('the server works as drawdown_app', async () => {
  const [row] = await database.db.sql`select current_user as who, session_user as login`;
  expect(row).toEqual({ who: 'drawdown_app', login: 'drawdown_server' });
});

test('publishes the facts of a transaction once it is committed, not before', async () => {
  const { facts, stop } = collectFacts(database.db);
  const seenInside = await inTransaction(database.db, async (tx) => {
    tx.facts.push({ type: 'mark.made' });
    await tx.sql`insert into marks values (1)`;
    return facts.length;
  });
  stop();
  expect(seenInside).toBe(0);
  expect(facts).toEqual([{ type: 'mark.made' }]);
  expect(await marks()).toEqual([1]);
});

test('publishes nothing of a transaction that is rolled back', async () => {
  const { facts, stop } = collectFacts(database.db);
  const refused = inTransaction(database.db, async (tx) => {
    tx.facts.push({ type: 'mark.made' });
    await tx.sql`insert into marks values (1)`;
    throw new Error('refused');
  });
  await expect(refused).rejects.toThrow('refused');
  stop();
  expect(facts).toEqual([]);
  expect(await marks()).toEqual([]);
});

test('a listener that fails neither hides the commit nor keeps the facts from others', async () => {
  const stopFailing = database.db.onCommitted(() => {
    throw new Error('broken listener');
  });
  const { facts, stop } = collectFacts(database.db);
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
  await inTransaction(database.db, async (tx) => {
    tx.facts.push({ type: 'mark.made' });
  });
  stopFailing();
  stop();
  expect(facts).toHaveLength(1);
  expect((await warned).message).toContain('broken listener');
});

test('drizzle and raw SQL see each other in one transaction, and nobody else does before the commit', async () => {
  const id = newUuid();
  await inTransaction(database.db, async (tx) => {
    await tx.orm.insert(teams).values({ id, name: 'Acme', createdAt: new Date(0) });
    expect(await tx.sql`select name from teams where id = ${id}`).toMatchObject([{ name: 'Acme' }]);
    await tx.sql`update teams set name = 'Acme Ltd' where id = ${id}`;
    expect(await tx.orm.select().from(teams).where(eq(teams.id, id))).toMatchObject([{ name: 'Acme Ltd' }]);
    expect(await database.db.orm.select().from(teams).where(eq(teams.id, id))).toEqual([]);
  });
  expect(await database.db.orm.select().from(teams).where(eq(teams.id, id))).toHaveLength(1);
});

test('runs at READ COMMITTED, whatever the default of the database', async () => {
  const url = new URL(database.url);
  url.searchParams.set('default_transaction_isolation', 'serializable');
  const db = connect({ url: url.toString(), poolSize: 2 });
  const level = await inTransaction(db, (tx) => tx.sql`show transaction isolation level`);
  expect(level).toMatchObject([{ transaction_isolation: 'read committed' }]);
  await db.close();
});

test('has its session ended by the server when it falls silent, so that its locks do not outlive its process', async () => {
  const frozen = inTransaction(database.db, async (tx) => {
    const [setting] = await tx.sql`show idle_in_transaction_session_timeout`;
    expect(setting).toEqual({ idle_in_transaction_session_timeout: '30s' });
    await tx.sql`lock table marks`;
    // The same, without the wait.
    await tx.sql`set local idle_in_transaction_session_timeout = '20ms'`;
    await database.ownerDb.sql`insert into marks values (1)`;
    await insertMark(tx, 2);
  });
  await expect(frozen).rejects.toEqual(unavailable);
  expect(await marks()).toEqual([1]);
});

test.for(['idle between two statements', 'in the middle of a statement'])(
  'answers UNAVAILABLE and writes nothing when its session is ended while %s, even if the work goes on',
  async (moment) => {
    const { facts, stop } = collectFacts(database.db);
    const later: string[] = [];
    let ended: () => void = () => undefined;
    const workEnded = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const lost = inTransaction(database.db, async (tx) => {
      tx.facts.push({ type: 'mark.made' });
      await tx.sql`insert into marks values (1)`;
      const session = await sessionOf(tx);
      const running = moment.startsWith('idle')
        ? undefined
        : tx.sql`select pg_sleep(30)`.catch(() => undefined);
      await endSession(session);
      await running;
      for (const n of [2, 3]) {
        await insertMark(tx, n).catch((error: DomainError) => later.push(error.code));
        await database.db.sql`select 1`;
      }
      ended();
    });
    await expect(lost).rejects.toEqual(unavailable);
    await workEnded;
    stop();
    expect(later).toHaveLength(2);
    expect(await marks()).toEqual([]);
    expect(facts).toEqual([]);
  },
);

test('works on, reads and transactions, after every session was ended at once', async () => {
  const db = connect({ url: database.url, role: 'drawdown_app', poolSize: 4, applicationName: 'cut-off' });
  const mark = (n: number) => inTransaction(db, (tx) => tx.sql`insert into marks values (${n})`);
  await Promise.all([mark(1), mark(2), db.sql`select 1`, db.sql`select 2`]);
  await database.ownerDb.sql`
    select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'cut-off'`;
  await expect
    .poll(() =>
      mark(3).then(
        () => 'done',
        () => 'failed',
      ),
    )
    .toBe('done');
  await expect
    .poll(() =>
      db.sql`select 1`.then(
        () => 'done',
        () => 'failed',
      ),
    )
    .toBe('done');
  expect(await marks()).toEqual([1, 2, 3]);
  await db.close();
});

test('answers UNAVAILABLE where no server listens, without delay', async () => {
  const db = connect({ url: 'postgres://nobody@127.0.0.1:1/none', poolSize: 4 });
  for (const _attempt of [1, 2, 3]) {
    await expect(inTransaction(db, (tx) => tx.sql`select 1`)).rejects.toEqual(unavailable);
  }
  await db.close();
  await expect(inTransaction(db, (tx) => tx.sql`select 1`)).rejects.toEqual(unavailable);
});

test('answers UNAVAILABLE when the database falls silent without closing, and works on when it is back', async () => {
  const line = await lineTo(database.url);
  const db = connect({ url: line.url, role: 'drawdown_app', poolSize: 2, longestTransactionMs: 3_000 });
  await inTransaction(db, (tx) => insertMark(tx, 1));
  const silenced = inTransaction(db, async (tx) => {
    line.silence();
    await insertMark(tx, 2);
  });
  await expect(silenced).rejects.toEqual(unavailable);
  line.restore();
  await inTransaction(db, (tx) => insertMark(tx, 3));
  expect(await marks()).toEqual([1, 3]);
  await db.close();
  await line.close();
});

/** A connection to the server's socket that can stop to carry anything, as when a host loses its power. */
async function lineTo(serverUrl: string) {
  const url = new URL(serverUrl);
  const file = `.s.PGSQL.${url.searchParams.get('port') ?? 5432}`;
  const server = join(url.searchParams.get('host') ?? '', file);
  const folder = mkdtempSync(join(tmpdir(), 'line-'));
  const carried: Socket[] = [];
  let silent = false;
  const listener = createServer((near) => {
    const far = createConnection(server);
    carried.push(near, far);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (data) => silent || to.write(data));
      from.on('error', () => undefined);
      from.on('close', () => silent || to.destroy());
    }
  });
  await once(listener.listen(join(folder, file)), 'listening');
  url.searchParams.set('host', folder);
  return {
    url: url.toString(),
    silence: () => {
      silent = true;
    },
    restore: () => {
      for (const socket of carried.splice(0)) socket.destroy();
      silent = false;
    },
    close: async () => {
      for (const socket of carried) socket.destroy();
      listener.close();
      rmSync(folder, { recursive: true });
    },
  };
}

test('more transactions than connections take turns', async () => {
  const db = connect({ url: database.url, role: 'drawdown_app', poolSize: 4 });
  const all = Array.from({ length: 50 }, (_, n) =>
    inTransaction(db, (tx) => tx.sql`insert into marks values (${n})`),
  );
  await Promise.all(all);
  expect(await marks()).toHaveLength(50);
  await db.close();
});

test.for(['committed', 'rolled back'])(
  'refuses statements that are sent after the transaction was %s',
  async (end) => {
    let leaked: Tx | undefined;
    const ended = inTransaction(database.db, async (tx) => {
      leaked = tx;
      if (end === 'rolled back') throw new Error('refused');
    });
    await ended.catch(() => undefined);
    if (!leaked) throw new Error('The work did not run.');
    await expect(insertMark(leaked, 1)).rejects.toThrow('after the work of its transaction had ended');
    await expect(leaked.orm.execute('insert into marks values (2)')).rejects.toBeDefined();
    expect(await marks()).toEqual([]);
  },
);

const BIGINTS = [0n, 1n, -1n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)];
test.for(BIGINTS)(
  'keeps the 64-bit integer %s exactly, by drizzle and by SQL, in and out of transactions',
  async (n) => {
    const teamId = newUuid();
    const row = {
      teamId,
      seq: n,
      hash: Buffer.from([0, 255, 92]),
      at: new Date(1),
      keyId: 'k',
      signature: Buffer.alloc(0),
    };
    await inTransaction(database.db, async (tx) => {
      await tx.orm.insert(checkpoints).values(row);
      expect(await tx.orm.select().from(checkpoints).where(eq(checkpoints.teamId, teamId))).toEqual([row]);
      expect(await tx.sql`select seq from checkpoints where team_id = ${teamId} and seq = ${n}`).toEqual([
        { seq: n },
      ]);
    });
    expect(await database.db.orm.select().from(checkpoints).where(eq(checkpoints.seq, n))).toEqual([row]);
    expect(await database.db.sql`select seq from checkpoints where seq = ${n}`).toMatchObject([{ seq: n }]);
  },
);

const INSTANTS = [
  '1970-01-01T00:00:00.000Z',
  '2026-11-21T23:59:59.999Z',
  '0099-01-01T00:00:00.001Z',
  '9999-12-31T23:59:59.999Z',
];
test.for(INSTANTS)(
  'keeps the instant %s to the millisecond, by drizzle and by SQL, in and out of transactions',
  async (text) => {
    const at = new Date(text);
    const id = newUuid();
    await inTransaction(database.db, async (tx) => {
      await tx.orm.insert(teams).values({ id, name: 'T', createdAt: at });
      expect(await tx.sql`select created_at from teams where id = ${id} and created_at = ${at}`).toEqual([
        { created_at: at },
      ]);
    });
    expect(
      await database.db.sql`select created_at from teams where id = ${id} and created_at = ${text}`,
    ).toEqual([{ created_at: at }]);
    expect(await database.db.orm.select().from(teams).where(eq(teams.id, id))).toMatchObject([
      { createdAt: at },
    ]);
  },
);

test('keeps JSON as a value, by drizzle and by SQL', async () => {
  const details = { name: 'Ünï "quoted"', list: [1, null, true], nested: { a: '1' } };
  const row = {
    teamId: newUuid(),
    id: newUuid(),
    action: 'x',
    actorKind: 0,
    actorId: null,
    details,
    at: new Date(5),
  };
  const id = newUuid();
  await inTransaction(database.db, async (tx) => {
    await tx.orm.insert(auditEvents).values(row);
    await tx.sql`insert into audit_events (team_id, id, action, actor_kind, details, at)
      values (${row.teamId}, ${id}, 'y', 0, ${JSON.stringify(details)}::jsonb, ${row.at})`;
  });
  const stored = await database.db.orm.select().from(auditEvents).where(eq(auditEvents.teamId, row.teamId));
  expect(stored).toEqual([row, { ...row, id, action: 'y' }]);
  const types = await database.db.sql`
    select distinct jsonb_typeof(details) as type from audit_events where team_id = ${row.teamId}`;
  expect(types).toEqual([{ type: 'object' }]);
});

const APPEND_ONLY = [
  ['entries', 'reason'],
  ['charges', 'tags'],
  ['reversals', 'reason'],
  ['idempotency_keys', 'operation'],
  ['grant_changes', 'reason'],
  ['audit_events', 'action'],
  ['checkpoints', 'key_id'],
  ['price_versions', 'components'],
] as const;
test.for(APPEND_ONLY)(
  'the server may read and add rows of %s, but neither change nor remove them',
  async ([table, column]) => {
    for (const statement of [
      `update ${table} set ${column} = null`,
      `delete from ${table}`,
      `truncate ${table}`,
    ]) {
      await expect(database.db.sql.unsafe(statement)).rejects.toMatchObject({ code: '42501' });
    }
    const allowed = database.db.sql`
    select has_table_privilege(${table}, 'select') and has_table_privilege(${table}, 'insert') as both`;
    expect(await allowed).toEqual([{ both: true }]);
  },
);

test('the server may neither make nor own tables, nor take the role of the owner', async () => {
  for (const statement of [
    'create table mine (n int)',
    'drop table entries',
    'set role drawdown_owner',
    'alter table entries disable trigger all',
  ]) {
    await expect(database.db.sql.unsafe(statement)).rejects.toMatchObject({ code: '42501' });
  }
});
