import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { seedInstanceTypes } from '../../src/catalog/instance-types.ts';
import type { Hold, HoldRequest, PlaceHold } from '../../src/charging/hold.ts';
import { visibleHold } from '../../src/charging/hold-access.ts';
import { sweepHolds } from '../../src/charging/hold-sweeper.ts';
import { openSpending, type Spending, writeSpending } from '../../src/charging/spending.ts';
import { inTransaction } from '../../src/db/client.ts';
import { notFound } from '../../src/domain-error.ts';
import { accessOf } from '../../src/graphql/auth.ts';
import { createContext } from '../../src/graphql/context.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { useDatabase } from '../support/database.ts';
import { placeHold, releaseHold, reportHold, settleHold } from '../support/holds.ts';
import { movableClock } from '../support/movable-clock.ts';
import { asUser, newKey, newTeam } from '../teams/people.ts';
import { type HoldApi, holdApi, key } from './hold-api.ts';

const database = useDatabase();
const clock = movableClock(Date.UTC(2026, 10, 21, 12));
const MINUTE = 60_000;
const operator = key('OPERATOR');
const OF_NOBODY = { memberId: null, apiKeyId: null, actor: SYSTEM_ACTOR };
let api: HoldApi;

interface List {
  readonly team: {
    readonly holds: {
      readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
      readonly pageInfo: object;
    };
  };
}

const holdId = ({ id }: Hold) => publicId('hold', id);
const teamId = (id: Uuid) => publicId('team', id);

/** Two teams with people and keys, and holds of the first: one of a member, one with a team key, one of nobody. */
async function twoTeams() {
  api = holdApi(database.db, clock);
  const { world } = api;
  const [model, otherModel] = [`chat-${newUuid()}`, `other-${newUuid()}`];
  await world.model(model, { REQUEST: '1' });
  await world.model(otherModel, { REQUEST: '1' });
  const own = await newTeam(database.db, 'ADMIN', 'MEMBER', 'MEMBER');
  const [admin = '', member = '', otherMember = ''] = own.others;
  const foreign = await newTeam(database.db, 'MEMBER');
  const { keyId } = await newKey(database.db, { type: 'TEAM', teamId: own.teamId });
  const grant = await world.grant(own.teamId, '1');
  const prepaid = await world.grant(own.teamId, '100', { kind: 'PREPAID' });
  const place = async (count: number, more: Partial<PlaceHold> = {}): Promise<Hold> => {
    clock.advance(1000);
    const [placed] = await api.batcher.holds([placeHold(own.teamId, model, count, more)]);
    if (!placed?.ok) throw new Error(placed?.refusal.message);
    return placed.hold;
  };
  const ofMember = await place(3, { memberId: member, tags: { run: 'a', env: 'prod' } });
  const ofKey = await place(5, { apiKeyId: keyId });
  const ofNobody = await place(7, { modelKey: otherModel });
  await api.batcher.holds([releaseHold(ofKey)]);
  const people = { admin, member, otherMember };
  return {
    world,
    model,
    otherModel,
    own,
    foreign,
    ...people,
    keyId,
    grant,
    prepaid,
    place,
    ofMember,
    ofKey,
    ofNobody,
  };
}

let teams: Awaited<ReturnType<typeof twoTeams>>;
beforeAll(async () => {
  teams = await twoTeams();
});

const LIST = `query($team: ID!, $filter: HoldFilter, $orderBy: HoldOrder, $first: Int, $after: Cursor, $last: Int) {
  team(id: $team) { holds(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last) {
    edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage } } } }`;

async function list(actor: Actor, variables: Record<string, unknown> = {}): Promise<string[]> {
  const { data, errors } = await api.run<List>(actor, LIST, { team: teamId(teams.own.teamId), ...variables });
  expect(errors).toEqual({});
  return data?.team.holds.edges.map(({ node }) => node.id) ?? [];
}

/** A hold as the API has it, to an operator. */
async function holdOf({ id }: Hold, fields: string): Promise<object> {
  const { data, errors } = await api.run<{ hold: object }>(
    operator,
    `query($id: ID!) { hold(id: $id) { ${fields} } }`,
    { id: publicId('hold', id) },
  );
  expect(errors).toEqual({});
  return data?.hold ?? {};
}

test('every field has a rule and a description', () => {
  const bare = [...accessOf(api.schema)].filter(([, access]) => !access).map(([field]) => field);
  expect(bare).toEqual([]);
  for (const type of Object.values(api.schema.getTypeMap())) {
    if (type.name.startsWith('__') || !('getFields' in type)) continue;
    for (const field of Object.values(type.getFields())) {
      expect(field.description, `${type.name}.${field.name}`).toBeTruthy();
    }
  }
});

describe('a hold', () => {
  test('tells what is set aside, for what and for whom, and of which grants', async () => {
    const { ofMember, own, member, model, grant, prepaid } = teams;
    const fields = `id teamId status modelKey model { key } instanceType { key } quantities { meter quantity }
      params { name value } amount open drawn draws { grantId amount } reported { amount } placedAt expiresAt resolvedAt
      charge { id } lateCharge { id } memberId apiKeyId tags { name value } runId deploymentId replicaSlot`;
    expect(await holdOf(ofMember, fields)).toEqual({
      id: holdId(ofMember),
      teamId: teamId(own.teamId),
      status: 'HELD',
      modelKey: model,
      model: { key: model },
      instanceType: null,
      quantities: [{ meter: 'REQUEST', quantity: '3' }],
      params: [],
      amount: '3',
      open: '3',
      drawn: '0',
      draws: [
        { grantId: publicId('grant', grant), amount: '1' },
        { grantId: publicId('grant', prepaid), amount: '2' },
      ],
      reported: null,
      placedAt: '2026-11-21T12:00:01.000Z',
      expiresAt: '2026-11-21T12:15:01.000Z',
      resolvedAt: null,
      charge: null,
      lateCharge: null,
      memberId: publicId('user', member),
      apiKeyId: null,
      tags: [
        { name: 'env', value: 'prod' },
        { name: 'run', value: 'a' },
      ],
      runId: null,
      deploymentId: null,
      replicaSlot: null,
    });
  });

  test('is a node', async () => {
    const query = 'query($id: ID!) { node(id: $id) { __typename id ... on Hold { amount } } }';
    const { data } = await api.run<{ node: object }>(asUser(teams.own.owner), query, {
      id: holdId(teams.ofKey),
    });
    expect(data?.node).toEqual({ __typename: 'Hold', id: holdId(teams.ofKey), amount: '5' });
  });

  test('that has expired names the charge for its last report, and the one for what was told too late', async () => {
    const { place, ofMember, ofNobody } = teams;
    const hold = await place(4, { lifeMs: 10_000 });
    const untouched = await place(1, { lifeMs: 10_000 });
    await api.batcher.holds([reportHold(hold, 1), releaseHold(ofMember), releaseHold(ofNobody)]);
    clock.advance(MINUTE);
    await sweepHolds(database.db, api.batcher, clock, 10);
    const fields =
      'status open resolvedAt reported { amount } charge { amount holdId prior } lateCharge { amount holdId prior }';
    const expired = {
      status: 'EXPIRED',
      open: '0',
      resolvedAt: clock.now().toISOString(),
      reported: { amount: '1' },
      charge: { amount: '1', holdId: holdId(hold), prior: '0' },
    };
    expect(await holdOf(hold, fields)).toEqual({ ...expired, lateCharge: null });
    expect(await holdOf(untouched, 'status charge { id }')).toEqual({ status: 'EXPIRED', charge: null });
    await api.batcher.holds([settleHold(hold, 3)]);
    const lateCharge = { amount: '2', holdId: holdId(hold), prior: '1' };
    expect(await holdOf(hold, fields)).toEqual({ ...expired, lateCharge });
    const charge = `charge { id holdId runId runStep deploymentId replicaSlot instanceType { key } shortBy }`;
    expect(await holdOf(hold, charge)).toMatchObject({
      charge: {
        runId: null,
        runStep: null,
        deploymentId: null,
        replicaSlot: null,
        instanceType: null,
        shortBy: '0',
      },
    });
  });
});

test('the hour of a deployment tells its instance type, its replica and the hold that paid, and is explained', async () => {
  const { world } = teams;
  await seedInstanceTypes(database.db, clock.now());
  const instanceTypeId = (await world.catalog.fresh()).modelByKey.get('gpu-m')?.id ?? '';
  const team = await world.team();
  const grant = await world.grant(team, '5', { scope: { gpuType: 'A100-80GB' } });
  const deploymentId = newUuid();
  const hourAt = new Date(clock.now().getTime() + 15 * MINUTE);
  const hour = { teamId: team, deploymentId, slot: 3, instanceTypeId, hourAt, ...OF_NOBODY };
  const spend = <T>(work: (spending: Spending) => T, holds: { teamId: Uuid; id: Uuid }[] = []): Promise<T> =>
    inTransaction(database.db, async (tx) => {
      const spending = await openSpending(tx, [team], { clock, catalog: world.catalog }, { holds });
      const result = work(spending);
      await writeSpending(tx, spending);
      return result;
    });
  const held = await spend((spending) => spending.holdHour(hour, new Date(hourAt.getTime() + MINUTE)));
  if (!held.ok) throw new Error(held.refusal.message);
  const { hold } = held;
  const fields = 'modelKey instanceType { key } deploymentId replicaSlot';
  const place = {
    modelKey: 'gpu-m',
    instanceType: { key: 'gpu-m' },
    deploymentId: publicId('deployment', deploymentId),
    replicaSlot: 3,
  };
  expect(await holdOf(hold, fields)).toEqual(place);
  clock.advance(15 * MINUTE);
  const charged = await spend((spending) => spending.chargeHour(hour, hold.id), [hold]);
  if (!charged.ok) throw new Error(charged.refusal.message);
  const source = `query($id: ID!) { charge(id: $id) { ${fields} holdId amount }
    explainCharge(id: $id) { price { formula } payment { judgedAt grants { grantId outcome paid paidFromHold } } } }`;
  const { data, errors } = await api.run(operator, source, { id: publicId('charge', charged.charge.id) });
  expect(errors).toEqual({});
  const payer = { grantId: publicId('grant', grant), outcome: 'PAID', paid: '1.8', paidFromHold: '1.8' };
  expect(data).toEqual({
    charge: { ...place, holdId: holdId(hold), amount: '1.8' },
    explainCharge: {
      price: { formula: '1 × 1.8 = 1.8' },
      payment: { judgedAt: hold.placedAt.toISOString(), grants: [payer] },
    },
  });
});

describe('the explanation of what a hold paid', () => {
  test('has what was set aside, what was charged before and what stayed unpaid', async () => {
    const { world, model } = teams;
    const team = await world.team({ debtLimit: '5' });
    const grant = await world.grant(team, '4');
    const send = async (request: HoldRequest) => {
      const [result] = await api.batcher.holds([request]);
      if (!result?.ok) throw new Error(result?.refusal.message);
      return result;
    };
    const { hold } = await send(placeHold(team, model, 3, { lifeMs: 10_000 }));
    await send(reportHold(hold, 6));
    clock.advance(MINUTE);
    await sweepHolds(database.db, api.batcher, clock, 10);
    const late = await send(settleHold(hold, 7));
    const explain = async (id: string | null | undefined) => {
      const source = `query($id: ID!) { explainCharge(id: $id) { price { amount formula }
        payment { judgedAt debt grants { grantId outcome paid paidFromHold left } } } }`;
      const { data } = await api.run<{ explainCharge: object }>(operator, source, {
        id: publicId('charge', id ?? ''),
      });
      return data?.explainCharge;
    };
    expect(await explain(late.hold.chargeId)).toEqual({
      price: { amount: '6', formula: '6 × 1 = 6, less 2 that nothing paid: 4' },
      payment: {
        judgedAt: clock.now().toISOString(),
        debt: '0',
        grants: [
          { grantId: publicId('grant', grant), outcome: 'PAID', paid: '4', paidFromHold: '3', left: '0' },
        ],
      },
    });
    expect(await explain(late.charge?.id)).toEqual({
      price: { amount: '7', formula: '7 × 1 = 7, less 4 charged before: 3' },
      payment: {
        judgedAt: clock.now().toISOString(),
        debt: '3',
        grants: [
          {
            grantId: publicId('grant', grant),
            outcome: 'EXHAUSTED',
            paid: '0',
            paidFromHold: '0',
            left: null,
          },
        ],
      },
    });
  });
});

describe('holds of a team', () => {
  let all: string[];
  beforeAll(async () => {
    const { own } = teams;
    all = (await list(asUser(own.owner), { first: 100 })).toReversed();
  });

  test('come last first, or first first, page by page in both directions', async () => {
    const { own, ofMember, ofKey, ofNobody } = teams;
    const owner = asUser(own.owner);
    expect(all.slice(0, 3)).toEqual([ofMember, ofKey, ofNobody].map(holdId));
    expect(await list(owner, { orderBy: 'PLACED_ASC' })).toEqual(all);
    const { data } = await api.run<List>(owner, LIST, { team: teamId(own.teamId), first: 1 });
    const edge = data?.team.holds.edges[0];
    expect(data?.team.holds.pageInfo).toEqual({ hasNextPage: true, hasPreviousPage: false });
    expect(await list(owner, { first: 100, after: edge?.cursor })).toEqual(all.toReversed().slice(1));
    expect(await list(owner, { last: 2 })).toEqual(all.slice(0, 2).toReversed());
    expect(await list(owner, { last: 2, orderBy: 'PLACED_ASC' })).toEqual(all.slice(-2));
  });

  test.for<[string, (t: typeof teams) => Record<string, unknown>, (keyof typeof teams)[]]>([
    ['model', (t) => ({ model: t.otherModel }), ['ofNobody']],
    ['member', (t) => ({ memberId: publicId('user', t.member) }), ['ofMember']],
    ['key', (t) => ({ apiKeyId: publicId('apiKey', t.keyId) }), ['ofKey']],
    ['several conditions', (t) => ({ model: t.otherModel, status: 'SETTLED' }), []],
  ])('are filtered by %s', async ([, filter, expected]) => {
    const wanted = expected.map((name) => holdId(teams[name] as Hold));
    expect(await list(asUser(teams.own.owner), { filter: filter(teams) })).toEqual(wanted);
  });

  test('are filtered by what became of them, also those that are open long after others', async () => {
    const { own, place } = teams;
    const owner = asUser(own.owner);
    const before = await list(owner, { filter: { status: 'RELEASED' }, first: 100 });
    const open = await place(1, { lifeMs: 24 * 60 * MINUTE });
    const released = await place(1);
    await api.batcher.holds([releaseHold(released)]);
    clock.advance(24 * 60 * MINUTE - 2000);
    while (await sweepHolds(database.db, api.batcher, clock, 10));
    expect(await list(owner, { filter: { status: 'HELD' } })).toEqual([holdId(open)]);
    expect(await list(owner, { filter: { status: 'RELEASED' }, first: 100 })).toEqual([
      holdId(released),
      ...before,
    ]);
    await api.batcher.holds([settleHold(open, 1)]);
    expect(await list(owner, { filter: { status: 'SETTLED' } })).toEqual([holdId(open)]);
    expect(await list(owner, { filter: { status: 'HELD' } })).toEqual([]);
  });

  test.for([
    { filter: { model: 'no-such-model' } },
    { filter: { memberId: 'team_x' } },
    { filter: { apiKeyId: publicId('user', newUuid()) } },
    { first: 101 },
  ])('refuse %j', async (variables) => {
    const { errors } = await api.run(asUser(teams.own.owner), LIST, {
      team: teamId(teams.own.teamId),
      ...variables,
    });
    expect(errors).toEqual({ 'team.holds': 'BAD_USER_INPUT' });
  });
});

describe('isolation', () => {
  test('tells a key that may see no hold of the team nothing about it, not even whose it is', async () => {
    const ctx = createContext(key('PARTNER', ['usage:read']), 'trace', async () => new Map());
    for (const id of [teams.ofMember.id, newUuid()]) {
      await expect(visibleHold(ctx, database.db, id)).rejects.toThrow(notFound('Hold', publicId('hold', id)));
    }
  });

  const ALL = ['ofMember', 'ofKey', 'ofNobody'] as const;
  type Name = (typeof ALL)[number];
  const platform = (...scopes: string[]) => key('PLATFORM', scopes);
  const ofTeam = (type: 'TEAM' | 'PARTNER', scopes: string[], id: Uuid, keyId?: Uuid): Actor => {
    const actor = key(type, scopes, id);
    return actor.kind === 'KEY' && keyId ? { ...actor, keyId } : actor;
  };

  /** What each asker sees of the three holds, and whether of grants too. */
  const askers: [string, (t: typeof teams) => Actor, readonly Name[] | string, boolean][] = [
    ['the owner', (t) => asUser(t.own.owner), ALL, true],
    ['an admin', (t) => asUser(t.admin), ALL, true],
    ['the member', (t) => asUser(t.member), ['ofMember'], false],
    ['another member', (t) => asUser(t.otherMember), [], false],
    ['the team key', (t) => ofTeam('TEAM', [], t.own.teamId, t.keyId), ['ofKey'], false],
    [
      'the team key for billing',
      (t) => ofTeam('TEAM', ['billing:read'], t.own.teamId, t.keyId),
      ['ofKey'],
      true,
    ],
    ['another key of the team', (t) => ofTeam('TEAM', ['billing:read'], t.own.teamId), [], true],
    ['a partner for usage', (t) => ofTeam('PARTNER', ['usage:read'], t.own.teamId), ALL, false],
    ['a partner without a scope', (t) => ofTeam('PARTNER', [], t.own.teamId), 'FORBIDDEN', false],
    ['the platform', () => platform('usage:read', 'billing:read'), ALL, true],
    ['the platform without a scope', () => platform('usage:write'), 'FORBIDDEN', false],
    ['an operator', () => operator, ALL, true],
    ['the owner of another team', (t) => asUser(t.foreign.owner), [], false],
    ['a key of another team', (t) => ofTeam('TEAM', ['billing:read'], t.foreign.teamId), [], false],
    ['a partner of another team', (t) => ofTeam('PARTNER', ['usage:read'], t.foreign.teamId), [], false],
    ['nobody', () => ({ kind: 'ANONYMOUS' }), 'UNAUTHENTICATED', false],
  ];

  interface Seen {
    readonly hold: { readonly id: string; readonly draws: unknown };
  }

  test.for(askers)(
    'shows to %s what is theirs and nothing else',
    async ([, actorOf, visible, seesGrants]) => {
      const actor = actorOf(teams);
      for (const name of ALL) {
        const id = holdId(teams[name]);
        const { data, errors } = await api.run<Seen>(
          actor,
          'query($id: ID!) { hold(id: $id) { id draws { amount } } }',
          { id },
        );
        if (visible.includes(name)) {
          expect(data?.hold.id).toBe(id);
          expect(errors).toEqual(seesGrants ? {} : { 'hold.draws': 'FORBIDDEN' });
        } else {
          expect(errors).toEqual({ hold: typeof visible === 'string' ? visible : 'NOT_FOUND' });
        }
        const node = await api.run<{ node: { id: string } | null }>(
          actor,
          'query($id: ID!) { node(id: $id) { id } }',
          { id },
        );
        expect(node.data?.node?.id).toBe(visible.includes(name) ? id : undefined);
      }
    },
  );

  test.for(askers)('lists to %s what is theirs and nothing else', async ([, actorOf, visible]) => {
    const variables = { team: teamId(teams.own.teamId), first: 100 };
    const { data } = await api.run<List>(actorOf(teams), LIST, variables);
    const nodes = data?.team?.holds.edges.map(({ node }) => node.id) ?? [];
    const seen = ALL.filter((name) => nodes.includes(holdId(teams[name])));
    expect(seen).toEqual(ALL.filter((name) => visible.includes(name)));
  });

  test('shows the grants behind a new hold to those only who may see grants', async () => {
    const input = {
      idempotencyKey: newUuid(),
      teamId: teamId(teams.own.teamId),
      model: teams.model,
      quantities: [{ meter: 'REQUEST', quantity: '1' }],
    };
    const source =
      'mutation($input: PlaceHoldInput!) { placeHold(input: $input) { hold { id draws { amount } } } }';
    const gateway = await api.run<{ placeHold: object }>(platform('usage:write'), source, { input });
    expect(gateway.errors).toEqual({ 'placeHold.hold.draws': 'FORBIDDEN' });
    const trusted = await api.run<{ placeHold: object }>(platform('usage:write', 'billing:read'), source, {
      input,
    });
    expect(trusted.data?.placeHold).toMatchObject({ hold: { draws: [{ amount: '1' }] } });
  });
});
