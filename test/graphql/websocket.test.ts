import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { DomainError } from '../../src/domain-error.ts';
import type { ServerOptions } from '../../src/graphql/server.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { RawSocket } from './raw-socket.ts';
import { client, type RunningServer, startServer } from './running-server.ts';
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

describe('a subscription', () => {
  test('is sent every event, in order, until its client leaves', async () => {
    const server = await fresh();
    const events = client(server).iterate({ query: ticks, variables: { teamId: server.teamId } });
    const first = events.next();
    await server.state.feed.has(1);
    for (const seq of [1n, 2n, 3n]) server.state.feed.publish(new Tick(seq));
    const seen = [await first, await events.next(), await events.next()];
    expect(seen.map(({ value }) => value.data.ticked)).toEqual(
      ['1', '2', '3'].map((seq) => ({ seq, text: 'tick', echo: 'KEY' })),
    );
    await events.return?.();
    await server.state.feed.has(0);
  });

  test('completes when its source does', async () => {
    const server = await fresh();
    const socket = await RawSocket.connect(server.socketUrl, server.key);
    socket.subscribe('a', ticks, { teamId: server.teamId });
    await server.state.feed.has(1);
    server.state.feed.finish();
    expect(await socket.next('complete')).toEqual({ type: 'complete', id: 'a' });
    await server.state.feed.has(0);
  });

  test('ends with an error message, masked, when its source fails', async () => {
    const server = await fresh();
    const socket = await RawSocket.connect(server.socketUrl, server.key);
    socket.subscribe('a', ticks, { teamId: server.teamId });
    await server.state.feed.has(1);
    server.state.feed.finish(new Error('connection to 10.0.0.7 lost'));
    const { payload } = await socket.next('error');
    expect(payload[0].extensions.code).toBe('INTERNAL_SERVER_ERROR');
    expect(JSON.stringify(payload)).not.toContain('10.0.0.7');
    expect(JSON.stringify(server.log)).toContain('10.0.0.7');
    expect(await socket.settled()).toEqual([]);
  });

  test('ends with the fact that its source threw', async () => {
    const server = await fresh();
    const socket = await RawSocket.connect(server.socketUrl, server.key);
    socket.subscribe('a', ticks, { teamId: server.teamId });
    await server.state.feed.has(1);
    server.state.feed.finish(new DomainError('FORBIDDEN', 'You may not read this any more.'));
    expect((await socket.next('error')).payload[0].extensions.code).toBe('FORBIDDEN');
  });

  test('shows a failing event as an event with errors, masked, and goes on', async () => {
    const server = await fresh();
    const socket = await RawSocket.connect(server.socketUrl, server.key);
    socket.subscribe('a', ticks, { teamId: server.teamId });
    await server.state.feed.has(1);
    server.state.feed.publish(new Tick(1n, 'broken'));
    server.state.feed.publish(new Tick(2n));
    const { payload } = await socket.next('next');
    expect(payload.data).toBeNull();
    expect(payload.errors[0].extensions.code).toBe('INTERNAL_SERVER_ERROR');
    expect(JSON.stringify(payload)).not.toContain('secret of the inside');
    expect((await socket.next('next')).payload.data.ticked.seq).toBe('2');
  });

  test('keeps an id with any characters in it', async () => {
    const server = await fresh();
    const socket = await RawSocket.connect(server.socketUrl, server.key);
    socket.subscribe('"},{\n€', ticks, { teamId: server.teamId });
    await server.state.feed.has(1);
    server.state.feed.publish(new Tick(1n));
    expect((await socket.next('next')).id).toBe('"},{\n€');
  });
});

describe('what is refused is answered with an error message, and the socket stays', () => {
  test.for([
    ['a syntax error', 'subscription {', {}, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', 'subscription { nix }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['a query', '{ hello }', {}, 'USE_HTTP'],
    ['a mutation', 'mutation { spend(amount: "1") { __typename } }', {}, 'USE_HTTP'],
    ['introspection', '{ __schema { types { name } } }', {}, 'USE_HTTP'],
    ['a missing variable', ticks, {}, 'BAD_USER_INPUT'],
    ['a bad variable', ticks, { teamId: 'x', after: '-1' }, 'BAD_USER_INPUT'],
    ['a malformed id', ticks, { teamId: 'x' }, 'BAD_USER_INPUT'],
    [
      'too many aliases',
      `subscription { ticked(teamId: "x") { ${'a: seq '.repeat(60)} } }`,
      {},
      'OPERATION_TOO_LARGE',
    ],
    ['text that cannot be stored', ticks, { teamId: 'x\0' }, 'BAD_USER_INPUT'],
  ] as const)('%s', async ([, query, variables, code]) => {
    const server = await fresh();
    const socket = await RawSocket.connect(server.socketUrl, server.key);
    socket.subscribe('a', query, variables);
    const { id, payload } = await socket.next('error');
    expect([id, payload[0].extensions.code]).toEqual(['a', code]);
    expect(await socket.settled()).toEqual([]);
    expect(socket.socket.readyState).toBe(WebSocket.OPEN);
  });

  test.for([
    ['USER', 'NOT_FOUND'],
    ['TEAM', 'NOT_FOUND'],
    ['PLATFORM', 'FORBIDDEN'],
  ] as const)('a %s without the right', async ([kind, code]) => {
    const server = await fresh();
    const id = newUuid();
    const key = {
      kind: 'KEY',
      keyId: id,
      keyType: kind === 'TEAM' ? 'TEAM' : 'PLATFORM',
      scopes: [],
    } as const;
    const actor = kind === 'USER' ? ({ kind, userId: id } as const) : key;
    server.credentials.set('Bearer other', { actor, credentialId: id });
    const socket = await RawSocket.connect(server.socketUrl, 'Bearer other');
    socket.subscribe('a', ticks, { teamId: server.teamId });
    expect((await socket.next('error')).payload[0].extensions.code).toBe(code);
    expect(await socket.settled()).toEqual([]);
  });

  test('a subscription beyond those that a socket carries', async () => {
    const server = await fresh({ socketLimits: { subscriptionsPerSocket: 2 } });
    const socket = await RawSocket.connect(server.socketUrl, server.key);
    for (const id of ['a', 'b']) socket.subscribe(id, ticks, { teamId: server.teamId });
    await server.state.feed.has(2);
    socket.subscribe('c', ticks, { teamId: server.teamId });
    expect((await socket.next('error')).payload[0].extensions.code).toBe('THROTTLED');
    socket.send({ type: 'complete', id: 'a' });
    await server.state.feed.has(1);
    socket.subscribe('d', ticks, { teamId: server.teamId });
    await server.state.feed.has(2);
  });
});

describe('a user who loses the right to read', () => {
  test('is sent FORBIDDEN for what it was about, and nothing more; others go on', async () => {
    const server = await fresh();
    const leaving = addUser(server, 'leaving');
    addUser(server, 'staying');
    const [left, stayed] = await Promise.all(
      ['leaving', 'staying'].map((name) => RawSocket.connect(server.socketUrl, `Bearer ${name}`)),
    );
    for (const socket of [left, stayed]) socket?.subscribe('a', ticks, { teamId: server.teamId });
    await server.state.feed.has(2);
    server.roles.delete(leaving);
    await server.app.sockets.judgeAgain(leaving);
    await server.state.feed.has(1);
    server.state.feed.publish(new Tick(1n));
    expect((await left?.next('error'))?.payload[0].extensions.code).toBe('FORBIDDEN');
    expect(await left?.settled()).toEqual([]);
    expect((await stayed?.next('next'))?.payload.data.ticked.seq).toBe('1');
  });

  test('by another role is judged by the new role', async () => {
    const server = await fresh();
    const userId = addUser(server, 'user');
    const socket = await RawSocket.connect(server.socketUrl, 'Bearer user');
    socket.subscribe('a', ticks, { teamId: server.teamId });
    await server.state.feed.has(1);
    server.roles.set(userId, 'OWNER');
    await server.app.sockets.judgeAgain(userId);
    server.state.feed.publish(new Tick(1n));
    await socket.next('next');
    server.roles.set(userId, 'MEMBER');
    await server.app.sockets.judgeAgain(userId);
    expect((await socket.next('error')).payload[0].extensions.code).toBe('FORBIDDEN');
    expect(server.app.sockets.connectedUsers()).toEqual([userId]);
  });
});

describe('a client that reads too slowly', () => {
  test('is sent nothing more until it reads, and then all of it', async () => {
    const server = await fresh({ socketLimits: { pauseBytes: 1_000_000, closeBytes: 1_000_000_000 } });
    const socket = await RawSocket.connect(server.socketUrl, server.key);
    socket.subscribe('a', ticks, { teamId: server.teamId });
    await server.state.feed.has(1);
    socket.socket.pause();
    const large = 'x'.repeat(500_000);
    for (let seq = 1n; seq <= 60n; seq++) server.state.feed.publish(new Tick(seq, large));
    const other = await RawSocket.connect(server.socketUrl, server.key);
    await other.settled();
    const sent = await server.metrics.messages.get();
    expect(sent.values[0]?.value).toBeLessThan(60);
    socket.socket.resume();
    for (let seq = 1; seq <= 60; seq++)
      expect((await socket.next('next')).payload.data.ticked.seq).toBe(String(seq));
  });

  test('is closed with 1013 when far too much waits for it', async () => {
    const server = await fresh({ socketLimits: { pauseBytes: 100_000_000, closeBytes: 1_000_000 } });
    const socket = await RawSocket.connect(server.socketUrl, server.key);
    socket.subscribe('a', ticks, { teamId: server.teamId });
    await server.state.feed.has(1);
    socket.socket.pause();
    const large = 'x'.repeat(500_000);
    for (let seq = 1n; seq <= 60n; seq++) server.state.feed.publish(new Tick(seq, large));
    await server.state.feed.has(0);
    socket.socket.resume();
    expect((await socket.closed).code).toBe(1013);
  });
});

test('/metrics counts sockets and subscriptions, up and down', async () => {
  const server = await fresh();
  const socket = await RawSocket.connect(server.socketUrl, server.key);
  socket.subscribe('a', ticks, { teamId: server.teamId });
  await server.state.feed.has(1);
  await socket.settled();
  const figures = async () => {
    const { sockets, subscriptions } = server.metrics;
    return Promise.all([sockets, subscriptions].map(async (gauge) => (await gauge.get()).values[0]?.value));
  };
  expect(await figures()).toEqual([1, 1]);
  socket.socket.close();
  await server.state.feed.has(0);
  expect(await figures()).toEqual([0, 0]);
});
