import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbedded } from '../../src/db/embedded.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The migrated database that each test file's database is a copy of. */
    templateUrls: { owner: string; app: string };
  }
}

/** One PostgreSQL a run, in a folder of its own; nobody needs its data after a power cut. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'drawdown-test-'));
  // The server may run as another user, who has to get to its own folder inside.
  chmodSync(dataDir, 0o711);
  const server = await startEmbedded({ dataDir, settings: QUICK_AND_SMALL });
  const remove = async (): Promise<void> => {
    await server.stop();
    rmSync(dataDir, { recursive: true });
  };
  await migrateDatabase(server.ownerUrl).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  project.provide('templateUrls', { owner: server.ownerUrl, app: server.appUrl });
  return async () => {
    if (project.vitest.state.getCountOfFailedTests() === 0) return remove();
    await server.stop();
    process.stderr.write(`\nThe databases of the failed tests are kept in ${server.dataPath}\n`);
  };
}

const QUICK_AND_SMALL = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  shared_buffers: '64MB',
  max_wal_size: '256MB',
  max_connections: '300',
};
