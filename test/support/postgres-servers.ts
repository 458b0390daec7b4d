import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedBinaries, serviceUser } from '../../src/db/embedded-binaries.ts';
import { OWNER_ROLE, prepareCluster } from '../../src/db/embedded-cluster.ts';
import { launch } from '../../src/db/postmaster.ts';

const SYSTEM = '/usr/lib/postgresql';

/** The folders of PostgreSQL programs to test with: our own, and the oldest supported release the machine has. */
export function postgresServers(): { name: string; binaries: string | undefined }[] {
  const versions = existsSync(SYSTEM)
    ? readdirSync(SYSTEM)
        .map(Number)
        .filter((version) => version >= 15)
    : [];
  const oldest = versions.sort((a, b) => a - b)[0];
  return [
    { name: 'the embedded PostgreSQL', binaries: embeddedBinaries(serviceUser()) },
    {
      name: `the machine's PostgreSQL ${oldest ?? '(none)'}`,
      binaries: oldest && join(SYSTEM, String(oldest), 'bin'),
    },
  ].map(({ name, binaries }) => ({ name, binaries: binaries || undefined }));
}

/** An empty server of these programs; `url` logs in as its superuser. */
export async function startServer(binaries: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const home = mkdtempSync(join(tmpdir(), 'drawdown-server-'));
  chmodSync(home, 0o711);
  const user = serviceUser();
  const data = prepareCluster(home, binaries, user, false);
  // The folder is private: every role of a test may log in.
  writeFileSync(join(data, 'pg_hba.conf'), 'local all all trust\n');
  const settings = { listen_addresses: '', fsync: 'off' };
  const server = await launch({
    binaries,
    data,
    sockets: data,
    logFile: join(home, 'postgres.log'),
    user,
    settings,
  });
  return {
    url: `postgres://${OWNER_ROLE}@localhost/postgres?host=${encodeURIComponent(data)}`,
    stop: async () => {
      await server.stop();
      rmSync(home, { recursive: true });
    },
  };
}
