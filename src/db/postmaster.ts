import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemMillis } from '../clock.ts';
import type { ServiceUser } from './embedded-binaries.ts';
import { describeCause, lastLines, postgresEnv } from './embedded-cluster.ts';

/** What is needed to start the server of a cluster. */
export interface Launch {
  readonly binaries: string;
  readonly data: string;
  readonly sockets: string;
  readonly logFile: string;
  readonly user: ServiceUser | undefined;
  readonly settings: Readonly<Record<string, string>>;
}

export interface Postmaster {
  readonly pid: number;
  /** Settles when the server has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
  stop(): Promise<void>;
}

/** Fast shutdown, then immediate, then kill: PostgreSQL recovers from each. */
const SHUTDOWN: readonly (readonly [NodeJS.Signals, number])[] = [
  ['SIGINT', 60_000],
  ['SIGQUIT', 10_000],
  ['SIGKILL', 10_000],
];
/** Waits for the end of its input, that is, of our process; then stops server $0 and removes its emptied folder of sockets. */
const WATCH = `
  serves() { [ "$(head -n 1 "$1" 2>/dev/null)" = "$0" ]; }
  read -r _
  serves "$1" && kill -INT "$0"
  for _ in $(seq 600); do serves "$1" || break; sleep 0.1; done
  rmdir "$2" 2>/dev/null`;
const POLL_MS = 20;
const OLD_BACKENDS_MS = 15_000;

/**
 * Starts the server, once nothing of an earlier one is left, and waits until it accepts connections, however long recovery takes.
 * @throws Error with the server's own words when it ends before that.
 */
export async function launch(options: Launch): Promise<Postmaster> {
  const deadline = systemMillis() + OLD_BACKENDS_MS;
  for (;;) {
    const logged = existsSync(options.logFile) ? statSync(options.logFile).size : 0;
    const child = spawnPostgres(options);
    if (await ready(child, options.data)) return supervised(child, options);
    const said = readFileSync(options.logFile).subarray(logged).toString('utf8');
    // Sessions of a killed server live on for a moment, and nobody may start while they hold its memory.
    if (!/pre-existing shared memory block/.test(said) || systemMillis() > deadline)
      throw failedStart(options, said);
    await delay(10 * POLL_MS);
  }
}

/**
 * Ends the server that a killed process of ours left behind in this folder, and sessions that outlived their server.
 * @returns the pid of that server, if there was one
 */
export async function endLeftovers(data: string): Promise<number | undefined> {
  const named = pidInFile(data);
  const orphan = named !== undefined && servesFolder(named, data) ? named : undefined;
  if (orphan !== undefined) await endOther(orphan, data, SHUTDOWN);
  for (const pid of processesIn(data)) await endOther(pid, data, SHUTDOWN.slice(1));
  // PostgreSQL would take the unrelated process (or the zombie) that has this pid for a running server.
  if (named !== undefined && processExists(named)) rmSync(join(data, 'postmaster.pid'), { force: true });
  return orphan;
}

function endOther(pid: number, data: string, steps: typeof SHUTDOWN): Promise<void> {
  return endProcess(
    (signal) => process.kill(pid, signal),
    () => !servesFolder(pid, data),
    steps,
  );
}

function spawnPostgres(options: Launch): ChildProcess {
  const log = openSync(options.logFile, 'a', 0o600);
  const settings = Object.entries(options.settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  try {
    // Its own process group: Ctrl-C in a terminal must not end it before the program has drained.
    return spawn(
      join(options.binaries, 'postgres'),
      ['-D', options.data, '-k', options.sockets, ...settings],
      {
        ...options.user,
        cwd: '/',
        env: postgresEnv,
        detached: true,
        stdio: ['ignore', log, log],
      },
    );
  } finally {
    closeSync(log);
  }
}

async function ready(child: ChildProcess, data: string): Promise<boolean> {
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  while (child.exitCode === null && child.signalCode === null) {
    if (failure) throw new Error(`PostgreSQL could not be run: ${failure.message}`);
    if (statusInFile(data, child.pid) === 'ready') return true;
    await delay(POLL_MS);
  }
  return false;
}

function supervised(child: ChildProcess, options: Launch): Postmaster {
  const { pid } = child;
  if (pid === undefined) throw new Error('PostgreSQL could not be run.');
  const watcher = stopWhenWeDie(pid, options);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void ended.then(() => watcher.kill());
  child.unref();
  return {
    pid,
    ended,
    stop: () =>
      endProcess(
        (signal) => child.kill(signal),
        () => child.exitCode !== null || child.signalCode !== null,
      ),
  };
}

/** A shell that waits for the end of our process, even by `kill -9`, and then stops the server. */
function stopWhenWeDie(pid: number, { data, user, sockets }: Launch): ChildProcess {
  const watcher = spawn('/bin/sh', ['-c', WATCH, String(pid), join(data, 'postmaster.pid'), sockets], {
    ...user,
    cwd: '/',
    env: postgresEnv,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without it only the next start, not this process's death, ends an abandoned server.
  watcher.once('error', () => undefined);
  watcher.unref();
  if (watcher.stdin && 'unref' in watcher.stdin && typeof watcher.stdin.unref === 'function')
    watcher.stdin.unref();
  return watcher;
}

async function endProcess(
  send: (signal: NodeJS.Signals) => unknown,
  hasEnded: () => boolean,
  steps = SHUTDOWN,
): Promise<void> {
  for (const [signal, patienceMs] of steps) {
    if (hasEnded()) return;
    try {
      send(signal);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
    const deadline = systemMillis() + patienceMs;
    while (!hasEnded() && systemMillis() < deadline) await delay(POLL_MS);
  }
}

function failedStart(options: Launch, said: string): Error {
  return new Error(
    `PostgreSQL did not start: ${describeCause(lastLines(said))}\nIts log is ${options.logFile}.`,
  );
}

/** postmaster.pid: the pid is its first line, the status its eighth. */
function pidFile(data: string): string[] {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}

function pidInFile(data: string): number | undefined {
  const pid = Number.parseInt(pidFile(data)[0] ?? '', 10);
  return pid > 0 ? pid : undefined;
}

function statusInFile(data: string, pid: number | undefined): string | undefined {
  return pidInFile(data) === pid ? pidFile(data)[7]?.trim() : undefined;
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Every server and session process of the folder, where the system lets us look. */
function processesIn(data: string): number[] {
  if (process.platform !== 'linux') return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => servesFolder(pid, data));
}

/** Whether the process is a PostgreSQL server of this folder, which is where such a server has its working directory. */
function servesFolder(pid: number, data: string): boolean {
  try {
    if (process.platform === 'linux') return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(data);
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).includes(data);
  } catch {
    return false;
  }
}
