import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DomainError } from '../../src/domain-error.ts';
import { decodeCursor, encodeCursor, keyset } from '../../src/graphql/cursor.ts';

const order = keyset('grants.expiry', 'instant', 'int8', 'uuid', 'text');
const uuid = '019a0000-0000-7000-8000-000000000001';

function raw(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

test('brings back the values it was made of', () => {
  const date = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
  const text = fc.string({ unit: 'grapheme' }).filter((given) => !given.includes('\0'));
  fc.assert(
    fc.property(date, fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.uuid(), text, (at, n, id, name) => {
      const cursor = encodeCursor(order, [at, n, id, name]);
      expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(decodeCursor(order, cursor, 'after')).toEqual([at, n, id, name]);
    }),
  );
});

test.for([
  ['text that is no base64url of JSON', 'AAAA'],
  ['JSON that is no list', raw({ a: 1 })],
  ['a list of numbers', raw(['grants.expiry', 1, 2, 3, 4])],
  [
    'the cursor of another list',
    encodeCursor(keyset('grants.name', 'instant', 'int8', 'uuid', 'text'), [new Date(0), 1n, uuid, 'a']),
  ],
  ['too few values', raw(['grants.expiry', new Date(0).toISOString()])],
  ['too many values', raw(['grants.expiry', new Date(0).toISOString(), '1', uuid, 'a', 'b'])],
  ['an impossible instant', raw(['grants.expiry', '2026-02-30T00:00:00.000Z', '1', uuid, 'a'])],
  [
    'a number beyond 64 bits',
    raw(['grants.expiry', new Date(0).toISOString(), '9223372036854775808', uuid, 'a']),
  ],
  ['a number with SQL in it', raw(['grants.expiry', new Date(0).toISOString(), '1; drop', uuid, 'a'])],
  ['a malformed id', raw(['grants.expiry', new Date(0).toISOString(), '1', `${uuid}0`, 'a'])],
  ['text that cannot be stored', raw(['grants.expiry', new Date(0).toISOString(), '1', uuid, 'a\0'])],
] as const)('refuses %s, naming the argument', ([, cursor]) => {
  const attempt = () => decodeCursor(order, cursor, 'after');
  expect(attempt).toThrow(DomainError);
  expect(attempt).toThrow('after: must be a cursor that a page of this list');
});

test('refuses a cursor that was lengthened by characters which base64 ignores', () => {
  const cursor = encodeCursor(order, [new Date(0), 1n, uuid, 'a']);
  expect(() => decodeCursor(order, `${cursor}=`, 'after')).toThrow(DomainError);
});
