import { describe, expect, test } from 'vitest';
import {
  pauseDeployment,
  resumeDeployment,
  setDeploymentSchedule,
  startDeployment,
  stopDeployment,
} from '../../src/deployments/operate.ts';
import type { Schedule } from '../../src/deployments/schedule.ts';
import { useDatabase } from '../support/database.ts';
import { MeteredWorld, one, type Wanted } from './metered-world.ts';

const database = useDatabase();

/** Every day from 01:00 to 03:30: minutes 60 to 210 of the first day, 1500 to 1650 of the second. */
const MORNINGS: Schedule = {
  windows: [
    {
      days: ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'],
      from: '01:00',
      to: '03:30',
    },
  ],
};

/** A team with a deployment that runs in the mornings, started at midnight. */
async function started(credits = '100', wanted: Wanted = {}) {
  const w = await MeteredWorld.on(database.db);
  const team = await w.team(credits);
  const id = await w.create(team, { schedule: MORNINGS, ...wanted });
  await w.call(startDeployment, one(team, id));
  return { w, team, id };
}

describe('a schedule', () => {
  test('lets a started deployment wait for its window, which costs nothing', async () => {
    const { w, team, id } = await started('0');
    expect(await w.state(id)).toBe('PAUSED SCHEDULE 0');
    expect(await w.told(team)).toEqual(['CREATED 0', 'STARTED 0']);
    expect(await w.hours(team)).toEqual([]);
  });

  test('brings it up when it opens and pauses it when it closes, at those instants', async () => {
    const { w, team, id } = await started();
    await w.passTo(300);
    expect((await w.told(team)).slice(2)).toEqual(['RESUMED 60', 'PAUSED 210']);
    expect(await w.state(id)).toBe('PAUSED SCHEDULE 210');
    expect(await w.begun(team)).toEqual([60, 120, 180]);
    await w.passTo(1700);
    expect(await w.begun(team)).toEqual([60, 120, 180, 1500, 1560, 1620]);
    expect((await w.balance(team)).held).toBe('0');
    await w.expectHealthy();
  });

  test('that closes when an hour would begin keeps it from beginning', async () => {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('100');
    const [window] = MORNINGS.windows;
    const id = await w.create(team, { schedule: { windows: [{ ...window!, to: '03:00' }] } });
    await w.call(startDeployment, one(team, id));
    await w.passTo(181);
    expect(await w.begun(team)).toEqual([60, 120]);
    expect(await w.state(id)).toBe('PAUSED SCHEDULE 180');
    expect(await w.balance(team)).toEqual({ available: '98.8', held: '0' });
    await w.expectHealthy();
  });

  test('goes by the time zone of the team', async () => {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('100');
    await database.ownerDb.sql`update teams set time_zone = 'Asia/Kathmandu' where id = ${team}`;
    const id = await w.create(team, { schedule: MORNINGS });
    await w.call(startDeployment, one(team, id));
    // 01:00 in Nepal is 19:15 UTC of the day before.
    await w.passTo(1155 + 1);
    expect(await w.begun(team)).toEqual([1155]);
  });

  test('does not bring back what a user has paused', async () => {
    const { w, team, id } = await started();
    await w.passTo(100);
    await w.call(pauseDeployment, one(team, id));
    await w.passTo(1550);
    expect(await w.state(id)).toBe('PAUSED USER 100');
    expect(await w.begun(team)).toEqual([60]);
    await w.call(resumeDeployment, one(team, id));
    await w.passTo(1700);
    expect(await w.begun(team)).toEqual([60, 1550, 1610]);
    expect(await w.state(id)).toBe('PAUSED SCHEDULE 1650');
    await w.expectHealthy();
  });

  test('lets what a user resumes outside of its windows run until it next closes', async () => {
    const { w, team, id } = await started();
    await w.passTo(300);
    await w.call(resumeDeployment, one(team, id));
    await w.passTo(1400);
    expect(await w.state(id)).toBe('RUNNING');
    await w.passTo(1700);
    expect(await w.state(id)).toBe('PAUSED SCHEDULE 1650');
    expect((await w.told(team)).slice(2)).toEqual(['RESUMED 60', 'PAUSED 210', 'RESUMED 300', 'PAUSED 1650']);
    await w.expectHealthy();
  });

  test('has nothing to say of a deployment that was stopped', async () => {
    const { w, team, id } = await started();
    await w.call(stopDeployment, one(team, id));
    await w.passTo(1700);
    expect(await w.hours(team)).toEqual([]);
    expect(await w.state(id)).toBe('STOPPED');
  });

  test('that opens without credit leaves it paused for that', async () => {
    const { w, team, id } = await started('1', { replicas: 2 });
    await w.passTo(300);
    expect(await w.state(id)).toBe('PAUSED OUT_OF_CREDITS 60');
    expect(await w.hours(team)).toEqual([]);
    expect(await w.balance(team)).toEqual({ available: '1', held: '0' });
    await w.passTo(1600);
    expect((await w.told(team)).slice(2)).toEqual(['PAUSED 60']);
    await w.expectHealthy();
  });

  test('that opens when there is credit again brings back who asked for that', async () => {
    const { w, team, id } = await started('0.6', { resumeOnTopUp: true });
    await w.passTo(300);
    expect(await w.state(id)).toBe('PAUSED OUT_OF_CREDITS 120');
    await w.world.grant(team, '10');
    await w.passTo(1501);
    expect(await w.state(id)).toBe('RUNNING');
    expect(await w.begun(team)).toEqual([60, 1500]);
    await w.expectHealthy();
  });
});

describe('a new schedule', () => {
  test('holds at once: it pauses what is outside of its windows', async () => {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('100');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    w.goTo(10);
    await w.call(setDeploymentSchedule, { ...one(team, id), schedule: MORNINGS });
    expect(await w.state(id)).toBe('PAUSED SCHEDULE 10');
    await w.passTo(100);
    expect(await w.begun(team)).toEqual([0, 60]);
    await w.expectHealthy();
  });

  test('or none brings up what the one before has paused', async () => {
    const { w, team, id } = await started();
    w.goTo(10);
    const { charges } = await w.call(setDeploymentSchedule, { ...one(team, id), schedule: null });
    expect(charges).toHaveLength(1);
    expect((await w.events(team)).at(-1)).toMatchObject({
      kind: 'SCHEDULE_SET',
      details: { status: 'RUNNING' },
    });
    await w.passTo(300);
    expect(await w.state(id)).toBe('RUNNING');
    await w.expectHealthy();
  });
});

describe('after downtime', () => {
  test('a window that opened unnoticed counts from now on: no machine came up before', async () => {
    const { w, team, id } = await started();
    w.goTo(150);
    await w.meter();
    expect((await w.told(team)).slice(2)).toEqual(['RESUMED 150']);
    await w.passTo(300);
    expect(await w.begun(team)).toEqual([150]);
    expect(await w.state(id)).toBe('PAUSED SCHEDULE 210');
    await w.expectHealthy();
  });

  test('a window that opened and closed unnoticed has never been', async () => {
    const { w, team, id } = await started();
    w.goTo(400);
    await w.meter();
    expect(await w.state(id)).toBe('PAUSED SCHEDULE 0');
    expect(await w.hours(team)).toEqual([]);
    await w.passTo(1510);
    expect(await w.begun(team)).toEqual([1500]);
  });

  test('a window that closed unnoticed has closed when it did: what ran on is UNBILLED', async () => {
    const { w, team, id } = await started();
    await w.passTo(130);
    w.goTo(310);
    await w.meter();
    expect(await w.state(id)).toBe('PAUSED SCHEDULE 210');
    expect((await w.hours(team)).map(({ at, status }) => `${at} ${status}`)).toEqual([
      '60 CHARGED',
      '120 CHARGED',
      '180 CHARGED',
      '240 UNBILLED',
      '300 UNBILLED',
    ]);
    await w.expectHealthy();
  });

  test('a window that was noticed within a minute counts from its own instant', async () => {
    const { w, team } = await started();
    w.goTo(61);
    await w.meter();
    expect(await w.begun(team)).toEqual([60]);
  });
});
