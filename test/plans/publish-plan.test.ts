import { beforeAll, describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { NO_ENTITLEMENTS } from '../../src/catalog/entitlement-terms.ts';
import { entitlementsOf, plansOfTeams } from '../../src/catalog/entitlements.ts';
import { inTransaction } from '../../src/db/client.ts';
import { newUuid } from '../../src/id.ts';
import { givePlan } from '../../src/plans/give-plan.ts';
import { newestPlan, newestPlans } from '../../src/plans/plan-rows.ts';
import { type PublishPlan, publishPlan } from '../../src/plans/publish-plan.ts';
import { seedPlans } from '../../src/plans/seed-plans.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { worldOn } from '../support/world.ts';

const database = useDatabase();
const clock = movableClock();

beforeAll(() => seedPlans(database.db, clock.now()));

function publish(change: Partial<PublishPlan> & Pick<PublishPlan, 'code'>) {
  const input: PublishPlan = {
    name: 'A plan',
    rank: 20,
    monthlyCents: 2500n,
    monthlyCreditNano: 0n,
    entitlements: NO_ENTITLEMENTS,
    benefits: ['something'],
    retired: false,
    reason: 'test',
    idempotencyKey: newUuid(),
    ...change,
  };
  return inTransaction(database.db, (tx) => publishPlan(tx, input, SYSTEM_ACTOR, clock.now()));
}

async function listed(): Promise<string[]> {
  const plans = await newestPlans(database.db);
  return plans.map(({ code, version, monthlyCents }) => `${code} ${version} ${monthlyCents}`);
}

describe('the first plans', () => {
  test('are those of the platform and of workflows', async () => {
    expect(await listed()).toEqual([
      'platform-personal 1 0',
      'platform-pro 1 2000',
      'platform-business 1 10000',
      'workflow-personal 1 1900',
      'workflow-pro 1 5900',
      'workflow-business 1 59900',
    ]);
    const workflow = (await newestPlans(database.db)).filter(({ family }) => family === 'workflow');
    for (const { monthlyCents, monthlyCreditNano } of workflow)
      expect(monthlyCreditNano).toBe(monthlyCents * 10_000_000n);
  });

  test('are added once, by any number of processes, and what an operator has published stays', async () => {
    await publish({ code: 'platform-pro', monthlyCents: 2600n });
    await Promise.all(Array.from({ length: 4 }, () => seedPlans(database.db, clock.now())));
    expect((await newestPlan(database.db, 'platform-pro'))?.monthlyCents).toBe(2600n);
    expect(await listed()).toHaveLength(6);
  });
});

describe('publishing', () => {
  test('makes the next version, and the same key answers the same one', async () => {
    const input = { code: 'platform-business', monthlyCents: 9000n, rank: 30, idempotencyKey: newUuid() };
    const first = await publish(input);
    expect(await publish(input)).toEqual({ ...first, replayed: true });
    expect(await newestPlan(database.db, 'platform-business')).toMatchObject({
      version: 2,
      monthlyCents: 9000n,
    });
    await expect(publish({ ...input, monthlyCents: 1n + 9000n })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    });
  });

  test('of the plan that costs nothing holds for all who have no other', async () => {
    const world = worldOn(database.db, clock);
    const [none, paid] = [await world.team(), await world.team()];
    await inTransaction(database.db, (tx) => givePlan(tx, paid, 'platform-pro', clock.now()));
    await publish({
      code: 'platform-personal',
      monthlyCents: 0n,
      rank: 10,
      entitlements: { ...NO_ENTITLEMENTS, chainedModels: true },
    });
    const found = await entitlementsOf(database.db, [none, paid]);
    expect(found.get(none)).toMatchObject({ chainedModels: true, apiKeys: false });
    expect(found.get(paid)).toMatchObject({ chainedModels: false });
    const plans = await plansOfTeams(database.db, [none, paid]);
    expect(plans.get(none)?.map(({ planCode }) => planCode)).toEqual(['platform-personal']);
    expect(plans.get(paid)?.map(({ planCode }) => planCode)).toEqual(['platform-pro']);
  });

  test('adds a plan, which a retired version takes away again', async () => {
    await publish({ code: 'workflow-team', monthlyCents: 9900n });
    await publish({ code: 'workflow-team', monthlyCents: 9900n, retired: true });
    expect(await newestPlan(database.db, 'workflow-team')).toMatchObject({ version: 2, retired: true });
    const team = await worldOn(database.db, clock).team();
    const give = inTransaction(database.db, (tx) => givePlan(tx, team, 'workflow-team', clock.now()));
    await expect(give).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test.for([
    ['another', {}, 'code'],
    ['platform-', {}, 'code'],
    ['platform-Pro', {}, 'code'],
    ['platform-x', { name: ' ' }, 'name'],
    ['platform-x', { rank: -1 }, 'rank'],
    ['platform-x', { monthlyCents: 99n }, 'monthlyPrice'],
    ['platform-x', { monthlyCents: -1n }, 'monthlyPrice'],
    ['platform-x', { monthlyCents: 100_000_000n }, 'monthlyPrice'],
    ['platform-x', { monthlyCreditNano: -1n }, 'monthlyCredit'],
    ['platform-x', { monthlyCents: 0n, monthlyCreditNano: 1n }, 'monthlyCredit'],
    ['platform-x', { benefits: ['a\u0000b'] }, 'benefits.0'],
    [
      'platform-x',
      { entitlements: { ...NO_ENTITLEMENTS, computeDiscountBps: 10_000n } },
      'entitlements.computeDiscount',
    ],
    ['platform-x', { monthlyCents: 0n }, 'monthlyPrice'],
    ['platform-pro', { monthlyCents: 0n }, 'monthlyPrice'],
    ['platform-personal', { monthlyCents: 100n }, 'monthlyPrice'],
    ['platform-personal', { monthlyCents: 0n, retired: true }, 'monthlyPrice'],
    ['platform-x', { idempotencyKey: '' }, 'idempotencyKey'],
  ] as const)('%s with %o is refused for its %s, and nothing is written', async ([code, change, field]) => {
    const before = await listed();
    await expect(publish({ code, ...change })).rejects.toMatchObject({ details: { field } });
    expect(await listed()).toEqual(before);
  });
});
