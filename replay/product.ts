import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A server to replay against, and keys that work there. */
export interface Product {
  readonly url: string;
  readonly platformKey: string;
  readonly operatorKey: string;
}

/** A server that this process has started. */
export interface OwnProduct extends Product {
  readonly pid: number;
  /** Settles when the process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Stops it as an operator would, and waits for its end. */
  stop(): Promise<void>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DEFAULTS: Environment = {
  LOG_LEVEL: 'error',
  HOST: '127.0.0.1',
  PORT: '0',
  DEMO_DATA: 'true',
  // Only what is replayed is measured.
  DEMO_TRAFFIC: 'false',
};
const NODE_FLAGS = ['--max-semi-space-size=64', '--import', 'tsx'];

/**
 * Starts the product as `npm start` does and waits until it prints where it is and which keys work.
 * @throws Error with what it said when it ends before that.
 */
export async function startProduct(environment: Environment): Promise<OwnProduct> {
  const child = run('src/main.ts', [], { ...DEFAULTS, ...environment });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const { pid } = child;
  const product = await welcome(child);
  if (pid === undefined) throw new Error('The server could not be run.');
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return { ...product, pid, ended, stop };
}

/**
 * Runs a task of `npm run cli` and answers what it printed.
 * @throws Error with what it said when it fails.
 */
export async function runTask(args: readonly string[], environment: Environment): Promise<string> {
  const child = run('src/cli.ts', args, environment);
  let printed = '';
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`"${args.join(' ')}" failed: ${(said || printed).trim()}`);
  return printed;
}

/** A new folder for the data of an embedded database, whichever user runs it. */
export function makeDataFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'drawdown-replay-'));
  chmodSync(path, 0o711);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function run(file: string, args: readonly string[], environment: Environment): ChildProcess {
  return spawn(process.execPath, [...NODE_FLAGS, join(ROOT, file), ...args], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

const SIGNS = {
  url: /^Drawdown is ready at (\S+)$/,
  platformKey: /^\s*Demo platform key\s+(\S+)$/,
  operatorKey: /^\s*Demo operator key\s+(\S+)$/,
} as const;

/** Reads what the server prints when it is ready. What it prints later is read, too, so that it is never held up. */
function welcome(child: ChildProcess): Promise<Product> {
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('The server is run with pipes.');
  const said: string[] = [];
  const found = new Map<string, string>();
  return new Promise((resolve, reject) => {
    const read = (line: string) => {
      said.push(line);
      if (said.length > 20) said.shift();
      for (const [name, sign] of Object.entries(SIGNS)) {
        const value = sign.exec(line)?.[1];
        if (value !== undefined) found.set(name, value);
      }
      const [url, platformKey, operatorKey] = Object.keys(SIGNS).map((name) => found.get(name));
      if (url && platformKey && operatorKey) resolve({ url, platformKey, operatorKey });
    };
    createInterface(stdout).on('line', read);
    createInterface(stderr).on('line', read);
    child.once('close', () => reject(new Error(`The server ended.\n${said.join('\n')}`)));
  });
}
