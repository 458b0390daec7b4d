import { once } from 'node:events';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import type { ServerOptions } from '../../src/graphql/server.ts';
import { client, post, type RunningServer, startServer } from './running-server.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.app.close());

async function fresh(options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const started = await startServer(options);
  onTestFinished(() => started.app.close());
  return started;
}

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}${path}`, { headers, redirect: 'manual' });
}

describe('beside GraphQL', () => {
  test('/healthz says that the process lives', async () => {
    expect((await get('/healthz')).status).toBe(200);
  });

  test('/readyz tells whether the database can be reached', async () => {
    expect(await (await get('/readyz')).json()).toEqual({ status: 'ready' });
    const broken = await fresh({ health: () => Promise.reject(new Error('10.0.0.7')) });
    const response = await fetch(`${broken.url}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ status: 'unavailable' });
  });

  test('/metrics counts requests by route, and operations by type and code', async () => {
    const counted = await fresh();
    await post(counted, '{ hello }');
    await post(counted, '{ nix }');
    await post(counted, '{ fail(how: "fact") }');
    await post(counted, 'mutation { spend(amount: "1") { __typename } }');
    const metrics = await (await fetch(`${counted.url}/metrics`)).text();
    expect(metrics).toContain('drawdown_graphql_operations_total{type="query",code="OK"} 1');
    expect(metrics).toContain('drawdown_graphql_operations_total{type="query",code="CONFLICT"} 1');
    expect(metrics).toContain('drawdown_graphql_operations_total{type="mutation",code="OK"} 1');
    expect(metrics).toContain(
      'drawdown_graphql_operations_total{type="refused",code="GRAPHQL_VALIDATION_FAILED"} 1',
    );
    expect(metrics).toContain(
      'drawdown_http_request_duration_seconds_count{route="graphql",method="POST",status="200"} 4',
    );
    expect(metrics).toContain('process_cpu_user_seconds_total');
  });

  test('unknown paths and methods are refused', async () => {
    expect((await get('/admin')).status).toBe(404);
    expect((await fetch(`${server.url}/healthz`, { method: 'DELETE' })).status).toBe(405);
    expect((await fetch(`${server.url}/graphql`, { method: 'PUT' })).status).toBe(405);
  });
});

describe('GraphiQL', () => {
  function pages(): string {
    const folder = mkdtempSync(join(tmpdir(), 'drawdown-pages-'));
    mkdirSync(join(folder, 'graphiql', 'assets'), { recursive: true });
    writeFileSync(join(folder, 'secret.txt'), 'secret');
    writeFileSync(join(folder, 'graphiql', 'index.html'), '<title>GraphiQL</title>');
    writeFileSync(join(folder, 'graphiql', 'assets', 'editor-4f3a.js'), 'let a = 1;'.repeat(1000));
    writeFileSync(join(folder, 'graphiql', 'assets', 'icons-1b.ttf'), 'font');
    return folder;
  }

  test('is served with a policy that lets it load from here only', async () => {
    const { url } = await fresh({ staticDir: pages() });
    expect((await fetch(url, { redirect: 'manual' })).headers.get('location')).toBe('/graphiql/');
    const response = await fetch(`${url}/graphiql`);
    expect(response.url).toBe(`${url}/graphiql/`);
    expect(await response.text()).toBe('<title>GraphiQL</title>');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test('has its parts typed, compressed and cached for good', async () => {
    const { url } = await fresh({ staticDir: pages() });
    const script = await fetch(`${url}/graphiql/assets/editor-4f3a.js`);
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(script.headers.get('content-encoding')).toBe('gzip');
    expect(await script.text()).toBe('let a = 1;'.repeat(1000));
    const font = await fetch(`${url}/graphiql/assets/icons-1b.ttf`, {
      headers: { 'accept-encoding': 'identity' },
    });
    expect(font.headers.get('content-type')).toBe('font/ttf');
    expect(font.headers.get('content-encoding')).toBeNull();
  });

  test('shows no other file', async () => {
    const { url } = await fresh({ staticDir: pages() });
    for (const path of [
      '/secret.txt',
      '/graphiql/../secret.txt',
      '/graphiql/%2e%2e/secret.txt',
      '/graphiql/..%2fsecret.txt',
    ]) {
      const { hostname, port } = new URL(url);
      const request = httpRequest({ hostname, port, path }).end();
      const [response] = await once(request, 'response');
      expect(await text(response)).not.toContain('secret');
      expect(response.statusCode).toBe(404);
    }
  });

  test('is pre-filled where there is demo data', async () => {
    const graphiqlSettings = { demoKeys: [], teamId: 'team_1', model: 'm' };
    const { url } = await fresh({ graphiqlSettings });
    expect(await (await fetch(`${url}/graphiql/settings.json`)).json()).toEqual(graphiqlSettings);
    expect((await get('/graphiql/settings.json')).status).toBe(204);
  });

  test('says how to build it when it is not built', async () => {
    expect(await (await get('/graphiql/')).json()).toEqual({
      status: 'GraphiQL is not built: npm run build',
    });
  });
});

describe('closing', () => {
  test('answers the requests that run, and takes no more', async () => {
    const closing = await startServer();
    const running = post(closing, '{ slow }');
    await closing.state.slowStarted.promise;
    const closed = closing.app.close();
    closing.state.slow.resolve('done');
    const { status, body, headers } = await running;
    expect([status, body.data, headers.get('connection')]).toEqual([200, { slow: 'done' }, 'close']);
    await closed;
    await expect(fetch(`${closing.url}/healthz`)).rejects.toThrow();
  });

  test('is told to load balancers, and closes sockets with a code that clients come back from', async () => {
    const closing = await startServer();
    const socket = new WebSocket(closing.socketUrl, 'graphql-transport-ws');
    await once(socket, 'open');
    // Holds the close handshake open, so that there is a server to ask.
    socket.pause();
    const closed = closing.app.close();
    expect(await (await fetch(`${closing.url}/readyz`)).json()).toEqual({ status: 'draining' });
    const late = new WebSocket(closing.socketUrl, 'graphql-transport-ws');
    const [refused] = await once(late, 'error');
    expect(String(refused)).toContain('503');
    const end = once(socket, 'close');
    socket.resume();
    expect((await end)[0]).toBe(1012);
    await closed;
  });

  test('does not wait for connections that ask nothing', async () => {
    const closing = await startServer();
    await (await fetch(`${closing.url}/healthz`)).text();
    const idle = connect(Number(new URL(closing.url).port), '127.0.0.1');
    await once(idle, 'connect');
    await closing.app.close();
    idle.destroy();
  });

  test('ends subscriptions', async () => {
    const closing = await startServer();
    const events = client(closing).iterate({
      query: `subscription { ticked(teamId: "${closing.teamId}") { seq } }`,
    });
    const ended = expect(events.next()).rejects.toMatchObject({ code: 1012 });
    await closing.state.feed.has(1);
    await closing.app.close();
    await ended;
    await closing.state.feed.has(0);
  });
});
