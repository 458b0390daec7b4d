import { describe, expect, test } from 'vitest';
import { pauseDeployment, startDeployment, updateDeployment } from '../../src/deployments/operate.ts';
import { resumeWaiting } from '../../src/deployments/resume-on-credit.ts';
import type { Schedule } from '../../src/deployments/schedule.ts';
import { useDatabase } from '../support/database.ts';
import { usage } from '../support/world.ts';
import { MeteredWorld, one, type Wanted } from './metered-world.ts';

const database = useDatabase();

/** A team whose deployment has run out of credit at minute 60; it is minute 100. */
async function outOfCredit(wanted: Wanted = {}, credits = '0.7') {
  const w = await MeteredWorld.on(database.db);
  const team = await w.team(credits);
  const id = await w.create(team, { resumeOnTopUp: true, ...wanted });
  await w.call(startDeployment, one(team, id));
  await w.passTo(100);
  expect(await w.state(id)).toBe('PAUSED OUT_OF_CREDITS 60');
  return { w, team, id, resume: () => resumeWaiting(w.db, w.deps) };
}

describe('a deployment that waits for credit', () => {
  test('runs again once there is enough, from then on', async () => {
    const { w, team, id, resume } = await outOfCredit();
    expect(await resume()).toBe(0);
    await w.world.grant(team, '0.5');
    w.goTo(110);
    expect(await resume()).toBe(1);
    expect(await w.state(id)).toBe('RUNNING');
    expect(await w.begun(team)).toEqual([0, 110]);
    expect((await w.told(team)).at(-1)).toBe('RESUMED 110');
    expect(await resume()).toBe(0);
    await w.expectHealthy();
  });

  test('stays paused unless it has asked for that', async () => {
    const { w, team, id, resume } = await outOfCredit({ resumeOnTopUp: false });
    await w.world.grant(team, '10');
    expect(await resume()).toBe(0);
    expect(await w.state(id)).toBe('PAUSED OUT_OF_CREDITS 60');
    await w.call(updateDeployment, { ...one(team, id), resumeOnTopUp: true });
    expect(await resume()).toBe(1);
  });

  test('stays paused while there is too little for all of its replicas', async () => {
    const { w, team, id, resume } = await outOfCredit({ replicas: 2 }, '1.3');
    await w.world.grant(team, '1');
    expect(await resume()).toBe(0);
    expect(await w.balance(team)).toEqual({ available: '1.1', held: '0' });
    await w.world.grant(team, '0.1');
    expect(await resume()).toBe(1);
    expect(await w.state(id)).toBe('RUNNING');
    expect(await w.balance(team)).toEqual({ available: '0', held: '0' });
    await w.expectHealthy();
  });

  test('stays paused while the credit is for something else, and is left alone until more comes', async () => {
    const { w, team, id, resume } = await outOfCredit();
    await w.world.grant(team, '5', { scope: { product: 'chat' } });
    expect(await resume()).toBe(0);
    const { pausedSeq } = await w.deployment(id);
    const [wallet] = await w.db.sql<{ seq: bigint }[]>`select seq from wallets where team_id = ${team}`;
    expect(pausedSeq).toBe(wallet?.seq);
    expect((await w.told(team)).at(-1)).toBe('PAUSED 60');
    await w.world.grant(team, '5', { scope: { product: 'compute' } });
    expect(await resume()).toBe(1);
    await w.expectHealthy();
  });

  test('that a user has paused meanwhile stays so', async () => {
    const { w, team, id, resume } = await outOfCredit();
    await w.call(pauseDeployment, one(team, id));
    await w.world.grant(team, '10');
    expect(await resume()).toBe(0);
    expect(await w.state(id)).toBe('PAUSED USER 60');
  });

  test('stays paused while its schedule is closed, and needs no more credit when it opens', async () => {
    const schedule: Schedule = { windows: [{ days: ['THURSDAY'], from: '02:00', to: '23:00' }] };
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('0.6');
    const id = await w.create(team, { resumeOnTopUp: true, schedule });
    await w.call(startDeployment, one(team, id));
    await w.passTo(190);
    expect(await w.state(id)).toBe('PAUSED OUT_OF_CREDITS 180');
    await w.passTo(1400);
    await w.world.grant(team, '10');
    expect(await resumeWaiting(w.db, w.deps)).toBe(0);
    expect(await w.state(id)).toBe('PAUSED OUT_OF_CREDITS 180');
    await w.passTo(7 * 1440 + 121);
    expect(await w.begun(team)).toEqual([120, 7 * 1440 + 120]);
    await w.expectHealthy();
  });

  test('runs again once, however many processes look', async () => {
    const { w, team, resume } = await outOfCredit();
    await w.world.grant(team, '10');
    const resumed = await Promise.all([1, 2, 3, 4].map(resume));
    expect(Math.max(...resumed)).toBe(1);
    expect(await w.begun(team)).toEqual([0, 100]);
    expect((await w.told(team)).filter((event) => event.startsWith('RESUMED'))).toEqual(['RESUMED 100']);
    await w.expectHealthy();
  });

  test('does not come back for what a team spends on other things', async () => {
    const { w, team, resume } = await outOfCredit();
    await w.world.model('chat-model', { REQUEST: '0.01' });
    await w.world.charge(usage(team, 'chat-model', { REQUEST: 1 }));
    expect(await resume()).toBe(0);
    expect(await w.begun(team)).toEqual([0]);
  });

  test('does not wait for a team that cannot be worked on', async () => {
    const broken = await outOfCredit();
    await broken.w.world.grant(broken.team, '5');
    const { w, team, id } = await outOfCredit();
    await w.world.grant(team, '5');
    const { sql } = database.ownerDb;
    await sql`create function fail() returns trigger language plpgsql as $$ begin raise 'broken'; end $$`;
    const isBroken = sql.unsafe(`new.team_id = '${broken.team}'`);
    await sql`create trigger broken before insert on charges for each row when (${isBroken}) execute function fail()`;
    await expect(resumeWaiting(w.db, w.deps)).rejects.toThrow('broken');
    expect(await w.state(id)).toBe('RUNNING');
    expect(await w.state(broken.id)).toBe('PAUSED OUT_OF_CREDITS 60');
    await sql`drop trigger broken on charges`;
    expect(await resumeWaiting(w.db, w.deps)).toBe(1);
  });
});
