import type { Config } from '../config.ts';
import { connect, type Db } from './client.ts';
import { startEmbedded } from './embedded.ts';
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
  const server =
    config.DATABASE_URL === undefined ? await startEmbedded({ dataDir: config.DATA_DIR, log }) : undefined;
  const url = config.DATABASE_URL ?? server?.appUrl ?? '';
  const ownerUrl = server?.ownerUrl ?? config.DATABASE_OWNER_URL ?? url;
  try {
    if (config.MIGRATE_ON_START) await migrateDatabase(ownerUrl);
    const role = config.DATABASE_ROLE === 'none' ? undefined : config.DATABASE_ROLE;
    const db = connect({ url, poolSize: config.DATABASE_POOL_SIZE, role });
    return {
      db,
      ownerUrl,
      close: async () => {
        await db.close();
        await server?.stop();
      },
    };
  } catch (error) {
    await server?.stop();
    throw error;
  }
}
