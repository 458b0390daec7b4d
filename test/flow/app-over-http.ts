import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll } from 'vitest';
import { type App, startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLogger } from '../../src/graphql/logger.ts';
import { type TestDatabase, useDatabase } from '../support/database.ts';

const JWT_SECRET = 'a secret that only the tests of this project know';

/** The product as it runs, on a database of its own, with the usual limits and without demo data. */
export interface RunningApp {
  readonly database: TestDatabase;
  readonly url: string;
  /** What was logged as a failure of ours. */
  readonly failures: readonly string[];
}

/** Starts the product for the tests of a file. Use what it answers inside tests and hooks only. */
export function useApp(): RunningApp {
  const database = useDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'drawdown-http-'));
  const failures: string[] = [];
  let app: App | undefined;
  beforeAll(async () => {
    const config = readConfig({
      NODE_ENV: 'test',
      DATABASE_URL: database.url,
      DATABASE_OWNER_URL: database.ownerUrl,
      DATA_DIR: dataDir,
      JWT_SECRET,
      PORT: '0',
    });
    app = await startApp(config, createLogger('error', { write: (line) => void failures.push(line) }));
  });
  afterAll(async () => {
    await app?.close();
    rmSync(dataDir, { recursive: true });
  });
  return {
    database,
    failures,
    get url() {
      if (!app) throw new Error('The app runs only while tests do.');
      return app.url;
    },
  };
}

/** The header of a user whose identity provider calls them `subject`. */
export async function userToken(subject: string): Promise<string> {
  const token = await new SignJWT({ name: subject })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(subject)
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(JWT_SECRET));
  return `Bearer ${token}`;
}

/** What came back over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  readonly body: GraphqlAnswer;
}

export interface GraphqlAnswer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly AnsweredError[];
}

export interface AnsweredError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: Readonly<Record<string, unknown>>;
}

/** Sends an operation by POST, as `authorization` says or as nobody. */
export function ask(
  app: RunningApp,
  authorization: string | undefined,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<HttpAnswer> {
  return send(app, { body: JSON.stringify({ query, variables }), headers: headersOf(authorization) });
}

export function headersOf(authorization: string | undefined): Record<string, string> {
  return { 'content-type': 'application/json', ...(authorization && { authorization }) };
}

/** A request to `/graphql` by POST, unless it says otherwise. */
export type RequestParts = RequestInit & { readonly path?: string; readonly duplex?: 'half' };

/** Sends a request as it is. */
export async function send(app: RunningApp, request: RequestParts): Promise<HttpAnswer> {
  const response = await fetch(`${app.url}${request.path ?? '/graphql'}`, { method: 'POST', ...request });
  const text = await response.text();
  return { status: response.status, text, body: parsed(text) };
}

function parsed(text: string): GraphqlAnswer {
  try {
    // Whatever it is, the test that looks at it says what it should be.
    return JSON.parse(text) as GraphqlAnswer;
  } catch {
    throw new Error(`no JSON: ${text.slice(0, 500)}`);
  }
}
