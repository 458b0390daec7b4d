import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the holder of a folder writes down: who it is and the socket folder it uses. */
interface Holder {
  readonly pid: number;
  /** Tells the holder from a later process that was given the same pid. */
  readonly startedAt: string;
  readonly note: string;
}

export interface FolderLock {
  /** The note of the previous holder, when it ended without releasing the folder. */
  readonly abandonedNote: string | undefined;
  release(): void;
}

const FILE = 'drawdown.lock';

/**
 * Takes `folder` for this process; `note` is kept in the lock file for whoever finds it abandoned.
 * @throws Error naming the folder and the pid when a living process holds it.
 */
export function lockFolder(folder: string, note: string): FolderLock {
  const path = join(folder, FILE);
  const own: Holder = { pid: process.pid, startedAt: processStart(process.pid) ?? '', note };
  const mine = `${path}.${process.pid}`;
  let abandonedNote: string | undefined;
  writeFileSync(mine, JSON.stringify(own), { mode: 0o600 });
  try {
    for (;;) {
      if (linked(mine, path)) break;
      abandonedNote = removeAbandoned(path, folder) ?? abandonedNote;
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return { abandonedNote, release: () => rmSync(path, { force: true }) };
}

/** The living process that holds `folder`, and its note. */
export function livingHolder(folder: string): { readonly pid: number; readonly note: string } | undefined {
  const holder = readHolder(join(folder, FILE));
  return holder && isAlive(holder.pid, holder.startedAt) ? holder : undefined;
}

function isAlive(pid: number, startedAt: string): boolean {
  return processStart(pid) === startedAt;
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves the lock of a dead holder aside and returns its note. Another starter may be doing the same at this moment. */
function removeAbandoned(path: string, folder: string): string | undefined {
  const holder = readHolder(path);
  if (!holder) return undefined;
  if (isAlive(holder.pid, holder.startedAt)) throw heldBy(folder, holder.pid);
  const aside = `${path}.${process.pid}.abandoned`;
  try {
    renameSync(path, aside);
  } catch {
    return undefined;
  }
  const moved = readHolder(aside);
  if (moved && isAlive(moved.pid, moved.startedAt)) {
    linked(aside, path);
    rmSync(aside, { force: true });
    throw heldBy(folder, moved.pid);
  }
  rmSync(aside, { force: true });
  return holder.note;
}

function heldBy(folder: string, pid: number): Error {
  return new Error(
    `The data folder ${folder} is in use by the process with pid ${pid}. ` +
      'Stop that process, or choose another folder with DATA_DIR.',
  );
}

function readHolder(path: string): Holder | undefined {
  try {
    // Only `lockFolder` writes this file, by linking a complete one.
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch (error) {
    if (error instanceof SyntaxError) return { pid: -1, startedAt: '', note: '' };
    return undefined;
  }
}

/** When a process started, in whatever unit the system tells; undefined when there is none or it has ended. */
export function processStart(pid: number): string | undefined {
  if (pid <= 0) return undefined;
  if (existsSync('/proc/self/stat')) return procStart(pid);
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Field 22 of /proc/<pid>/stat, counted after the command name, which may itself hold spaces and brackets. */
function procStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
