import { once } from 'node:events';
import { createClient } from 'graphql-ws';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { systemMillis } from '../../src/clock.ts';
import { DomainError } from '../../src/domain-error.ts';
import type { ServerOptions } from '../../src/graphql/server.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { RawSocket } from './raw-socket.ts';
import { type RunningServer, startServer } from './running-server.ts';
import { Tick } from './sample-schema.ts';

async function fresh(options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const started = await startServer(options);
  onTestFinished(() => started.app.close());
  return started;
}

const ticks =
  'subscription ($teamId: ID!, $after: Sequence) { ticked(teamId: $teamId, after: $after) { seq text echo } }';

function addUser(server: RunningServer, name: string, expiresAt?: Date): Uuid {
  const userId = newUuid();
  server.roles.set(userId, 'ADMIN');
  server.credentials.set(`Bearer ${name}`, {
    actor: { kind: 'USER', userId },
    credentialId: userId,
    ...(expiresAt && { expiresAt }),
  });
  return userId;
}

describe('a socket is closed', () => {
  test.for([
    ['unknown key', { authorization: 'Bearer dd_unknown' }, 4401],
    ['expired token', { authorization: 'Bearer eyJ.expired' }, 4403],
    ['nothing', {}, 4401],
    ['no text', { authorization: 1 }, 4401],
  ] as const)('when it introduces itself with %s', async ([, payload, code]) => {
    const server = await fresh();
    const socket = await RawSocket.open(server.socketUrl);
    socket.send({ type: 'connection_init', payload });
    expect((await socket.closed).code).toBe(code);
  });

  test('with 1013 when its credentials cannot be checked now', async () => {
    const server = await fresh({
      authenticate: () => Promise.reject(new DomainError('UNAVAILABLE', 'No database.')),
    });
    const socket = await RawSocket.open(server.socketUrl);
    socket.send({ type: 'connection_init', payload: { authorization: 'Bearer dd_x' } });
    expect((await socket.closed).code).toBe(1013);
  });

  test('when it does not introduce itself in time', async () => {
    const server = await fresh({ socketLimits: { initTimeoutMs: 20 } });
    const socket = await RawSocket.open(server.socketUrl);
    expect((await socket.closed).code).toBe(4408);
  });

  test('when it subscribes before it introduced itself', async () => {
    const server = await fresh();
    const socket = await RawSocket.open(server.socketUrl);
    socket.subscribe('a', ticks, { teamId: server.teamId });
    expect((await socket.closed).code).toBe(4401);
  });

  test.for([
    ['what is no JSON', 'hello'],
    ['an unknown type', { type: 'hello' }],
    ['no query', { type: 'subscribe', id: 'a', payload: {} }],
  ] as const)('when it sends %s', async ([, message]) => {
    const server = await fresh();
    const socket = await RawSocket.connect(server.socketUrl, server.key);
    socket.send(message);
    expect((await socket.closed).code).toBe(4400);
  });

  test('when a message is too large', async () => {
    const server = await fresh();
    const socket = await RawSocket.connect(server.socketUrl, server.key);
    socket.subscribe('a', ' '.repeat(200_000));
    expect((await socket.closed).code).toBe(1009);
  });

  test('when its key is revoked, and its subscriptions end', async () => {
    const server = await fresh();
    const socket = await RawSocket.connect(server.socketUrl, server.key);
    socket.subscribe('a', ticks, { teamId: server.teamId });
    await server.state.feed.has(1);
    expect(server.app.sockets.connectedKeys()).toEqual([server.keyId]);
    server.app.sockets.revoke(newUuid());
    server.app.sockets.revoke(server.keyId);
    expect((await socket.closed).code).toBe(4401);
    await server.state.feed.has(0);
    expect(server.app.sockets.connectedKeys()).toEqual([]);
  });

  test('when its token expires', async () => {
    const server = await fresh();
    addUser(server, 'eyJ.soon', new Date(systemMillis() + 50));
    addUser(server, 'eyJ.later', new Date(systemMillis() + 3_600_000));
    const later = await RawSocket.connect(server.socketUrl, 'Bearer eyJ.later');
    const soon = await RawSocket.connect(server.socketUrl, 'Bearer eyJ.soon');
    expect((await soon.closed).code).toBe(4403);
    expect(await later.settled()).toEqual([]);
  });

  test('beyond those that one key may have', async () => {
    const server = await fresh({ socketLimits: { socketsPerCredential: 2 } });
    addUser(server, 'other');
    const first = await RawSocket.connect(server.socketUrl, server.key);
    await RawSocket.connect(server.socketUrl, server.key);
    const third = await RawSocket.open(server.socketUrl);
    third.send({ type: 'connection_init', payload: { authorization: server.key } });
    expect((await third.closed).code).toBe(4429);
    await RawSocket.connect(server.socketUrl, 'Bearer other');
    first.socket.close();
    await first.closed;
    await RawSocket.connect(server.socketUrl, server.key);
  });

  test('when its client does not answer pings', async () => {
    const server = await fresh({ socketLimits: { pingEveryMs: 1 } });
    const silent = await RawSocket.open(server.socketUrl, { autoPong: false });
    const lively = await RawSocket.connect(server.socketUrl, server.key);
    expect((await silent.closed).code).toBe(1006);
    expect(await lively.settled()).toEqual([]);
  });
});

test('a client whose token expired comes back with a fresh one by itself', async () => {
  const server = await fresh();
  const userId = addUser(server, 'eyJ.first', new Date(systemMillis() + 50));
  server.credentials.set('Bearer eyJ.second', { actor: { kind: 'USER', userId }, credentialId: userId });
  const tokens = ['eyJ.first', 'eyJ.second'];
  const dashboard = createClient({
    url: server.socketUrl,
    webSocketImpl: WebSocket,
    retryAttempts: 1,
    retryWait: async () => undefined,
    connectionParams: () => ({ authorization: `Bearer ${tokens.shift()}` }),
  });
  const events = dashboard.iterate({ query: ticks, variables: { teamId: server.teamId } });
  const next = events.next();
  for (const subscribers of [1, 0, 1]) await server.state.feed.has(subscribers);
  server.state.feed.publish(new Tick(2n));
  expect((await next).value.data.ticked).toEqual({ seq: '2', text: 'tick', echo: 'USER' });
  expect(tokens).toEqual([]);
  await dashboard.dispose();
});

describe('the handshake is refused', () => {
  async function refusal(url: string, origin?: string): Promise<string> {
    const socket = new WebSocket(url, 'graphql-transport-ws', origin === undefined ? {} : { origin });
    const [error] = await once(socket, 'error');
    return String(error);
  }

  test('for pages of origins that are not allowed', async () => {
    const server = await fresh();
    expect(await refusal(server.socketUrl, 'https://evil.example')).toContain('403');
    for (const origin of ['https://console.example', server.url]) {
      await RawSocket.open(server.socketUrl, { origin });
    }
  });

  test('for other paths', async () => {
    const server = await fresh();
    expect(await refusal(server.socketUrl.replace('/graphql', '/other'))).toContain('404');
  });

  test('for other protocols, with the code that says so', async () => {
    const server = await fresh();
    const socket = new WebSocket(server.socketUrl, []);
    const [code] = await once(socket, 'close');
    expect(code).toBe(4406);
  });
});
