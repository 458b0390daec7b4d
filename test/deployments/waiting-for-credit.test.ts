import { expect, test } from 'vitest';
import { startDeployment } from '../../src/deployments/operate.ts';
import { resumeWaiting } from '../../src/deployments/resume-on-credit.ts';
import type { Uuid } from '../../src/id.ts';
import { expectHealthy } from '../support/audit.ts';
import { useDatabase } from '../support/database.ts';
import { MeteredWorld, one } from './metered-world.ts';

const database = useDatabase();

async function entries(w: MeteredWorld, team: Uuid): Promise<bigint> {
  const [wallet] = await w.db.sql<{ seq: bigint }[]>`select seq from wallets where team_id = ${team}`;
  return wallet?.seq ?? 0n;
}

/** Two deployments of two replicas that wait for credit, of which there is enough for one replica; it is minute 100. */
async function bothWaiting() {
  const w = await MeteredWorld.on(database.db);
  const team = await w.team('3.1');
  const ids = [await w.create(team, { replicas: 2, resumeOnTopUp: true })];
  ids.push(await w.create(team, { replicas: 2, resumeOnTopUp: true }));
  for (const id of ids) await w.call(startDeployment, one(team, id));
  await w.passTo(100);
  for (const id of ids) expect(await w.state(id)).toBe('PAUSED OUT_OF_CREDITS 60');
  expect(await w.balance(team)).toEqual({ available: '0.7', held: '0' });
  return { w, team };
}

test('looking again and again for credit that is not there leaves nothing in the ledger', async () => {
  const { w, team } = await bothWaiting();
  await w.world.grant(team, '10', { scope: { product: 'chat' } });
  const before = await entries(w, team);
  for (let i = 0; i < 3; i++) expect(await resumeWaiting(w.db, w.deps)).toBe(0);
  expect(await entries(w, team)).toBe(before);
  await w.expectHealthy();
});

test('replicas that come up together are charged from credit at once, without a hold between', async () => {
  const { w, team } = await bothWaiting();
  await w.world.grant(team, '0.6');
  const before = await entries(w, team);
  expect(await resumeWaiting(w.db, w.deps)).toBe(1);
  const kinds = await w.db.sql<{ kind: number; amount: bigint }[]>`
    select kind, amount_nano as amount from entries where team_id = ${team} and seq > ${before} order by seq`;
  expect(new Set(kinds.map(({ kind }) => kind))).toEqual(new Set([2]));
  expect(kinds.reduce((sum, { amount }) => sum + amount, 0n)).toBe(1_200_000_000n);
  await w.expectHealthy();
  await expectHealthy(w.db);
});
