import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import { sqlState } from './client.ts';
import { migrateJobTables } from './job-tables.ts';
import { openPool, type Pool } from './pool.ts';

const FOLDER = fileURLToPath(new URL('../../drizzle', import.meta.url));
const OLDEST_VERSION = 150_000;
/** The advisory lock of Drawdown's migrations: any number, the same in every release. */
const LOCK = 4_417_020_261;

/**
 * Brings the database to the newest schema. Processes that start at once take turns; the later ones find nothing to do.
 * @throws Error that says what to change when the server is older than PostgreSQL 15 or the login may not create tables.
 */
export async function migrateDatabase(ownerUrl: string): Promise<void> {
  // One connection: the lock belongs to the session, and the migrations must run in the session that has it.
  const sql = openPool(ownerUrl, { max: 1, connection: { application_name: 'drawdown-migrate' } });
  try {
    await refuseOldServer(sql);
    await sql`select pg_advisory_lock(${LOCK})`;
    await migrate(drizzle({ client: sql }), { migrationsFolder: FOLDER });
    await migrateJobTables(sql);
  } catch (error) {
    throw sqlState(error) === '42501' ? mayNot(error) : error;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function refuseOldServer(sql: Pool): Promise<void> {
  const [row] = await sql<{ number: number; name: string }[]>`
    select current_setting('server_version_num')::int as number, current_setting('server_version') as name`;
  if (row && row.number < OLDEST_VERSION) {
    throw new Error(`Drawdown needs PostgreSQL 15 or newer; this server is PostgreSQL ${row.name}.`);
  }
}

function mayNot(cause: unknown): Error {
  const denied = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const role = denied instanceof Error && denied.message.includes('create role');
  return new Error(role ? MAY_NOT_CREATE_ROLE : MAY_NOT_CREATE_TABLES, { cause });
}

const MAY_NOT_CREATE_ROLE =
  'The login may not create the role "drawdown_app". Have an administrator run once: ' +
  'CREATE ROLE drawdown_app NOLOGIN; GRANT drawdown_app TO the logins of owner and server.';

const MAY_NOT_CREATE_TABLES =
  'The login may not create or change the tables. Give the URL of the owner of the database in DATABASE_OWNER_URL, ' +
  'or run "npm run migrate" as the owner and start with MIGRATE_ON_START=false.';
