import { expect, test } from 'vitest';
import { DocumentCache } from '../../src/graphql/document-cache.ts';

function keysOf(cache: DocumentCache<string>, ...keys: string[]): string[] {
  return keys.filter((key) => cache.get(key) !== undefined);
}

test('drops what was not used for the longest time beyond its number of entries', () => {
  const cache = new DocumentCache<string>({ entries: 2, chars: 1_000 });
  cache.set('a', 'A', 1);
  cache.set('b', 'B', 1);
  expect(cache.get('a')).toBe('A');
  cache.set('c', 'C', 1);
  expect(keysOf(cache, 'a', 'b', 'c')).toEqual(['a', 'c']);
});

test('drops the oldest beyond its number of characters, and what is larger than all of it', () => {
  const cache = new DocumentCache<string>({ entries: 10, chars: 100 });
  cache.set('a', 'A', 60);
  cache.set('b', 'B', 60);
  expect(keysOf(cache, 'a', 'b')).toEqual(['b']);
  cache.set('c', 'C', 101);
  expect(keysOf(cache, 'b', 'c')).toEqual([]);
});

test('counts an entry that is set again once', () => {
  const cache = new DocumentCache<string>({ entries: 10, chars: 100 });
  for (let i = 0; i < 5; i++) cache.set('a', `A${i}`, 60);
  cache.set('b', 'B', 40);
  expect([cache.get('a'), cache.get('b')]).toEqual(['A4', 'B']);
});
