import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { ReplayOptions } from '../../replay/options.ts';
import {
  type Environment,
  type OwnProduct,
  type Product,
  runTask,
  startProduct,
} from '../../replay/product.ts';
import { useDatabase } from '../support/database.ts';

export const TRACE = 'test/fixtures/trace.csv';
export const PRICES = 'test/fixtures/model-prices.json';
/** Models of the fixture that are sold by tokens, with different features. */
export const MODELS = ['acme-large', 'acme-alias', 'acme-live'];

/** What a small replay is, but for what a test says. */
export function replayOptions(options: Partial<ReplayOptions>): ReplayOptions {
  return {
    trace: TRACE,
    prices: PRICES,
    models: MODELS,
    teams: 8,
    speed: 0,
    server: undefined,
    run: 'test',
    seed: '1',
    batch: 5,
    concurrency: 4,
    limit: Number.POSITIVE_INFINITY,
    patienceMs: 30_000,
    ...options,
  };
}

/** Servers of the product on the database of a test file, with the prices of the fixture. */
export interface ReplayServers {
  /** For processes that are to use the same database and credentials. */
  readonly environment: Environment;
  /** Starts another server; it is stopped with the tests. */
  start(environment?: Environment): Promise<OwnProduct>;
  /** The first one. */
  readonly first: Product;
}

/** Starts a server process for the tests of a file. Use what it answers inside tests and hooks only. */
export function useServers(): ReplayServers {
  const database = useDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'drawdown-flow-'));
  const running: OwnProduct[] = [];
  const environment = () => ({
    NODE_ENV: 'development',
    DATABASE_URL: database.url,
    DATABASE_OWNER_URL: database.ownerUrl,
    DATA_DIR: dataDir,
  });
  const start = async (more: Environment = {}) => {
    const product = await startProduct({ ...environment(), ...more });
    running.push(product);
    return product;
  };
  beforeAll(async () => {
    await start();
    await runTask(['import-prices', PRICES], environment());
  });
  afterAll(async () => {
    await Promise.all(running.map((product) => product.stop()));
    rmSync(dataDir, { recursive: true });
  });
  return {
    start,
    get environment() {
      return environment();
    },
    get first() {
      const [first] = running;
      if (!first) throw new Error('Servers run only while tests do.');
      return first;
    },
  };
}
