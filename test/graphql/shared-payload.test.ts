import { describe, expect, onTestFinished, test } from 'vitest';
import { SharedPayloads } from '../../src/graphql/shared-payload.ts';
import { newUuid } from '../../src/id.ts';
import { RawSocket } from './raw-socket.ts';
import { type RunningServer, startServer } from './running-server.ts';
import { Tick } from './sample-schema.ts';

async function fresh(): Promise<RunningServer> {
  const started = await startServer();
  onTestFinished(() => started.app.close());
  return started;
}

const ticks = `subscription ($teamId: ID!, $after: Sequence, $prefix: String) {
  ticked(teamId: $teamId, after: $after, prefix: $prefix) { seq echo } }`;

/** Subscribes each with its own socket, publishes one event, and answers what each was sent. */
async function publishTo(
  server: RunningServer,
  subscribers: { as?: string; query?: string; variables?: object }[],
) {
  const sockets = await Promise.all(
    subscribers.map(({ as = server.key }) => RawSocket.connect(server.socketUrl, as)),
  );
  for (const [index, socket] of sockets.entries()) {
    const { query = ticks, variables } = subscribers[index] ?? {};
    socket.subscribe(`id-${index}`, query, { teamId: server.teamId, ...variables });
  }
  await server.state.feed.has(subscribers.length);
  server.state.feed.publish(new Tick(7n));
  const messages = await Promise.all(sockets.map((socket) => socket.next('next')));
  return messages.map(({ id, payload }) => [id, payload.data.ticked.echo]);
}

describe('one event', () => {
  test('is resolved once for all sockets of the same operation, each with its own id', async () => {
    const server = await fresh();
    expect(await publishTo(server, [{}, {}, {}])).toEqual([
      ['id-0', 'KEY'],
      ['id-1', 'KEY'],
      ['id-2', 'KEY'],
    ]);
    expect(server.state.resolved).toBe(1);
  });

  test('is shared by those who resumed at different places', async () => {
    const server = await fresh();
    await publishTo(server, [{ variables: { after: '1' } }, { variables: { after: '5' } }, {}]);
    expect(server.state.resolved).toBe(1);
  });

  test('is not shared across variables, documents, or a variable that only looks like a place to resume', async () => {
    const server = await fresh();
    const misnamed =
      'subscription ($teamId: ID!, $after: String) { ticked(teamId: $teamId, prefix: $after) { echo } }';
    const twice = `subscription ($teamId: String!, $after: ID!) { ticked(teamId: $after, prefix: $teamId) { echo } }`;
    const echoes = await publishTo(server, [
      { variables: { prefix: 'a' } },
      { variables: { prefix: 'b' } },
      { query: misnamed, variables: { after: 'c' } },
      { query: misnamed, variables: { after: 'd' } },
      { query: twice, variables: { after: server.teamId } },
    ]);
    expect(echoes.map(([, echo]) => echo)).toEqual(['aKEY', 'bKEY', 'cKEY', 'dKEY', `${server.teamId}KEY`]);
    expect(server.state.resolved).toBe(5);
  });

  test('is not shared across askers, unless its feed names who may share it', async () => {
    const server = await fresh();
    for (const name of ['ada', 'ben']) {
      const userId = newUuid();
      server.roles.set(userId, 'ADMIN');
      server.credentials.set(`Bearer ${name}`, { actor: { kind: 'USER', userId }, credentialId: userId });
    }
    await publishTo(server, [{ as: 'Bearer ada' }, { as: 'Bearer ben' }, { as: 'Bearer ben' }]);
    expect(server.state.resolved).toBe(2);

    const shared = await fresh();
    shared.state.audience = 'team-1:ADMIN';
    for (const [name, credentials] of server.credentials) shared.credentials.set(name, credentials);
    for (const [userId, role] of server.roles) shared.roles.set(userId, role);
    await publishTo(shared, [{ as: 'Bearer ada' }, { as: 'Bearer ben' }]);
    expect(shared.state.resolved).toBe(1);
  });

  test('that looks the same as another is resolved by itself', async () => {
    const server = await fresh();
    const socket = await RawSocket.connect(server.socketUrl, server.key);
    socket.subscribe('a', ticks, { teamId: server.teamId });
    await server.state.feed.has(1);
    for (let i = 0; i < 2; i++) server.state.feed.publish(new Tick(1n));
    await socket.next('next');
    await socket.next('next');
    expect(server.state.resolved).toBe(2);
  });
});

test('a payload that could not be made is made again for the next', async () => {
  const payloads = new SharedPayloads();
  const event = {};
  await expect(payloads.of(event, 'k', () => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  expect(await payloads.of(event, 'k', () => Promise.resolve('made'))).toBe('made');
  expect(payloads.of(event, 'k', () => 'again')).toBe('made');
});
