import { expect, test } from 'vitest';
import { sqlState } from '../../src/db/client.ts';
import { sentTogether } from '../../src/db/sent-together.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();

test('answers the results in their order', async () => {
  expect(await sentTogether([Promise.resolve(1), Promise.resolve('two')])).toEqual([1, 'two']);
});

test('throws the failure of the first statement, whichever is noticed first', async () => {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const outcome = sentTogether([first.promise, second.promise]);
  second.reject(new Error('only because of the first'));
  await second.promise.catch(() => undefined);
  first.reject(new Error('the cause'));
  await expect(outcome).rejects.toThrow('the cause');
});

test('tells the cause, not that the transaction is over', async () => {
  const failure = await database.db.sql
    .begin((sql) => {
      const cause = (async () => {
        await sql`select 1 / 0`;
      })();
      // Behind several awaits, a failure is noticed later than one that came after it.
      const nested = (async () => {
        await (async () => {
          await cause;
        })();
      })();
      return sentTogether([nested, sql`select 1`]);
    })
    .catch((error: unknown) => error);
  expect(sqlState(failure)).toBe('22012');
});
