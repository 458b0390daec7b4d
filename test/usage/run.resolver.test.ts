import { isInputObjectType } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { inTransaction } from '../../src/db/client.ts';
import { accessOf } from '../../src/graphql/auth.ts';
import { newUuid, publicId, tryParseId } from '../../src/id.ts';
import { removeMember } from '../../src/teams/memberships.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { worldOn } from '../support/world.ts';
import { asUser, newTeam } from '../teams/people.ts';
import { operator, RunApi, step, teamId, usageOf } from './run-api.ts';

const database = useDatabase();
const clock = movableClock(Date.UTC(2026, 10, 21, 12));
const MINUTE = 60_000;
let api: RunApi;
const model = { one: `one-${newUuid()}`, two: `two-${newUuid()}` };

beforeAll(async () => {
  api = new RunApi(worldOn(database.db, clock));
  await api.world.model(model.one, { REQUEST: '1' });
  await api.world.model(model.two, { REQUEST: '2' }, { product: 'image' });
});

/** A team with this much credit, by its public id. */
async function teamWith(credits: string): Promise<string> {
  const team = await api.world.team();
  await api.world.grant(team, credits);
  return teamId(team);
}

const twoSteps = () => ({ steps: [step('read', model.one, 2, 3), step('draw', model.two, 1)] });

/** A run of two steps that holds its 8 credits. */
async function heldRun(credits: string) {
  const team = await teamWith(credits);
  const { run } = await api.start({ teamId: team, plan: twoSteps(), hold: true });
  return { teamId: team, runId: run?.id ?? '' };
}

test('every field of the room has a rule and a description', () => {
  const bare = [...accessOf(api.schema)].filter(([, access]) => !access).map(([field]) => field);
  expect(bare).toEqual([]);
  for (const type of Object.values(api.schema.getTypeMap())) {
    if (type.name.startsWith('__') || !('getFields' in type)) continue;
    for (const field of Object.values(type.getFields()))
      expect(field.description, `${type.name}.${field.name}`).toBeTruthy();
  }
  const plan = api.schema.getType('StartRunPlanInput');
  expect(isInputObjectType(plan) && plan.isOneOf).toBe(true);
});

describe('starting a run', () => {
  test('holds its total by the same transaction, and keeps who it is for', async () => {
    const { teamId: own, owner } = await newTeam(database.db);
    await api.world.grant(own, '10');
    const input = {
      teamId: teamId(own),
      name: 'Nightly',
      plan: twoSteps(),
      hold: true,
      memberId: publicId('user', owner),
      tags: [{ name: 'env', value: 'prod' }],
    };
    const { run, balance, replayed, userErrors } = await api.start(input);
    expect({ balance, replayed, userErrors }).toEqual({
      balance: { available: '2', held: '8' },
      replayed: false,
      userErrors: [],
    });
    expect(run).toMatchObject({
      status: 'RUNNING',
      estimated: '8',
      spent: '0',
      hold: { status: 'HELD', open: '8' },
      steps: [
        { key: 'read', spent: '0', charges: 0 },
        { key: 'draw', spent: '0', charges: 0 },
      ],
    });
    const seen = await api.data<{ run: object }>(
      asUser(owner),
      `query($id: ID!) { run(id: $id) { name teamId memberId apiKeyId quoteId holdId tags { name value } startedAt endedAt
        steps { modelKey model { key } quantities { meter quantity } params { name } times estimated } } }`,
      { id: run?.id },
    );
    expect(seen.run).toMatchObject({
      name: 'Nightly',
      teamId: teamId(own),
      memberId: input.memberId,
      apiKeyId: null,
      quoteId: null,
      holdId: run?.hold?.id,
      tags: input.tags,
      startedAt: clock.now().toISOString(),
      endedAt: null,
      steps: [
        {
          modelKey: model.one,
          model: { key: model.one },
          quantities: [{ meter: 'REQUEST', quantity: '2' }],
          params: [],
          times: 3,
          estimated: '6',
        },
        { modelKey: model.two, times: 1, estimated: '2' },
      ],
    });
  });

  test('without enough to hold starts nothing, and says what is missing', async () => {
    const team = await teamWith('7.5');
    const { run, balance, userErrors } = await api.start({ teamId: team, plan: twoSteps(), hold: true });
    expect(run).toBeNull();
    expect(userErrors).toMatchObject([{ code: 'OUT_OF_CREDITS', path: ['hold'], shortBy: '0.5' }]);
    expect(balance).toEqual({ available: '7.5', held: '0' });
  });

  test('holds only credit that may pay for every model of it', async () => {
    const world = api.world;
    const team = await world.team();
    await world.grant(team, '100', { scope: { product: 'chat', modelId: null, gpuType: null } });
    await world.grant(team, '8');
    const start = () => api.start({ teamId: teamId(team), plan: twoSteps(), hold: true });
    expect(await start()).toMatchObject({ balance: { available: '100', held: '8' } });
    expect(await start()).toMatchObject({ userErrors: [{ code: 'OUT_OF_CREDITS', shortBy: '8' }] });
  });

  test('with a key that was used answers the first run, and refuses other input', async () => {
    const team = await teamWith('20');
    const input = { idempotencyKey: 'k', teamId: team, plan: twoSteps(), hold: true };
    const first = await api.start(input);
    const repeated = await api.start({ ...input, plan: { steps: [...twoSteps().steps] } });
    expect(repeated).toMatchObject({ run: { id: first.run?.id }, replayed: true, balance: { held: '8' } });
    for (const other of [
      { hold: false },
      { name: 'x' },
      { holdSeconds: 60 },
      { plan: { steps: [step('a', model.one, 1)] } },
    ])
      expect(await api.start({ ...input, ...other })).toMatchObject({
        run: null,
        userErrors: [{ code: 'IDEMPOTENCY_CONFLICT', path: ['idempotencyKey'] }],
      });
  });

  test('lets what it holds return when the time it asked for is over', async () => {
    const team = await teamWith('10');
    const { run } = await api.start({ teamId: team, plan: twoSteps(), hold: true, holdSeconds: 60 });
    const { node } = await api.data<{ node: { hold: { expiresAt: string } } }>(
      operator,
      'query($id: ID!) { node(id: $id) { ... on Run { hold { expiresAt } } } }',
      { id: run?.id },
    );
    expect(node.hold.expiresAt).toBe(new Date(clock.now().getTime() + MINUTE).toISOString());
  });

  const refused: readonly (readonly [string, Record<string, unknown>, string, string])[] = [
    ['a name is too long', { name: 'n'.repeat(201) }, 'INVALID_INPUT', 'name'],
    ['a key is empty', { idempotencyKey: '' }, 'INVALID_INPUT', 'idempotencyKey'],
    ['a hold is too short', { hold: true, holdSeconds: 9 }, 'INVALID_INPUT', 'holdSeconds'],
    ['a hold is too long', { hold: true, holdSeconds: 86_401 }, 'INVALID_INPUT', 'holdSeconds'],
    ['a time to hold is given and no hold', { holdSeconds: 60 }, 'INVALID_INPUT', 'holdSeconds'],
    [
      'a tag is there twice',
      { tags: [1, 2].map(() => ({ name: 'a', value: 'b' })) },
      'INVALID_INPUT',
      'tags',
    ],
    ['a member is not in the team', { memberId: publicId('user', newUuid()) }, 'NOT_FOUND', 'memberId'],
    ['a key is not of the team', { apiKeyId: publicId('apiKey', newUuid()) }, 'NOT_FOUND', 'apiKeyId'],
    ['an id is of another kind', { memberId: publicId('team', newUuid()) }, 'INVALID_INPUT', 'memberId'],
    ['a team is unknown', { teamId: publicId('team', newUuid()) }, 'NOT_FOUND', 'teamId'],
    ['a quote is unknown', { plan: { quoteId: publicId('quote', newUuid()) } }, 'NOT_FOUND', 'plan.quoteId'],
    ['a step has no model', { plan: { steps: [step('a', 'none', 1)] } }, 'NOT_FOUND', 'plan.steps.0.model'],
    [
      'a quantity is negative',
      { plan: { steps: [step('a', model.one, -1)] } },
      'INVALID_INPUT',
      'plan.steps.0.quantities',
    ],
    [
      'two steps have one key',
      { plan: { steps: [step('a', model.one, 1), step('a', model.two, 1)] } },
      'INVALID_INPUT',
      'plan.steps.1.key',
    ],
  ];

  test.for(refused)('is refused, with nothing written, when %s', async ([, part, code, path]) => {
    const team = await teamWith('10');
    const { run, userErrors } = await api.start({
      teamId: team,
      plan: { steps: [step('a', model.one, 1)] },
      ...part,
    });
    expect({ run, userErrors }).toMatchObject({ run: null, userErrors: [{ code, path: path.split('.') }] });
    const { team: seen } = await api.data<{ team: { runs: { edges: object[] } } }>(
      operator,
      'query($id: ID!) { team(id: $id) { runs { edges { cursor } } } }',
      { id: team },
    );
    expect(seen.runs.edges).toEqual([]);
  });

  test('needs exactly one of quote, steps and benchmark', async () => {
    const team = await teamWith('1');
    const plan = { steps: [step('a', model.one, 1)], quoteId: publicId('quote', newUuid()) };
    await expect(api.start({ teamId: team, plan })).rejects.toThrow('Exactly one');
    await expect(api.start({ teamId: team, plan: {} })).rejects.toThrow('Exactly one');
  });
});

describe('usage of a run', () => {
  test('is paid from what it holds, then from what is available, and adds up by step and by model', async () => {
    const run = await heldRun('20');
    const [first, second] = await api.record(usageOf(run, 'read', 5), usageOf(run, 'draw', 1));
    expect(first).toMatchObject({
      charge: { amount: '5' },
      balance: { available: '12', held: '3' },
      run: { spent: '7' },
    });
    expect(second).toMatchObject({
      charge: { amount: '2' },
      balance: { available: '12', held: '1' },
      run: { spent: '7' },
    });
    const [third] = await api.record(usageOf(run, 'read', 4));
    expect(third).toMatchObject({ charge: { amount: '4' }, balance: { available: '9', held: '0' } });
    expect(await api.run(operator, run.runId)).toMatchObject({
      spent: '11',
      chargeCount: 3,
      hold: { open: '0' },
      steps: [
        { key: 'read', spent: '9', charges: 2 },
        { key: 'draw', spent: '2', charges: 1 },
      ],
      costByStep: [{ key: 'read' }, { key: 'draw' }],
      costByModel: [
        { modelKey: model.one, spent: '9', charges: 2 },
        { modelKey: model.two, spent: '2', charges: 1 },
      ],
    });
  });

  test('opens into its charges, the last first, and those into their draws', async () => {
    const run = await heldRun('20');
    const amounts = [1, 2, 3];
    for (const amount of amounts) await api.record(usageOf(run, 'read', amount));
    interface Seen {
      readonly run: {
        readonly charges: {
          readonly edges: readonly {
            readonly cursor: string;
            readonly node: {
              readonly amount: string;
              readonly runId: string;
              readonly runStep: number;
              readonly draws: readonly { readonly amount: string }[];
            };
          }[];
          readonly pageInfo: { readonly hasNextPage: boolean };
        };
      };
    }
    const source = `query($id: ID!, $after: Cursor) { run(id: $id) { charges(first: 2, after: $after) {
      edges { cursor node { amount runId runStep draws { amount } } } pageInfo { hasNextPage } } } }`;
    const page = await api.data<Seen>(operator, source, { id: run.runId });
    expect(page.run.charges.edges.map(({ node }) => node)).toMatchObject([
      { amount: '3', runId: run.runId, runStep: 0, draws: [{ amount: '3' }] },
      { amount: '2', draws: [{ amount: '2' }] },
    ]);
    expect(page.run.charges.pageInfo.hasNextPage).toBe(true);
    const after = page.run.charges.edges[1]?.cursor;
    const rest = await api.data<Seen>(operator, source, { id: run.runId, after });
    expect(rest.run.charges).toMatchObject({
      edges: [{ node: { amount: '1' } }],
      pageInfo: { hasNextPage: false },
    });
  });

  test('is charged once for its key, and other input with the key is refused', async () => {
    const run = await heldRun('20');
    const item = { idempotencyKey: 'k', ...usageOf(run, 'read', 1) };
    const [first, again] = await api.record(item, item);
    expect(again).toMatchObject({ charge: { id: first?.charge?.id }, replayed: true, run: { spent: '1' } });
    const others = [
      { ...item, step: 'draw' },
      { ...item, ...usageOf(run, 'read', 2) },
      { ...item, afterTheFact: true },
    ];
    for (const other of await api.record(...others))
      expect(other).toMatchObject({ charge: null, error: { code: 'IDEMPOTENCY_CONFLICT' } });
    expect(await api.run(operator, run.runId)).toMatchObject({ spent: '1', chargeCount: 1 });
  });

  test('of a key that was charged is answered although the run has ended since', async () => {
    const run = await heldRun('20');
    const item = { idempotencyKey: 'k', ...usageOf(run, 'read', 1) };
    await api.record(item);
    await api.end(run);
    expect(await api.record(item)).toMatchObject([{ replayed: true, error: null }]);
  });

  test('that one step cannot pay leaves the others charged, and the rest returns when the run ends', async () => {
    const run = await heldRun('8');
    const results = await api.record(
      usageOf(run, 'read', 3),
      usageOf(run, 'draw', 100),
      usageOf(run, 'draw', 1),
    );
    expect(results).toMatchObject([
      { charge: { amount: '3' }, error: null },
      { charge: null, error: { code: 'OUT_OF_CREDITS', path: ['items', '1', 'quantities'] } },
      { charge: { amount: '2' }, error: null },
    ]);
    const ended = await api.end({ ...run, reason: 'the drawing failed' });
    expect(ended).toMatchObject({
      run: {
        status: 'CANCELED',
        spent: '5',
        reason: 'the drawing failed',
        hold: { status: 'RELEASED', open: '0' },
      },
      alreadyEnded: false,
      balance: { available: '3', held: '0' },
      userErrors: [],
    });
    expect(ended.run?.steps).toMatchObject([{ spent: '3' }, { spent: '2' }]);
  });

  test('after the fact beyond what the team may owe is kept and not counted as spent', async () => {
    const run = await heldRun('8');
    const [unbilled] = await api.record({ ...usageOf(run, 'draw', 100), afterTheFact: true });
    expect(unbilled).toMatchObject({ charge: { status: 'UNBILLED', amount: '200' }, balance: { held: '8' } });
    expect(await api.run(operator, run.runId)).toMatchObject({
      spent: '0',
      chargeCount: 1,
      steps: [{}, { spent: '0', charges: 1 }],
    });
  });

  test('is paid from what is available once the hold has expired, and the rest of that has returned', async () => {
    const run = await heldRun('20');
    await api.record(usageOf(run, 'read', 3));
    clock.advance(15 * MINUTE);
    const { uuid: team } = tryParseId(run.teamId) ?? expect.fail('an id');
    const { hold } = await api.run(operator, run.runId);
    const { uuid: holdId } = tryParseId(hold?.id ?? '') ?? expect.fail('an id');
    await api.world.batcher().holds([{ what: 'EXPIRE_HOLD', teamId: team, holdId }]);
    const [late] = await api.record(usageOf(run, 'draw', 1));
    expect(late).toMatchObject({ charge: { amount: '2' }, balance: { available: '15', held: '0' } });
    expect(await api.end(run)).toMatchObject({
      run: { status: 'FINISHED', spent: '5', hold: { status: 'EXPIRED' } },
      balance: { available: '15' },
    });
  });

  test('counts for the member it was started for, also once they have left the team', async () => {
    const { teamId: own, owner, others } = await newTeam(database.db, 'MEMBER');
    const userId = others[0] ?? '';
    await api.world.grant(own, '10');
    const memberId = publicId('user', userId);
    const { run } = await api.start({ teamId: teamId(own), plan: twoSteps(), memberId });
    await inTransaction(database.db, (tx) =>
      removeMember(tx, { teamId: own, userId }, asUser(owner), clock.now()),
    );
    const of = { teamId: teamId(own), runId: run?.id ?? '' };
    expect(await api.record(usageOf(of, 'read', 1))).toMatchObject([
      { error: null, charge: { amount: '1' } },
    ]);
    const { team } = await api.data<{ team: { charges: { edges: object[] } } }>(
      operator,
      'query($id: ID!, $memberId: ID!) { team(id: $id) { charges(filter: {memberId: $memberId}) { edges { node { amount } } } } }',
      { id: of.teamId, memberId },
    );
    expect(team.charges.edges).toEqual([{ node: { amount: '1' } }]);
  });

  test('that was reversed counts no more', async () => {
    const run = await heldRun('20');
    const [kept, wrong] = await api.record(usageOf(run, 'read', 5), usageOf(run, 'draw', 2));
    expect(kept?.error ?? wrong?.error).toBeNull();
    await api.data(
      operator,
      'mutation($input: ReverseChargeInput!) { reverseCharge(input: $input) { userErrors { code } } }',
      { input: { chargeId: wrong?.charge?.id, reason: 'wrong', idempotencyKey: newUuid() } },
    );
    expect(await api.run(operator, run.runId)).toMatchObject({
      spent: '5',
      chargeCount: 2,
      steps: [{ spent: '5' }, { spent: '0', charges: 1 }],
      costByModel: [{ spent: '5' }, { spent: '0' }],
    });
  });

  const refused: readonly (readonly [string, Record<string, unknown>, string, string])[] = [
    ['its step is not in the run', { step: 'other' }, 'NOT_FOUND', 'step'],
    ['its run is unknown', { runId: publicId('run', newUuid()) }, 'NOT_FOUND', 'runId'],
    ['its run is another team’s', { teamId: publicId('team', newUuid()) }, 'NOT_FOUND', 'runId'],
    ['its run is no run', { runId: publicId('team', newUuid()) }, 'INVALID_INPUT', 'runId'],
    ['its team is no team', { teamId: 'team_1' }, 'INVALID_INPUT', 'teamId'],
    ['its key is empty', { idempotencyKey: '' }, 'INVALID_INPUT', 'idempotencyKey'],
    [
      'a quantity is negative',
      { quantities: [{ meter: 'REQUEST', quantity: '-1' }] },
      'INVALID_INPUT',
      'quantities',
    ],
    [
      'a quantity is too large',
      { quantities: [{ meter: 'REQUEST', quantity: '1e16' }] },
      'INVALID_INPUT',
      'quantities',
    ],
    ['nothing was used', { quantities: [] }, 'INVALID_INPUT', 'quantities'],
    [
      'a meter has no price',
      { quantities: [{ meter: 'INPUT_TOKEN', quantity: 1 }] },
      'NOT_PRICED',
      'quantities',
    ],
    [
      'it was used long ago',
      { occurredAt: '2026-01-01T00:00:00Z' },
      'OCCURRED_AT_OUT_OF_RANGE',
      'occurredAt',
    ],
    [
      'a parameter has a wrong value',
      { params: [{ name: 'SPEED', value: 'slow' }] },
      'INVALID_INPUT',
      'params',
    ],
  ];

  test.for(refused)('is refused, and nothing of it is written, when %s', async ([, part, code, field]) => {
    const run = await heldRun('20');
    const results = await api.record({ ...usageOf(run, 'read', 1), ...part }, usageOf(run, 'read', 1));
    expect(results).toMatchObject([
      { charge: null, error: { code, path: ['items', '0', field] } },
      { charge: { amount: '1' }, error: null, balance: { available: '12', held: '7' } },
    ]);
    expect(await api.run(operator, run.runId)).toMatchObject({ spent: '1', chargeCount: 1 });
  });

  test('of another team’s run is not found, and neither team pays', async () => {
    const [own, other] = [await heldRun('20'), await heldRun('20')];
    const results = await api.record(
      usageOf({ ...own, runId: other.runId }, 'read', 1),
      usageOf(own, 'read', 1),
    );
    expect(results).toMatchObject([
      { error: { code: 'NOT_FOUND', path: ['items', '0', 'runId'] }, run: null },
      { error: null, run: { spent: '1' } },
    ]);
    expect(await api.run(operator, other.runId)).toMatchObject({ spent: '0', hold: { open: '8' } });
  });

  test('of a run that has ended is refused', async () => {
    const run = await heldRun('20');
    await api.end(run);
    expect(await api.record(usageOf(run, 'read', 1))).toMatchObject([
      {
        charge: null,
        error: { code: 'RUN_ENDED', path: ['items', '0', 'runId'] },
        balance: { available: '20', held: '0' },
      },
    ]);
  });

  test('takes 1 to 1,000 items', async () => {
    const run = await heldRun('20');
    await expect(api.record()).rejects.toThrow('BAD_USER_INPUT');
    await expect(api.record(...Array(1_001).fill(usageOf(run, 'read', 1)))).rejects.toThrow('BAD_USER_INPUT');
  });
});

describe('ending a run', () => {
  test('returns what it still holds, once', async () => {
    const run = await heldRun('20');
    await api.record(usageOf(run, 'read', 3));
    const ended = await api.end(run);
    expect(ended).toMatchObject({
      run: { status: 'FINISHED', spent: '3', hold: { status: 'RELEASED' } },
      alreadyEnded: false,
      balance: { available: '17', held: '0' },
    });
    const again = await api.end({ ...run, reason: 'too late' });
    expect(again).toMatchObject({
      run: { status: 'FINISHED', reason: null },
      alreadyEnded: true,
      balance: ended.balance,
    });
  });

  test('is refused for a run of another team, an unknown one and without a reason to cancel', async () => {
    const [own, other] = [await heldRun('20'), await heldRun('20')];
    const wrong = { teamId: own.teamId, runId: other.runId };
    expect(await api.end(wrong)).toMatchObject({
      run: null,
      userErrors: [{ code: 'NOT_FOUND', path: ['runId'] }],
    });
    expect(await api.end({ ...own, runId: publicId('run', newUuid()) })).toMatchObject({
      userErrors: [{ code: 'NOT_FOUND' }],
    });
    expect(await api.end({ ...own, reason: '' })).toMatchObject({
      userErrors: [{ code: 'INVALID_INPUT', path: ['reason'] }],
    });
    expect(await api.end({ ...own, reason: 'r'.repeat(501) })).toMatchObject({
      userErrors: [{ code: 'INVALID_INPUT' }],
    });
    expect(await api.run(operator, other.runId)).toMatchObject({ status: 'RUNNING', hold: { open: '8' } });
  });
});

test('only the platform starts, charges and ends runs', async () => {
  const { teamId: own, owner } = await newTeam(database.db);
  const id = teamId(own);
  const run = publicId('run', newUuid());
  const reader: Actor = { kind: 'KEY', keyId: newUuid(), keyType: 'PLATFORM', scopes: ['usage:read'] };
  const writes = [
    `startRun(input: {idempotencyKey: "k", teamId: "${id}", plan: {steps: []}}) { replayed }`,
    `recordRunUsage(input: {items: []}) { results { replayed } }`,
    `finishRun(input: {teamId: "${id}", runId: "${run}"}) { alreadyEnded }`,
    `cancelRun(input: {teamId: "${id}", runId: "${run}", reason: "r"}) { alreadyEnded }`,
  ];
  for (const write of writes) {
    for (const asker of [asUser(owner), operator]) {
      await expect(api.data(asker, `mutation { ${write} }`)).rejects.toThrow('FORBIDDEN');
    }
    await expect(api.data({ kind: 'ANONYMOUS' }, `mutation { ${write} }`)).rejects.toThrow('UNAUTHENTICATED');
    await expect(api.data(reader, `mutation { ${write} }`)).rejects.toThrow('FORBIDDEN');
  }
});
