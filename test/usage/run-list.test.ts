import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { newUuid, publicId } from '../../src/id.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { worldOn } from '../support/world.ts';
import { asUser, newKey, newTeam } from '../teams/people.ts';
import { operator, RunApi, step, teamId, usageOf } from './run-api.ts';

const database = useDatabase();
const START = Date.UTC(2026, 10, 21, 12);
const clock = movableClock(START);
const model = { one: `one-${newUuid()}`, two: `two-${newUuid()}` };
const NAMES = ['Nightly report', 'Evaluation of GPT', 'nightly REPORT', 'by key', 'empty'] as const;
type Name = (typeof NAMES)[number];

/** A team whose runs began a second after each other, and what they have cost: 5, 3, 5, 1 and 0 credits. */
async function history() {
  const { teamId: own, owner, others } = await newTeam(database.db, 'MEMBER', 'MEMBER');
  const [member = '', otherMember = ''] = others;
  const { keyId } = await newKey(database.db, { type: 'TEAM', teamId: own });
  await api.world.grant(own, '100');
  const team = teamId(own);
  const memberId = publicId('user', member);
  const one = [step('a', model.one, 1)];
  const both = [...one, step('b', model.two, 1)];
  const ids = new Map<string, Name>();
  const start = async (name: Name, steps: object[], spent: number, more: Record<string, unknown> = {}) => {
    clock.advance(1_000);
    const { run } = await api.start({ teamId: team, name, plan: { steps }, ...more });
    const runId = run?.id ?? '';
    ids.set(runId, name);
    if (spent > 0) await api.record(usageOf({ teamId: team, runId }, 'a', spent));
    return { teamId: team, runId };
  };
  const report = await start('Nightly report', one, 5, { memberId });
  await start('Evaluation of GPT', both, 3);
  const wrong = await start('nightly REPORT', both, 5, { memberId });
  await start('by key', one, 1, { apiKeyId: publicId('apiKey', keyId) });
  await start('empty', one, 0);
  await api.end(report);
  await api.end({ ...wrong, reason: 'wrong data' });
  return { own, team, owner, member, otherMember, keyId, ids, wrong, memberId };
}

let api: RunApi;
let known: Awaited<ReturnType<typeof history>>;
beforeAll(async () => {
  api = new RunApi(worldOn(database.db, clock));
  await api.world.model(model.one, { REQUEST: '1' });
  await api.world.model(model.two, { REQUEST: '2' });
  await api.world.model('unused', { REQUEST: '2' });
  known = await history();
});

interface Listed {
  readonly team: {
    readonly runs: {
      readonly edges: readonly {
        readonly cursor: string;
        readonly node: { readonly id: string; readonly spent: string };
      }[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean };
    };
  };
}

const LIST = `query($team: ID!, $filter: RunFilter, $orderBy: RunOrder, $first: Int, $after: Cursor, $last: Int, $before: Cursor) {
  team(id: $team) { runs(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { id spent } } pageInfo { hasNextPage hasPreviousPage } } } }`;

function page(variables: Record<string, unknown>, actor: Actor = operator): Promise<Listed> {
  return api.data<Listed>(actor, LIST, { team: known.team, ...variables });
}

async function names(variables: Record<string, unknown>, actor?: Actor): Promise<(string | undefined)[]> {
  const { team } = await page(variables, actor);
  return team.runs.edges.map(({ node }) => known.ids.get(node.id));
}

const at = (second: number) => new Date(START + second * 1_000).toISOString();

describe('the run history', () => {
  const orders: readonly (readonly [string, readonly Name[]])[] = [
    ['STARTED_ASC', NAMES],
    ['STARTED_DESC', NAMES.toReversed()],
    ['COST_ASC', ['empty', 'by key', 'Evaluation of GPT', 'Nightly report', 'nightly REPORT']],
    ['COST_DESC', ['nightly REPORT', 'Nightly report', 'Evaluation of GPT', 'by key', 'empty']],
  ];

  test.for(orders)('is listed by %s', async ([orderBy, expected]) => {
    expect(await names({ orderBy })).toEqual(expected);
  });

  test.for(orders)(
    'is paged by %s, forwards and backwards, without gap or repetition',
    async ([orderBy, expected]) => {
      const forward: (string | undefined)[] = [];
      for (let after: string | undefined, more = true; more; ) {
        const { team } = await page({ orderBy, first: 2, after });
        forward.push(...team.runs.edges.map(({ node }) => known.ids.get(node.id)));
        after = team.runs.edges.at(-1)?.cursor;
        more = team.runs.pageInfo.hasNextPage;
      }
      expect(forward).toEqual(expected);
      const backward: (string | undefined)[] = [];
      for (let before: string | undefined, more = true; more; ) {
        const { team } = await page({ orderBy, last: 2, before });
        backward.unshift(...team.runs.edges.map(({ node }) => known.ids.get(node.id)));
        before = team.runs.edges[0]?.cursor;
        more = team.runs.pageInfo.hasPreviousPage;
      }
      expect(backward).toEqual(expected);
    },
  );

  test('refuses the cursor of another order', async () => {
    const { team } = await page({ orderBy: 'COST_ASC', first: 1 });
    const after = team.runs.edges[0]?.cursor;
    await expect(page({ orderBy: 'COST_DESC', first: 1, after })).rejects.toThrow('BAD_USER_INPUT');
  });

  const filters: readonly (readonly [string, () => object, readonly Name[]])[] = [
    ['no condition', () => ({}), NAMES],
    ['status', () => ({ status: 'RUNNING' }), ['Evaluation of GPT', 'by key', 'empty']],
    ['another status', () => ({ status: 'CANCELED' }), ['nightly REPORT']],
    ['start', () => ({ startedAt: { from: at(2), before: at(4) } }), ['Evaluation of GPT', 'nightly REPORT']],
    ['model', () => ({ model: model.two }), ['Evaluation of GPT', 'nightly REPORT']],
    ['a model without runs', () => ({ model: 'unused' }), []],
    ['member', () => ({ memberId: known.memberId }), ['Nightly report', 'nightly REPORT']],
    ['key', () => ({ apiKeyId: publicId('apiKey', known.keyId) }), ['by key']],
    ['a part of the name', () => ({ nameContains: 'NIGHTLY r' }), ['Nightly report', 'nightly REPORT']],
    ['text that patterns would take for another', () => ({ nameContains: '%' }), []],
    [
      'several conditions',
      () => ({ nameContains: 'report', status: 'FINISHED', model: model.one }),
      ['Nightly report'],
    ],
  ];

  test.for(filters)('is filtered by %s, in each order', async ([, filterOf, expected]) => {
    const filter = filterOf();
    expect(await names({ filter, orderBy: 'STARTED_ASC' })).toEqual(expected);
    expect((await names({ filter, orderBy: 'COST_DESC' })).toSorted()).toEqual(expected.toSorted());
  });

  test('refuses an unknown model and ids of another kind', async () => {
    for (const filter of [{ model: 'none' }, { memberId: known.team }, { apiKeyId: 'x' }])
      await expect(page({ filter })).rejects.toThrow('BAD_USER_INPUT');
  });

  test('shows members and team keys their own runs only', async () => {
    const teamKey: Actor = {
      kind: 'KEY',
      keyId: known.keyId,
      keyType: 'TEAM',
      scopes: [],
      teamId: known.own,
    };
    const own = ['Nightly report', 'nightly REPORT'];
    for (const orderBy of ['STARTED_ASC', 'COST_ASC']) {
      expect(await names({ orderBy }, asUser(known.member))).toEqual(own);
      expect(await names({ orderBy, filter: { model: model.two } }, asUser(known.member))).toEqual([
        'nightly REPORT',
      ]);
      expect(await names({ orderBy }, asUser(known.otherMember))).toEqual([]);
      expect(await names({ orderBy }, teamKey)).toEqual(['by key']);
      expect(await names({ orderBy }, asUser(known.owner))).toHaveLength(NAMES.length);
    }
  });

  test('opens a run for those who may see it, and is silent about it to others', async () => {
    const teamKey: Actor = {
      kind: 'KEY',
      keyId: known.keyId,
      keyType: 'TEAM',
      scopes: [],
      teamId: known.own,
    };
    const source = 'query($id: ID!) { run(id: $id) { id charges { edges { node { amount } } } } }';
    const id = known.wrong.runId;
    for (const actor of [operator, asUser(known.owner), asUser(known.member)])
      expect(await api.data(actor, source, { id })).toEqual({
        run: { id, charges: { edges: [{ node: { amount: '5' } }] } },
      });
    for (const actor of [asUser(known.otherMember), asUser(newUuid()), teamKey]) {
      await expect(api.data(actor, source, { id })).rejects.toThrow('NOT_FOUND');
      expect(await api.data(actor, 'query($id: ID!) { node(id: $id) { id } }', { id })).toEqual({
        node: null,
      });
    }
    await expect(api.data(operator, source, { id: publicId('run', newUuid()) })).rejects.toThrow('NOT_FOUND');
    await expect(api.data(operator, source, { id: known.team })).rejects.toThrow('BAD_USER_INPUT');
    await expect(api.data({ kind: 'ANONYMOUS' }, source, { id })).rejects.toThrow('UNAUTHENTICATED');
  });

  test('sorts by what is left of the cost after reversals', async () => {
    const { run } = await api.data<{ run: { charges: { edges: { node: { id: string } }[] } } }>(
      operator,
      'query($id: ID!) { run(id: $id) { charges { edges { node { id } } } } }',
      { id: known.wrong.runId },
    );
    await api.data(
      operator,
      'mutation($input: ReverseChargeInput!) { reverseCharge(input: $input) { userErrors { code } } }',
      { input: { chargeId: run.charges.edges[0]?.node.id, reason: 'wrong', idempotencyKey: newUuid() } },
    );
    const { team } = await page({ orderBy: 'COST_DESC' });
    expect(team.runs.edges.map(({ node }) => [known.ids.get(node.id), node.spent])).toEqual([
      ['Nightly report', '5'],
      ['Evaluation of GPT', '3'],
      ['by key', '1'],
      ['empty', '0'],
      ['nightly REPORT', '0'],
    ]);
  });
});
