import { expect, test } from 'vitest';
import { StandingCache } from '../../src/charging/standing-cache.ts';
import { newUuid } from '../../src/id.ts';
import { emptyHead, openGrant } from '../support/books.ts';

function standing(grantCount: number) {
  return {
    head: emptyHead({ teamId: newUuid() }),
    grants: Array.from({ length: grantCount }, () => openGrant()),
  };
}

test('gives up the teams unused for longest when their grants are too many, not only when they are', () => {
  const cache = new StandingCache(10);
  const [first, second, third, vast] = [standing(3), standing(3), standing(4), standing(50)];
  const remembered = () =>
    [first, second, third, vast].map(({ head }) => cache.get(head.teamId) !== undefined);
  cache.put(first, []);
  cache.put(second, []);
  cache.put(first, []);
  expect(remembered()).toEqual([true, true, false, false]);
  cache.put(third, []);
  expect(remembered()).toEqual([true, false, true, false]);
  cache.put(vast, []);
  expect(remembered()).toEqual([false, false, false, false]);
  cache.put(second, []);
  expect(remembered()).toEqual([false, true, false, false]);
});
