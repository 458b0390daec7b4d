import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { DomainError } from '../../src/domain-error.ts';
import { MAX_BODY_BYTES } from '../../src/graphql/http-request.ts';
import type { ServerOptions } from '../../src/graphql/server.ts';
import { post, type RunningServer, send, startServer } from './running-server.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const NEW_TYPE = { accept: 'application/graphql-response+json' };

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

describe('queries and mutations', () => {
  test('are answered over POST, with variables', async () => {
    const { status, body } = await post(server, 'query ($n: String!) { hello(name: $n) }', { n: 'Ada' });
    expect([status, body]).toEqual([200, { data: { hello: 'Hello Ada' } }]);
  });

  test('queries are answered over GET', async () => {
    const query = encodeURIComponent('query ($n: String!) { hello(name: $n) }');
    const response = await get(`/graphql?query=${query}&variables=${encodeURIComponent('{"n":"Ada"}')}`, {
      'apollo-require-preflight': '1',
    });
    expect(await response.json()).toEqual({ data: { hello: 'Hello Ada' } });
  });

  test('a GET that a foreign page could send without asking is refused', async () => {
    const response = await get('/graphql?query=%7Bhello%7D');
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('Cross-Site Request Forgery');
  });

  test('mutations over GET are refused', async () => {
    const query = encodeURIComponent('mutation { spend(amount: "99") { __typename } }');
    const response = await get(`/graphql?query=${query}`, { 'apollo-require-preflight': '1', ...NEW_TYPE });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, POST');
  });

  test('subscriptions over POST are sent to the websocket', async () => {
    const { status, body } = await post(server, 'subscription { ticked(teamId: "t") { seq } }', {}, NEW_TYPE);
    expect([status, body.errors[0].extensions.code]).toEqual([400, 'USE_WEBSOCKET']);
  });

  test('an input of which one of several is needed takes exactly one', async () => {
    expect((await post(server, '{ choose(choice: { left: "a" }) }')).body.data).toEqual({ choose: 'a' });
    const query = 'query ($c: Choice!) { choose(choice: $c) }';
    for (const c of [{}, { left: 'a', right: 1 }, { left: null }]) {
      const { body } = await post(server, query, { c });
      expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
    }
  });
});

describe('bad input is answered with a typed error', () => {
  test.for([
    ['malformed JSON', '{"query":', JSON_TYPE, 400, 'BAD_REQUEST'],
    ['a list', '[{"query":"{hello}"}]', JSON_TYPE, 400, 'BAD_REQUEST'],
    ['JSON null', 'null', JSON_TYPE, 400, 'BAD_REQUEST'],
    ['nothing', '', JSON_TYPE, 400, 'BAD_REQUEST'],
    ['variables that are no object', '{"query":"{hello}","variables":[1]}', JSON_TYPE, 400, 'BAD_REQUEST'],
    ['a query that is no text', '{"query":{"a":1}}', JSON_TYPE, 400, 'BAD_REQUEST'],
    ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), JSON_TYPE, 400, 'BAD_REQUEST'],
    ['a cut UTF-8 character', Buffer.from('{"query":"é').subarray(0, -1), JSON_TYPE, 400, 'BAD_REQUEST'],
    ['plain text', '{"query":"{hello}"}', { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a form',
      'query=x',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['UTF-16', '{}', { 'content-type': 'application/json; charset=utf-16' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a compressed body', '{}', { ...JSON_TYPE, 'content-encoding': 'gzip' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'HTML only accepted',
      '{"query":"{hello}"}',
      { ...JSON_TYPE, accept: 'text/html' },
      406,
      'NOT_ACCEPTABLE',
    ],
    ['broken GraphQL', '{"query":"{"}', { ...JSON_TYPE, ...NEW_TYPE }, 400, 'GRAPHQL_PARSE_FAILED'],
    [
      'an unknown field',
      '{"query":"{nix}"}',
      { ...JSON_TYPE, ...NEW_TYPE },
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a document id',
      '{"documentId":"abc"}',
      { ...JSON_TYPE, ...NEW_TYPE },
      400,
      'PERSISTED_QUERY_NOT_FOUND',
    ],
    [
      "a document id of Apollo's clients",
      '{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"abc"}}}',
      { ...JSON_TYPE, ...NEW_TYPE },
      400,
      'PERSISTED_QUERY_NOT_FOUND',
    ],
    [
      'unknown credentials',
      '{"query":"{hello}"}',
      { ...JSON_TYPE, authorization: 'Bearer no' },
      401,
      'UNAUTHENTICATED',
    ],
  ] as const)('%s', async ([, body, headers, status, code]) => {
    const answer = await send(server, body, headers);
    expect([answer.status, answer.body.errors[0].extensions.code]).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toContain('json');
  });

  test('a variable that cannot be coerced says where and why', async () => {
    const query = 'query ($c: Credits) { scalars(credits: $c) }';
    const { status, body } = await post(server, query, { c: '0.0000000001' }, NEW_TYPE);
    expect(status).toBe(400);
    expect(body.data).toBeUndefined();
    expect(body.errors[0].extensions).toEqual({ code: 'BAD_USER_INPUT' });
    expect(body.errors[0].message).toContain('at most 9 decimal places');
  });

  test('text with U+0000, which PostgreSQL cannot keep', async () => {
    const { body } = await send(server, '{"query":"{hello}","variables":{"n":"a\\u0000b"}}', JSON_TYPE);
    expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });

  test('values nested deeper than any stack', async () => {
    const deep = `${'['.repeat(300_000)}${']'.repeat(300_000)}`;
    const query = 'query ($c: Credits) { scalars(credits: $c) }';
    const { body } = await send(server, `{"query":"${query}","variables":{"c":${deep}}}`, JSON_TYPE);
    expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe('a body beyond the limit', () => {
  test('is refused when its length says so', async () => {
    const answer = await send(server, 'x'.repeat(10_000_000), JSON_TYPE);
    expect([answer.status, answer.body.errors[0].extensions.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  test('is refused while it still arrives', async () => {
    const request = httpRequest(`${server.url}/graphql`, { method: 'POST', headers: JSON_TYPE });
    const answered = once(request, 'response');
    request.write(Buffer.alloc(MAX_BODY_BYTES, ' '));
    request.write('x');
    const [response] = await answered;
    expect(response.statusCode).toBe(413);
    expect(await text(response)).toContain('PAYLOAD_TOO_LARGE');
    request.destroy();
  });

  test('of exactly the limit is taken', async () => {
    const body = '{"query":"{hello}"}'.padEnd(MAX_BODY_BYTES, ' ');
    expect((await send(server, body, JSON_TYPE)).status).toBe(200);
    expect((await send(server, `${body} `, JSON_TYPE)).status).toBe(413);
  });
});

describe('errors', () => {
  test('of the domain come as they are', async () => {
    const { status, body } = await post(server, '{ fail(how: "fact") hello }');
    expect(status).toBe(200);
    expect(body.data).toEqual({ fail: null, hello: 'Hello you' });
    expect(body.errors).toEqual([
      {
        message: 'The grant is void.',
        path: ['fail'],
        locations: [{ line: 1, column: 3 }],
        extensions: { code: 'CONFLICT', state: 'VOID' },
      },
    ]);
  });

  test('of ours are masked; the log has the cause under the trace id of the caller', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
    const { headers, body } = await post(server, '{ fail(how: "defect") badNumber }', {}, { traceparent });
    expect(headers.get('x-trace-id')).toBe(traceId);
    expect(JSON.stringify(body)).not.toMatch(/hunter2|1099511627776/);
    expect(body.errors.map((error: { extensions: object }) => error.extensions)).toEqual([
      { code: 'INTERNAL_SERVER_ERROR', traceId },
      { code: 'INTERNAL_SERVER_ERROR', traceId },
    ]);
    const causes = server.log
      .filter((line) => line.traceId === traceId)
      .map((line) => JSON.stringify(line.err));
    expect(causes.join()).toContain('hunter2');
  });

  test('of permission tell who may not and who is not known', async () => {
    const query = 'query ($id: ID!) { secret(teamId: $id) }';
    const nobody = await post(server, query, { id: server.teamId });
    expect(nobody.body.errors[0].extensions.code).toBe('UNAUTHENTICATED');
    const known = await post(server, query, { id: server.teamId }, { authorization: server.key });
    expect(known.body.data).toEqual({ secret: server.teamId });
  });

  test('of a lost database are answered with 503 and when to come back', async () => {
    const broken = await fresh({
      authenticate: async () => {
        throw new DomainError('UNAVAILABLE', 'The database is out of reach.', { retryAfterSeconds: 1 });
      },
    });
    const { status, headers } = await post(broken, '{ hello }');
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
  });

  test('never put credentials into the log', async () => {
    const secret = 'Bearer dd_secret_value';
    await post(server, '{ fail(how: "defect") }', {}, { authorization: secret });
    expect(JSON.stringify(server.log)).not.toContain('dd_secret_value');
  });
});

describe('pages of other origins', () => {
  const preflight = { method: 'OPTIONS', headers: { origin: 'https://console.example' } };

  test('may call from an origin that is allowed', async () => {
    const asked = await fetch(`${server.url}/graphql`, preflight);
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe('https://console.example');
    expect(asked.headers.get('access-control-allow-headers')).toContain('authorization');
    const { headers } = await post(server, '{ hello }', {}, { origin: 'https://console.example' });
    expect(headers.get('access-control-allow-origin')).toBe('https://console.example');
  });

  test('may not call from any other, except our own', async () => {
    for (const origin of ['https://evil.example', 'null', 'https://console.example.evil.example']) {
      const { status, body, headers } = await post(server, '{ hello }', {}, { origin });
      expect([status, body.errors[0].extensions.code]).toEqual([403, 'FORBIDDEN']);
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
    expect((await post(server, '{ hello }', {}, { origin: server.url })).status).toBe(200);
  });

  test('may all call where any origin is allowed', async () => {
    const open = await fresh({ config: { NODE_ENV: 'test', ALLOWED_ORIGINS: '*', TRUSTED_PROXIES: 0 } });
    expect((await post(open, '{ hello }', {}, { origin: 'https://evil.example' })).status).toBe(200);
  });
});

test('production does not name the schema to who spells it wrong', async () => {
  const strict = await fresh({
    config: { NODE_ENV: 'production', ALLOWED_ORIGINS: '*', TRUSTED_PROXIES: 0 },
  });
  const query = 'query ($c: Choice!) { choose(choice: $c) }';
  expect((await post(strict, query, { c: { lef: 'a' } })).body.errors[0].message).toMatch(
    /"lef" is not defined/,
  );
  expect((await post(strict, query, { c: { lef: 'a' } })).body.errors[0].message).not.toContain('left');
  expect((await post(server, query, { c: { lef: 'a' } })).body.errors[0].message).toContain(
    'Did you mean "left"?',
  );
});

test('production shows the schema to operators only', async () => {
  const strict = await fresh({
    config: { NODE_ENV: 'production', ALLOWED_ORIGINS: '*', TRUSTED_PROXIES: 0 },
  });
  const operator = { kind: 'KEY', keyId: strict.keyId, keyType: 'OPERATOR', scopes: [] } as const;
  strict.credentials.set('Bearer dd_operator', { actor: operator, credentialId: strict.keyId });
  const query = '{ __schema { queryType { name } } }';
  expect((await post(strict, query, {}, { authorization: strict.key })).body.errors[0].extensions.code).toBe(
    'FORBIDDEN',
  );
  expect((await post(strict, query, {}, { authorization: 'Bearer dd_operator' })).body.data).toBeTruthy();
});
