import { expect, test } from 'vitest';
import { findCharges } from '../../src/charging/charge-reads.ts';
import { inTransaction, type Tx } from '../../src/db/client.ts';
import { newUuid } from '../../src/id.ts';
import { useDatabase } from '../support/database.ts';
import { usage, worldOn } from '../support/world.ts';

const database = useDatabase();

test('a charge is found by its id alone, with one look however many teams there are', async () => {
  const world = worldOn(database.db);
  await world.model('found', { REQUEST: '0' });
  for (let n = 0; n < 30; n++) await world.team();
  const team = await world.team();
  const [made] = await world.charge(usage(team, 'found', { REQUEST: 1 }));
  const id = made?.ok ? made.charge.id : '';
  const ids = [id, newUuid()];
  const { found, looks } = await inTransaction(database.db, async (tx) => {
    const before = await looksAtCharges(tx);
    const found = await findCharges(tx, ids, { kind: 'ANY_TEAM' });
    return { found, looks: (await looksAtCharges(tx)) - before };
  });
  expect(found).toMatchObject([{ id, teamId: team }]);
  expect(looks).toBe(BigInt(ids.length));
});

async function looksAtCharges(tx: Tx): Promise<bigint> {
  const [row] = await tx.sql<{ looks: bigint }[]>`
    select idx_scan + seq_scan as looks from pg_stat_xact_user_tables where relname = 'charges'`;
  return row?.looks ?? 0n;
}
