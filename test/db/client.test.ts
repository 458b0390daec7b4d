import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();

test('the server works as drawdown_app', async () => {
  const [row] = await database.db.sql`select current_user as who, session_user as login`;
  expect(row).toEqual({ who: 'drawdown_app', login: 'drawdown_server' });
  expect(await database.ownerDb.orm.execute(sql`select 1::int8 as n`)).toMatchObject([{ n: 1n }]);
});
