import type { Config } from '../config.ts';
import { connect, type Db } from './client.ts';
import { runningEmbedded, startEmbedded } from './embedded.ts';
import { migrateDatabase } from './migrate.ts';

/** The installation's database, ready to be used. */
export interface Database {
  readonly db: Db;
  /** Logs in as the owner of the tables. */
  readonly ownerUrl: string;
  /** Ends the connections, and the embedded server when it is ours. */
  close(): Promise<void>;
}

type DatabaseConfig = Pick<
  Config,
  | 'DATABASE_URL'
  | 'DATABASE_OWNER_URL'
  | 'DATABASE_ROLE'
  | 'DATABASE_POOL_SIZE'
  | 'DATA_DIR'
  | 'MIGRATE_ON_START'
>;

/**
 * Opens the database that the configuration names, or starts the embedded one, and brings it to the newest schema
 * unless a deployment step does that.
 * @throws Error that says what is in the way: a held data folder, a full disk, a server that is too old …
 */
export async function openDatabase(
  config: DatabaseConfig,
  log: (message: string) => void,
): Promise<Database> {
  if (config.DATABASE_URL !== undefined) {
    const url = config.DATABASE_URL;
    return ready(config, { appUrl: url, ownerUrl: config.DATABASE_OWNER_URL ?? url });
  }
  const server = await startEmbedded({ dataDir: config.DATA_DIR, log });
  try {
    return await ready(config, server);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The same for a task beside the server: joins the embedded PostgreSQL that a running server has started. */
export async function joinDatabase(config: DatabaseConfig): Promise<Database> {
  const running = config.DATABASE_URL === undefined ? runningEmbedded(config.DATA_DIR) : undefined;
  return running ? ready(config, running) : openDatabase(config, () => undefined);
}

interface Server {
  readonly appUrl: string;
  readonly ownerUrl: string;
  stop?(): Promise<void>;
}

async function ready(config: DatabaseConfig, server: Server): Promise<Database> {
  if (config.MIGRATE_ON_START) await migrateDatabase(server.ownerUrl);
  const role = config.DATABASE_ROLE === 'none' ? undefined : config.DATABASE_ROLE;
  const db = connect({ url: server.appUrl, poolSize: config.DATABASE_POOL_SIZE, role });
  return {
    db,
    ownerUrl: server.ownerUrl,
    close: async () => {
      await db.close();
      await server.stop?.();
    },
  };
}
