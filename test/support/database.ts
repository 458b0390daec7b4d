import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { connect, type Db } from '../../src/db/client.ts';
import { openPool } from '../../src/db/pool.ts';

/** A database of its own, with the newest schema and empty tables. */
export interface TestDatabase {
  readonly name: string;
  /** As the server connects: what only the owner may do is refused. */
  readonly db: Db;
  /** As the owner connects. */
  readonly ownerDb: Db;
  readonly url: string;
  readonly ownerUrl: string;
  /** Ends the connections, and removes the database unless it is to be kept. */
  close(keep?: boolean): Promise<void>;
}

const ROLE = 'drawdown_app';
let made = 0;

/** Clones the migrated template. For a database a test file, call `useDatabase` instead. */
export async function testDatabase(): Promise<TestDatabase> {
  const template = inject('templateUrls');
  const name = `test_${process.pid}_${++made}`;
  await asOwner((sql) => sql`create database ${sql(name)} template ${sql(databaseOf(template.owner))}`);
  const url = withDatabase(template.app, name);
  const ownerUrl = withDatabase(template.owner, name);
  const db = connect({ url, role: ROLE, poolSize: 16 });
  const ownerDb = connect({ url: ownerUrl, poolSize: 4 });
  return {
    name,
    db,
    ownerDb,
    url,
    ownerUrl,
    close: async (keep = false) => {
      await Promise.all([db.close(), ownerDb.close()]);
      if (!keep) await asOwner((sql) => sql`drop database ${sql(name)} with (force)`);
    },
  };
}

/**
 * A database for the tests of a file: `const database = useDatabase();` at its top, `database.db` within tests.
 * It stays, and its name is printed, when a test fails.
 */
export function useDatabase(): TestDatabase {
  let database: TestDatabase | undefined;
  let failed = false;
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterEach(({ task }) => {
    failed ||= task.result?.state === 'fail';
  });
  afterAll(async () => {
    if (failed) process.stderr.write(`\nThe database ${database?.name} is kept for a look at it.\n`);
    await database?.close(failed);
  });
  const current = (): TestDatabase => {
    if (!database) throw new Error('The database exists only while tests run: use it inside test().');
    return database;
  };
  return {
    get name() {
      return current().name;
    },
    get db() {
      return current().db;
    },
    get ownerDb() {
      return current().ownerDb;
    },
    get url() {
      return current().url;
    },
    get ownerUrl() {
      return current().ownerUrl;
    },
    close: (keep) => current().close(keep),
  };
}

async function asOwner(work: (sql: ReturnType<typeof openPool>) => Promise<unknown>): Promise<void> {
  const sql = openPool(withDatabase(inject('templateUrls').owner, 'postgres'), { max: 1 });
  try {
    await work(sql);
  } finally {
    await sql.end();
  }
}

function databaseOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.toString();
}
