import { describe, expect, test } from 'vitest';
import {
  pauseDeployment,
  reportBootFailure,
  resizeDeployment,
  resumeDeployment,
  scaleDeployment,
  startDeployment,
  stopDeployment,
  updateDeployment,
} from '../../src/deployments/operate.ts';
import { newUuid } from '../../src/id.ts';
import { useDatabase } from '../support/database.ts';
import { MeteredWorld, one } from './metered-world.ts';

const database = useDatabase();
const worldHere = () => MeteredWorld.on(database.db);

describe('starting', () => {
  test('charges the first hour of each slot, from the exact instant', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    const id = await w.create(team, { replicas: 3 });
    w.goTo(7.5);
    const { deployment, charges, seq, balance } = await w.call(startDeployment, one(team, id));
    expect(deployment).toMatchObject({ status: 'RUNNING', startedAt: w.clock.now() });
    expect(charges.map(({ replicaSlot }) => replicaSlot)).toEqual([1, 2, 3]);
    expect(seq).toBe(2n);
    expect(balance.balances.availableNano).toBe(8_200_000_000n);
    expect(await w.hours(team)).toEqual(
      [1, 2, 3].map((slot) => ({ slot, type: 'gpu-s', at: 7.5, credits: '0.6', status: 'CHARGED' })),
    );
    await w.expectHealthy();
  });

  test('is refused as a whole when not every slot can be paid, and writes nothing', async () => {
    const w = await worldHere();
    const team = await w.team('1.79');
    const id = await w.create(team, { replicas: 3 });
    const key = newUuid();
    const start = () => w.call(startDeployment, { ...one(team, id), idempotencyKey: key });
    await expect(start()).rejects.toMatchObject({
      code: 'OUT_OF_CREDITS',
      details: { shortBy: '0.01', available: '0.59' },
    });
    expect(await w.hours(team)).toEqual([]);
    expect(await w.told(team)).toEqual(['CREATED 0']);
    expect(await w.state(id)).toBe('CREATED');
    await w.world.grant(team, '0.01');
    expect((await start()).replayed).toBe(false);
    expect(await w.balance(team)).toEqual({ available: '0', held: '0' });
    await w.expectHealthy();
  });

  test('again after a stop charges a new hour only when the paid one is over', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    w.goTo(10);
    await w.call(stopDeployment, one(team, id));
    w.goTo(20);
    expect((await w.call(startDeployment, one(team, id))).charges).toEqual([]);
    await w.call(stopDeployment, one(team, id));
    await w.passTo(600);
    expect(await w.begun(team)).toEqual([0]);
    await w.call(startDeployment, one(team, id));
    expect(await w.begun(team)).toEqual([0, 600]);
    await w.expectHealthy();
  });
});

describe('a repeated call', () => {
  test('answers what the first one did, and does nothing', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    const id = await w.create(team, { replicas: 2 });
    const input = { ...one(team, id), idempotencyKey: 'start' };
    const first = await w.call(startDeployment, input);
    w.goTo(90);
    await w.call(pauseDeployment, one(team, id));
    const again = await w.call(startDeployment, input);
    expect(again).toMatchObject({ replayed: true, seq: first.seq, deployment: { status: 'PAUSED' } });
    expect(again.charges).toEqual(first.charges);
    expect(again.balance).toEqual((await w.call(startDeployment, input)).balance);
    await expect(w.call(startDeployment, { ...input, deploymentId: newUuid() })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    });
  });

  test('of what changed nothing is known, too', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    const input = { ...one(team, id), replicas: 1, idempotencyKey: 'same' };
    const first = await w.call(scaleDeployment, input);
    expect(first).toMatchObject({ seq: null, replayed: false, charges: [] });
    expect(await w.call(scaleDeployment, input)).toMatchObject({ seq: null, replayed: true });
    expect(await w.told(team)).toEqual(['CREATED 0', 'STARTED 0']);
  });

  test('at the same moment charges once', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    const id = await w.create(team, { replicas: 2 });
    const input = { ...one(team, id), idempotencyKey: 'start' };
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => w.call(startDeployment, input)));
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(await w.hours(team)).toHaveLength(2);
    await w.expectHealthy();
  });
});

describe('pausing and resuming', () => {
  test('within the paid hour costs nothing, and the next hour begins at its end', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    w.goTo(5);
    await w.call(pauseDeployment, one(team, id));
    w.goTo(55);
    expect((await w.call(resumeDeployment, one(team, id))).charges).toEqual([]);
    await w.passTo(61);
    expect(await w.begun(team)).toEqual([0, 60]);
    await w.expectHealthy();
  });

  test('begins no hour while paused, and a new one when it resumes later', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    w.goTo(5);
    await w.call(pauseDeployment, one(team, id));
    await w.passTo(200);
    expect(await w.begun(team)).toEqual([0]);
    await w.call(resumeDeployment, one(team, id));
    await w.passTo(300);
    expect(await w.begun(team)).toEqual([0, 200, 260]);
    await w.expectHealthy();
  });

  test('exactly at the end of the paid hour begins a new one', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    w.goTo(1);
    await w.call(pauseDeployment, one(team, id));
    w.goTo(60);
    await w.call(resumeDeployment, one(team, id));
    expect(await w.begun(team)).toEqual([0, 60]);
  });

  test('returns what is held for the hour that is not wanted any more', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    const id = await w.create(team, { replicas: 2 });
    await w.call(startDeployment, one(team, id));
    await w.passTo(50);
    expect(await w.balance(team)).toEqual({ available: '7.6', held: '1.2' });
    await w.call(pauseDeployment, one(team, id));
    expect(await w.balance(team)).toEqual({ available: '8.8', held: '0' });
    await w.passTo(120);
    expect(await w.begun(team)).toEqual([0]);
    await w.expectHealthy();
  });

  test('a call comes after the hours that began before it, even when nobody has charged them yet', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    w.goTo(150);
    await w.call(pauseDeployment, one(team, id));
    expect(await w.begun(team)).toEqual([0, 60, 120]);
    await w.expectHealthy();
  });

  test('refuses what its state does not allow', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    const id = await w.create(team);
    await expect(w.call(resumeDeployment, one(team, id))).rejects.toMatchObject({
      code: 'CONFLICT',
      details: { reason: 'WRONG_STATE', status: 'CREATED' },
    });
    await expect(w.call(startDeployment, one(team, newUuid()))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(w.call(startDeployment, one(newUuid(), id))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('scaling', () => {
  test('1→2→1→2 within the hour pays for the second replica once', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    for (const [minutes, replicas] of [
      [10, 2],
      [20, 1],
      [30, 2],
      [40, 1],
      [50, 2],
    ] as const) {
      await w.passTo(minutes);
      await w.call(scaleDeployment, { ...one(team, id), replicas });
    }
    await w.passTo(71);
    expect(await w.begun(team, 1)).toEqual([0, 60]);
    expect(await w.begun(team, 2)).toEqual([10, 70]);
    await w.expectHealthy();
  });

  test('down refunds nothing and begins no further hour of the replicas that go', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    const id = await w.create(team, { replicas: 3 });
    await w.call(startDeployment, one(team, id));
    w.goTo(1);
    const { balance } = await w.call(scaleDeployment, { ...one(team, id), replicas: 1 });
    expect(balance.balances.availableNano).toBe(8_200_000_000n);
    await w.passTo(61);
    expect((await w.hours(team)).map(({ slot, at }) => `${slot}@${at}`)).toEqual([
      '1@0',
      '2@0',
      '3@0',
      '1@60',
    ]);
    await w.expectHealthy();
  });

  test('up takes a slot with a paid hour before one without', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    const scale = async (minutes: number, replicas: number) => {
      await w.passTo(minutes);
      return (await w.call(scaleDeployment, { ...one(team, id), replicas })).charges.length;
    };
    expect(await scale(5, 2)).toBe(1);
    expect(await scale(30, 3)).toBe(1);
    expect(await scale(40, 1)).toBe(0);
    // Slot 2 is paid until 65, slot 3 until 90.
    expect(await scale(80, 2)).toBe(0);
    expect(await w.begun(team, 2)).toEqual([5]);
    await w.passTo(91);
    expect(await w.begun(team, 3)).toEqual([30, 90]);
    expect(await scale(92, 3)).toBe(1);
    expect(await w.begun(team, 2)).toEqual([5, 92]);
    await w.expectHealthy();
  });

  test('up that cannot be paid is refused, and what runs goes on', async () => {
    const w = await worldHere();
    const team = await w.team('1.5');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    await expect(w.call(scaleDeployment, { ...one(team, id), replicas: 3 })).rejects.toMatchObject({
      code: 'OUT_OF_CREDITS',
    });
    expect((await w.deployment(id)).replicas).toBe(1);
    expect(await w.hours(team)).toHaveLength(1);
  });

  test('beyond the bounds names the field', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    const id = await w.create(team, { max: 2 });
    await w.call(startDeployment, one(team, id));
    for (const replicas of [0, 3, 1.5]) {
      await expect(w.call(scaleDeployment, { ...one(team, id), replicas })).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        details: { field: 'replicas' },
      });
    }
  });

  test('while paused charges nothing until it resumes', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    await w.call(pauseDeployment, one(team, id));
    expect((await w.call(scaleDeployment, { ...one(team, id), replicas: 3 })).charges).toEqual([]);
    const { charges } = await w.call(resumeDeployment, one(team, id));
    expect(charges.map(({ replicaSlot }) => replicaSlot)).toEqual([2, 3]);
  });
});

describe('resizing', () => {
  test('to another type pays an hour of it, and coming back within the paid hour is free', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    const id = await w.create(team, { replicas: 2 });
    await w.call(startDeployment, one(team, id));
    const resize = (instanceType: string) =>
      w.call(resizeDeployment, { ...one(team, id), instanceType, size: {} });
    w.goTo(20);
    expect((await resize('gpu-m')).charges.map(({ amountNano }) => amountNano)).toEqual([
      1_800_000_000n,
      1_800_000_000n,
    ]);
    w.goTo(30);
    expect((await resize('gpu-s')).charges).toEqual([]);
    w.goTo(40);
    expect((await resize('gpu-m')).charges).toEqual([]);
    await w.passTo(81);
    expect((await w.hours(team)).map(({ slot, type, at }) => `${slot} ${type} ${at}`)).toEqual([
      '1 gpu-s 0',
      '2 gpu-s 0',
      '1 gpu-m 20',
      '2 gpu-m 20',
      '1 gpu-m 80',
      '2 gpu-m 80',
    ]);
    await w.expectHealthy();
  });

  test('may be paid by what was held for the hour of the old type', async () => {
    const w = await worldHere();
    const team = await w.team('2.4');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    await w.passTo(50);
    expect(await w.balance(team)).toEqual({ available: '1.2', held: '0.6' });
    await w.call(resizeDeployment, { ...one(team, id), instanceType: 'gpu-m', size: {} });
    expect(await w.balance(team)).toEqual({ available: '0', held: '0' });
    await w.expectHealthy();
  });

  test('to a type that is not sold names the field', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    await w.world.model('not-a-machine', { REQUEST: '1' });
    const id = await w.create(team);
    for (const instanceType of ['gpu-xxl', 'not-a-machine']) {
      await expect(
        w.call(resizeDeployment, { ...one(team, id), instanceType, size: {} }),
      ).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { field: 'instanceType' } });
    }
  });

  test('and renaming of what does not run costs nothing', async () => {
    const w = await worldHere();
    const team = await w.team('0');
    const id = await w.create(team);
    await w.call(resizeDeployment, { ...one(team, id), instanceType: 'gpu-l', size: { replicas: 4 } });
    await w.call(updateDeployment, { ...one(team, id), name: 'other', resumeOnTopUp: true });
    expect(await w.deployment(id)).toMatchObject({ name: 'other', resumeOnTopUp: true, replicas: 4 });
    expect((await w.events(team)).at(-1)?.details).toMatchObject({ name: 'other', instanceType: 'gpu-l' });
    expect(await w.hours(team)).toEqual([]);
  });
});

describe('a boot that failed', () => {
  test('is given back once, and pauses the deployment', async () => {
    const w = await worldHere();
    const team = await w.team('2');
    const id = await w.create(team, { replicas: 2 });
    const { charges } = await w.call(startDeployment, one(team, id));
    w.goTo(3);
    const failed = await w.call(reportBootFailure, { ...one(team, id), slots: null });
    expect(failed.charges).toEqual(charges);
    expect(failed.balance.balances.availableNano).toBe(2_000_000_000n);
    expect(await w.state(id)).toBe('PAUSED BOOT_FAILED 3');
    const again = await w.call(reportBootFailure, { ...one(team, id), slots: null });
    expect(again).toMatchObject({ seq: null, charges: [] });
    expect(await w.balance(team)).toEqual({ available: '2', held: '0' });
    await w.passTo(200);
    expect((await w.hours(team)).map(({ status }) => status)).toEqual(['REVERSED', 'REVERSED']);
    expect(await w.told(team)).toEqual(['CREATED 0', 'STARTED 0', 'BOOT_FAILED 3']);
    await w.expectHealthy();
  });

  test('of one replica leaves the others running', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    const id = await w.create(team, { replicas: 3 });
    await w.call(startDeployment, one(team, id));
    const { seq } = await w.call(reportBootFailure, { ...one(team, id), slots: [2] });
    expect((await w.events(team)).find((event) => event.seq === seq)?.details).toMatchObject({
      status: 'RUNNING',
      replicas: 2,
      slots: [2],
    });
    await w.passTo(61);
    expect(await w.begun(team, 1)).toEqual([0, 60]);
    expect(await w.begun(team, 2)).toEqual([]);
    expect(await w.begun(team, 3)).toEqual([0, 60]);
    await w.expectHealthy();
  });

  test('does not make the next attempt free, not even in the same instant', async () => {
    const w = await worldHere();
    const team = await w.team('1');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    await w.call(reportBootFailure, { ...one(team, id), slots: null });
    const { charges } = await w.call(resumeDeployment, one(team, id));
    expect(charges).toHaveLength(1);
    expect(await w.balance(team)).toEqual({ available: '0.4', held: '0' });
    await w.expectHealthy();
  });

  test('gives back the hour that runs also after a pause, but none that is over', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    await w.passTo(70);
    await w.call(pauseDeployment, one(team, id));
    const { charges } = await w.call(reportBootFailure, { ...one(team, id), slots: null });
    expect(charges.map(({ occurredAt }) => occurredAt)).toEqual([
      new Date(w.clock.now().getTime() - 600_000),
    ]);
    expect(await w.state(id)).toBe('PAUSED USER 70');
    expect(await w.begun(team)).toEqual([0]);
    await w.expectHealthy();
  });

  test('of a slot that does not exist names the field', async () => {
    const w = await worldHere();
    const team = await w.team('10');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    await expect(w.call(reportBootFailure, { ...one(team, id), slots: [1, 7] })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { field: 'slots' },
    });
    expect(await w.begun(team)).toEqual([0]);
  });
});
