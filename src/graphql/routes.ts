import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Handler } from './endpoint.ts';
import { GRAPHIQL_CSP, type GraphiqlSettings } from './graphiql-page.ts';
import { answerReadiness, type Health, sendStatus } from './health.ts';
import type { Metrics } from './metrics.ts';
import { staticFiles } from './static-files.ts';

export interface RouteOptions {
  readonly graphql: Handler;
  readonly health: Health;
  readonly isDraining: () => boolean;
  readonly metrics: Metrics;
  /** The folder of built pages, with `graphiql/index.html` in it. */
  readonly staticDir: string;
  /** What GraphiQL is pre-filled with; undefined where there is no demo data. */
  readonly graphiqlSettings?: GraphiqlSettings | undefined;
  /** What other rooms answer. */
  readonly mounted?: readonly MountedRoute[] | undefined;
}

/** A path that another room answers: `path` itself, or everything below it when it ends with a slash. */
export interface MountedRoute extends Route {
  readonly path: string;
}

/** A handler and the name that metrics call it by: paths themselves are without number. */
export interface Route {
  readonly name: string;
  /** Undefined where the handler refuses methods itself. */
  readonly methods?: readonly string[];
  readonly handle: Handler;
}

const READ = ['GET', 'HEAD'] as const;

/** Finds what answers a path. */
export function createRoutes(options: RouteOptions): (path: string) => Route {
  const exact = new Map<string, Route>([
    ['/graphql', { name: 'graphql', handle: options.graphql }],
    ['/healthz', read('healthz', async (_, response) => sendStatus(response, 200, 'alive'))],
    [
      '/readyz',
      read('readyz', (_, response) => answerReadiness(response, options.health, options.isDraining())),
    ],
    ['/metrics', read('metrics', (_, response) => answerMetrics(response, options.metrics))],
    ['/', redirect('/graphiql/')],
    ['/graphiql', redirect('/graphiql/')],
    ['/graphiql/settings.json', read('graphiql', async (_, response) => answerSettings(response, options))],
  ]);
  const pages = read('graphiql', pageHandler(options.staticDir));
  const nothing = read('other', async (_, response) => sendStatus(response, 404, 'not found'));
  const mounted = options.mounted ?? [];
  for (const route of mounted) if (!route.path.endsWith('/')) exact.set(route.path, route);
  const below = mounted.filter(({ path }) => path.endsWith('/'));
  return (path) =>
    exact.get(path) ??
    below.find((route) => path.startsWith(route.path)) ??
    (path.startsWith('/graphiql/') ? pages : nothing);
}

function read(name: string, handle: Handler): Route {
  return { name, methods: READ, handle };
}

function redirect(location: string): Route {
  return read('graphiql', async (_, response) => {
    response.writeHead(302, { location }).end();
  });
}

async function answerMetrics(response: ServerResponse, { registry }: Metrics): Promise<void> {
  const text = await registry.metrics();
  response.writeHead(200, { 'content-type': registry.contentType }).end(text);
}

function answerSettings(response: ServerResponse, { graphiqlSettings }: RouteOptions): void {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  if (graphiqlSettings) response.writeHead(200, headers).end(JSON.stringify(graphiqlSettings));
  else response.writeHead(204).end();
}

function pageHandler(staticDir: string): Handler {
  const serve = staticFiles(staticDir, { 'content-security-policy': GRAPHIQL_CSP });
  return async (request: IncomingMessage, response: ServerResponse, url: URL) => {
    if (await serve(request, response, url.pathname)) return;
    if (url.pathname !== '/graphiql/') sendStatus(response, 404, 'not found');
    else sendStatus(response, 404, 'GraphiQL is not built: npm run build');
  };
}
