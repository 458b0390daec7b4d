import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { DomainError } from '../../src/domain-error.ts';
import { createContext } from '../../src/graphql/context.ts';
import { createLogger } from '../../src/graphql/logger.ts';
import { createMetrics, type Metrics } from '../../src/graphql/metrics.ts';
import { type AppServer, createServer, type ServerOptions } from '../../src/graphql/server.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import type { Authenticated } from '../../src/teams/authenticate.ts';
import type { Role } from '../../src/teams/permissions.ts';
import { type SampleState, sampleSchema } from './sample-schema.ts';

/** A server with the sample schema, on a port of its own. */
export interface RunningServer {
  readonly url: string;
  readonly socketUrl: string;
  readonly state: SampleState;
  readonly app: AppServer;
  readonly metrics: Metrics;
  /** The lines of the log, parsed. */
  readonly log: Record<string, unknown>[];
  /** Who each `authorization` is; anything else is refused. */
  readonly credentials: Map<string, Authenticated>;
  /** The roles of users, by user. All are about the one team there is. */
  readonly roles: Map<Uuid, Role>;
  readonly teamId: string;
  /** A platform key that may read billing. */
  readonly keyId: Uuid;
  readonly key: string;
}

export async function startServer(options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const { schema, state } = sampleSchema();
  const team = newUuid();
  const keyId = newUuid();
  const key = 'Bearer dd_platform';
  const log: Record<string, unknown>[] = [];
  const metrics = createMetrics();
  const roles = new Map<Uuid, Role>();
  const credentials = new Map<string, Authenticated>([
    [
      key,
      { actor: { kind: 'KEY', keyId, keyType: 'PLATFORM', scopes: ['billing:read'] }, credentialId: keyId },
    ],
  ]);
  const app = createServer({
    schema,
    metrics,
    config: { NODE_ENV: 'test', ALLOWED_ORIGINS: 'https://console.example', TRUSTED_PROXIES: 0 },
    logger: createLogger('info', { write: (line) => void log.push(JSON.parse(line)) }),
    health: async () => undefined,
    staticDir: mkdtempSync(join(tmpdir(), 'drawdown-pages-')),
    authenticate: async ({ authorization }) => {
      if (authorization === undefined) return { actor: { kind: 'ANONYMOUS' } };
      const found = credentials.get(authorization);
      if (!found) throw new DomainError('UNAUTHENTICATED', 'These credentials are not good.');
      return found;
    },
    createContext: (actor, traceId) =>
      createContext(actor, traceId, async (userId) => {
        const role = roles.get(userId);
        return new Map(role ? [[team, role]] : []);
      }),
    ...options,
  });
  const { port } = await app.listen(0, '127.0.0.1');
  return {
    url: `http://127.0.0.1:${port}`,
    socketUrl: `ws://127.0.0.1:${port}/graphql`,
    teamId: publicId('team', team),
    ...{ state, app, metrics, log, credentials, roles, keyId, key },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // What a test reads of it is what it asserts.
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
  readonly body: any;
}

/** Sends an operation by POST. */
export async function post(
  server: RunningServer,
  query: string,
  variables?: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return send(server, JSON.stringify({ query, variables }), {
    'content-type': 'application/json',
    ...headers,
  });
}

/** Sends a body by POST as it is. */
export async function send(
  server: RunningServer,
  body: BodyInit,
  headers: Record<string, string>,
): Promise<Answer> {
  const response = await fetch(`${server.url}/graphql`, { method: 'POST', body, headers });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** A graphql-ws client, as dashboards use it, that does not come back unless told to. */
export function client(server: RunningServer, authorization = server.key, retryAttempts = 0): Client {
  return createClient({
    url: server.socketUrl,
    webSocketImpl: WebSocket,
    lazy: true,
    retryAttempts,
    connectionParams: { authorization },
  });
}
