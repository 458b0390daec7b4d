import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { canEnter, type ServiceUser, SYSTEM_FOLDER, serviceUser } from './embedded-binaries.ts';

/** The role that owns the database: migrations only. */
export const OWNER_ROLE = 'drawdown_owner';
/** The role the server logs in as: a member of `drawdown_app` and of nothing else. */
export const SERVER_ROLE = 'drawdown_server';

const POINTER = 'postgres-location';
const MINIMAL_ENV = { PATH: '/usr/bin:/bin', LANG: 'C', LC_ALL: 'C', TZ: 'UTC' };

/** The environment of every program of PostgreSQL: the caller's PG… variables and locale must not leak in. */
export const postgresEnv: NodeJS.ProcessEnv = MINIMAL_ENV;

/**
 * The folder that holds lock, log and cluster: `dataDir` itself, or, where the service user cannot enter that
 * (a clone under root's home), a folder of its own that a file in `dataDir` points to.
 */
export function clusterHome(dataDir: string): string {
  mkdirSync(dataDir, { recursive: true });
  const base = realpathSync(dataDir);
  const pointer = join(base, POINTER);
  if (existsSync(pointer)) return existingTarget(pointer);
  if (existsSync(join(base, 'postgres', 'PG_VERSION')) || canEnter(base, serviceUser())) return base;
  return newTarget(pointer);
}

function existingTarget(pointer: string): string {
  const target = readFileSync(pointer, 'utf8').trim();
  if (existsSync(target)) return target;
  throw new Error(
    `${pointer} says that the data are in ${target}, which is missing. Restore it, or remove the pointer to start empty.`,
  );
}

/** Two processes may come here at once: the first pointer stands. */
function newTarget(pointer: string): string {
  mkdirSync(SYSTEM_FOLDER, { recursive: true, mode: 0o755 });
  const target = mkdtempSync(join(SYSTEM_FOLDER, 'data-'));
  chmodSync(target, 0o755);
  const draft = join(target, POINTER);
  writeFileSync(draft, `${target}\n`);
  try {
    linkOrCopy(draft, pointer, target);
    return target;
  } catch {
    rmSync(target, { recursive: true });
    return existingTarget(pointer);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** A link appears complete or not at all; across file systems an exclusive write has to do. */
function linkOrCopy(draft: string, pointer: string, target: string): void {
  try {
    linkSync(draft, pointer);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error;
    writeFileSync(pointer, `${target}\n`, { flag: 'wx' });
  }
}

/** Who runs the cluster in `home`: whoever owns it already, when we are root. */
export function clusterUser(home: string): ServiceUser | undefined {
  const user = serviceUser();
  const owner = statSync(join(home, 'postgres'), { throwIfNoEntry: false });
  return user && owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : user;
}

/**
 * Makes the cluster if there is none, completely or not at all, and writes who may log in.
 * @returns the folder of the cluster
 * @throws Error with what `initdb` said.
 */
export function prepareCluster(
  home: string,
  binaries: string,
  user: ServiceUser | undefined,
  durable: boolean,
): string {
  const data = join(home, 'postgres');
  if (!existsSync(join(data, 'PG_VERSION'))) {
    const unfinished = join(home, 'postgres.unfinished');
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { mode: 0o700 });
    if (user) chownSync(unfinished, user.uid, user.gid);
    runInitdb(binaries, unfinished, user, durable);
    renameSync(unfinished, data);
  }
  writeLogins(data);
  return data;
}

function runInitdb(binaries: string, folder: string, user: ServiceUser | undefined, durable: boolean): void {
  const args = [
    '-D',
    folder,
    `--username=${OWNER_ROLE}`,
    '--auth=peer',
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
  ];
  const run = spawnSync(join(binaries, 'initdb'), durable ? args : [...args, '--no-sync'], {
    ...user,
    cwd: '/',
    env: postgresEnv,
    encoding: 'utf8',
  });
  if (run.status === 0) return;
  rmSync(folder, { recursive: true, force: true });
  const reason = run.error?.message ?? lastLines(run.stderr);
  throw new Error(`The PostgreSQL data in ${folder} could not be made: ${describeCause(reason)}`);
}

/** Only our own operating-system user may log in, through the socket, without a password to keep. */
function writeLogins(data: string): void {
  const name = JSON.stringify(userInfo().username);
  writeFileSync(join(data, 'pg_hba.conf'), 'local all all peer map=drawdown\n');
  writeFileSync(
    join(data, 'pg_ident.conf'),
    [OWNER_ROLE, SERVER_ROLE].map((role) => `drawdown ${name} ${role}\n`).join(''),
  );
}

/** What PostgreSQL said, led by what it means where that is known. */
export function describeCause(said: string): string {
  return /No space left on device/.test(said) ? `the disk is full.\n${said}` : said;
}

/** The end of a log. */
export function lastLines(text: string, count = 12): string {
  return text.trim().split('\n').slice(-count).join('\n');
}
