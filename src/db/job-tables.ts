import { PgBoss } from 'pg-boss';
import { textArrayOf } from './arrays.ts';
import type { Tx } from './client.ts';
import type { Pool } from './pool.ts';

/** The schema of the job queue's tables, which pg-boss makes and reads. */
export const JOB_SCHEMA = 'jobs';

/** How pg-boss, which wrote its statements for node-postgres, sends them by our connections. */
export interface JobStatements {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** Inside a transaction, or on an owner's only connection. */
export function jobStatements(sql: Pick<Tx['sql'], 'unsafe'>): JobStatements {
  return {
    executeSql: (text, values) => send(sql, text, values),
  };
}

/** On a pool: its maintenance comes as whole transactions, each of which needs one connection. */
export function pooledJobStatements(pool: Pool): JobStatements {
  return {
    async executeSql(text, values) {
      if (!/^\s*begin\b/i.test(text)) return send(pool, text, values);
      const connection = await pool.reserve();
      try {
        return await send(connection, text, values);
      } finally {
        connection.release();
      }
    },
  };
}

async function send(
  sql: Pick<Tx['sql'], 'unsafe'>,
  text: string,
  values: unknown[] = [],
): Promise<{ rows: unknown[] }> {
  const bound = values.map((value) => (Array.isArray(value) ? textArrayOf(value.map(String)) : value));
  // What pg-boss binds are text, numbers, JSON and null; the driver's type of parameters is narrower than unknown.
  return { rows: [...(await sql.unsafe(text, bound as Parameters<typeof sql.unsafe>[1]))] };
}

/**
 * Makes the tables of the job queue, or brings them to the version of the installed pg-boss. On the owner's only
 * connection: pg-boss sends whole transactions as one text.
 */
export async function migrateJobTables(sql: Pool): Promise<void> {
  const boss = new PgBoss({
    db: jobStatements(sql),
    schema: JOB_SCHEMA,
    supervise: false,
    schedule: false,
  });
  let failure: unknown;
  boss.on('error', (error) => {
    failure ??= error;
  });
  await boss.start();
  await boss.stop({ graceful: false, close: false });
  if (failure) throw failure;
  await sql.unsafe(`
    grant usage on schema ${JOB_SCHEMA} to drawdown_app;
    grant select, insert, update, delete on all tables in schema ${JOB_SCHEMA} to drawdown_app;
    grant usage on all sequences in schema ${JOB_SCHEMA} to drawdown_app;
    grant execute on all functions in schema ${JOB_SCHEMA} to drawdown_app;`);
}
