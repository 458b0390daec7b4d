import { expect, test } from 'vitest';
import { StandingCache } from '../../src/charging/standing-cache.ts';
import { TeamWork } from '../../src/charging/team-work.ts';
import { newUuid } from '../../src/id.ts';
import { Book } from '../../src/ledger/book.ts';
import { emptyHead, openGrant, T0 } from '../support/books.ts';

function work(grantCount: number): TeamWork {
  const grants = Array.from({ length: grantCount }, () => openGrant());
  return new TeamWork(new Book(emptyHead({ teamId: newUuid() }), grants, T0), []);
}

test('gives up the teams unused for longest when their grants are too many, not only when they are', () => {
  const cache = new StandingCache(10);
  const [first, second, third, vast] = [work(3), work(3), work(4), work(50)];
  const remembered = () =>
    [first, second, third, vast].map(({ book }) => cache.get(book.teamId) !== undefined);
  cache.put(first, true);
  cache.put(second, true);
  cache.put(first, true);
  expect(remembered()).toEqual([true, true, false, false]);
  cache.put(third, true);
  expect(remembered()).toEqual([true, false, true, false]);
  cache.put(vast, true);
  expect(remembered()).toEqual([false, false, false, false]);
  cache.put(second, true);
  expect(remembered()).toEqual([false, true, false, false]);
});
