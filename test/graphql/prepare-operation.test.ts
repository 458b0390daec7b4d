import { getIntrospectionQuery, OperationTypeNode } from 'graphql';
import { describe, expect, test } from 'vitest';
import { type Context, createContext } from '../../src/graphql/context.ts';
import { codeOf, publicError } from '../../src/graphql/errors.ts';
import { OPERATION_LIMITS } from '../../src/graphql/limits.ts';
import {
  createPreparation,
  OperationRefused,
  type OperationRequest,
  type Transport,
} from '../../src/graphql/prepare-operation.ts';
import { sampleSchema } from './sample-schema.ts';

const { schema } = sampleSchema();
const context = createContext({ kind: 'ANONYMOUS' }, 'trace');
const open = createPreparation({ schema, limits: OPERATION_LIMITS, mayIntrospect: async () => true });
const closed = createPreparation({ schema, limits: OPERATION_LIMITS, mayIntrospect: async () => false });

/** The codes and messages of the refusal, or nothing. */
async function refusal(
  request: OperationRequest,
  transport: Transport = 'POST',
  { prepare } = open,
  asker: Context = context,
): Promise<string[]> {
  try {
    await prepare(request, transport, asker);
    return [];
  } catch (error) {
    if (!(error instanceof OperationRefused)) throw error;
    const log = { error: (fields: object) => expect.fail(`masked: ${JSON.stringify(fields)}`) };
    const shown = error.errors.map((each) => publicError(each, { traceId: 'trace', log }));
    return shown.map((each) => `${codeOf(each)}: ${each.message}`);
  }
}

/** `count` times something, numbered. */
const times = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i)).join(' ');
const nested = (depth: number) =>
  `{ items(first: 1) ${'{ edges { node { items(first: 1) '.repeat(depth)}{ __typename }${' } } }'.repeat(depth)} }`;

test('prepares an operation once and remembers its document', async () => {
  const preparation = createPreparation({
    schema,
    limits: OPERATION_LIMITS,
    mayIntrospect: async () => true,
  });
  const query = 'query Greet($name: String!) { hello(name: $name) }';
  const first = await preparation.prepare(
    { query, operationName: 'Greet', variables: { name: 'A' } },
    'POST',
    context,
  );
  const second = await preparation.prepare({ query, variables: { name: 'B' } }, 'GET', context);
  expect(second.document).toBe(first.document);
  expect(second.variables).toEqual({ name: 'B' });
  expect(first.operation.operation).toBe(OperationTypeNode.QUERY);
  expect(preparation.documentOf(first.documentHash)).toBe(first.document);
});

test('remembers no more documents than its bound', async () => {
  const cacheBound = { entries: 2, chars: 1_000 };
  const preparation = createPreparation({
    schema,
    limits: OPERATION_LIMITS,
    mayIntrospect: async () => true,
    cacheBound,
  });
  const hashes: string[] = [];
  for (const alias of ['a', 'b', 'c']) {
    const prepared = await preparation.prepare({ query: `{ ${alias}: hello }` }, 'POST', context);
    hashes.push(prepared.documentHash);
  }
  expect(hashes.map((hash) => preparation.documentOf(hash) !== undefined)).toEqual([false, true, true]);
});

describe('refuses before anything runs', () => {
  test.for([
    ['no document', {}, 'BAD_REQUEST'],
    ['an unknown document id', { documentId: 'a'.repeat(64) }, 'PERSISTED_QUERY_NOT_FOUND'],
    ['what is no GraphQL', { query: '{ hello' }, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', { query: '{ helo }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['a bad literal of a scalar', { query: '{ scalars(credits: 1.5) }' }, 'BAD_USER_INPUT: Expected value'],
    [
      'a fragment that spreads itself',
      { query: '{ ...A } fragment A on Query { ...A }' },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['an unknown operation name', { query: '{ hello }', operationName: 'X' }, 'OPERATION_RESOLUTION_FAILURE'],
    [
      'several operations without a name',
      { query: 'query A { hello } query B { hello }' },
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['a document of fragments only', { query: 'fragment A on Query { hello }' }, ''],
    [
      'text that cannot be stored',
      { query: '{ hello }', variables: { a: [{ b: 'x\0' }] } },
      'BAD_USER_INPUT: variables',
    ],
    [
      'half a surrogate pair',
      { query: '{ hello }', variables: { a: '\ud800' } },
      'BAD_USER_INPUT: variables',
    ],
  ] as const)('%s', async ([, request, code]) => {
    expect((await refusal(request))[0]).toContain(code);
  });

  test.for([
    ['subscription { ticked(teamId: "t") { seq } }', 'POST', 'USE_WEBSOCKET'],
    ['subscription { ticked(teamId: "t") { seq } }', 'GET', 'USE_WEBSOCKET'],
    ['mutation { spend(amount: "1") { __typename } }', 'GET', 'METHOD_NOT_ALLOWED'],
    ['mutation { spend(amount: "1") { __typename } }', 'WEBSOCKET', 'USE_HTTP'],
    ['{ hello }', 'WEBSOCKET', 'USE_HTTP'],
  ] as const)('%s by %s', async ([query, transport, code]) => {
    expect((await refusal({ query }, transport))[0]).toContain(code);
  });

  test.for([
    ['{ hello }', 'GET'],
    ['mutation { spend(amount: "1") { __typename } }', 'POST'],
    ['subscription { ticked(teamId: "t") { seq } }', 'WEBSOCKET'],
  ] as const)('but not %s by %s', async ([query, transport]) => {
    expect(await refusal({ query }, transport)).toEqual([]);
  });

  test.for([
    'subscription { ...F } fragment F on Subscription { ticked(teamId: "t") { seq } }',
    'subscription { ... { ticked(teamId: "t") { seq } } }',
    'subscription { a: ticked(teamId: "t") { seq } @skip(if: true) b: ticked(teamId: "u") { seq } }',
    'subscription ($no: Boolean!) { ticked(teamId: "t") @include(if: $no) { seq } }',
  ])('a subscription that hides its field: %s', async (query) => {
    expect((await refusal({ query }, 'WEBSOCKET'))[0]).toMatch(/^GRAPHQL_(VALIDATION|PARSE)_FAILED/);
  });
});

describe('limits', () => {
  const { queryChars, tokens, depth, fields, rootFields, fragments, aliases, directives, listItems } =
    OPERATION_LIMITS;

  test.for([
    ['characters', `{ hello } #${' '.repeat(queryChars)}`, `more than ${queryChars} characters`],
    ['tokens', `{ hello(name: "${'" name: "'.repeat(tokens / 3)}") }`, `more than ${tokens} tokens`],
    ['brackets in brackets', `{ scalars(credits: ${'['.repeat(tokens - 10)}`, 'The operation has'],
    ['depth', nested(5), `depth: 17; at most ${depth}`],
    ['root fields', `{ ${times(rootFields + 1, () => 'hello')} }`, `root fields: 21; at most ${rootFields}`],
    [
      'fragments',
      `{ hello } ${times(fragments + 1, (i) => `fragment F${i} on Item { number }`)}`,
      `fragments: 101; at most ${fragments}`,
    ],
    [
      'aliases',
      `{ items { ${times(aliases + 1, (i) => `a${i}: __typename`)} } }`,
      `aliases: 51; at most ${aliases}`,
    ],
    [
      'directives',
      `{ hello ${'@skip(if: false) '.repeat(directives + 1)} }`,
      `directives: 51; at most ${directives}`,
    ],
  ] as const)('refuses too many: %s', async ([, query, message]) => {
    const errors = await refusal({ query });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^OPERATION_TOO_LARGE/);
    expect(errors[0]).toContain(message);
  });

  test.for([
    ['depth', nested(4)],
    ['root fields', `{ ${times(rootFields, () => 'hello')} }`],
    ['aliases', `{ items { ${times(aliases, (i) => `a${i}: __typename`)} } }`],
    ['the introspection query', getIntrospectionQuery({ oneOf: true, inputValueDeprecation: true })],
  ] as const)('lets pass what is within: %s', async ([, query]) => {
    expect(await refusal({ query })).toEqual([]);
  });

  test('counts fragments within fragments without unfolding them', async () => {
    const doubling = times(40, (i) => `fragment F${i} on Item { ...F${i + 1} ...F${i + 1} }`);
    const query = `{ items { edges { node { ...F0 } } } } ${doubling} fragment F40 on Item { number }`;
    const startedAt = performance.now();
    const errors = await refusal({ query });
    expect(errors[0]).toContain(`at most ${fields} are allowed`);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  const pages =
    'query ($n: Int = 100) { items(first: $n) { edges { node { items(last: 100) { edges { node { number } } } } } } }';

  test('multiplies the sizes of pages within pages, with the variables of the request', async () => {
    expect(await refusal({ query: pages })).toEqual([
      `OPERATION_TOO_LARGE: The operation has 10100 list items within its pages, of at most ${listItems}: ask for smaller pages.`,
    ]);
    expect(await refusal({ query: pages, variables: { n: 99 } })).toEqual([]);
    expect(await refusal({ query: pages, variables: { n: 1000 } })).toHaveLength(1);
  });

  test('counts a page without a size as one of default size, and pages in fragments', async () => {
    const inner =
      'fragment I on Item { items(first: 100) { edges { node { items { edges { node { number } } } } } } }';
    const query = `{ items(first: 10) { edges { node { ...I } } } } ${inner}`;
    // 10 × (1 + 100 × (1 + 20))
    expect((await refusal({ query }))[0]).toContain('21010 list items');
  });

  test('counts the ids that are asked for as items', async () => {
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';
    expect(await refusal({ query, variables: { ids: ['a', 'b'] } })).toEqual([]);
    expect((await refusal({ query, variables: { ids: Array(10_001).fill('a') } }))[0]).toContain(
      '10001 list items',
    );
  });

  test('judges sizes that are no numbers as pages of default size, for coercion to refuse', async () => {
    expect(await refusal({ query: pages, variables: { n: 'many' } })).toEqual([]);
    expect(await refusal({ query: pages, variables: { n: -5 } })).toEqual([]);
  });
});

describe('introspection', () => {
  test.for(['{ __schema { types { name } } }', '{ __type(name: "Query") { name } }'])(
    'is refused to who may not: %s',
    async (query) => {
      expect(await refusal({ query }, 'POST', closed)).toEqual([
        'FORBIDDEN: The schema is shown to operators only.',
      ]);
      expect(await refusal({ query }, 'POST', open)).toEqual([]);
    },
  );

  test('is not opened for others by a document that somebody else may send', async () => {
    const asked: string[] = [];
    const mayIntrospect = async ({ traceId }: Context) => asked.push(traceId) > 0 && traceId === 'operator';
    const preparation = createPreparation({ schema, limits: OPERATION_LIMITS, mayIntrospect });
    const query = '{ __schema { types { name } } }';
    const operator = createContext({ kind: 'ANONYMOUS' }, 'operator');
    expect(await refusal({ query }, 'POST', preparation, operator)).toEqual([]);
    expect((await refusal({ query }, 'POST', preparation))[0]).toContain('FORBIDDEN');
  });

  test('names nothing of the schema in suggestions when it is closed', async () => {
    expect((await refusal({ query: '{ helo }' }, 'POST', closed))[0]).not.toContain('hello');
    expect((await refusal({ query: '{ helo }' }, 'POST', open))[0]).toContain('Did you mean "hello"?');
    expect(await refusal({ query: '{ __typename hello }' }, 'POST', closed)).toEqual([]);
  });
});
