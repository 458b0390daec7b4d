import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { DomainError } from '../domain-error.ts';
import { openPool } from './pool.ts';

/** Something that is true since its transaction committed. Rooms declare their own facts and narrow by `type`. */
export interface Fact {
  readonly type: string;
}

export type Orm = PostgresJsDatabase<Record<string, never>>;

/** What reads need: typed queries (`orm`) and prepared SQL (`sql`), on any connection of the pool. */
export interface Db {
  readonly orm: Orm;
  readonly sql: postgres.Sql<{ bigint: bigint }>;
  /** Told the facts of each transaction after its commit, in commit order of this process. */
  onCommitted(listener: (facts: readonly Fact[]) => void): () => void;
  close(): Promise<void>;
  /** @internal Used by `inTransaction`. */
  readonly committed: (facts: readonly Fact[]) => void;
}

/** A transaction: everything a write needs. `facts` are published when, and only when, it commits. */
export interface Tx {
  readonly orm: Orm;
  readonly sql: postgres.TransactionSql<{ bigint: bigint }>;
  readonly facts: Fact[];
}

/** Where reads may run: inside a transaction or on the pool. */
export type Reader = Pick<Tx, 'orm'> & { readonly sql: postgres.ISql<{ bigint: bigint }> };

export interface ConnectOptions {
  /** A `postgres://` URL; a unix socket is given as `?host=/path`. */
  readonly url: string;
  readonly poolSize: number;
  /** The role to take after connecting, so that the server cannot do what only the owner may. */
  readonly role?: string | undefined;
  readonly applicationName?: string;
}

/** Opens a pool. Connections are made when first needed. */
export function connect(options: ConnectOptions): Db {
  const listeners = new Set<(facts: readonly Fact[]) => void>();
  const sql = openPool(options.url, {
    max: options.poolSize,
    idle_timeout: 0,
    connect_timeout: 10,
    connection: {
      application_name: options.applicationName ?? 'drawdown',
      TimeZone: 'UTC',
      ...(options.role ? { role: options.role } : {}),
    },
  });
  return {
    orm: drizzle({ client: sql, casing: 'snake_case' }),
    sql,
    onCommitted(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    committed: (facts) => {
      for (const listener of listeners) listener(facts);
    },
    close: () => sql.end({ timeout: 5 }),
  };
}

/**
 * Runs `work` in one READ COMMITTED transaction and publishes its facts after the commit. A throw rolls back.
 * @throws DomainError UNAVAILABLE when the database is out of reach: whether the work was committed is then unknown,
 * and repeating it with the same idempotency keys is safe.
 */
export async function inTransaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  const facts: Fact[] = [];
  try {
    const result = await db.sql.begin(async (sql) => work({ orm: ormOn(sql), sql, facts }));
    if (facts.length > 0) db.committed(facts);
    // postgres.js types the result as unwrapped promises of arrays; `work` already returned a plain T.
    return result as T;
  } catch (error) {
    throw isConnectionFailure(error) ? unavailable() : error;
  }
}

/** The SQLSTATE of a database error, if it is one. */
export function sqlState(error: unknown): string | undefined {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof postgres.PostgresError ? cause.code : undefined;
}

/** Whether the database could not be reached or ended the session (restart, shutdown, crash, too many clients, full disk). */
export function isConnectionFailure(error: unknown): boolean {
  const state = sqlState(error);
  if (state) return /^(08|57P0|53)/.test(state);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|ENOENT|EPIPE|ETIMEDOUT)/.test(code);
}

function unavailable(): DomainError {
  return new DomainError(
    'UNAVAILABLE',
    'The database is out of reach. Repeat the request with the same idempotency keys.',
    {
      retryAfterSeconds: 1,
    },
  );
}

/** drizzle on the connection of a transaction; it only wants a place to register its date parsers. */
function ormOn(sql: postgres.TransactionSql<{ bigint: bigint }>): Orm {
  const client = Object.assign(sql, { options: { parsers: {}, serializers: {} } });
  // A TransactionSql has every method drizzle's session calls; only the pool-level members of Sql are missing.
  return drizzle({ client: client as unknown as postgres.Sql, casing: 'snake_case' });
}
