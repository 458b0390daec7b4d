import { GraphQLError, Kind } from 'graphql';
import { describe, expect, test } from 'vitest';
import { DomainError } from '../../src/domain-error.ts';
import { apiError, asGraphQLError, codeOf, ERROR_CODES, publicError } from '../../src/graphql/errors.ts';

function shown(error: GraphQLError) {
  const logged: object[] = [];
  const result = publicError(error, { traceId: 'trace-1', log: { error: (fields) => logged.push(fields) } });
  return { result, logged };
}

/** As graphql-js reports what a resolver threw. */
function located(cause: Error): GraphQLError {
  return new GraphQLError(cause.message, { path: ['team', 'balance'], originalError: cause });
}

test('shows a fact with its code, message, details and place', () => {
  const { result, logged } = shown(
    located(new DomainError('CONFLICT', 'The grant is void.', { state: 'VOID' })),
  );
  expect(result).toEqual({
    message: 'The grant is void.',
    path: ['team', 'balance'],
    extensions: { code: 'CONFLICT', state: 'VOID' },
  });
  expect(logged).toEqual([]);
});

test('masks what is no fact, and logs it under the trace id it answers', () => {
  const cause = new Error('duplicate key value violates constraint "secret"');
  const { result, logged } = shown(located(cause));
  expect(result.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', traceId: 'trace-1' });
  expect(JSON.stringify(result)).not.toContain('secret');
  expect(result.message).toContain('trace-1');
  expect(logged).toEqual([{ traceId: 'trace-1', path: ['team', 'balance'], err: cause }]);
});

test('finds the fact below the errors that graphql-js wraps around it', () => {
  const fact = new DomainError('BAD_USER_INPUT', 'Credits: must be a string.');
  const inner = new GraphQLError('Expected type "Credits".', { originalError: fact });
  const { result } = shown(new GraphQLError('Variable "$x" got invalid value 5', { originalError: inner }));
  expect(result).toEqual({
    message: 'Variable "$x" got invalid value 5',
    extensions: { code: 'BAD_USER_INPUT' },
  });
});

test('a fact that names a code among its details cannot change its own', () => {
  const { result } = shown(located(new DomainError('CONFLICT', 'No.', { code: 'OK' })));
  expect(codeOf(result)).toBe('CONFLICT');
});

test('a lost database is UNAVAILABLE, and its address stays inside', () => {
  const { result } = shown(located(Object.assign(new Error('connect 10.0.0.7'), { code: 'ECONNREFUSED' })));
  expect(result.extensions).toEqual({ code: 'UNAVAILABLE', retryAfterSeconds: 1 });
  expect(JSON.stringify(result)).not.toContain('10.0.0.7');
});

describe('errors of graphql-js itself', () => {
  test('are bad input when they speak of the request', () => {
    const node = { kind: Kind.NAME, value: 'x' } as const;
    expect(codeOf(shown(new GraphQLError('Variable "$id" was not provided.')).result)).toBe('BAD_USER_INPUT');
    const argument = new GraphQLError('Argument "id" must not be null.', { nodes: [node], path: ['node'] });
    expect(codeOf(shown(argument).result)).toBe('BAD_USER_INPUT');
  });

  test('are ours when a resolver answered what its type cannot be', () => {
    const refused = new GraphQLError('Int cannot represent non 32-bit signed integer value: 1099511627776');
    const { result } = shown(new GraphQLError(refused.message, { path: ['size'], originalError: refused }));
    expect(codeOf(result)).toBe('INTERNAL_SERVER_ERROR');
    expect(result.message).not.toContain('1099511627776');
  });

  test('with a code that is not documented are masked', () => {
    const foreign = new GraphQLError('inside', { path: ['a'], extensions: { code: 'ELSEWHERE' } });
    expect(codeOf(shown(foreign).result)).toBe('INTERNAL_SERVER_ERROR');
  });
});

test('takes whatever was thrown', () => {
  expect(asGraphQLError('text').message).toBe('thrown: text');
  expect(codeOf(shown(asGraphQLError(undefined)).result)).toBe('INTERNAL_SERVER_ERROR');
  const error = apiError('USE_HTTP', 'Use HTTP.');
  expect(asGraphQLError(error)).toBe(error);
});

test('documents each code with a sentence', () => {
  for (const meaning of Object.values(ERROR_CODES)) expect(meaning).toMatch(/^[A-Z"].*\.$/);
});
