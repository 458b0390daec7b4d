import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { seedInstanceTypes } from '../../src/catalog/instance-types.ts';
import { HOLD_STATUS } from '../../src/charging/hold.ts';
import { sweepHolds } from '../../src/charging/hold-sweeper.ts';
import { inTransaction } from '../../src/db/client.ts';
import { stopDeployment } from '../../src/deployments/operate.ts';
import { newUuid } from '../../src/id.ts';
import { balanceOf } from '../../src/ledger/balance.ts';
import { parseCredits } from '../../src/money.ts';
import { DEMO_MODEL, seedDemo } from '../../src/sandbox/demo-grants.ts';
import { DemoTraffic } from '../../src/sandbox/demo-traffic.ts';
import { expectHealthy } from '../support/audit.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { usage, worldOn } from '../support/world.ts';
import { newTeam } from '../teams/people.ts';

const database = useDatabase();
const START_MS = Date.UTC(2026, 11, 1);
const DAY_MS = 86_400_000;

async function setting() {
  const { db } = database;
  const clock = movableClock(START_MS);
  const { teamId, owner: userId } = await newTeam(db);
  await inTransaction(db, (tx) => seedDemo(tx, teamId, clock.now()));
  await seedInstanceTypes(db, clock.now());
  const world = worldOn(db, clock);
  const services = { db, clock, catalog: world.catalog, batcher: world.batcher() };
  const balance = async () => {
    const found = await balanceOf(db, teamId, clock.now());
    if (!found) throw new Error('the team has a wallet');
    return found;
  };
  const traffic = new DemoTraffic(services, { teamId, userId });
  return { services, clock, teamId, userId, balance, traffic };
}

/** Steps as they follow each other in two-second rests. */
async function steps({ traffic, clock }: Awaited<ReturnType<typeof setting>>, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    clock.advance(2_000);
    await traffic.step();
  }
}

describe('the traffic of the demo', () => {
  test('moves the balance with each step: requests are charged, answers held, reported and ended', async () => {
    const running = await setting();
    const { teamId, userId, balance } = running;
    let { seq } = await balance();
    for (let i = 0; i < 24; i++) {
      await steps(running, 1);
      const next = (await balance()).seq;
      expect(next).toBeGreaterThan(seq);
      seq = next;
    }
    const { sql } = database.db;
    const holds = await sql<{ status: number; reported_nano: bigint | null; member_id: string }[]>`
      select status, reported_nano, member_id from holds where team_id = ${teamId} and deployment_id is null`;
    expect(holds).toHaveLength(4);
    expect(
      holds.every(({ status, reported_nano, member_id }) => {
        return [2, 3].includes(status) && reported_nano !== null && member_id === userId;
      }),
    ).toBe(true);
    const charges =
      await sql`select 1 from charges where team_id = ${teamId} and hold_id is null and deployment_id is null`;
    expect(charges).toHaveLength(24);
    expect((await balance()).balances.heldNano).toBe(0n);
    await expectHealthy(database.db);
  });

  test('costs a few credits an hour', async () => {
    const running = await setting();
    await steps(running, 1);
    const before = (await running.balance()).balances.availableNano;
    await steps(running, 90);
    const spent = before - (await running.balance()).balances.availableNano;
    expect(spent).toBeGreaterThan(0n);
    // That was three minutes, in which two more replicas may have begun an hour for 0.16.
    expect(spent * 20n).toBeLessThan(parseCredits('13'));
  });

  test('never stops: when credit runs low or has expired, some is given', async () => {
    const running = await setting();
    const { clock, teamId, balance } = running;
    const { sql } = database.db;
    const given = () => sql`
      select granted_nano from grants where team_id = ${teamId} and kind = 'PROMOTIONAL' and reason = 'the demo goes on'`;
    await steps(running, 3);
    expect(await given()).toHaveLength(0);
    const large = usage(teamId, DEMO_MODEL, { OUTPUT_TOKEN: 2_000_000 });
    expect(await running.services.batcher.charge([large])).toMatchObject([{ ok: true }]);
    await steps(running, 2);
    expect(await given()).toEqual([{ granted_nano: parseCredits('10') }]);
    clock.advance(31 * DAY_MS);
    await steps(running, 2);
    expect(await given()).toHaveLength(2);
    expect((await balance()).balances.unrestrictedNano).toBeGreaterThan(parseCredits('9'));
  });

  test('begins a new answer after the one that it streamed has expired', async () => {
    const running = await setting();
    await steps(running, 2);
    const { clock, services, teamId } = running;
    clock.advance(DAY_MS);
    await sweepHolds(database.db, services.batcher, clock, 100);
    await steps(running, 2);
    const holds = await database.db
      .sql`select status from holds where team_id = ${teamId} and deployment_id is null order by placed_at`;
    expect(holds).toEqual([{ status: HOLD_STATUS.EXPIRED }, { status: HOLD_STATUS.HELD }]);
  });

  test('starts its deployments once: one runs, one is paused by its schedule, one is scaled', async () => {
    const running = await setting();
    const { clock, services, teamId, userId } = running;
    await steps(running, 1);
    const { sql } = database.db;
    const deployments = () => sql<
      { name: string; status: string; pause_reason: string | null; id: string }[]
    >`
      select name, status, pause_reason, id from deployments where team_id = ${teamId} order by name`;
    const first = await deployments();
    expect(first).toMatchObject([
      { name: 'chat-api', status: 'RUNNING' },
      { name: 'playground', status: 'RUNNING' },
      { name: 'weekly-reindex', status: 'PAUSED', pause_reason: 'SCHEDULE' },
    ]);
    const restarted = new DemoTraffic(services, { teamId, userId });
    for (let i = 0; i < 160; i++) {
      clock.advance(2_000);
      await restarted.step();
    }
    expect(await deployments()).toEqual(first);
    const scaled =
      await sql`select deployment_id from deployment_events where team_id = ${teamId} and kind = 'SCALED'`;
    expect(scaled.length).toBeGreaterThan(0);
    expect(new Set(scaled.map((event) => event.deployment_id))).toEqual(new Set([first[1]?.id]));
  });

  test('leaves a deployment alone that somebody has stopped', async () => {
    const running = await setting();
    const { clock, services, teamId } = running;
    await steps(running, 1);
    const [playground] = await database.db.sql<{ id: string }[]>`
      select id from deployments where team_id = ${teamId} and name = 'playground'`;
    const stop = { teamId, deploymentId: playground?.id ?? '', reason: null, idempotencyKey: 'stop' };
    await inTransaction(database.db, (tx) => stopDeployment(tx, stop, SYSTEM_ACTOR, clock.now(), services));
    await steps(running, 31);
    const after = await database.db.sql`
      select status from deployments where team_id = ${teamId} and name = 'playground'`;
    expect(after).toEqual([{ status: 'STOPPED' }]);
  });

  test('does nothing when there is no such team', async () => {
    const { services } = await setting();
    const lost = new DemoTraffic(services, { teamId: newUuid(), userId: newUuid() });
    const rows = () => database.db.sql`select count(*) from charges union all select count(*) from grants`;
    const before = await rows();
    await lost.step();
    expect(await rows()).toEqual(before);
  });
});
