import { expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { holdOf } from '../../src/charging/hold-of.ts';
import { StandingCache } from '../../src/charging/standing-cache.ts';
import { TeamWork } from '../../src/charging/team-work.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
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

/** Places a hold, and resolves one that was open before. */
function holding(teamId: Uuid, id: Uuid, resolved?: Uuid): TeamWork {
  const done = new TeamWork(new Book(emptyHead({ teamId }), [], T0), []);
  const facts = { modelId: newUuid(), quantities: null, params: null, amountNano: 0n, draws: [], tags: null };
  const whose = { memberId: null, apiKeyId: null, actor: SYSTEM_ACTOR, expiresAt: new Date(T0) };
  const value = holdOf(done, { id, ...facts, ...whose });
  done.holds.add({ value, keyDigest: id, requestDigest: id });
  if (resolved) done.holds.change({ ...value, id: resolved, status: 'SETTLED' });
  return done;
}

test('knows the open holds of a team after each batch, without a copy of all for each', () => {
  const cache = new StandingCache(10);
  const [teamId, first, second, third] = [newUuid(), newUuid(), newUuid(), newUuid()];
  cache.put(holding(teamId, first), true);
  const holds = cache.get(teamId)?.holds;
  cache.put(holding(teamId, second, first), true);
  expect(cache.get(teamId)?.holds).toBe(holds);
  expect([...(holds?.keys() ?? [])]).toEqual([second]);
  cache.put(holding(teamId, third), false);
  expect([...(cache.get(teamId)?.holds?.keys() ?? [])]).toEqual([third]);
  for (let i = 0; i < 20; i++) cache.put(holding(teamId, newUuid(), third), true);
  expect(cache.get(teamId)).toBeUndefined();
  cache.put(work(8), true);
  cache.put(holding(teamId, first), true);
  expect([...(cache.get(teamId)?.holds?.keys() ?? [])]).toEqual([first]);
});
