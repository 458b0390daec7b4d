import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { headersOf, type RequestParts, send, useApp } from './app-over-http.ts';
import { expectRefusal } from './refusal.ts';

const app = useApp();
const MB = 1024 * 1024;
const JSON_TYPE = { 'content-type': 'application/json' };
const query = (text: string, more: object = {}): RequestParts => ({
  headers: headersOf(undefined),
  body: JSON.stringify({ query: text, ...more }),
});
const raw = (body: BodyInit, headers: Record<string, string> = JSON_TYPE): RequestParts => ({
  headers,
  body,
});
const wrapped = (depth: number) =>
  `${'{ model(key: "m") { currentPrice { model '.repeat(depth)}{ id }${'} } }'.repeat(depth)}`;
const MODELS = 'query ($n: Int, $c: Cursor) { models(first: $n, after: $c) { edges { cursor } } }';

/** What was sent, how, the code that it is refused with, and what the refusal names. */
type Row = readonly [title: string, request: RequestParts, code: string, names?: RegExp];

const HTTP: readonly Row[] = [
  ['malformed JSON', raw('{"query": "{ viewer { user { id } } }"'), 'BAD_REQUEST', /body/],
  ['JSON that is no object', raw('"{ viewer }"'), 'BAD_REQUEST', /body/],
  ['a list of operations', raw('[{"query":"{ __typename }"}]'), 'BAD_REQUEST', /one operation/],
  ['an empty body', raw(''), 'BAD_REQUEST', /body/],
  ['no operation at all', raw('{}'), 'BAD_REQUEST', /query/],
  ['a query that is a number', raw('{"query": 1}'), 'BAD_REQUEST', /query/],
  ['variables that are text', raw('{"query":"{ __typename }","variables":"x"}'), 'BAD_REQUEST', /variables/],
  ['variables that are a list', raw('{"query":"{ __typename }","variables":[]}'), 'BAD_REQUEST', /variables/],
  [
    'extensions that are text',
    raw('{"query":"{ __typename }","extensions":"x"}'),
    'BAD_REQUEST',
    /extensions/,
  ],
  [
    'an operation name that is a number',
    raw('{"query":"{ __typename }","operationName":1}'),
    'BAD_REQUEST',
    /operationName/,
  ],
  ['invalid UTF-8', raw(Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d])), 'BAD_REQUEST', /UTF-8/],
  ['a surrogate encoded as UTF-8', raw(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])), 'BAD_REQUEST', /UTF-8/],
  [
    'a body of 10 MB',
    raw(JSON.stringify({ query: '{ __typename }', variables: { x: 'x'.repeat(10 * MB) } })),
    'PAYLOAD_TOO_LARGE',
    /bytes/,
  ],
  ['10 MB of blanks', raw(' '.repeat(10 * MB)), 'PAYLOAD_TOO_LARGE', /bytes/],
  [
    'a compressed body',
    raw(gzipSync('{"query":"{ __typename }"}'), { ...JSON_TYPE, 'content-encoding': 'gzip' }),
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  [
    'text/plain',
    raw('{"query":"{ __typename }"}', { 'content-type': 'text/plain' }),
    'UNSUPPORTED_MEDIA_TYPE',
    /application\/json/,
  ],
  [
    'a form',
    raw('query=%7B__typename%7D', { 'content-type': 'application/x-www-form-urlencoded' }),
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  ['no content type', raw(Buffer.from('{"query":"{ __typename }"}'), {}), 'UNSUPPORTED_MEDIA_TYPE'],
  [
    'UTF-16',
    raw('{"query":"{ __typename }"}', { 'content-type': 'application/json; charset=utf-16' }),
    'UNSUPPORTED_MEDIA_TYPE',
    /UTF-8/,
  ],
  [
    'an answer in HTML',
    raw('{"query":"{ __typename }"}', { ...JSON_TYPE, accept: 'text/html' }),
    'NOT_ACCEPTABLE',
  ],
  ['PUT', { ...query('{ __typename }'), method: 'PUT' }, 'METHOD_NOT_ALLOWED', /POST/],
  ['DELETE', { method: 'DELETE' }, 'METHOD_NOT_ALLOWED', /POST/],
  [
    'a mutation by GET',
    {
      method: 'GET',
      path: '/graphql?query=mutation%7B__typename%7D',
      headers: { 'apollo-require-preflight': '1' },
    },
    'METHOD_NOT_ALLOWED',
    /POST/,
  ],
  [
    'a query that any page could send',
    { method: 'GET', path: '/graphql?query=%7B__typename%7D' },
    'BAD_REQUEST',
    /Cross-Site/,
  ],
  [
    'variables that are no JSON',
    {
      method: 'GET',
      path: '/graphql?query=%7B__typename%7D&variables=%7B',
      headers: { 'apollo-require-preflight': '1' },
    },
    'BAD_REQUEST',
    /variables/,
  ],
  ['a subscription', query('subscription { ledgerHealth { ok } }'), 'USE_WEBSOCKET', /websocket/],
  [
    'unknown credentials',
    { ...query('{ __typename }'), headers: headersOf('Bearer dd_00000000000000000000000000_x') },
    'UNAUTHENTICATED',
  ],
  [
    'credentials of another scheme',
    { ...query('{ __typename }'), headers: headersOf('Basic YTpi') },
    'UNAUTHENTICATED',
    /Bearer/,
  ],
  [
    'a token that signs itself',
    { ...query('{ __typename }'), headers: headersOf('Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.') },
    'UNAUTHENTICATED',
  ],
  [
    'a document id that nobody registered',
    raw('{"documentId":"sha256:1234"}'),
    'PERSISTED_QUERY_NOT_FOUND',
    /document id/,
  ],
];

const DOCUMENTS: readonly Row[] = [
  ['malformed GraphQL', query('{ viewer { '), 'GRAPHQL_PARSE_FAILED', /Syntax Error/],
  ['text that is no GraphQL', query('select * from entries'), 'GRAPHQL_PARSE_FAILED', /Syntax Error/],
  ['an unknown field', query('{ viewers { id } }'), 'GRAPHQL_VALIDATION_FAILED', /viewers/],
  [
    'an unknown argument',
    query('{ model(key: "m", secret: true) { id } }'),
    'GRAPHQL_VALIDATION_FAILED',
    /secret/,
  ],
  ['a missing argument', query('{ team { id } }'), 'GRAPHQL_VALIDATION_FAILED', /id/],
  ['a field without its fields', query('{ viewer }'), 'GRAPHQL_VALIDATION_FAILED', /viewer/],
  ['an unknown type', query('query ($x: Nothing) { __typename }'), 'GRAPHQL_VALIDATION_FAILED', /Nothing/],
  [
    'an unknown operation',
    query('query A { __typename }', { operationName: 'B' }),
    'OPERATION_RESOLUTION_FAILURE',
    /name/,
  ],
  [
    'several operations and no name',
    query('query A { __typename } query B { __typename }'),
    'OPERATION_RESOLUTION_FAILURE',
    /operationName/,
  ],
  [
    'an operation deeper than allowed',
    query(`{ ${wrapped(8).slice(1, -1)} }`),
    'OPERATION_TOO_LARGE',
    /depth/,
  ],
  [
    'more aliases than allowed',
    query(`{ ${Array.from({ length: 51 }, (_, i) => `a${i}: __typename`).join(' ')} }`),
    'OPERATION_TOO_LARGE',
  ],
  [
    'more root fields than allowed',
    query(`{ ${'__typename '.repeat(21)} }`),
    'OPERATION_TOO_LARGE',
    /root fields/,
  ],
  [
    'more directives than allowed',
    query(`{ __typename ${'@include(if: true) '.repeat(51)} }`),
    'OPERATION_TOO_LARGE',
    /directives/,
  ],
  ['more tokens than allowed', query(`{ ${'__typename '.repeat(4_100)} }`), 'OPERATION_TOO_LARGE', /tokens/],
  [
    'more text than allowed',
    query(`{ __typename } #${'x'.repeat(70_000)}`),
    'OPERATION_TOO_LARGE',
    /characters/,
  ],
  ['fragments within fragments', query(bomb(20)), 'OPERATION_TOO_LARGE'],
  [
    'a fragment within itself',
    query('{ viewer { ...A } } fragment A on Viewer { ...A }'),
    'GRAPHQL_VALIDATION_FAILED',
    /A/,
  ],
  [
    'values nested deeper than any stack',
    query(`{ model(key: ${'['.repeat(30_000)}) { id } }`),
    'OPERATION_TOO_LARGE',
  ],
  [
    'pages within pages of too many items',
    query(
      '{ models(first: 100) { edges { node { priceVersions(first: 100) { edges { node { id } } } } } } }',
    ),
    'OPERATION_TOO_LARGE',
    /list items/,
  ],
];

/** Fragments of which each spreads the next twice. */
function bomb(size: number): string {
  const fragments = Array.from(
    { length: size },
    (_, i) => `fragment F${i} on Model { ...F${i + 1} ...F${i + 1} }`,
  );
  return `{ model(key: "m") { ...F0 } } ${fragments.join(' ')} fragment F${size} on Model { id }`;
}

const VARIABLES: readonly Row[] = [
  ['a variable of another type', query(MODELS, { variables: { n: 'ten' } }), 'BAD_USER_INPUT', /\$n/],
  ['a variable with a fraction', query(MODELS, { variables: { n: 1.5 } }), 'BAD_USER_INPUT', /\$n/],
  [
    'a variable beyond 32 bits',
    query(MODELS, { variables: { n: 2 ** 40 } }),
    'OPERATION_TOO_LARGE',
    /list items/,
  ],
  ['a missing variable', query('query ($id: ID!) { team(id: $id) { id } }'), 'BAD_USER_INPUT', /\$id/],
  [
    'an id that is an object',
    query('query ($id: ID!) { team(id: $id) { id } }', { variables: { id: {} } }),
    'BAD_USER_INPUT',
    /\$id/,
  ],
  [
    'an unknown member of an input',
    query('query ($f: ModelFilter!) { models(filter: $f) { edges { cursor } } }', {
      variables: { f: { secret: 1 } },
    }),
    'BAD_USER_INPUT',
    /secret/,
  ],
  [
    'U+0000 in a variable',
    query('query ($k: String) { model(key: $k) { id } }', { variables: { k: 'a\0b' } }),
    'BAD_USER_INPUT',
    /variables/,
  ],
  [
    'half of a surrogate pair in a variable',
    raw('{"query":"query ($k: String) { model(key: $k) { id } }","variables":{"k":"\\ud83d"}}'),
    'BAD_USER_INPUT',
    /variables/,
  ],
  ['U+0000 in the document', query('{ model(key: "a\\u0000b") { id } }'), 'BAD_USER_INPUT'],
  [
    'half of a surrogate pair in the document',
    query('{ model(key: "\\ud83d") { id } }'),
    'GRAPHQL_PARSE_FAILED',
  ],
  ['a page of nothing', query(MODELS, { variables: { n: 0 } }), 'BAD_USER_INPUT', /first/],
  ['a page of less than nothing', query(MODELS, { variables: { n: -1 } }), 'BAD_USER_INPUT', /first/],
  ['a page of more than 100', query(MODELS, { variables: { n: 101 } }), 'BAD_USER_INPUT', /first/],
  [
    'a page from both ends',
    query('{ models(first: 1, last: 1) { edges { cursor } } }'),
    'BAD_USER_INPUT',
    /first/,
  ],
  [
    'a cursor that no page answered',
    query(MODELS, { variables: { c: 'bm90aGluZw' } }),
    'BAD_USER_INPUT',
    /after/,
  ],
  [
    'a cursor that is no cursor',
    query(MODELS, { variables: { c: "' or 1=1 --" } }),
    'BAD_USER_INPUT',
    /Cursor/,
  ],
  [
    'a model by two names',
    query('{ model(key: "m", id: "model_00000000000000000000000000") { id } }'),
    'BAD_USER_INPUT',
    /key|id/,
  ],
  ['a model by no name', query('{ model { id } }'), 'BAD_USER_INPUT', /key|id/],
  [
    'more nodes than allowed',
    query('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      variables: { ids: Array(101).fill('team_00000000000000000000000000') },
    }),
    'BAD_USER_INPUT',
    /ids/,
  ],
];

describe.for([
  { what: 'a request that is no GraphQL over HTTP', rows: HTTP },
  { what: 'a document that cannot run', rows: DOCUMENTS },
  { what: 'a value that cannot be used', rows: VARIABLES },
])('$what is refused', ({ rows }) => {
  test.for(rows)('%s', async ([, request, code, names]) => {
    await expectRefusal(app, () => send(app, request), { code, names });
  });
});

test('10 MB that come without a length are refused before they have all come', async () => {
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      sent += MB;
      controller.enqueue(new Uint8Array(MB).fill(0x20));
      if (sent >= 10 * MB) controller.close();
    },
  });
  const request = { headers: JSON_TYPE, body, duplex: 'half' as const };
  await expectRefusal(app, () => send(app, request), { code: 'PAYLOAD_TOO_LARGE', names: /bytes/ });
});

test('nothing fails inside', () => {
  expect(app.failures).toEqual([]);
});
