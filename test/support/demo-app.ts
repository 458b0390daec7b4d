import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { KeyType } from '../../src/actor.ts';
import { type App, startApp } from '../../src/app.ts';
import type { Clock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import type { Db } from '../../src/db/client.ts';
import { createLogger } from '../../src/graphql/logger.ts';
import { publicId } from '../../src/id.ts';
import { type TestDatabase, useDatabase } from './database.ts';

/** The whole product on a database of its own, with its demo data. */
export interface DemoApp {
  readonly app: App;
  readonly url: string;
  readonly database: TestDatabase;
  /** The demo's team, as the API names it. */
  readonly teamId: string;
  /** The header of a demo key, or of the demo's user. */
  authorization(type: KeyType | 'USER'): string;
  /** The header of the demo's user. */
  readonly userAuthorization: string;
}

/**
 * The app for the tests of a file: `const running = useDemoApp();` at its top, its members within tests. Time is the
 * sandbox's, or that of the clock which `clockOn` makes.
 */
export function useDemoApp(environment: NodeJS.ProcessEnv = {}, clockOn?: (db: Db) => Clock): DemoApp {
  const database = useDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'drawdown-app-'));
  let app: App | undefined;
  beforeAll(async () => {
    const config = readConfig({
      DATABASE_URL: database.url,
      DATABASE_OWNER_URL: database.ownerUrl,
      DATA_DIR: dataDir,
      DEMO_DATA: 'true',
      DEMO_TRAFFIC: 'false',
      PORT: '0',
      ...environment,
    });
    app = await startApp(config, createLogger('silent'), clockOn?.(database.db));
  });
  afterAll(async () => {
    await app?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const current = (): App => {
    if (!app) throw new Error('The app runs only while tests run: use it inside test().');
    return app;
  };
  const authorization = (type: KeyType | 'USER') =>
    demo().keys.find(({ keyType }) => keyType === type)?.authorization ?? '';
  const demo = () => {
    const { demo: data } = current();
    if (!data) throw new Error('The app has no demo data.');
    return data;
  };
  return {
    database,
    get app() {
      return current();
    },
    get url() {
      return current().url;
    },
    get teamId() {
      return publicId('team', demo().teamId);
    },
    get userAuthorization() {
      return authorization('USER');
    },
    authorization,
  };
}
