import { createConnection, type Socket } from 'node:net';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { DomainError } from '../domain-error.ts';
import { openPool } from './pool.ts';
import { type TransactionConnection, type TransactionPool, transactionPool } from './transaction-pool.ts';

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
  readonly transactions: TransactionPool;
  /** @internal Used by `inTransaction`. */
  readonly committed: (facts: readonly Fact[]) => void;
}

/** A transaction: everything a write needs. `facts` are published when, and only when, it commits. */
export interface Tx {
  readonly orm: Orm;
  readonly sql: postgres.ISql<{ bigint: bigint }>;
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
  /** How long a transaction may take before its callers are told UNAVAILABLE. Default 60 s. */
  readonly longestTransactionMs?: number;
}

/**
 * Transactions look rows up by key, a few hundred at a time. Left alone, the planner reads whole tables while they are
 * small or their statistics old (measured: a batch took 4 times as long), and plans each statement anew.
 * A transaction that wants to scan says so with `set local`.
 */
const LOOK_UPS = {
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_material: 'off',
  plan_cache_mode: 'force_generic_plan',
  jit: 'off',
};

/**
 * A process that stops or is cut off in the middle of a transaction, without its connection being closed, would keep
 * the locks of its teams from all others until TCP gives up: two hours as systems are set up.
 */
const NO_LONG_SILENCE = { idle_in_transaction_session_timeout: 30_000 };

/**
 * Opens a pool for reads and one for transactions, so that neither can starve the other. Connections are made when
 * first needed.
 */
export function connect(options: ConnectOptions): Db {
  const listeners = new Set<(facts: readonly Fact[]) => void>();
  const connection = {
    application_name: options.applicationName ?? 'drawdown',
    TimeZone: 'UTC',
    ...(options.role ? { role: options.role } : {}),
  };
  const common = { connect_timeout: 10, backoff: reconnectDelay, connection };
  const forReads = Math.ceil(options.poolSize / 2);
  const sql = openPool(options.url, { ...common, max: forReads });
  const openOne = (onclose: () => void, mayConnect: () => void) =>
    openPool(options.url, {
      ...common,
      ...guardedSocket(mayConnect),
      connection: { ...connection, ...LOOK_UPS, ...NO_LONG_SILENCE },
      max: 1,
      max_lifetime: null,
      onclose,
    });
  const transactions = transactionPool(openOne, {
    size: Math.max(1, options.poolSize - forReads),
    longestMs: options.longestTransactionMs ?? 60_000,
  });
  return {
    orm: ormOn(sql),
    sql,
    transactions,
    onCommitted(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    committed: (facts) => publish(listeners, facts),
    close: async () => {
      await Promise.all([sql.end({ timeout: 5 }), transactions.close()]);
    },
  };
}

/**
 * Runs `work` in one READ COMMITTED transaction and publishes its facts after the commit. A throw rolls back.
 * @throws DomainError UNAVAILABLE when the database is out of reach: whether the work was committed is then unknown,
 * and repeating it with the same idempotency keys is safe.
 */
export async function inTransaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  const facts: Fact[] = [];
  const result = await commit(db.transactions, (sql) => work({ orm: ormOn(sql), sql, facts }));
  if (facts.length > 0) db.committed(facts);
  return result;
}

async function commit<T>(pool: TransactionPool, work: (sql: Tx['sql']) => Promise<T>): Promise<T> {
  try {
    const connection = await pool.lease();
    try {
      return await transaction(connection, work);
    } finally {
      pool.giveBack(connection);
    }
  } catch (error) {
    throw isConnectionFailure(error) ? unavailable() : error;
  }
}

/**
 * BEGIN, the work, COMMIT or ROLLBACK, on a client that has one connection. The driver's own `begin` sends its ROLLBACK
 * to a connection that is gone already, which ends the process.
 */
async function transaction<T>(
  connection: TransactionConnection,
  work: (sql: Tx['sql']) => Promise<T>,
): Promise<T> {
  const { client } = connection;
  // Nothing may follow before it is known to have begun: it would be committed statement by statement.
  await client.unsafe('begin isolation level read committed');
  try {
    const result = await untilOver(client, connection, work);
    const { command } = await client.unsafe('commit');
    if (command !== 'COMMIT') throw new Error('A statement failed, and the work of its transaction went on.');
    return result;
  } catch (error) {
    // After a loss there is nothing to roll back; a session that cannot is not used again.
    if (!connection.lost) await client.unsafe('rollback').catch(() => client.end({ timeout: 0 }));
    throw error;
  }
}

/**
 * Runs `work` on a `sql` that refuses statements once the work or the session has ended. Those of a forgotten or failed
 * branch of the work would otherwise run outside of the transaction, or inside the next one on this connection.
 */
async function untilOver<T>(
  sql: Tx['sql'],
  connection: TransactionConnection,
  work: (sql: Tx['sql']) => Promise<T>,
): Promise<T> {
  let over = false;
  const refuseWhenOver = (): void => {
    if (connection.lost) throw unavailable();
    if (over) throw new Error('A statement was sent after the work of its transaction had ended.');
  };
  const guarded = new Proxy(sql, {
    apply(target, self, args) {
      refuseWhenOver();
      return Reflect.apply(target, self, args);
    },
    get(target, name) {
      if (name === 'unsafe') refuseWhenOver();
      return Reflect.get(target, name);
    },
  });
  try {
    return await work(guarded);
  } finally {
    over = true;
  }
}

/**
 * A socket as the driver would make it, unless `mayConnect` throws. The driver types do not know the option.
 * After a loss the driver connects anew for a statement that waited: outside of its transaction, on a session that
 * nobody would end.
 */
function guardedSocket(mayConnect: () => void): object {
  return {
    socket: ({ path, host, port }: { path?: string | false; host: string[]; port: number[] }): Socket => {
      mayConnect();
      return path
        ? createConnection({ path })
        : createConnection({ host: host[0] ?? '', port: port[0] ?? 5432 });
    },
  };
}

/** What is committed is committed: a listener that fails must not make it look otherwise, nor keep it from the others. */
function publish(listeners: Iterable<(facts: readonly Fact[]) => void>, facts: readonly Fact[]): void {
  for (const listener of listeners) {
    try {
      listener(facts);
    } catch (error) {
      process.emitWarning(`A listener of committed facts failed: ${String(error)}`);
    }
  }
}

/** Seconds before the pool connects again after a failure: never so long that a restarted database goes unnoticed. */
function reconnectDelay(retries: number): number {
  return Math.min(retries * 0.05, 0.5);
}

/** The SQLSTATE of a database error, if it is one. */
export function sqlState(error: unknown): string | undefined {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof postgres.PostgresError ? cause.code : undefined;
}

/** Whether the database could not be reached or ended the session (restart, shutdown, crash, silence, too many clients, full disk). */
export function isConnectionFailure(error: unknown): boolean {
  const state = sqlState(error);
  if (state) return /^(08|57P0|53|25P03)/.test(state);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|ENOENT|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)/.test(
    code,
  );
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

/** drizzle on a pool or in a transaction; it cannot open a transaction, and keeps its date parsers to itself. */
function ormOn(sql: Pick<Tx['sql'], 'unsafe'>): Orm {
  const client = {
    unsafe: (...args: Parameters<typeof sql.unsafe>) => sql.unsafe(...args),
    options: { parsers: {}, serializers: {} },
  };
  // Of the client, drizzle's queries use `unsafe` and nothing else.
  return drizzle({ client: client as unknown as postgres.Sql, casing: 'snake_case' });
}
