import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { setModelPrice } from '../../src/catalog/catalog.ts';
import { priceOfHour } from '../../src/catalog/instance-price.ts';
import { inTransaction } from '../../src/db/client.ts';
import { parseDecimal } from '../../src/decimal.ts';
import { resumeDeployment, startDeployment } from '../../src/deployments/operate.ts';
import { WEEKDAYS } from '../../src/deployments/schedule.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { useDatabase } from '../support/database.ts';
import { MeteredWorld, one } from './metered-world.ts';

const database = useDatabase();

async function told(w: MeteredWorld, team: Uuid): Promise<string[]> {
  return (await w.hours(team)).map(({ slot, at, status }) => `${slot}@${at} ${status}`);
}

async function reprice(w: MeteredWorld, hourly: string): Promise<void> {
  const price = priceOfHour(parseDecimal(hourly));
  const input = { modelKey: 'gpu-s', price, reason: 'test', idempotencyKey: newUuid() };
  await inTransaction(w.db, (tx) => setModelPrice(tx, input, SYSTEM_ACTOR, w.clock.now()));
}

describe('an hour that is resumed when one of those begins in which machines ran on', () => {
  /** Two hours after the start, an hour after credit ended, nothing of which has been noticed. */
  async function unnoticed(): Promise<{ w: MeteredWorld; team: Uuid; id: Uuid }> {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('0.6');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    w.goTo(120);
    return { w, team, id };
  }

  test('is charged', async () => {
    const { w, team, id } = await unnoticed();
    await w.meter();
    await w.world.grant(team, '1');
    expect((await w.call(resumeDeployment, one(team, id))).charges).toHaveLength(1);
    expect(await told(w, team)).toEqual(['1@0 CHARGED', '1@60 UNBILLED', '1@120 CHARGED']);
    expect(await w.balance(team)).toEqual({ available: '0.4', held: '0' });
    await w.expectHealthy();
  });

  test('is charged by the call that notices the end of credit, too', async () => {
    const { w, team, id } = await unnoticed();
    const resuming = w.call(resumeDeployment, one(team, id));
    await expect(resuming).rejects.toMatchObject({ code: 'OUT_OF_CREDITS' });
    expect(await told(w, team)).toEqual(['1@0 CHARGED']);
  });
});

test('no hour is free in a window that opens while machines run on since the one before', async () => {
  const w = await MeteredWorld.on(database.db);
  const team = await w.team('100');
  const windows = [
    { days: WEEKDAYS, from: '00:00', to: '02:00' },
    { days: WEEKDAYS, from: '03:00', to: '06:00' },
  ];
  const id = await w.create(team, { schedule: { windows } });
  await w.call(startDeployment, one(team, id));
  await w.passTo(90);
  w.goTo(180.5);
  await w.meter();
  expect(await told(w, team)).toEqual([
    '1@0 CHARGED',
    '1@60 CHARGED',
    '1@120 UNBILLED',
    '1@180 UNBILLED',
    '1@180.5 CHARGED',
  ]);
  expect(await w.state(id)).toBe('RUNNING');
  await w.expectHealthy();
});

test('hours that begin together are paid all or none, also when they became dearer right after one was held', async () => {
  const w = await MeteredWorld.on(database.db);
  const team = await w.team('2.4');
  const id = await w.create(team, { replicas: 3 });
  await w.call(startDeployment, one(team, id));
  await w.passTo(45);
  await reprice(w, '0.7');
  await w.passTo(59.5);
  await w.world.grant(team, '1.45');
  await w.passTo(60);
  expect(await w.state(id)).toBe('PAUSED OUT_OF_CREDITS 60');
  expect(await w.balance(team)).toEqual({ available: '2.05', held: '0' });
  await w.expectHealthy();
});
