import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { type EmbeddedPostgres, runningEmbedded, startEmbedded } from '../../src/db/embedded.ts';
import { canEnter } from '../../src/db/embedded-binaries.ts';
import { processStart } from '../../src/db/folder-lock.ts';
import { openPool, type Pool } from '../../src/db/pool.ts';

const PROGRAM = fileURLToPath(new URL('../support/embedded-process.ts', import.meta.url));
const root = process.getuid?.() === 0;
const NOBODY = 65_534;
const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

function folder(mode = 0o711): string {
  const path = mkdtempSync(join(tmpdir(), 'drawdown-embedded-'));
  chmodSync(path, mode);
  cleanUp.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function start(dataDir: string, log?: (message: string) => void): Promise<EmbeddedPostgres> {
  const server = await startEmbedded({ dataDir, settings: { fsync: 'off' }, ...(log ? { log } : {}) });
  cleanUp.push(() => server.stop());
  return server;
}

function poolOf(url: string): Pool {
  const sql = openPool(url, { max: 2, backoff: () => 0.02 });
  cleanUp.push(() => sql.end({ timeout: 1 }));
  return sql;
}

/** What `url` holds in the table of `write`. */
async function read(url: string): Promise<number[]> {
  const rows = await poolOf(url)<{ n: number }[]>`select n from kept order by n`;
  return rows.map((row) => row.n);
}

async function write(url: string, n: number): Promise<void> {
  const sql = poolOf(url);
  await sql`create table if not exists kept (n int)`;
  await sql`insert into kept values (${n})`;
}

interface Message {
  readonly started?: { readonly ownerUrl: string; readonly pid: number };
  readonly failed?: string;
  readonly interrupted?: boolean;
}

async function message(child: ChildProcess): Promise<Message> {
  // Only the program above sends, and only these.
  const [received] = (await once(child, 'message')) as [Message];
  return received;
}

/** Another process that runs PostgreSQL in `dataDir`. */
async function otherProcess(dataDir: string, user?: { uid: number; gid: number }) {
  const child = fork(PROGRAM, [dataDir], { execArgv: ['--import', 'tsx'], detached: true, ...user });
  const { started, failed } = await message(child);
  if (!started) {
    child.kill('SIGKILL');
    throw new Error(failed);
  }
  cleanUp.push(() => expect.poll(() => lives(started.pid), { timeout: 20_000 }).toBe(false));
  cleanUp.push(() => child.kill('SIGKILL'));
  return { child, ...started };
}

async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

const lives = (pid: number): boolean => processStart(pid) !== undefined;

test('keeps the data over a restart, and leaves no process and no socket when it is stopped', async () => {
  const dataDir = folder();
  const first = await start(dataDir);
  await write(first.ownerUrl, 1);
  const sockets = new URL(first.ownerUrl).searchParams.get('host') ?? '';
  expect(existsSync(join(sockets, '.s.PGSQL.5432'))).toBe(true);
  await first.stop();
  expect(lives(first.pid)).toBe(false);
  expect(existsSync(sockets)).toBe(false);
  const second = await start(dataDir);
  expect(await read(second.ownerUrl)).toEqual([1]);
});

test('is durable, in UTF-8, in UTC, and listens on a socket of a private folder only', async () => {
  const server = await startEmbedded({ dataDir: folder() });
  cleanUp.push(() => server.stop());
  const [row] = await poolOf(server.ownerUrl)`
    select current_setting('listen_addresses') as tcp, current_setting('fsync') as fsync, current_setting('timezone') as zone,
      current_setting('synchronous_commit') as durable, current_setting('server_encoding') as encoding,
      (select datcollate from pg_database where datname = current_database()) as collation`;
  expect(row).toEqual({ tcp: '', fsync: 'on', durable: 'on', zone: 'UTC', encoding: 'UTF8', collation: 'C' });
  expect(statSync(new URL(server.ownerUrl).searchParams.get('host') ?? '').mode & 0o777).toBe(0o700);
});

test('the login of the server belongs to drawdown_app and is no superuser', async () => {
  const server = await start(folder());
  const [row] = await poolOf(server.appUrl)`
    select session_user as login, pg_has_role('drawdown_app', 'set') as app, rolsuper as super from pg_roles where rolname = session_user`;
  expect(row).toEqual({ login: 'drawdown_server', app: true, super: false });
});

test('a killed PostgreSQL is started again under us, with everything that was committed', async () => {
  const logged: string[] = [];
  const server = await start(folder(), (line) => logged.push(line));
  await write(server.ownerUrl, 1);
  const before = server.pid;
  process.kill(before, 'SIGKILL');
  await expect.poll(() => server.pid, { timeout: 20_000 }).not.toBe(before);
  expect(await read(server.ownerUrl)).toEqual([1]);
  expect(logged).toContain('PostgreSQL ended unexpectedly and is started again');
});

test('a killed process leaves a folder that can be started at once, with everything that was committed', async () => {
  const dataDir = folder();
  const other = await otherProcess(dataDir);
  await write(other.ownerUrl, 1);
  await killed(other.child);
  const server = await start(dataDir);
  expect(lives(other.pid)).toBe(false);
  expect(await read(server.ownerUrl)).toEqual([1]);
});

test('recovers when the process and PostgreSQL were killed together', async () => {
  const dataDir = folder();
  const other = await otherProcess(dataDir);
  await write(other.ownerUrl, 1);
  process.kill(other.pid, 'SIGKILL');
  await killed(other.child);
  const server = await start(dataDir);
  expect(await read(server.ownerUrl)).toEqual([1]);
});

test('PostgreSQL ends by itself when the process that started it is killed', async () => {
  const other = await otherProcess(folder());
  await killed(other.child);
  await expect.poll(() => lives(other.pid), { timeout: 20_000 }).toBe(false);
});

test('a session that is busy when PostgreSQL is killed does not keep it from starting again', async () => {
  const server = await start(folder());
  const before = server.pid;
  const busy = poolOf(server.ownerUrl)`select count(*) from generate_series(1, 1e12::int8)`.catch(
    () => 'ended',
  );
  const sessions = () =>
    poolOf(server.ownerUrl)`select 1 from pg_stat_activity where query like 'select count%'`;
  await expect.poll(sessions).toHaveLength(1);
  process.kill(before, 'SIGKILL');
  await expect.poll(() => server.pid, { timeout: 25_000 }).not.toBe(before);
  expect(await busy).toBe('ended');
});

test('Ctrl-C reaches the process, which may still use PostgreSQL', async () => {
  const other = await otherProcess(folder());
  const interrupted = message(other.child);
  process.kill(-(other.child.pid ?? 0), 'SIGINT');
  expect(await interrupted).toEqual({ interrupted: true });
  await write(other.ownerUrl, 1);
  expect(await read(other.ownerUrl)).toEqual([1]);
});

test('refuses a folder that another process holds, naming both, and leaves that process alone', async () => {
  const dataDir = folder();
  const other = await otherProcess(dataDir);
  await expect(start(dataDir)).rejects.toThrow(
    `The data folder ${dataDir} is in use by the process with pid ${other.child.pid}.`,
  );
  await write(other.ownerUrl, 1);
  expect(await read(other.ownerUrl)).toEqual([1]);
});

test('another program may work on a server that runs, as owner and as server', async () => {
  const dataDir = folder();
  expect(runningEmbedded(dataDir)).toBeUndefined();
  const other = await otherProcess(dataDir);
  const found = runningEmbedded(dataDir);
  expect(found?.ownerUrl).toBe(other.ownerUrl);
  const [row] = await poolOf(found?.appUrl ?? '')`select session_user as login`;
  expect(row).toEqual({ login: 'drawdown_server' });
  await killed(other.child);
  expect(runningEmbedded(dataDir)).toBeUndefined();
});

test('of several processes that start at once on one folder, one wins', async () => {
  const dataDir = folder();
  const outcomes = await Promise.allSettled([otherProcess(dataDir), otherProcess(dataDir), start(dataDir)]);
  const refused = outcomes
    .filter((outcome) => outcome.status === 'rejected')
    .map((outcome) => String(outcome.reason));
  expect(refused).toHaveLength(2);
  for (const reason of refused) expect(reason).toContain('is in use by the process with pid');
});

test('starts on a folder whose lock and postmaster.pid name a process that is somebody else by now', async () => {
  const dataDir = folder();
  const first = await start(dataDir);
  await write(first.ownerUrl, 1);
  const postmasterPid = readFileSync(join(first.dataPath, 'postmaster.pid'), 'utf8');
  await first.stop();
  writeFileSync(
    join(dataDir, 'drawdown.lock'),
    JSON.stringify({ pid: process.pid, startedAt: 'long ago', note: '' }),
  );
  const stale = join(first.dataPath, 'postmaster.pid');
  writeFileSync(stale, postmasterPid.replace(/^\d+/, String(process.pid)));
  if (root) chownSync(stale, NOBODY, NOBODY);
  const second = await start(dataDir);
  expect(await read(second.ownerUrl)).toEqual([1]);
});

test("says in PostgreSQL's own words why it cannot start, and lets go of the folder", async () => {
  const dataDir = folder();
  const server = await start(dataDir);
  await server.stop();
  const version = join(server.dataPath, 'PG_VERSION');
  writeFileSync(version, '9.6\n');
  await expect(start(dataDir)).rejects.toThrow(
    /PostgreSQL did not start: .*initialized by PostgreSQL version 9\.6/s,
  );
  writeFileSync(version, '18\n');
  await expect(start(dataDir)).resolves.toBeDefined();
});

/** A folder on a disk of a few megabytes, where the machine lets us make one. */
function smallDisk(): string | undefined {
  const path = folder();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m,mode=711', 'tmpfs', path]).status === 0;
  if (mounted) cleanUp.push(() => spawnSync('umount', ['-l', path]));
  return mounted ? path : undefined;
}

test('says that the disk is full, and leaves nothing half made', async ({ skip }) => {
  const dataDir = smallDisk() ?? skip('needs the right to mount a small disk');
  await expect(start(dataDir)).rejects.toThrow(/could not be made: the disk is full/);
  expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
  expect(existsSync(join(dataDir, 'postgres.unfinished'))).toBe(false);
});

test.runIf(root)('runs as an unprivileged user when we are root', async () => {
  const server = await start(folder());
  expect(readFileSync(`/proc/${server.pid}/status`, 'utf8')).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m);
  expect(statSync(server.dataPath).uid).toBe(NOBODY);
});

test.runIf(root)(
  'keeps the data elsewhere, and says where, when its user cannot enter the folder',
  async () => {
    const dataDir = folder(0o700);
    const first = await start(dataDir);
    cleanUp.push(() => rmSync(join(first.dataPath, '..'), { recursive: true, force: true }));
    await write(first.ownerUrl, 1);
    expect(first.dataPath.startsWith(dataDir)).toBe(false);
    expect(join(readFileSync(join(dataDir, 'postgres-location'), 'utf8').trim(), 'postgres')).toBe(
      first.dataPath,
    );
    await expect(start(dataDir)).rejects.toThrow('is in use by the process');
    await first.stop();
    const second = await start(dataDir);
    expect(second.dataPath).toBe(first.dataPath);
    expect(await read(second.ownerUrl)).toEqual([1]);
  },
);

test.runIf(root)('runs for a user who is not root, and then for root on the same data', async ({ skip }) => {
  const nobody = { uid: NOBODY, gid: NOBODY };
  const open = [process.execPath, PROGRAM].every((file) => canEnter(dirname(file), nobody));
  skip(!open, 'another user cannot run programs of this folder');
  const dataDir = folder();
  chownSync(dataDir, NOBODY, NOBODY);
  const other = await otherProcess(dataDir, nobody);
  await expect(write(other.ownerUrl, 1)).rejects.toMatchObject({ code: '28000' });
  await killed(other.child);
  const server = await start(dataDir);
  await write(server.ownerUrl, 2);
  expect(await read(server.ownerUrl)).toEqual([2]);
});
