import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor, KeyType } from '../../src/actor.ts';
import type { Charge, ChargeRequest } from '../../src/charging/charge.ts';
import { visibleCharge } from '../../src/charging/charge-access.ts';
import { notFound } from '../../src/domain-error.ts';
import { accessOf } from '../../src/graphql/auth.ts';
import { createContext } from '../../src/graphql/context.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { usage, type World, worldOn } from '../support/world.ts';
import { asUser, newKey, newTeam } from '../teams/people.ts';
import { ask, chargeSchema } from './charge-api.ts';

const database = useDatabase();
const clock = movableClock(Date.UTC(2026, 10, 21, 12));
const schema = await chargeSchema(database, clock);
const run = <T>(actor: Actor, source: string, variables?: Record<string, unknown>) =>
  ask<T>(schema, database.db, actor, source, variables);

interface List {
  readonly team: {
    readonly charges: {
      readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
      readonly pageInfo: object;
    };
  };
}

const chargeId = (charge: Charge) => publicId('charge', charge.id);
const teamId = (id: Uuid) => publicId('team', id);

function key(keyType: KeyType, scopes: string[] = [], forTeam?: Uuid, keyId = newUuid()): Actor {
  return { kind: 'KEY', keyId, keyType, scopes, ...(forTeam && { teamId: forTeam }) };
}
const operator = key('OPERATOR');

/** Two teams with people and keys, and charges of the first: one of a member, one by a team key, one of nobody. */
async function twoTeams() {
  const world = worldOn(database.db, clock);
  const model = `chat-${newUuid()}`;
  await world.model(model, { INPUT_TOKEN: '0.001', OUTPUT_TOKEN: '0.002' });
  const own = await newTeam(database.db, 'ADMIN', 'MEMBER', 'MEMBER');
  const [admin = '', member = '', otherMember = ''] = own.others;
  const foreign = await newTeam(database.db, 'MEMBER');
  const { keyId } = await newKey(database.db, { type: 'TEAM', teamId: own.teamId });
  const grant = await world.grant(own.teamId, '1');
  await world.grant(own.teamId, '100', { kind: 'PREPAID' });
  const charge = chargeOn(world, own.teamId, model);
  const ofMember = await charge({ memberId: member, tags: { run: 'a', env: 'prod' } });
  const ofKey = await charge({ apiKeyId: keyId }, 500);
  const ofNobody = await charge({}, 2000);
  return {
    world,
    model,
    own,
    foreign,
    admin,
    member,
    otherMember,
    keyId,
    grant,
    charge,
    ofMember,
    ofKey,
    ofNobody,
  };
}

function chargeOn(world: World, team: Uuid, model: string) {
  return async (options: Partial<ChargeRequest>, tokens = 100): Promise<Charge> => {
    clock.advance(1000);
    const [result] = await world.charge(
      usage(team, model, { OUTPUT_TOKEN: 250, INPUT_TOKEN: tokens }, options),
    );
    if (!result?.ok) throw new Error(result?.refusal.message);
    return result.charge;
  };
}

let teams: Awaited<ReturnType<typeof twoTeams>>;
beforeAll(async () => {
  teams = await twoTeams();
});

const LIST = `query($team: ID!, $filter: ChargeFilter, $orderBy: ChargeOrder, $first: Int, $after: Cursor, $last: Int, $before: Cursor) {
  team(id: $team) { charges(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage } } } }`;

async function list(actor: Actor, variables: Record<string, unknown> = {}): Promise<string[]> {
  const { data, errors } = await run<List>(actor, LIST, { team: teamId(teams.own.teamId), ...variables });
  expect(errors).toEqual({});
  return data?.team.charges.edges.map(({ node }) => node.id) ?? [];
}

test('every field of the room has a rule and a description', () => {
  const bare = [...accessOf(schema)].filter(([, access]) => !access).map(([field]) => field);
  expect(bare).toEqual([]);
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || !('getFields' in type)) continue;
    for (const field of Object.values(type.getFields())) {
      expect(field.description, `${type.name}.${field.name}`).toBeTruthy();
    }
  }
});

describe('a charge', () => {
  test('tells what was used, what it cost, who used it and who paid', async () => {
    const { own, ofMember, member, model, grant } = teams;
    const { data, errors } = await run<{ charge: object }>(
      asUser(own.owner),
      `query($id: ID!) { charge(id: $id) { id teamId status modelKey model { key product } amount debt
        quantities { meter quantity } params { name value } tags { name value } occurredAt postedAt memberId apiKeyId
        firstSeq lastSeq draws { grantId amount } reversal { amount } } }`,
      { id: chargeId(ofMember) },
    );
    expect(errors).toEqual({});
    const postedAt = ofMember.postedAt.toISOString();
    expect(data?.charge).toEqual({
      id: chargeId(ofMember),
      teamId: teamId(own.teamId),
      status: 'CHARGED',
      modelKey: model,
      model: { key: model, product: 'chat' },
      amount: '0.6',
      debt: '0',
      quantities: [
        { meter: 'INPUT_TOKEN', quantity: '100' },
        { meter: 'OUTPUT_TOKEN', quantity: '250' },
      ],
      params: [],
      tags: [
        { name: 'env', value: 'prod' },
        { name: 'run', value: 'a' },
      ],
      occurredAt: postedAt,
      postedAt,
      memberId: publicId('user', member),
      apiKeyId: null,
      firstSeq: '3',
      lastSeq: '3',
      draws: [{ grantId: publicId('grant', grant), amount: '0.6' }],
      reversal: null,
    });
  });

  test('names each draw, in the order of drawdown', async () => {
    const { data } = await run<List>(
      operator,
      `query($id: ID!) { team(id: $id) { charges { edges { node { amount draws { amount } } } } } }`,
      { id: teamId(teams.own.teamId) },
    );
    expect(data?.team.charges.edges.map(({ node }) => node)).toEqual([
      { amount: '2.5', draws: [{ amount: '2.5' }] },
      { amount: '1', draws: [{ amount: '0.4' }, { amount: '0.6' }] },
      { amount: '0.6', draws: [{ amount: '0.6' }] },
    ]);
  });

  test('is a node', async () => {
    const query = 'query($id: ID!) { node(id: $id) { __typename id ... on Charge { amount } } }';
    const { data } = await run<{ node: object }>(asUser(teams.own.owner), query, {
      id: chargeId(teams.ofKey),
    });
    expect(data?.node).toEqual({ __typename: 'Charge', id: chargeId(teams.ofKey), amount: '1' });
  });
});

describe('the explanation of a charge', () => {
  test('has the formula with its numbers and each grant with its part', async () => {
    const { own, ofKey, grant } = teams;
    const { data, errors } = await run<{ explainCharge: object }>(
      asUser(own.owner),
      `query($id: ID!) { explainCharge(id: $id) { charge { amount }
        price { amount exact minimum formula version { version } multipliers { factor }
          lines { meter quantity price { meter unitPrice } factor subtotal formula summary } }
        payment { debt summary grants { outcome paid left expiresAt summary } } } }`,
      { id: chargeId(ofKey) },
    );
    expect(errors).toEqual({});
    const line = { factor: '1' };
    expect(data?.explainCharge).toEqual({
      charge: { amount: '1' },
      price: {
        amount: '1',
        exact: '1',
        minimum: null,
        formula: '500 × 0.001 + 250 × 0.002 = 1',
        version: { version: 1 },
        multipliers: [],
        lines: [
          {
            ...line,
            meter: 'INPUT_TOKEN',
            quantity: '500',
            price: { meter: 'INPUT_TOKEN', unitPrice: '0.001' },
            subtotal: '0.5',
            formula: '500 × 0.001 = 0.5',
            summary: 'The price of INPUT_TOKEN.',
          },
          {
            ...line,
            meter: 'OUTPUT_TOKEN',
            quantity: '250',
            price: { meter: 'OUTPUT_TOKEN', unitPrice: '0.002' },
            subtotal: '0.5',
            formula: '250 × 0.002 = 0.5',
            summary: 'The price of OUTPUT_TOKEN.',
          },
        ],
      },
      payment: {
        debt: '0',
        summary: expect.stringContaining(`1 credits: 0.4 from ${publicId('grant', grant)}, 0.6 from grant_`),
        grants: [
          { outcome: 'PAID', paid: '0.4', left: '0', expiresAt: null, summary: 'Paid 0.4, all it had.' },
          {
            outcome: 'PAID',
            paid: '0.6',
            left: '99.4',
            expiresAt: null,
            summary: 'Paid 0.6 of the 100 it had.',
          },
        ],
      },
    });
  });
});

describe('charges of a team', () => {
  test('come last first, or first first, page by page in both directions', async () => {
    const { own, ofMember, ofKey, ofNobody } = teams;
    const all = [ofNobody, ofKey, ofMember].map(chargeId);
    const owner = asUser(own.owner);
    expect(await list(owner)).toEqual(all);
    expect(await list(owner, { orderBy: 'POSTED_ASC' })).toEqual(all.toReversed());
    const { data } = await run<List>(owner, LIST, { team: teamId(own.teamId), first: 1 });
    const edge = data?.team.charges.edges[0];
    expect(data?.team.charges.pageInfo).toEqual({ hasNextPage: true, hasPreviousPage: false });
    expect(await list(owner, { first: 5, after: edge?.cursor })).toEqual(all.slice(1));
    expect(await list(owner, { last: 2 })).toEqual(all.slice(1));
    expect(await list(owner, { last: 2, orderBy: 'POSTED_ASC' })).toEqual(all.toReversed().slice(1));
  });

  test('refuse the cursor of another order', async () => {
    const { own } = teams;
    const { data } = await run<List>(asUser(own.owner), LIST, { team: teamId(own.teamId), first: 1 });
    const after = data?.team.charges.edges[0]?.cursor;
    const wrong = { team: teamId(own.teamId), after, orderBy: 'POSTED_ASC' };
    expect((await run(asUser(own.owner), LIST, wrong)).errors).toEqual({ 'team.charges': 'BAD_USER_INPUT' });
  });

  test.for<[string, (t: typeof teams) => Record<string, unknown>, (keyof typeof teams)[]]>([
    ['model', (t) => ({ model: t.model }), ['ofNobody', 'ofKey', 'ofMember']],
    ['member', (t) => ({ memberId: publicId('user', t.member) }), ['ofMember']],
    ['key', (t) => ({ apiKeyId: publicId('apiKey', t.keyId) }), ['ofKey']],
    ['status', () => ({ status: 'UNBILLED' }), []],
    ['least amount', () => ({ minAmount: '1' }), ['ofNobody', 'ofKey']],
    ['tag', () => ({ tag: { name: 'run', value: 'a' } }), ['ofMember']],
    ['another value of the tag', () => ({ tag: { name: 'run', value: 'b' } }), []],
    ['time of use, from', (t) => ({ occurredAt: { from: t.ofKey.occurredAt } }), ['ofNobody', 'ofKey']],
    ['time of use, before', (t) => ({ occurredAt: { before: t.ofKey.occurredAt } }), ['ofMember']],
    ['time of posting, from', (t) => ({ postedAt: { from: t.ofKey.postedAt } }), ['ofNobody', 'ofKey']],
    ['time of posting, before', (t) => ({ postedAt: { before: t.ofKey.postedAt } }), ['ofMember']],
    [
      'several conditions',
      (t) => ({ minAmount: '0.1', postedAt: { from: t.ofKey.postedAt, before: t.ofNobody.postedAt } }),
      ['ofKey'],
    ],
  ])('are filtered by %s', async ([, filter, expected]) => {
    const wanted = expected.map((name) => chargeId(teams[name] as Charge));
    expect(await list(asUser(teams.own.owner), { filter: filter(teams) })).toEqual(wanted);
  });

  test('that were reported late are found by the time of their use', async () => {
    const { own, charge } = teams;
    const occurredAt = new Date(clock.now().getTime() - 30 * 86_400_000);
    const late = await charge({ occurredAt });
    const filter = { occurredAt: { from: occurredAt, before: new Date(occurredAt.getTime() + 1) } };
    expect(await list(asUser(own.owner), { filter })).toEqual([chargeId(late)]);
  });

  test.for([
    { filter: { model: 'no-such-model' } },
    { filter: { memberId: 'team_x' } },
    { filter: { apiKeyId: publicId('user', newUuid()) } },
    { first: 101 },
    { first: 0 },
  ])('refuse %j', async (variables) => {
    const { errors } = await run(asUser(teams.own.owner), LIST, {
      team: teamId(teams.own.teamId),
      ...variables,
    });
    expect(errors).toEqual({ 'team.charges': 'BAD_USER_INPUT' });
  });
});

interface Seen {
  readonly charge: { readonly id: string; readonly draws: unknown };
  readonly explainCharge: { readonly price: { readonly amount: string }; readonly payment: unknown };
}

interface Reversed {
  readonly reverseCharge: object;
}

describe('isolation', () => {
  test('tells a key that may see no charge of the team nothing about it, not even whose it is', async () => {
    const { ofMember } = teams;
    const visible = (id: Uuid) => {
      const ctx = createContext(key('PARTNER', ['usage:read']), 'trace', async () => new Map());
      return visibleCharge(ctx, database.db, id);
    };
    const unknown = newUuid();
    for (const id of [ofMember.id, unknown]) {
      await expect(visible(id)).rejects.toThrow(notFound('Charge', publicId('charge', id)));
    }
  });

  /** What each asker sees of the three charges, and whether of grants too. */
  const askers: [string, (t: typeof teams) => Actor, (keyof typeof teams)[] | string, boolean][] = [
    ['the owner', (t) => asUser(t.own.owner), ['ofMember', 'ofKey', 'ofNobody'], true],
    ['an admin', (t) => asUser(t.admin), ['ofMember', 'ofKey', 'ofNobody'], true],
    ['the member', (t) => asUser(t.member), ['ofMember'], false],
    ['another member', (t) => asUser(t.otherMember), [], false],
    ['the team key', (t) => key('TEAM', [], t.own.teamId, t.keyId), ['ofKey'], false],
    [
      'the team key for billing',
      (t) => key('TEAM', ['billing:read'], t.own.teamId, t.keyId),
      ['ofKey'],
      true,
    ],
    ['another key of the team', (t) => key('TEAM', ['billing:read'], t.own.teamId), [], true],
    [
      'a partner for usage',
      (t) => key('PARTNER', ['usage:read'], t.own.teamId),
      ['ofMember', 'ofKey', 'ofNobody'],
      false,
    ],
    ['a partner without a scope', (t) => key('PARTNER', [], t.own.teamId), 'FORBIDDEN', false],
    [
      'the platform',
      () => key('PLATFORM', ['usage:read', 'billing:read']),
      ['ofMember', 'ofKey', 'ofNobody'],
      true,
    ],
    ['the platform without a scope', () => key('PLATFORM', ['usage:write']), 'FORBIDDEN', false],
    ['an operator', () => operator, ['ofMember', 'ofKey', 'ofNobody'], true],
    ['the owner of another team', (t) => asUser(t.foreign.owner), [], false],
    ['a member of another team', (t) => asUser(t.foreign.others[0] ?? ''), [], false],
    ['a key of another team', (t) => key('TEAM', ['billing:read'], t.foreign.teamId), [], false],
    ['a partner of another team', (t) => key('PARTNER', ['usage:read'], t.foreign.teamId), [], false],
    ['somebody without a team', () => asUser(newUuid()), [], false],
    ['nobody', () => ({ kind: 'ANONYMOUS' }), 'UNAUTHENTICATED', false],
  ];
  const charges: (keyof typeof teams & `of${string}`)[] = ['ofMember', 'ofKey', 'ofNobody'];

  test.for(askers)(
    'shows to %s what is theirs and nothing else',
    async ([, actorOf, visible, seesGrants]) => {
      const actor = actorOf(teams);
      for (const name of charges) {
        const id = chargeId(teams[name]);
        const source = `query($id: ID!) { charge(id: $id) { id draws { amount } }
        explainCharge(id: $id) { price { amount } payment { summary } } }`;
        const { data, errors } = await run<Seen>(actor, source, { id });
        if (visible.includes(name)) {
          expect(data?.charge.id).toBe(id);
          expect(data?.explainCharge.price.amount).toBeTruthy();
          expect(Object.values(errors)).toEqual(seesGrants ? [] : ['FORBIDDEN', 'FORBIDDEN']);
          expect(data?.charge.draws === null).toBe(!seesGrants);
          expect(data?.explainCharge.payment === null).toBe(!seesGrants);
        } else {
          expect(Object.values(errors)).toContain(typeof visible === 'string' ? visible : 'NOT_FOUND');
          expect(data).toBeNull();
        }
        const node = await run<{ node: { id: string } | null }>(
          actor,
          'query($id: ID!) { node(id: $id) { id } }',
          { id },
        );
        expect(node.data?.node?.id).toBe(visible.includes(name) ? id : undefined);
      }
    },
  );

  test.for(askers)('lists to %s what is theirs and nothing else', async ([, actorOf, visible]) => {
    const { data } = await run<List>(actorOf(teams), LIST, { team: teamId(teams.own.teamId) });
    const nodes = data?.team.charges.edges.map(({ node }) => node.id) ?? [];
    const ids = charges.map((name) => chargeId(teams[name]));
    expect(nodes.filter((id) => ids.includes(id)).toSorted()).toEqual(
      charges
        .filter((name) => visible.includes(name))
        .map((name) => chargeId(teams[name]))
        .toSorted(),
    );
  });

  test.for(askers)(
    'answers %s the same for a foreign, an unknown and an invisible id',
    async ([, actorOf]) => {
      const actor = actorOf(teams);
      const message = async (id: string) => {
        const { data, errors } = await run(actor, 'query($id: ID!) { charge(id: $id) { id } }', { id });
        return data ? 'seen' : Object.values(errors)[0];
      };
      const unknown = await message(publicId('charge', newUuid()));
      for (const name of charges) expect(['seen', unknown]).toContain(await message(chargeId(teams[name])));
      expect(await message(teamId(teams.own.teamId))).toMatch(/BAD_USER_INPUT|UNAUTHENTICATED/);
    },
  );

  test.for(askers)('lets %s reverse a charge only as an operator', async ([name, actorOf]) => {
    const { charge, own } = teams;
    const wrong = await charge({ memberId: teams.member });
    const source = `mutation($input: ReverseChargeInput!) { reverseCharge(input: $input) {
      charge { reversal { amount reason } } balance { available } replayed userErrors { code } } }`;
    const input = { chargeId: chargeId(wrong), reason: 'wrong model', idempotencyKey: newUuid() };
    const { data, errors } = await run<Reversed>(actorOf(teams), source, { input });
    const reversed = await database.db
      .sql`select 1 from reversals where team_id = ${own.teamId} and charge_id = ${wrong.id}`;
    if (name !== 'an operator') {
      expect(errors.reverseCharge).toMatch(/^(FORBIDDEN|UNAUTHENTICATED)$/);
      expect(reversed).toHaveLength(0);
      return;
    }
    expect(reversed).toHaveLength(1);
    expect(data?.reverseCharge).toMatchObject({
      charge: { reversal: { amount: '0.6', reason: 'wrong model' } },
      replayed: false,
      userErrors: [],
    });
    const replayed = await run<Reversed>(operator, source, { input });
    expect(replayed.data?.reverseCharge).toEqual({ ...data?.reverseCharge, replayed: true });
    const second = await run<Reversed>(operator, source, { input: { ...input, idempotencyKey: newUuid() } });
    expect(second.data?.reverseCharge).toMatchObject({ charge: null, userErrors: [{ code: 'CONFLICT' }] });
    const unknown = await run<Reversed>(operator, source, {
      input: { ...input, chargeId: publicId('charge', newUuid()), idempotencyKey: newUuid() },
    });
    expect(unknown.data?.reverseCharge).toMatchObject({ charge: null, userErrors: [{ code: 'NOT_FOUND' }] });
    const silent = await run(operator, source, { input: { ...input, reason: ' ' } });
    expect(silent.errors).toEqual({ reverseCharge: 'BAD_USER_INPUT' });
  });
});
