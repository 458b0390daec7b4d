import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { seedInstanceTypes } from '../../src/catalog/instance-types.ts';
import { inTransaction } from '../../src/db/client.ts';
import { deploymentsById } from '../../src/deployments/deployment-reads.ts';
import { nextMeteringDueAt } from '../../src/deployments/heads.ts';
import { firstSize } from '../../src/deployments/lifecycle.ts';
import { meterAllDue } from '../../src/deployments/metering.ts';
import { createDeployment, startDeployment } from '../../src/deployments/operate.ts';
import { orRefusalNoted } from '../../src/deployments/refused-call.ts';
import { resumeWaiting } from '../../src/deployments/resume-on-credit.ts';
import { SpendRefused } from '../../src/deployments/spend-refused.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { pursueTopUp } from '../../src/payments/pursue-top-up.ts';
import { expectHealthy } from '../support/audit.ts';
import { HOUR_MS, useRechargeWorld } from './recharge-world.ts';

const { world, team, story, attempts, settings, buy } = useRechargeWorld();
const MINUTE_MS = 60_000;

const deps = () => ({ catalog: world.world.catalog, clock: world.clock });

/** A deployment of `gpu-s`, 0.60 an hour, that runs. */
async function running(teamId: Uuid): Promise<Uuid> {
  const id = await created(teamId);
  await start(teamId, id);
  return id;
}

async function created(teamId: Uuid): Promise<Uuid> {
  await seedInstanceTypes(world.db, new Date(0));
  const input = {
    ...{ teamId, name: 'server', instanceType: 'gpu-s', schedule: null, resumeOnTopUp: true },
    ...{ memberId: null, apiKeyId: null, reason: null, idempotencyKey: newUuid() },
    size: firstSize({ replicas: 1, minReplicas: 1, maxReplicas: 2 }),
  };
  const { deployment } = await inTransaction(world.db, (tx) =>
    createDeployment(tx, input, SYSTEM_ACTOR, world.clock.now(), deps()),
  );
  return deployment.id;
}

function start(teamId: Uuid, deploymentId: Uuid) {
  const input = { teamId, deploymentId, reason: null, idempotencyKey: newUuid() };
  return orRefusalNoted(world.deps, teamId, () =>
    inTransaction(world.db, (tx) => startDeployment(tx, input, SYSTEM_ACTOR, world.clock.now(), deps())),
  );
}

/** Time goes by with everything that is due, as in the product: metering, payments, and what waits for credit. */
async function pass(ms: number): Promise<void> {
  const endMs = world.clock.now().getTime() + ms;
  for (;;) {
    const next = (await nextMeteringDueAt(world.db))?.getTime();
    if (next === undefined || next > endMs) break;
    world.clock.advance(Math.max(0, next - world.clock.now().getTime()));
    await meterAllDue(world.db, deps(), 20);
    await world.settle();
    await resumeWaiting(world.db, deps());
  }
  world.clock.advance(endMs - world.clock.now().getTime());
  await world.settle();
}

async function state(id: Uuid): Promise<string> {
  const [found] = await deploymentsById(world.db, [id]);
  return [found?.status, found?.pauseReason].filter((part) => part != null).join(' ');
}

async function told(teamId: Uuid): Promise<string[]> {
  const rows = await world.db.sql<{ kind: string }[]>`
    select kind from deployment_events where team_id = ${teamId} order by seq`;
  return rows.map(({ kind }) => kind);
}

describe('§7.3: a deployment whose next hour cannot be held', () => {
  test('15 minutes before it begins is recharged for before then, and never pauses', async () => {
    const id = await team({ credit: '0.7', threshold: '0', amount: '20' });
    const deployment = await running(id);
    const startedMs = world.clock.now().getTime();
    await pass(3 * HOUR_MS + MINUTE_MS);
    expect(await story(id)).toEqual(['REFUSED 20 SUCCEEDED']);
    const [attempt] = await attempts(id);
    expect((attempt?.startedAt.getTime() ?? 0) - startedMs).toBe(45 * MINUTE_MS);
    expect(await state(deployment)).toBe('RUNNING');
    expect(await told(id)).not.toContain('PAUSED');
    expect(await told(id)).toContain('CREDIT_SECURED');
    await expectHealthy(world.db);
  });

  test('with a card that declines pauses at the boundary, and resumes on the next payment', async () => {
    const id = await team({
      credit: '0.7',
      threshold: '0',
      amount: '20',
      card: 'pm_card_chargeCustomerFail',
    });
    const deployment = await running(id);
    await pass(HOUR_MS + MINUTE_MS);
    expect(await story(id)).toEqual(['REFUSED 20 FAILED']);
    expect(await state(deployment)).toBe('PAUSED OUT_OF_CREDITS');
    const topUp = await buy(id, await world.card(id), 1000n);
    await pursueTopUp(world.deps, id, topUp.id);
    await resumeWaiting(world.db, deps());
    expect(await state(deployment)).toBe('RUNNING');
    expect((await settings(id)).failures).toBe(0);
    await expectHealthy(world.db);
  });
});

describe('a deployment that cannot be started for lack of credit', () => {
  test('asks for a recharge although the call was rolled back, and starts when it is called again', async () => {
    const id = await team({ credit: '0.1', threshold: '0', amount: '20' });
    const deployment = await created(id);
    await expect(start(id, deployment)).rejects.toBeInstanceOf(SpendRefused);
    expect(await state(deployment)).toBe('CREATED');
    await world.settle();
    expect(await story(id)).toEqual(['REFUSED 20 SUCCEEDED']);
    await start(id, deployment);
    expect(await state(deployment)).toBe('RUNNING');
    await expectHealthy(world.db);
  });
});
