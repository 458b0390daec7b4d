import Stripe from 'stripe';
import type { Db } from '../../src/db/client.ts';
import type { TransactionConnection, TransactionPool } from '../../src/db/transaction-pool.ts';
import type { Gateway } from '../../src/gateway/stripe.ts';

/** What everything in a process meets once it has been killed. */
export class ProcessKilled extends Error {
  constructor() {
    super('the process has been killed');
  }
}

/**
 * The life of a process that is killed right after its `killedAt`-th step. Steps are what others can see of it: a
 * transaction has committed what it wrote; Stripe has done what it was asked for, and the answer is lost with the
 * process. What is not committed or not sent has not been, so that being killed before a step is being killed after the
 * one before it; and reads change nothing.
 */
export class Life {
  private steps = 0;
  private killed = false;

  constructor(private readonly killedAt: number) {}

  get isOver(): boolean {
    return this.killed;
  }

  /** @throws ProcessKilled when this is the step, and ever after. */
  step(): void {
    this.steps += 1;
    if (this.steps === this.killedAt) this.killed = true;
    this.go();
  }

  /** @throws ProcessKilled when it has been killed. */
  go(): void {
    if (this.killed) throw new ProcessKilled();
  }
}

/** Whose life it is changes: each time the process is started anew. */
export interface Living {
  life: Life;
}

/** A database as a process that may be killed sees it. What it had not committed is rolled back. */
export function mortalDb(db: Db, living: Living): Db {
  const sql = new Proxy(db.sql, {
    apply(target, self, args) {
      living.life.go();
      return Reflect.apply(target, self, args);
    },
    get(target, name) {
      if (name === 'unsafe' || name === 'reserve') living.life.go();
      return Reflect.get(target, name);
    },
  });
  return { ...db, sql, transactions: mortalPool(db.transactions, living) };
}

function mortalPool(pool: TransactionPool, living: Living): TransactionPool {
  const lent = new Map<TransactionConnection, TransactionConnection>();
  return {
    close: () => pool.close(),
    async lease() {
      living.life.go();
      const connection = await pool.lease();
      const mortal = mortalConnection(connection, living);
      lent.set(mortal, connection);
      return mortal;
    },
    giveBack(mortal) {
      const connection = lent.get(mortal);
      lent.delete(mortal);
      if (connection) pool.giveBack(connection);
    },
  };
}

/** Only the rollback, which is PostgreSQL's own doing when a process is gone, is still done. */
function mortalConnection(connection: TransactionConnection, living: Living): TransactionConnection {
  const client = new Proxy(connection.client, {
    apply(target, self, args) {
      living.life.go();
      return Reflect.apply(target, self, args);
    },
    get(target, name) {
      return name === 'unsafe' ? sender(target, living) : Reflect.get(target, name);
    },
  });
  return {
    client,
    get lost() {
      return connection.lost;
    },
    giveUp: () => connection.giveUp(),
  };
}

type Client = TransactionConnection['client'];

function sender(client: Client, living: Living): unknown {
  return (text: string, ...rest: unknown[]) => {
    if (text !== 'rollback') living.life.go();
    return text === 'commit' ? commit(client, living) : Reflect.apply(client.unsafe, client, [text, ...rest]);
  };
}

async function commit(client: Client, { life }: Living): Promise<unknown> {
  const [row] = await client.unsafe<{ wrote: boolean }[]>(
    'select pg_current_xact_id_if_assigned() is not null as wrote',
  );
  life.go();
  const answer = await client.unsafe('commit');
  if (row?.wrote) life.step();
  return answer;
}

type Request = Parameters<Stripe.HttpClient['makeRequest']>;

/** The way to Stripe as a process that may be killed sees it. */
export function mortalGateway(
  gateway: Gateway,
  { secretKey, url }: { readonly secretKey: string; readonly url: string },
  living: Living,
): Gateway {
  const { hostname: host, port } = new URL(url);
  const client = Stripe.createNodeHttpClient();
  const httpClient: Stripe.HttpClient = {
    getClientName: () => client.getClientName(),
    makeRequest: async (...request: Request) => {
      living.life.go();
      const answer = await client.makeRequest(...request);
      if (request[3] === 'GET') living.life.go();
      else living.life.step();
      return answer;
    },
  };
  const options = { host, port, protocol: 'http', maxNetworkRetries: 2, telemetry: false } as const;
  return { ...gateway, stripe: new Stripe(secretKey, { ...options, httpClient }) };
}
