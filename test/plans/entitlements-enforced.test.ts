import 'reflect-metadata';
import { beforeAll, describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { type EntitlementMode, entitlementGate } from '../../src/catalog/entitlements.ts';
import { inTransaction } from '../../src/db/client.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { givePlan } from '../../src/plans/give-plan.ts';
import { seedPlans } from '../../src/plans/seed-plans.ts';
import { KeyResolver } from '../../src/teams/keys.resolver.ts';
import { startRun } from '../../src/usage/start-run.ts';
import { catalogSchema } from '../catalog/catalog-api.ts';
import { ask } from '../charging/charge-api.ts';
import { member, operator } from '../grants/credit-api.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { type World, worldOn } from '../support/world.ts';

const database = useDatabase();
const clock = movableClock();
let world: World;

beforeAll(async () => {
  world = worldOn(database.db, clock);
  await seedPlans(database.db, clock.now());
});

interface Done {
  readonly replayed?: boolean;
  readonly userErrors: readonly { readonly message: string }[];
}

/** What a call is refused with; `done` when it is not. */
async function outcome(mode: EntitlementMode, what: keyof typeof CALLS, team: Uuid): Promise<string> {
  const errors = await CALLS[what](mode, team);
  return errors.length === 0 ? 'done' : errors.join(' ');
}

const CALLS = {
  createApiKey: async (mode: EntitlementMode, team: Uuid) => {
    const services = { db: world.db, clock, demandEntitlement: entitlementGate(mode) };
    const schema = buildAppSchema([KeyResolver], new Map([[KeyResolver, new KeyResolver(services)]]));
    const source = `mutation ($input: CreateApiKeyInput!) { created: createApiKey(input: $input) { userErrors { message } } }`;
    const input = { teamId: publicId('team', team), name: 'key', scopes: [], idempotencyKey: newUuid() };
    return messages(await ask(schema, world.db, await member(world.db, team, 'ADMIN'), source, { input }));
  },
  setSupplierPrice: async (mode: EntitlementMode, team: Uuid) => {
    const schema = catalogSchema({ ...world, demandEntitlement: entitlementGate(mode) });
    const modelKey = `m-${newUuid()}`;
    await world.model(modelKey, { REQUEST: '1' }, { supplierTeamId: team });
    const source = `mutation ($input: SetSupplierPriceInput!) { created: setSupplierPrice(input: $input) { userErrors { message } } }`;
    const price = { components: [{ meter: 'REQUEST', unitPrice: '2' }] };
    const teamId = publicId('team', team);
    const input = { teamId, modelKey, price, reason: 'more', idempotencyKey: newUuid() };
    return messages(await ask(schema, world.db, await member(world.db, team, 'ADMIN'), source, { input }));
  },
  setModelSupplier: async (mode: EntitlementMode, team: Uuid) => {
    const schema = catalogSchema({ ...world, demandEntitlement: entitlementGate(mode) });
    const modelKey = `m-${newUuid()}`;
    await world.model(modelKey, { REQUEST: '1' });
    const source = `mutation ($input: SetModelSupplierInput!) { created: setModelSupplier(input: $input) { userErrors { message } } }`;
    const input = { modelKey, teamId: publicId('team', team), reason: 'theirs' };
    return messages(await ask(schema, world.db, operator, source, { input }));
  },
  startRun: async (mode: EntitlementMode, team: Uuid) => {
    const result = await startRun(...(await run(mode, team, 2)));
    return result.ok ? [] : [result.refusal.message];
  },
  startRunOfOneModel: async (mode: EntitlementMode, team: Uuid) => {
    const result = await startRun(...(await run(mode, team, 1)));
    return result.ok ? [] : [result.refusal.message];
  },
} as const;

function messages({ data, errors }: { data?: unknown; errors: unknown }): string[] {
  expect(errors).toEqual({});
  // Each operation of this file answers under this name.
  const { created } = data as { created: Done };
  return created.userErrors.map(({ message }) => message);
}

async function run(mode: EntitlementMode, team: Uuid, models: number, idempotencyKey = newUuid()) {
  const keys = Array.from({ length: models }, () => `m-${newUuid()}`);
  for (const key of keys) await world.model(key, { REQUEST: '1' });
  const items = keys.map((model) => ({
    model,
    quantities: [{ meter: 'REQUEST' as const, quantity: { coefficient: 1n, scale: 0 } }],
  }));
  const steps = items.map((item, i) => ({ key: `s${i}`, ...item }));
  const running = { ...world, batcher: world.batcher(), demandEntitlement: entitlementGate(mode) };
  const form = { idempotencyKey, teamId: publicId('team', team), plan: { steps } };
  return [running, form, SYSTEM_ACTOR] as const;
}

async function teamOn(planCode: string | null): Promise<Uuid> {
  const team = await world.team();
  if (planCode !== null) await inTransaction(world.db, (tx) => givePlan(tx, team, planCode, clock.now()));
  return team;
}

describe('where entitlements are enforced', () => {
  test.for([
    ['createApiKey', 'create API keys'],
    ['setSupplierPrice', 'supply models and set their prices'],
    ['setModelSupplier', 'supply models and set their prices'],
    ['startRun', 'run several models in one run'],
  ] as const)('%s needs a plan that entitles to it', async ([what, words]) => {
    expect(await outcome('enforced', what, await teamOn(null))).toContain(words);
    expect(await outcome('enforced', what, await teamOn('workflow-pro'))).toContain(words);
    expect(await outcome('enforced', what, await teamOn('platform-pro'))).toBe('done');
    expect(await outcome('enforced', what, await teamOn('platform-business'))).toBe('done');
  });

  test('a run of one model needs none', async () => {
    expect(await outcome('enforced', 'startRunOfOneModel', await teamOn(null))).toBe('done');
  });

  test('what is refused is not written', async () => {
    const team = await teamOn(null);
    await outcome('enforced', 'createApiKey', team);
    expect(await world.db.sql`select 1 from api_keys where team_id = ${team}`).toHaveLength(0);
    await outcome('enforced', 'startRun', team);
    expect(await world.db.sql`select 1 from runs where team_id = ${team}`).toHaveLength(0);
  });

  test('a run that was started is answered again after the plan has ended', async () => {
    const team = await teamOn('platform-pro');
    const [running, form, actor] = await run('enforced', team, 2);
    expect(await startRun(running, form, actor)).toMatchObject({ ok: true, replayed: false });
    await world.db.sql`delete from team_plans where team_id = ${team}`;
    expect(await startRun(running, form, actor)).toMatchObject({ ok: true, replayed: true });
    const other = { ...form, idempotencyKey: newUuid() };
    expect(await startRun(running, other, actor)).toMatchObject({
      ok: false,
      refusal: { code: 'NOT_ENTITLED' },
    });
  });
});

describe('where they are off', () => {
  test.for(['createApiKey', 'setSupplierPrice', 'setModelSupplier', 'startRun'] as const)(
    '%s needs no plan',
    async (what) => {
      expect(await outcome('off', what, await teamOn(null))).toBe('done');
    },
  );
});
