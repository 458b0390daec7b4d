import { graphql } from 'graphql';
import { expect, test } from 'vitest';
import { DomainError } from '../../src/domain-error.ts';
import { createContext } from '../../src/graphql/context.ts';
import { OutOfCredits, Refusal, toUserError } from '../../src/graphql/user-error.ts';
import { sampleSchema } from './sample-schema.ts';

const { schema } = sampleSchema();

test('a mutation answers a refusal as data that a client can branch on', async () => {
  const source = `mutation { spend(amount: "3.5") { userErrors {
    __typename code message path ... on OutOfCredits { shortBy available } } } }`;
  const { data, errors } = await graphql({
    schema,
    source,
    contextValue: createContext({ kind: 'ANONYMOUS' }, 't'),
  });
  expect(errors).toBeUndefined();
  expect(data?.spend).toEqual({
    userErrors: [
      {
        __typename: 'OutOfCredits',
        code: 'OUT_OF_CREDITS',
        message: 'Short by 2.5 credits.',
        path: ['amount'],
        shortBy: '2.5',
        available: '1',
      },
    ],
  });
});

test.for([
  ['BAD_USER_INPUT', 'INVALID_INPUT'],
  ['NOT_FOUND', 'NOT_FOUND'],
  ['CONFLICT', 'CONFLICT'],
  ['IDEMPOTENCY_CONFLICT', 'IDEMPOTENCY_CONFLICT'],
] as const)('%s becomes the refusal %s', ([code, expected]) => {
  const refusal = toUserError(new DomainError(code, 'No.'), ['items', '3']);
  expect(refusal).toBeInstanceOf(Refusal);
  expect(refusal).toMatchObject({ code: expected, message: 'No.', path: ['items', '3'] });
});

test.for([
  ['WRONG_STATE', 'WRONG_STATE'],
  ['ALREADY_REVERSED', 'CONFLICT'],
] as const)('a conflict because of %s becomes the refusal %s', ([reason, expected]) => {
  expect(toUserError(new DomainError('CONFLICT', 'No.', { reason }), []).code).toBe(expected);
});

test('OUT_OF_CREDITS keeps its amounts exactly', () => {
  const error = new DomainError('OUT_OF_CREDITS', 'No.', { shortBy: '0.000000001', available: '0' });
  expect(toUserError(error, [])).toEqual(new OutOfCredits('No.', [], { shortBy: 1n, available: 0n }));
});

test.for(['OVERLOADED', 'UNAVAILABLE', 'FORBIDDEN', 'THROTTLED', 'INTERNAL_SERVER_ERROR'] as const)(
  '%s is a failure, not a refusal',
  (code) => {
    const error = new DomainError(code, 'No.');
    expect(() => toUserError(error, [])).toThrow(error);
  },
);
