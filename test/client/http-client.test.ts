import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { CreateTeamDocument } from '../../client/generated/graphql.ts';
import { ApiError, createHttpClient, isRetryable, Unreachable } from '../../client/http-client.ts';

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server that answers every request in the same way; answers its address and the requests it got. */
async function serverThat(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const requests: { headers: IncomingMessage['headers']; body: string; port: number | undefined }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    requests.push({ headers: request.headers, body, port: request.socket.remotePort });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close(() => undefined).closeAllConnections());
  // A server that listens on a port has an address.
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests, server };
}

const answering = (status: number, body: unknown) =>
  serverThat((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/graphql-response+json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });

const INPUT = { input: { name: 'Ada', idempotencyKey: 'k' } };
const send = (url: string, timeoutMs = 5_000) =>
  createHttpClient({ url, credential: 'dd_key', timeoutMs }).send(CreateTeamDocument, INPUT);
const failure = (url: string, timeoutMs?: number): Promise<unknown> =>
  send(url, timeoutMs).then(
    () => 'no failure',
    (error: unknown) => error,
  );

test('sends the document with its variables and credential, and answers the data', async () => {
  const data = { createTeam: { team: { id: 'team_1' }, replayed: false, userErrors: [] } };
  const { url, requests } = await answering(200, { data });
  expect(await send(url)).toEqual(data);
  const [first] = requests;
  expect(first?.headers.authorization).toBe('Bearer dd_key');
  expect(JSON.parse(first?.body ?? '')).toEqual({
    query: expect.stringContaining('mutation CreateTeam($input: CreateTeamInput!)'),
    variables: INPUT,
  });
});

test('uses connections again', async () => {
  const { url, requests } = await answering(200, { data: {} });
  for (let i = 0; i < 10; i++) await send(url);
  expect(new Set(requests.map(({ port }) => port)).size).toBeLessThan(5);
});

test('errors of the API keep their code, and how long to wait', async () => {
  const overloaded = { message: 'Too much.', extensions: { code: 'OVERLOADED', retryAfterSeconds: 3 } };
  const error = await failure((await answering(503, { errors: [overloaded] })).url);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ message: 'Too much.', code: 'OVERLOADED', retryAfterSeconds: 3 });
});

describe('what may be sent again', () => {
  test.for([
    ['UNAVAILABLE', true],
    ['OVERLOADED', true],
    ['THROTTLED', true],
    ['FORBIDDEN', false],
    ['INTERNAL_SERVER_ERROR', false],
  ] as const)('%s: %s', ([code, expected]) => {
    expect(isRetryable(new ApiError([{ message: '', extensions: { code } }]))).toBe(expected);
  });

  test('what got no answer of the API: no server, a cut connection, silence, another server', async () => {
    const { url, server } = await answering(200, {});
    await new Promise((resolve) => server.close(resolve));
    const cut = await serverThat((request) => request.socket.destroy());
    const silent = await serverThat(() => undefined);
    const proxy = await answering(502, '<html>Bad gateway</html>');
    const failures = [failure(url), failure(cut.url), failure(silent.url, 50), failure(proxy.url)];
    for (const error of await Promise.all(failures)) {
      expect(error).toBeInstanceOf(Unreachable);
      expect(isRetryable(error)).toBe(true);
    }
    expect(await failures[0]).toMatchObject({ message: expect.stringContaining('ECONNREFUSED') });
    expect(await failures[3]).toMatchObject({ message: expect.stringContaining('502') });
  });
});
