import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../src/clock.ts';
import { inTransaction } from '../src/db/client.ts';
import { newUuid } from '../src/id.ts';
import { createApiKey } from '../src/teams/keys.ts';
import { scopesFor } from '../src/teams/permissions.ts';
import type { Setting } from './setting.ts';

/** The product as a process of its own on the bench's database. */
export interface BenchServer {
  readonly url: string;
  readonly pid: number;
  readonly platformKey: string;
  close(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export async function startServer(setting: Setting): Promise<BenchServer> {
  const platformKey = await createKey(setting, 'PLATFORM');
  const child = spawn(process.execPath, ['--max-semi-space-size=64', '--import', 'tsx', MAIN], {
    env: {
      ...process.env,
      DATABASE_URL: setting.appUrl,
      MIGRATE_ON_START: 'false',
      DEMO_DATA: 'false',
      NODE_ENV: 'production',
      JWT_SECRET: 'x'.repeat(32),
      LOG_LEVEL: 'error',
      PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await readyAt(child);
  return {
    url,
    pid: child.pid ?? 0,
    platformKey,
    async close() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** A key with all scopes; sockets count by key, so that many sockets want several. */
export async function createKey(setting: Setting, type: 'PLATFORM' | 'OPERATOR'): Promise<string> {
  const input = {
    type,
    name: 'bench',
    scopes: [...scopesFor(type)],
    reason: 'bench',
    idempotencyKey: newUuid(),
  };
  const { text } = await inTransaction(setting.db, (tx) =>
    createApiKey(tx, input, { kind: 'SYSTEM' }, systemClock.now()),
  );
  if (text === undefined) throw new Error('The key was not made.');
  return text;
}

async function readyAt(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('The server has no output.');
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /ready at (http\S+)/.exec(line)?.[1];
    if (url) return url;
  }
  throw new Error('The server ended before it was ready.');
}
