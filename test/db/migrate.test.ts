import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/db/client.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { openPool, type Pool } from '../../src/db/pool.ts';
import { postgresServers, startServer } from '../support/postgres-servers.ts';

describe.for(postgresServers())('on $name', ({ binaries }) => {
  describe.skipIf(!binaries)('migrations', () => {
    let server: Awaited<ReturnType<typeof startServer>>;
    let admin: Pool;
    let made = 0;

    beforeAll(async () => {
      server = await startServer(binaries ?? '');
      admin = openPool(server.url, { max: 1 });
    });
    afterAll(async () => {
      await admin.end();
      await server.stop();
    });

    /** A new database, owned by a login of its own with the given attributes, or by the superuser. */
    async function database(attributes?: string): Promise<string> {
      const name = `migrate_${++made}`;
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      await admin.unsafe(`create database ${name}`);
      if (attributes !== undefined) {
        url.username = `${name}_login`;
        await admin.unsafe(`create role ${url.username} login ${attributes}`);
        await admin.unsafe(`alter database ${name} owner to ${url.username}`);
      }
      return url.toString();
    }

    async function withPool<T>(url: string, work: (sql: Pool) => Promise<T>): Promise<T> {
      const sql = openPool(url, { max: 1 });
      return work(sql).finally(() => sql.end());
    }

    const applied = (url: string): Promise<number> =>
      withPool(url, async (sql) => (await sql`select 1 from drizzle.__drizzle_migrations`).length);

    async function forgetRole(): Promise<void> {
      const databases = await admin<
        { datname: string }[]
      >`select datname from pg_database where datname like 'migrate%'`;
      for (const { datname } of databases) await admin.unsafe(`drop database ${datname}`);
      await admin`drop role if exists drawdown_app`;
    }

    test('an owner who may not create roles is told what an administrator has to do, and can go on after it', async () => {
      const url = await database('nocreaterole');
      await expect(migrateDatabase(url)).rejects.toThrow(
        'Have an administrator run once: CREATE ROLE drawdown_app',
      );
      await admin`create role drawdown_app nologin`;
      await admin.unsafe(`grant drawdown_app to migrate_${made}_login`);
      await migrateDatabase(url);
      expect(await applied(url)).toBeGreaterThan(1);
      await forgetRole();
    });

    test('an owner who may create roles makes the role of the server and may take it', async () => {
      const url = await database('createrole');
      await migrateDatabase(url);
      const db = connect({ url, role: 'drawdown_app', poolSize: 4 });
      expect(await db.sql`select current_user as who`).toEqual([{ who: 'drawdown_app' }]);
      await db.close();
      await forgetRole();
    });

    test('processes that migrate at once take turns, and a later one finds nothing to do', async () => {
      const url = await database();
      await Promise.all(Array.from({ length: 4 }, () => migrateDatabase(url)));
      const once = await applied(url);
      await migrateDatabase(url);
      expect(await applied(url)).toBe(once);
      const [row] = await withPool(url, (sql) => sql`select revision from catalog_state`);
      expect(row).toEqual({ revision: 1n });
    });

    test('the server then works with the privileges of drawdown_app', async () => {
      const url = await database();
      await migrateDatabase(url);
      const db = connect({ url, role: 'drawdown_app', poolSize: 4 });
      expect(await db.sql`select * from entries`).toEqual([]);
      await expect(db.sql`delete from entries`).rejects.toMatchObject({ code: '42501' });
      await db.close();
    });

    test('a login that may not create tables is told whose URL to give', async () => {
      const url = new URL(await database());
      await admin.unsafe('create role stranger login');
      url.username = 'stranger';
      await expect(migrateDatabase(url.toString())).rejects.toThrow(
        'the owner of the database in DATABASE_OWNER_URL',
      );
    });

    test('a server older than PostgreSQL 15 is refused before anything is written', async () => {
      const url = new URL(await database());
      await withPool(url.toString(), async (sql) => {
        await sql`create schema old`;
        await sql`create function old.current_setting(text) returns text language sql return
          case $1 when 'server_version' then '14.9' else '140009' end`;
      });
      url.searchParams.set('search_path', 'old,pg_catalog');
      await expect(migrateDatabase(url.toString())).rejects.toThrow(
        'needs PostgreSQL 15 or newer; this server is PostgreSQL 14.9',
      );
      const [row] = await withPool(
        url.toString(),
        (sql) => sql`select to_regnamespace('drizzle') as written`,
      );
      expect(row).toEqual({ written: null });
    });
  });
});
