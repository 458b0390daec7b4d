import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { Actor } from '../actor.ts';
import type { Config } from '../config.ts';
import type { Authenticate } from '../teams/authenticate.ts';
import { isPermitted } from './auth.ts';
import type { Context } from './context.ts';
import { createEndpoint, type Handler } from './endpoint.ts';
import { createEngine } from './engine.ts';
import { apiError } from './errors.ts';
import type { GraphiqlSettings } from './graphiql-page.ts';
import type { Health } from './health.ts';
import { sendErrors } from './http-response.ts';
import { OPERATION_LIMITS } from './limits.ts';
import type { Metrics } from './metrics.ts';
import { allowOrigin, answerPreflight, type OriginCheck, originCheck } from './origin.ts';
import { createPreparation } from './prepare-operation.ts';
import { createRoutes, type MountedRoute, type Route } from './routes.ts';
import {
  createSocketServer,
  SOCKET_LIMITS,
  type SocketLimits,
  type SocketServer,
  type Sockets,
} from './websocket.ts';

export interface ServerOptions {
  readonly schema: GraphQLSchema;
  readonly authenticate: Authenticate;
  readonly createContext: (actor: Actor, traceId: string, address?: string) => Context;
  readonly config: Pick<Config, 'NODE_ENV' | 'ALLOWED_ORIGINS' | 'TRUSTED_PROXIES'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  /** The folder of built pages. */
  readonly staticDir: string;
  readonly graphiqlSettings?: GraphiqlSettings | undefined;
  /** What other rooms answer beside the API. */
  readonly mounted?: readonly MountedRoute[] | undefined;
  readonly socketLimits?: Partial<SocketLimits>;
}

export interface AppServer {
  /** For those who learn that credentials or memberships have changed. */
  readonly sockets: Sockets;
  /** Port 0 takes a free one. @throws when the port is taken. */
  listen(port: number, host: string): Promise<{ port: number }>;
  /**
   * Ends without breaking anything off: not ready any more, sockets closed with 1012 some at a time, no new connections,
   * running requests answered. What still runs after ten seconds is cut.
   */
  close(): Promise<void>;
}

const CUT_AFTER_MS = 10_000;

/** The HTTP server: GraphQL over HTTP and websockets, GraphiQL, health and metrics. */
export function createServer(options: ServerOptions): AppServer {
  const { schema, logger, metrics, config } = options;
  const suggestsNames = config.NODE_ENV !== 'production';
  const mayIntrospect = async (context: Context): Promise<boolean> =>
    suggestsNames || (await isPermitted(context, 'inspect'));
  const { prepare, documentOf } = createPreparation({ schema, limits: OPERATION_LIMITS, mayIntrospect });
  const engine = createEngine({ schema, logger, metrics, documentOf, suggestsNames });
  const sockets = createSocketServer({
    ...options,
    prepare,
    suggestsNames,
    limits: { ...SOCKET_LIMITS, ...options.socketLimits },
  });
  const mayCome = originCheck(config.ALLOWED_ORIGINS);
  const state = { draining: false };
  const graphql = withOrigins(mayCome, createEndpoint({ ...options, prepare, engine }));
  const routeOf = createRoutes({ ...options, graphql, isDraining: () => state.draining });
  const running = new Set<ServerResponse>();
  const http = createHttpServer(TIMEOUTS, (request, response) => {
    track(running, response, state.draining);
    void answer(options, routeOf, request, response);
  });
  http.on('upgrade', (request, connection, head) => {
    const refusal = upgradeRefusal(request, mayCome, state.draining);
    if (refusal) connection.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    else sockets.upgrade(request, connection, head);
  });
  return {
    sockets,
    listen: async (port, host) => {
      await engine.start();
      return { port: await listening(http, port, host) };
    },
    close: async () => {
      state.draining = true;
      await drain(http, sockets, running);
      await engine.stop();
    },
  };
}

const TIMEOUTS = { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 65_000 };

async function answer(
  { logger, metrics }: ServerOptions,
  routeOf: (path: string) => Route,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = URL.parse(request.url ?? '/', 'http://localhost');
  const route = routeOf(url?.pathname ?? '');
  const method = request.method ?? '';
  const stop = metrics.httpSeconds.startTimer({
    route: route.name,
    method: METHODS.has(method) ? method : 'other',
  });
  response.once('close', () => {
    const seconds = stop({ status: String(response.statusCode) });
    const traceId = response.getHeader('x-trace-id');
    logger.debug(
      { traceId, method, path: url?.pathname, status: response.statusCode, seconds },
      'a request ended',
    );
  });
  response.setHeader('x-content-type-options', 'nosniff');
  try {
    const { methods } = route;
    if (url && (!methods || methods.includes(method))) await route.handle(request, response, url);
    else response.writeHead(405, methods && { allow: methods.join(', ') }).end();
  } catch (error) {
    logger.error({ err: error, path: url?.pathname }, 'a request failed');
    if (!response.headersSent) response.writeHead(500);
    response.end();
  }
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'OPTIONS']);

/** Browsers may call the API from the allowed origins; their preflights are answered here. */
function withOrigins(mayCome: OriginCheck, handle: Handler): Handler {
  return async (request, response, url) => {
    if (!mayCome(request)) {
      const { message, extensions } = apiError('FORBIDDEN', 'Pages of this origin may not call the API.');
      sendErrors(response, [{ message, extensions }]);
      return;
    }
    allowOrigin(request, response);
    if (request.method === 'OPTIONS') answerPreflight(response);
    else await handle(request, response, url);
  };
}

function upgradeRefusal(
  request: IncomingMessage,
  mayCome: OriginCheck,
  draining: boolean,
): string | undefined {
  if (draining) return '503 Service Unavailable';
  if (URL.parse(request.url ?? '/', 'http://localhost')?.pathname !== '/graphql') return '404 Not Found';
  return mayCome(request) ? undefined : '403 Forbidden';
}

/** Knows the requests that run, so that their connections end with them when the server drains. */
function track(running: Set<ServerResponse>, response: ServerResponse, draining: boolean): void {
  if (draining) response.setHeader('connection', 'close');
  running.add(response);
  response.once('close', () => running.delete(response));
}

function listening(http: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, () => {
      http.off('error', reject);
      // A TCP server has an address and port; only a pipe would have a path.
      resolve((http.address() as AddressInfo).port);
    });
  });
}

async function drain(
  http: Server,
  sockets: SocketServer,
  running: ReadonlySet<ServerResponse>,
): Promise<void> {
  await sockets.close();
  const closed = new Promise((resolve) => http.close(resolve));
  for (const response of running) if (!response.headersSent) response.setHeader('connection', 'close');
  const finished = [...running].map((response) => once(response, 'close'));
  await Promise.race([Promise.all(finished), delay(CUT_AFTER_MS, undefined, { ref: false })]);
  // Node closes the connections that have been asked before and are idle, but not those that never asked anything.
  http.closeAllConnections();
  await closed;
}
