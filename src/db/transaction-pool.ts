import type { Pool } from './pool.ts';

/** One connection, lent to one transaction at a time. */
export interface TransactionConnection {
  readonly client: Pool;
  /** Its session ended: what was not committed is rolled back, and nothing may follow. */
  readonly lost: boolean;
  /** Ends the session: what waits for it fails at once, with a failure of the connection. */
  giveUp(): void;
}

interface TransactionPoolOptions {
  /** Connections at most. */
  readonly size: number;
  /**
   * How long a connection is lent. A host that is gone answers nothing, not even that: TCP would wait a quarter of an
   * hour, and all callers with it.
   */
  readonly longestMs: number;
}

/** Makes a client of one connection that tells when it closes, and asks before each time it connects. */
export type OpenClient = (onClose: () => void, mayConnect: () => void) => Pool;

export interface TransactionPool {
  /** Waits for a free connection. @throws Error with code CONNECTION_ENDED after `close`. */
  lease(): Promise<TransactionConnection>;
  giveBack(connection: TransactionConnection): void;
  close(): Promise<void>;
}

/**
 * At most `size` connections, each a client of its own that `open` makes and that is thrown away when it loses its
 * connection. A pool of postgres.js would connect it anew and send the rest of a broken transaction, statement by
 * statement, outside of any transaction; an ended client refuses it.
 */
export function transactionPool(
  open: OpenClient,
  { size, longestMs }: TransactionPoolOptions,
): TransactionPool {
  const live = new Set<TransactionConnection>();
  const idle: TransactionConnection[] = [];
  const deadlines = new Map<TransactionConnection, NodeJS.Timeout>();
  const waiting: { resolve: (connection: TransactionConnection) => void; reject: (error: Error) => void }[] =
    [];
  let leased = 0;
  let closed = false;

  const usable = (): TransactionConnection => {
    for (let found = idle.pop(); found; found = idle.pop()) if (!found.lost) return found;
    const made = openConnection(open, () => live.delete(made));
    live.add(made);
    return made;
  };
  const next = (): TransactionConnection => {
    const connection = usable();
    deadlines.set(connection, setTimeout(() => connection.giveUp(), longestMs).unref());
    return connection;
  };
  return {
    async lease() {
      if (closed) throw ended();
      if (leased === size) return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
      leased += 1;
      return next();
    },
    giveBack(connection) {
      clearTimeout(deadlines.get(connection));
      deadlines.delete(connection);
      idle.push(connection);
      const waiter = waiting.shift();
      if (waiter) waiter.resolve(next());
      else leased -= 1;
    },
    async close() {
      closed = true;
      for (const waiter of waiting.splice(0)) waiter.reject(ended());
      await Promise.all([...live].map(({ client }) => client.end({ timeout: 5 })));
    },
  };
}

function openConnection(open: OpenClient, onLost: () => void): TransactionConnection {
  const connection = {
    lost: false,
    giveUp: () => {
      connection.lost = true;
      onLost();
      void connection.client.end({ timeout: 0 });
    },
    // Called before any code of the transaction learns of the loss.
    client: open(
      () => connection.giveUp(),
      () => {
        if (connection.lost) throw ended();
      },
    ),
  };
  return connection;
}

function ended(): Error {
  return Object.assign(new Error('The connection to the database has ended.'), { code: 'CONNECTION_ENDED' });
}
