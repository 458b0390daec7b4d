import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CLOSE } from '../../src/graphql/close-codes.ts';
import { ERROR_CODES } from '../../src/graphql/errors.ts';
import { MAX_BODY_BYTES } from '../../src/graphql/http-request.ts';
import { OPERATION_LIMITS } from '../../src/graphql/limits.ts';
import { SOCKET_LIMITS } from '../../src/graphql/websocket.ts';

const readme = readFileSync('src/graphql/README.md', 'utf8');
const [, errorList = '', closeList = '', limitList = ''] = readme.split('\n## ');

test('the README lists exactly the codes that errors have', () => {
  expect(
    [...errorList.matchAll(/\b[A-Z]+(?:_[A-Z0-9]+)*_[A-Z]+\b|\b[A-Z]{8,}\b/g)].map(([code]) => code).sort(),
  ).toEqual(Object.keys(ERROR_CODES).sort());
});

test('the README lists every code that sockets are closed with', () => {
  for (const { code } of Object.values(CLOSE)) expect(closeList).toContain(String(code));
});

test('the README tells every limit', () => {
  const { initTimeoutMs, pingEveryMs, ...sizes } = SOCKET_LIMITS;
  for (const limit of [MAX_BODY_BYTES, ...Object.values(OPERATION_LIMITS), ...Object.values(sizes)]) {
    expect(limitList).toContain(limit.toLocaleString('en-US'));
  }
  expect(closeList).toContain(`${initTimeoutMs / 1000} s`);
  expect(limitList).toContain(`${pingEveryMs / 1000} s`);
});
