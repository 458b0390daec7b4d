import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const VITEST = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
/** Enough for the slowest files of this list; a run that hangs is stopped. */
const LONGEST_MS = 180_000;
/** What each further file may add: without a fault, those of all of them run together. */
const EACH_MS = 30_000;

/** A copy of the project's files, where things may be broken. */
export interface CopiedTree {
  /** @throws Error when the patch does not apply. */
  apply(patch: string): Promise<void>;
  /** Runs test files, up to the first failure. */
  test(files: readonly string[]): Promise<TestRun>;
  remove(): void;
}

export interface TestRun {
  /** Tests that ran and failed, as `file: title`. */
  readonly failed: readonly string[];
  /** Why no test could fail or pass: a file that does not load, say. */
  readonly broken: readonly string[];
  readonly passed: number;
}

/** Copies the files that git knows or would add, as they are now; packages are shared with the original. */
export async function copyTree(root: string): Promise<CopiedTree> {
  const folder = mkdtempSync(join(tmpdir(), 'drawdown-fault-'));
  const listed = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const { stdout } = await run('git', listed, { cwd: root, maxBuffer: 2 ** 26 });
  // Where the packages are a link, git takes it for a file.
  for (const file of stdout.split('\0').filter((name) => name !== '' && name !== 'node_modules')) {
    cpSync(join(root, file), join(folder, file));
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return {
    apply: (patch) => applyPatch(folder, patch),
    test: (files) => runTests(folder, files),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

function applyPatch(folder: string, patch: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const git = spawn('git', ['apply', '--whitespace=nowarn', '-'], {
      cwd: folder,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let said = '';
    git.stderr.on('data', (chunk) => {
      said += chunk;
    });
    git.once('close', (code) => (code === 0 ? resolve() : reject(new Error(said.trim()))));
    git.stdin.end(patch);
  });
}

async function runTests(folder: string, files: readonly string[]): Promise<TestRun> {
  const report = join(folder, 'report.json');
  const options = ['run', ...files, '--bail=1', '--reporter=json', `--outputFile=${report}`];
  const outcome = await run(process.execPath, [VITEST, ...options], {
    cwd: folder,
    timeout: LONGEST_MS + files.length * EACH_MS,
    maxBuffer: 2 ** 26,
  }).catch((error: unknown) => error);
  return readReport(report, folder) ?? { failed: [], broken: [`no report: ${String(outcome)}`], passed: 0 };
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

function readReport(path: string, folder: string): TestRun | undefined {
  try {
    // vitest writes the format of Jest.
    const { testResults } = JSON.parse(readFileSync(path, 'utf8')) as Report;
    const tests = testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.map(({ fullName, status }) => ({
        title: `${name.slice(folder.length + 1)}: ${fullName}`,
        status,
      })),
    );
    // A file that was not begun, because another had noticed by then, has no message.
    const unloaded = testResults.filter(
      ({ status, message, assertionResults }) =>
        status === 'failed' && assertionResults.length === 0 && message !== '',
    );
    return {
      failed: tests.filter(({ status }) => status === 'failed').map(({ title }) => title),
      broken: unloaded.map(({ name, message }) => `${name.slice(folder.length + 1)}: ${message}`),
      passed: tests.filter(({ status }) => status === 'passed').length,
    };
  } catch {
    return undefined;
  }
}
