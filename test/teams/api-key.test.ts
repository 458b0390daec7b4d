import { expect, test } from 'vitest';
import { newUuid } from '../../src/id.ts';
import {
  checkScopes,
  keyText,
  newSecret,
  parseKey,
  secretDigest,
  secretMatches,
  visiblePrefix,
} from '../../src/teams/api-key.ts';

const keyId = newUuid();
const secret = newSecret();
const text = keyText({ keyId, secret });

test('a key is its visible prefix and its secret, and can be taken apart again', () => {
  expect(text).toBe(`${visiblePrefix(keyId)}_${secret}`);
  expect(text).toMatch(/^dd_[0-9a-z]{26}_[0-9A-Za-z]{43}$/);
  expect(parseKey(text)).toEqual({ keyId, secret });
});

test('secrets are never the same and use every letter about equally', () => {
  const secrets = Array.from({ length: 2000 }, newSecret);
  expect(new Set(secrets).size).toBe(2000);
  const counts = new Map<string, number>();
  for (const letter of secrets.join('')) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  expect(counts.size).toBe(62);
  // 86,000 draws of 62 letters: 1,387 each, with a standard deviation of 37.
  for (const count of counts.values()) expect(Math.abs(count - 1387)).toBeLessThan(37 * 6);
});

test.for([
  ['', 'nothing'],
  [text.slice(0, -1), 'a letter too few'],
  [`${text}A`, 'a letter too many'],
  [text.toUpperCase(), 'capitals'],
  [text.replace('dd_', 'xx_'), 'another product'],
  [` ${text}`, 'a space before it'],
  [`${text}\n`, 'a line break after it'],
  [text.replace(secret, `${secret.slice(0, 42)}é`), 'a letter beyond ASCII'],
  [text.replace(secret, `${secret.slice(0, 42)}_`), 'an underscore in the secret'],
  [`dd_${'8'.repeat(26)}_${secret}`, 'an id above 128 bits'],
  [`dd_${'u'.repeat(26)}_${secret}`, 'an id with a letter that base 32 lacks'],
] as const)('%s is no key: %s', ([wrong]) => {
  expect(parseKey(wrong)).toBeUndefined();
});

test('only the very secret matches its digest', () => {
  const digest = secretDigest(secret);
  expect(digest).toHaveLength(32);
  expect(secretMatches(secret, digest)).toBe(true);
  expect(secretMatches(newSecret(), digest)).toBe(false);
  expect(secretMatches(secret, digest.subarray(0, 31))).toBe(false);
  expect(secretMatches(secret, Buffer.alloc(0))).toBe(false);
});

test('scopes are stored once each, and only those of the type', () => {
  expect(checkScopes('PLATFORM', ['usage:write', 'billing:read', 'usage:write'])).toEqual([
    'billing:read',
    'usage:write',
  ]);
  expect(() => checkScopes('TEAM', ['usage:write'])).toThrow(
    /billing:read, deployments:write.*"usage:write"/,
  );
  expect(() => checkScopes('OPERATOR', ['billing:read'])).toThrow(/must be empty/);
});
