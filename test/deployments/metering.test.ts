import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { setModelPrice } from '../../src/catalog/catalog.ts';
import { priceOfHour } from '../../src/catalog/instance-price.ts';
import { setSpendCap } from '../../src/charging/set-spend-cap.ts';
import { inTransaction } from '../../src/db/client.ts';
import { parseDecimal } from '../../src/decimal.ts';
import {
  pauseDeployment,
  resumeDeployment,
  scaleDeployment,
  startDeployment,
} from '../../src/deployments/operate.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { parseCredits } from '../../src/money.ts';
import { useDatabase } from '../support/database.ts';
import { HOUR, MeteredWorld, one, type Wanted } from './metered-world.ts';

const database = useDatabase();

/** A team with a deployment that was started at minute 0. */
async function running(credits: string, wanted: Wanted = {}) {
  const w = await MeteredWorld.on(database.db);
  const team = await w.team(credits);
  const id = await w.create(team, wanted);
  await w.call(startDeployment, one(team, id));
  return { w, team, id };
}

async function reprice(w: MeteredWorld, modelKey: string, hourly: string): Promise<void> {
  const price = priceOfHour(parseDecimal(hourly));
  const input = { modelKey, price, reason: 'test', idempotencyKey: newUuid() };
  await inTransaction(w.db, (tx) => setModelPrice(tx, input, SYSTEM_ACTOR, w.clock.now()));
}

describe('the next hour', () => {
  test('is held 15 minutes before it begins, and not before', async () => {
    const { w, team } = await running('10');
    w.goTo(44.999);
    await w.meter();
    expect(await w.balance(team)).toEqual({ available: '9.4', held: '0' });
    w.goTo(45);
    await w.meter();
    expect(await w.balance(team)).toEqual({ available: '8.8', held: '0.6' });
    expect(await w.begun(team)).toEqual([0]);
    await w.expectHealthy();
  });

  test('is charged from its hold at the instant it begins, and not before', async () => {
    const { w, team, id } = await running('1.2');
    await w.passTo(59.999);
    expect(await w.begun(team)).toEqual([0]);
    expect(await w.balance(team)).toEqual({ available: '0', held: '0.6' });
    w.goTo(60);
    await w.meter();
    expect(await w.begun(team)).toEqual([0, 60]);
    expect(await w.balance(team)).toEqual({ available: '0', held: '0' });
    expect(await w.state(id)).toBe('RUNNING');
    await w.expectHealthy();
  });

  test('begins 3,600 s after the one before it, whatever the clock shows', async () => {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('10');
    const id = await w.create(team);
    w.goTo(12.345);
    await w.call(startDeployment, one(team, id));
    await w.passTo(200);
    expect(await w.begun(team)).toEqual([12.345, 72.345, 132.345, 192.345]);
  });

  test('costs what it costs when it begins, also when that has changed since it was held', async () => {
    const { w, team } = await running('10', { type: 'cpu-m' });
    await w.passTo(50);
    await reprice(w, 'cpu-m', '0.5');
    await w.passTo(61);
    expect((await w.hours(team)).map(({ credits }) => credits)).toEqual(['0.16', '0.5']);
    await w.expectHealthy();
  });

  test('that cannot be held is told 15, 5 and 1 minutes before, with what is missing', async () => {
    const { w, team, id } = await running('0.7');
    await w.passTo(62);
    expect(await w.told(team)).toEqual([
      'CREATED 0',
      'STARTED 0',
      'CREDIT_ENDING 45',
      'CREDIT_ENDING 55',
      'CREDIT_ENDING 59',
      'PAUSED 60',
    ]);
    const [warning] = (await w.events(team)).filter(({ kind }) => kind === 'CREDIT_ENDING');
    expect(warning?.details).toMatchObject({
      pausesAt: '2026-01-01T01:00:00.000Z',
      pausesFor: 'OUT_OF_CREDITS',
      shortByNano: '500000000',
      status: 'RUNNING',
    });
    expect(await w.state(id)).toBe('PAUSED OUT_OF_CREDITS 60');
    expect(await w.begun(team)).toEqual([0]);
    expect(await w.balance(team)).toEqual({ available: '0.1', held: '0' });
    await w.expectHealthy();
  });

  test('is missing what all replicas together lack', async () => {
    const { w, team } = await running('2.1', { replicas: 3 });
    await w.passTo(45);
    const [warning] = (await w.events(team)).filter(({ kind }) => kind === 'CREDIT_ENDING');
    expect(warning?.details.shortByNano).toBe('1500000000');
  });

  test('that is held after all takes the warning back', async () => {
    const { w, team, id } = await running('0.7');
    await w.passTo(50);
    await w.world.grant(team, '5');
    await w.passTo(70);
    expect((await w.told(team)).slice(2)).toEqual(['CREDIT_ENDING 45', 'CREDIT_SECURED 55']);
    expect(await w.begun(team)).toEqual([0, 60]);
    expect(await w.state(id)).toBe('RUNNING');
    await w.expectHealthy();
  });

  test('that a smaller deployment can pay takes the warning back at once', async () => {
    const { w, team, id } = await running('1.9', { replicas: 2 });
    await w.passTo(46);
    await w.call(scaleDeployment, { ...one(team, id), replicas: 1 });
    expect((await w.told(team)).slice(2)).toEqual(['CREDIT_ENDING 45', 'SCALED 46', 'CREDIT_SECURED 46']);
    await w.passTo(61);
    expect(await w.state(id)).toBe('RUNNING');
    await w.expectHealthy();
  });

  test('is paid at the last instant when credit comes in the last minute', async () => {
    const { w, team } = await running('0.7', { replicas: 1 });
    await w.passTo(59.5);
    await w.world.grant(team, '5');
    await w.passTo(70);
    expect((await w.told(team)).slice(-2)).toEqual(['CREDIT_ENDING 59', 'CREDIT_SECURED 60']);
    expect(await w.begun(team)).toEqual([0, 60]);
  });

  test('is held at once for a replica that comes back shortly before it', async () => {
    const { w, team, id } = await running('10');
    w.goTo(10);
    await w.call(pauseDeployment, one(team, id));
    await w.passTo(52);
    await w.call(resumeDeployment, one(team, id));
    await w.meter();
    expect(await w.balance(team)).toEqual({ available: '8.8', held: '0.6' });
  });
});

describe('hours of several replicas that begin together', () => {
  test('are charged all or none, and what was held for some returns', async () => {
    const { w, team, id } = await running('1.9', { replicas: 2 });
    await w.passTo(46);
    expect(await w.balance(team)).toEqual({ available: '0.1', held: '0.6' });
    await w.passTo(60);
    expect(await w.state(id)).toBe('PAUSED OUT_OF_CREDITS 60');
    expect(await w.begun(team, 1)).toEqual([0]);
    expect(await w.begun(team, 2)).toEqual([0]);
    expect(await w.balance(team)).toEqual({ available: '0.7', held: '0' });
    await w.expectHealthy();
  });

  test('are charged all or none when nobody was there to hold them', async () => {
    const { w, team, id } = await running('4.2', { replicas: 3 });
    w.goTo(130);
    await w.meter();
    expect(await w.begun(team, 1)).toEqual([0, 60]);
    expect(await w.begun(team, 3)).toEqual([0, 60]);
    expect(await w.state(id)).toBe('PAUSED OUT_OF_CREDITS 120');
    expect(await w.balance(team)).toEqual({ available: '0.6', held: '0' });
    await w.expectHealthy();
  });

  test('are charged all or none when their price has risen since they were held', async () => {
    const { w, team, id } = await running('2.7', { replicas: 2 });
    await w.passTo(46);
    expect(await w.balance(team)).toEqual({ available: '0.3', held: '1.2' });
    await reprice(w, 'gpu-s', '0.8');
    await w.passTo(60);
    expect(await w.state(id)).toBe('PAUSED OUT_OF_CREDITS 60');
    expect(await w.balance(team)).toEqual({ available: '1.5', held: '0' });
    await w.expectHealthy();
    await reprice(w, 'gpu-s', '0.6');
  });

  test('are all charged when credit came for those that were not held', async () => {
    const { w, team, id } = await running('2.5', { replicas: 3 });
    await w.passTo(59.5);
    expect(await w.balance(team)).toEqual({ available: '0.1', held: '0.6' });
    await w.world.grant(team, '1.1');
    await w.passTo(60);
    expect(await w.state(id)).toBe('RUNNING');
    expect(await w.balance(team)).toEqual({ available: '0', held: '0' });
    await w.expectHealthy();
  });
});

describe('replicas whose hours begin at different times', () => {
  test('pause together when the hour of one cannot be paid; paid hours stay paid', async () => {
    const { w, team, id } = await running('1.9');
    await w.passTo(40);
    await w.call(scaleDeployment, { ...one(team, id), replicas: 2 });
    await w.passTo(65);
    expect(await w.begun(team, 1)).toEqual([0, 60]);
    await w.passTo(110);
    expect(await w.state(id)).toBe('PAUSED OUT_OF_CREDITS 100');
    await w.world.grant(team, '0.6');
    const { charges } = await w.call(resumeDeployment, one(team, id));
    expect(charges.map(({ replicaSlot, occurredAt }) => [replicaSlot, occurredAt])).toEqual([
      [2, w.clock.now()],
    ]);
    expect(await w.begun(team, 1)).toEqual([0, 60]);
    await w.expectHealthy();
  });
});

describe('deployments of one team', () => {
  test('get the credit that is left in the order of their hours', async () => {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('2.4');
    const late = await w.create(team);
    const early = await w.create(team);
    await w.call(startDeployment, one(team, early));
    w.goTo(30);
    await w.call(startDeployment, one(team, late));
    await w.passTo(200);
    expect(await w.state(early)).toBe('PAUSED OUT_OF_CREDITS 120');
    expect(await w.state(late)).toBe('PAUSED OUT_OF_CREDITS 150');
    await w.expectHealthy();
  });

  test('do not touch those of other teams, nor their credit', async () => {
    const { w, team, id } = await running('10');
    const poor = await w.team('0.6');
    const other = await w.create(poor);
    await w.call(startDeployment, one(poor, other));
    await w.passTo(61);
    expect(await w.state(other)).toBe('PAUSED OUT_OF_CREDITS 60');
    expect(await w.state(id)).toBe('RUNNING');
    expect(await w.begun(team)).toEqual([0, 60]);
  });
});

describe('a cap on spend', () => {
  async function capped(limit: string) {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('10');
    const modelId = await typeId('cpu-l');
    const cap = { teamId: team, subject: 'MODEL', subjectId: modelId, period: 'DAY' } as const;
    const limitNano = parseCredits(limit);
    await inTransaction(w.db, (tx) => setSpendCap(tx, { ...cap, limitNano }, SYSTEM_ACTOR, w.clock.now()));
    return { w, team, id: await w.create(team, { type: 'cpu-l' }) };
  }

  async function typeId(key: string): Promise<Uuid> {
    const [row] = await database.db.sql<{ id: Uuid }[]>`select id from models where key = ${key}`;
    return row?.id ?? '';
  }

  test('pauses at the hour that it does not leave room for, and says so before', async () => {
    const { w, team, id } = await capped('0.7');
    await w.call(startDeployment, one(team, id));
    await w.passTo(200);
    expect(await w.begun(team)).toEqual([0, 60]);
    expect(await w.state(id)).toBe('PAUSED SPEND_CAP 120');
    const warnings = (await w.events(team)).filter(({ kind }) => kind === 'CREDIT_ENDING');
    expect(warnings.map(({ details }) => [details.pausesFor, details.shortByNano])).toEqual([
      ['SPEND_CAP', undefined],
      ['SPEND_CAP', undefined],
      ['SPEND_CAP', undefined],
    ]);
    await w.expectHealthy();
  });

  test('refuses a start', async () => {
    const { w, team, id } = await capped('0.1');
    await expect(w.call(startDeployment, one(team, id))).rejects.toMatchObject({
      details: { reason: 'SPEND_CAP_EXCEEDED' },
      refusal: { cap: { subject: 'MODEL' } },
    });
    expect(await w.hours(team)).toEqual([]);
  });
});

test('the head of a team says when something is due next, and nothing when nothing runs', async () => {
  const { w, team, id } = await running('10');
  const due = async () => {
    const [row] = await w.db.sql<{ at: Date | null }[]>`
      select next_due_at as at from deployment_heads where team_id = ${team}`;
    return row?.at && (row.at.getTime() - Date.UTC(2026, 0, 1)) / HOUR;
  };
  expect(await due()).toBe(0.75);
  await w.passTo(46);
  expect(await due()).toBe(1);
  await w.passTo(61);
  expect(await due()).toBe(1.75);
  await w.call(pauseDeployment, one(team, id));
  expect(await due()).toBeNull();
});
