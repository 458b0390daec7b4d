import { expect, test } from 'vitest';
import { ERROR_CODES } from '../../src/graphql/errors.ts';
import { acceptedType, GRAPHQL_RESPONSE, JSON_RESPONSE, statusOf } from '../../src/graphql/http-response.ts';

test.for([
  [undefined, JSON_RESPONSE],
  ['*/*', JSON_RESPONSE],
  ['application/json', JSON_RESPONSE],
  ['application/graphql-response+json', GRAPHQL_RESPONSE],
  ['application/graphql-response+json, application/json;q=0.9', GRAPHQL_RESPONSE],
  ['application/json;q=0.5, application/graphql-response+json;q=0.8', GRAPHQL_RESPONSE],
  ['text/html, application/xhtml+xml, */*;q=0.8', JSON_RESPONSE],
  ['multipart/mixed, Application/JSON; charset=utf-8', JSON_RESPONSE],
  ['text/html', undefined],
  ['application/json;q=0', undefined],
] as const)('Accept %s is answered with %s', ([accept, type]) => {
  expect(acceptedType(accept)).toBe(type);
});

test('every documented code has a status that tells an error, for clients that read statuses', () => {
  for (const code of Object.keys(ERROR_CODES)) {
    expect(statusOf([{ message: '', extensions: { code } }], GRAPHQL_RESPONSE)).toBeGreaterThanOrEqual(400);
  }
});

test('a code that is not documented counts as our failure', () => {
  expect(statusOf([{ message: '', extensions: { code: 'ELSEWHERE' } }], JSON_RESPONSE)).toBe(500);
});

test('the gravest of several errors decides', () => {
  const errors = ['BAD_USER_INPUT', 'UNAVAILABLE'].map((code) => ({ message: '', extensions: { code } }));
  expect(statusOf(errors, JSON_RESPONSE)).toBe(503);
});
