import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
let clone: string;

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'drawdown-web-'));
  cpSync(join(REPOSITORY, 'web'), join(clone, 'web'), {
    recursive: true,
    filter: (source) => source !== join(REPOSITORY, 'web', 'dist'),
  });
  cpSync(join(REPOSITORY, 'package-lock.json'), join(clone, 'package-lock.json'));
  symlinkSync(join(REPOSITORY, 'node_modules'), join(clone, 'node_modules'));
});

afterEach(() => {
  rmSync(clone, { recursive: true, force: true });
});

function build(): string {
  return execFileSync(process.execPath, [join(clone, 'web', 'build.mjs')], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: join(clone, 'no-such-home'), NODE_ENV: 'development' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function assetsWith(text: string): string[] {
  const folder = join(clone, 'web', 'dist', 'graphiql', 'assets');
  return readdirSync(folder).filter((name) => readFileSync(join(folder, name), 'utf8').includes(text));
}

const builtPage = () => readFileSync(join(clone, 'web', 'dist', 'graphiql', 'index.html'), 'utf8');

test('builds GraphiQL for production without a home folder, again only when a source changed', {
  timeout: 120_000,
}, () => {
  expect(build()).toMatch(/^GraphiQL built into web\/dist\/graphiql in [\d.]+ s\.\n$/);
  const first = builtPage();
  expect(addressesIn(first).filter((address) => !/^(\/graphiql\/assets\/|data:)/.test(address))).toEqual([]);
  expect(addressesIn(first).length).toBeGreaterThan(2);
  expect(assetsWith('React DevTools')).toEqual([]);

  expect(build()).toBe('GraphiQL is built and up to date (web/dist/graphiql).\n');

  appendFileSync(join(clone, 'web', 'graphiql', 'page.css'), 'body { outline: none; }\n');
  expect(build()).toMatch(/^GraphiQL built/);
  expect(builtPage()).not.toBe(first);
});

function addressesIn(page: string): string[] {
  return [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address ?? '');
}
