import type { GraphQLSchema } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { inTransaction } from '../../src/db/client.ts';
import { NodeResolver } from '../../src/graphql/node.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import type { ResolverClass } from '../../src/graphql/subscription-source.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import {
  AutoRechargeFieldsResolver,
  AutoRechargeResolver,
  RechargeAttemptResolver,
} from '../../src/payments/auto-recharge.resolver.ts';
import { rechargeAttemptNodes } from '../../src/payments/recharge-attempt-access.ts';
import { startRecharge } from '../../src/payments/recharge-team.ts';
import { TopUpResolver } from '../../src/payments/top-ups.resolver.ts';
import { TeamResolver } from '../../src/teams/teams.resolver.ts';
import { ask } from '../charging/charge-api.ts';
import { key, member, operator } from '../grants/credit-api.ts';
import { wallet } from '../teams/people.ts';
import { HOUR_MS, useRechargeWorld } from './recharge-world.ts';

const { world, team, model, spend, story, settings } = useRechargeWorld();
let schema: GraphQLSchema;
beforeAll(() => {
  const { db, clock } = world;
  const instances = new Map<ResolverClass, object>([
    [TeamResolver, new TeamResolver({ db, clock, openLedger: wallet })],
    [AutoRechargeResolver, new AutoRechargeResolver(world.deps)],
    [AutoRechargeFieldsResolver, new AutoRechargeFieldsResolver(world.deps)],
    [RechargeAttemptResolver, new RechargeAttemptResolver(world.deps)],
    [TopUpResolver, new TopUpResolver(world.deps)],
    [NodeResolver, new NodeResolver(rechargeAttemptNodes(world.deps))],
  ]);
  const [first, ...rest] = instances.keys();
  if (!first) throw new Error('there are resolvers');
  schema = buildAppSchema([first, ...rest], instances);
});

const STANDING = `status threshold amount { amount } maxPerCharge { amount } dailyCap { amount } monthlyCap { amount }
  suspendedReason suspendedAt nextPossibleAt updatedAt paymentMethod { id last4 }`;
const ATTEMPT = `id trigger status amount { amount currency } failure { code message } startedAt finishedAt
  topUp { id kind status }`;

interface Standing {
  readonly status: string;
  readonly nextPossibleAt: string | null;
  readonly [field: string]: unknown;
}

interface Payload {
  readonly autoRecharge: Standing | null;
  readonly replayed: boolean;
  readonly userErrors: readonly { readonly code: string; readonly path: readonly string[] }[];
}

async function configure(actor: Actor, input: Record<string, unknown>) {
  const source = `mutation ($input: ConfigureAutoRechargeInput!) { configureAutoRecharge(input: $input) {
    autoRecharge { ${STANDING} } replayed userErrors { code path } } }`;
  return ask<{ configureAutoRecharge: Payload }>(schema, world.db, actor, source, { input });
}

async function configured(actor: Actor, input: Record<string, unknown>): Promise<Payload> {
  const { data, errors } = await configure(actor, input);
  expect(errors).toEqual({});
  if (!data) throw new Error('nothing was answered');
  return data.configureAutoRecharge;
}

async function read(actor: Actor, id: Uuid) {
  const source = `query ($id: ID!) { team(id: $id) { autoRecharge { ${STANDING}
    attempts(first: 10) { edges { node { ${ATTEMPT} } } } } } }`;
  return ask<{
    team: { autoRecharge: Standing & { attempts: { edges: { node: Record<string, unknown> }[] } } };
  }>(schema, world.db, actor, source, { id: publicId('team', id) });
}

async function preview(actor: Actor, id: Uuid) {
  const source = `query ($id: ID!) { previewAutoRecharge(teamId: $id) {
    wouldCharge trigger obstacles amount { amount } nextPossibleAt usedToday { amount } usedThisMonth { amount } } }`;
  return ask<{ previewAutoRecharge: Record<string, unknown> }>(schema, world.db, actor, source, {
    id: publicId('team', id),
  });
}

/** A team with credit and no settings, and an admin of it. */
async function fresh(credit = '12', card = true) {
  const id = await world.world.team();
  await world.world.grant(id, credit);
  if (card) await world.card(id);
  return { id, teamId: publicId('team', id), admin: await member(world.db, id, 'ADMIN') };
}

describe('configureAutoRecharge', () => {
  test('turns it on with what was given, and is kept for the record', async () => {
    const { id, teamId, admin } = await fresh();
    const input = { teamId, enabled: true, threshold: '10', amount: '25.5', dailyCap: '100' };
    const { autoRecharge, replayed, userErrors } = await configured(admin, input);
    expect([replayed, userErrors]).toEqual([false, []]);
    expect(autoRecharge).toMatchObject({
      ...{ status: 'ACTIVE', threshold: '10', amount: { amount: '25.5' }, dailyCap: { amount: '100' } },
      ...{ maxPerCharge: null, monthlyCap: null, suspendedReason: null, paymentMethod: null },
      nextPossibleAt: world.clock.now().toISOString(),
    });
    const [event] = await world.db.sql<{ action: string; details: Record<string, unknown> }[]>`
      select action, details from audit_events where team_id = ${id}`;
    expect(event).toMatchObject({
      action: 'auto-recharge.configured',
      details: { enabled: 'true', threshold: '10', amount: '$25.50', dailyCap: '$100.00', monthlyCap: null },
    });
  });

  test('turned on below the threshold charges at once, and off keeps its terms', async () => {
    const { id, teamId, admin } = await fresh('3');
    await configured(admin, { teamId, enabled: true, threshold: '10', amount: '20' });
    await world.settle();
    expect(await story(id)).toEqual(['THRESHOLD 20 SUCCEEDED']);
    const off = await configured(admin, { teamId, enabled: false });
    expect(off.autoRecharge).toMatchObject({ status: 'OFF', threshold: '10', nextPossibleAt: null });
    const on = await configured(admin, { teamId, enabled: true });
    expect(on.autoRecharge).toMatchObject({ status: 'ACTIVE', threshold: '10', amount: { amount: '20' } });
  });

  test('with a key does it once, and other input with that key is a conflict', async () => {
    const { teamId, admin } = await fresh();
    const input = { teamId, enabled: true, threshold: '10', amount: '20', idempotencyKey: newUuid() };
    expect((await configured(admin, input)).replayed).toBe(false);
    await configured(admin, { teamId, enabled: false });
    const again = await configured(admin, input);
    expect([again.replayed, again.autoRecharge?.status]).toEqual([true, 'OFF']);
    const other = await configured(admin, { ...input, amount: '30' });
    expect(other.userErrors).toEqual([{ code: 'IDEMPOTENCY_CONFLICT', path: ['idempotencyKey'] }]);
  });

  test.for([
    [{ threshold: null }, 'INVALID_INPUT', 'threshold'],
    [{ threshold: '-1' }, 'INVALID_INPUT', 'threshold'],
    [{ amount: null }, 'INVALID_INPUT', 'amount'],
    [{ amount: '0.5' }, 'INVALID_INPUT', 'amount'],
    [{ amount: '20.001' }, 'INVALID_INPUT', 'amount'],
    [{ amount: '1000000' }, 'INVALID_INPUT', 'amount'],
    [{ maxPerCharge: '19.99' }, 'INVALID_INPUT', 'maxPerCharge'],
    [{ dailyCap: '19' }, 'INVALID_INPUT', 'dailyCap'],
    [{ monthlyCap: '19' }, 'INVALID_INPUT', 'monthlyCap'],
    [{ paymentMethodId: publicId('paymentMethod', newUuid()) }, 'NOT_FOUND', 'paymentMethodId'],
    [{ paymentMethodId: publicId('topUp', newUuid()) }, 'INVALID_INPUT', 'paymentMethodId'],
  ] as const)('refuses %o with %s naming %s, and writes nothing', async ([change, code, field]) => {
    const { id, teamId, admin } = await fresh();
    const { autoRecharge, userErrors } = await configured(admin, {
      ...{ teamId, enabled: true, threshold: '10', amount: '20' },
      ...change,
    });
    expect(autoRecharge).toBeNull();
    expect(userErrors).toEqual([{ code, path: [field] }]);
    await expect(settings(id)).rejects.toThrow();
  });

  test('refuses to turn it on without a payment method, and with one of another team', async () => {
    const bare = await fresh('12', false);
    const input = { teamId: bare.teamId, enabled: true, threshold: '10', amount: '20' };
    const { userErrors } = await configured(bare.admin, input);
    expect(userErrors).toEqual([{ code: 'NO_PAYMENT_METHOD', path: ['paymentMethodId'] }]);
    const foreign = publicId('paymentMethod', await world.card((await fresh()).id));
    const other = await configured(bare.admin, { ...input, paymentMethodId: foreign });
    expect(other.userErrors).toEqual([{ code: 'NOT_FOUND', path: ['paymentMethodId'] }]);
  });

  test('is for admins of the team alone', async () => {
    const { id, teamId } = await fresh();
    const input = { teamId, enabled: true, threshold: '10', amount: '20' };
    const askers: [Actor, string][] = [
      [await member(world.db, id, 'MEMBER'), 'FORBIDDEN'],
      [key('TEAM', ['billing:read'], id), 'FORBIDDEN'],
      [operator, 'FORBIDDEN'],
      [(await fresh()).admin, 'NOT_FOUND'],
    ];
    for (const [actor, code] of askers)
      expect((await configure(actor, input)).errors).toEqual({ configureAutoRecharge: code });
    await expect(settings(id)).rejects.toThrow();
  });
});

describe('team.autoRecharge', () => {
  test('of a team that never set it up is off', async () => {
    const { id, admin } = await fresh();
    const { data } = await read(admin, id);
    expect(data?.team.autoRecharge).toMatchObject({
      ...{ status: 'OFF', threshold: null, amount: null, nextPossibleAt: null, updatedAt: null },
      attempts: { edges: [] },
    });
  });

  test('tells how it fares, and every attempt with what came of it', async () => {
    const id = await team({ card: 'pm_card_chargeCustomerFail', credit: '5' });
    const admin = await member(world.db, id, 'ADMIN');
    await inTransaction(world.db, (tx) => startRecharge(tx, world.deps, id));
    expect((await read(admin, id)).data?.team.autoRecharge.status).toBe('CHARGING');
    const startedAt = world.clock.now().toISOString();
    await world.advance(60_000, 15_000);
    const { data } = await read(admin, id);
    expect(data?.team.autoRecharge.status).toBe('BACKING_OFF');
    const [edge] = data?.team.autoRecharge.attempts.edges ?? [];
    expect(edge?.node).toMatchObject({
      ...{ trigger: 'THRESHOLD', status: 'FAILED', amount: { amount: '20', currency: 'USD' }, startedAt },
      ...{ failure: { code: 'generic_decline' }, topUp: { kind: 'AUTO_RECHARGE', status: 'FAILED' } },
    });
    await world.advance(9 * HOUR_MS, HOUR_MS);
    const after = (await read(admin, id)).data?.team.autoRecharge;
    expect(after).toMatchObject({ status: 'SUSPENDED', suspendedReason: 'DECLINED', nextPossibleAt: null });
    expect(after?.attempts.edges).toHaveLength(3);
  });

  test('waits for the payer where the bank wants that', async () => {
    const id = await team({ card: 'pm_card_authenticationRequired', credit: '5' });
    await world.settle();
    const { data } = await read(await member(world.db, id, 'OWNER'), id);
    expect(data?.team.autoRecharge.status).toBe('ACTION_REQUIRED');
  });

  test('is for who may see the billing of the team, by its field and by the id of an attempt', async () => {
    const id = await team({ credit: '5' });
    await world.settle();
    const admin = await member(world.db, id, 'ADMIN');
    const [edge] = (await read(admin, id)).data?.team.autoRecharge.attempts.edges ?? [];
    const source = 'query ($id: ID!) { node(id: $id) { id } }';
    const nodeFor = async (actor: Actor) =>
      (await ask<{ node: { id: string } | null }>(schema, world.db, actor, source, { id: edge?.node.id }))
        .data?.node ?? null;
    for (const actor of [admin, key('TEAM', ['billing:read'], id), operator])
      expect(await nodeFor(actor)).toEqual({ id: edge?.node.id });
    for (const actor of [await member(world.db, id, 'MEMBER'), (await fresh()).admin])
      expect(await nodeFor(actor)).toBeNull();
    expect((await read(await member(world.db, id, 'MEMBER'), id)).errors).toEqual({
      'team.autoRecharge': 'FORBIDDEN',
    });
  });
});

describe('previewAutoRecharge', () => {
  test('says why it would not charge, and charges nothing', async () => {
    const { id, admin } = await fresh();
    expect((await preview(admin, id)).data?.previewAutoRecharge).toMatchObject({
      ...{ wouldCharge: false, trigger: null, obstacles: ['OFF'], amount: null },
    });
    const on = await team();
    const its = await member(world.db, on, 'ADMIN');
    expect((await preview(its, on)).data?.previewAutoRecharge).toEqual({
      ...{ wouldCharge: false, trigger: null, obstacles: ['NOT_NEEDED'], amount: { amount: '20' } },
      ...{ nextPossibleAt: world.clock.now().toISOString(), usedToday: { amount: '0' } },
      usedThisMonth: { amount: '0' },
    });
    expect((await preview(await member(world.db, on, 'MEMBER'), on)).errors).toEqual({
      previewAutoRecharge: 'FORBIDDEN',
    });
  });

  test('says what it would charge, what was used, and when it may charge next', async () => {
    const id = await team({ threshold: '10', amount: '20', maxPerCharge: '60', dailyCap: '30' });
    const admin = await member(world.db, id, 'ADMIN');
    const work = await model();
    await spend(id, work, 3);
    expect((await preview(admin, id)).data?.previewAutoRecharge).toMatchObject({
      ...{ wouldCharge: true, trigger: 'THRESHOLD', obstacles: [], amount: { amount: '20' } },
    });
    expect(await story(id)).toEqual([]);
    await world.settle();
    await spend(id, work, 25);
    await world.advance(60_000);
    expect((await preview(admin, id)).data?.previewAutoRecharge).toMatchObject({
      ...{ wouldCharge: false, trigger: 'THRESHOLD', obstacles: ['HOURLY_LIMIT', 'DAILY_CAP'] },
      ...{ usedToday: { amount: '20' }, nextPossibleAt: '2026-11-11T00:00:00.000Z' },
    });
  });
});
