import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor, KeyType } from '../../src/actor.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { worldOn } from '../support/world.ts';
import { asUser, newTeam } from '../teams/people.ts';
import { operator, platform, type Refusal, RunApi, step, teamId } from './run-api.ts';

const database = useDatabase();
const clock = movableClock(Date.UTC(2026, 10, 21, 12));
const MINUTE = 60_000;
const model = { one: `one-${newUuid()}`, two: `two-${newUuid()}` };
const CHAT = { product: 'chat', modelId: null, gpuType: null };
let api: RunApi;

beforeAll(async () => {
  api = new RunApi(worldOn(database.db, clock));
  await api.world.model(model.one, { REQUEST: '0.0000000015' });
  await api.world.model(model.two, { REQUEST: '2' }, { product: 'image' });
});

interface Quote {
  readonly id: string;
  readonly total: string;
  readonly expiresAt: string;
  readonly canAfford: boolean;
  readonly canHold: boolean;
  readonly steps: readonly { readonly key: string; readonly estimated: string }[];
}

const QUOTE = `fragment Quote on RunQuote { id total createdAt expiresAt canAfford canHold teamId
  steps { key modelKey model { key } times quantities { meter quantity } estimated formula
    price { amount formula lines { meter formula } version { version } } } }`;

interface Estimated {
  readonly quote: Quote | null;
  readonly userErrors: readonly Refusal[];
}

async function estimate(actor: Actor, team: string, plan: Record<string, unknown>): Promise<Estimated> {
  const { estimateRun } = await api.data<{ estimateRun: Estimated }>(
    actor,
    `mutation($input: EstimateRunInput!) { estimateRun(input: $input) { quote { ...Quote }
      userErrors { code path message } } } ${QUOTE}`,
    { input: { teamId: team, plan } },
  );
  return estimateRun;
}

async function teamWith(...credits: string[]): Promise<string> {
  const team = await api.world.team();
  for (const amount of credits) await api.world.grant(team, amount);
  return teamId(team);
}

describe('an estimate', () => {
  test('itemises a job: models, quantities, times, price versions and formulas that make the total', async () => {
    const team = await teamWith('10');
    const plan = { steps: [step('read', model.one, 3, 1_000), step('draw', model.two, 1)] };
    const { quote, userErrors } = await estimate(platform, team, plan);
    expect(userErrors).toEqual([]);
    expect(quote).toMatchObject({
      teamId: team,
      total: '2.0000045',
      createdAt: clock.now().toISOString(),
      expiresAt: new Date(clock.now().getTime() + 15 * MINUTE).toISOString(),
      canAfford: true,
      canHold: true,
      steps: [
        {
          key: 'read',
          modelKey: model.one,
          model: { key: model.one },
          times: 1_000,
          quantities: [{ meter: 'REQUEST', quantity: '3' }],
          estimated: '0.0000045',
          formula: '1000 × 0.0000000045 = 0.0000045',
          price: {
            amount: '0.000000005',
            formula: '3 × 0.0000000015 = 0.0000000045, rounded half-up to 0.000000005',
            lines: [{ meter: 'REQUEST', formula: '3 × 0.0000000015 = 0.0000000045' }],
            version: { version: 1 },
          },
        },
        { key: 'draw', times: 1, estimated: '2', formula: '1 × 2 = 2' },
      ],
    });
  });

  test('of a benchmark prices each model for each record', async () => {
    const team = await teamWith();
    const benchmark = {
      models: [model.two, model.one],
      quantities: [{ meter: 'REQUEST', quantity: 2 }],
      records: 100,
    };
    const { quote } = await estimate(platform, team, { benchmark });
    expect(quote).toMatchObject({
      total: '400.0000003',
      canAfford: false,
      steps: [
        { key: model.two, times: 100, estimated: '400' },
        { key: model.one, times: 100, estimated: '0.0000003' },
      ],
    });
  });

  test('can be afforded step by step with restricted credit that cannot be held for all of it', async () => {
    const team = await api.world.team();
    const source =
      'query($id: ID!) { node(id: $id) { ... on RunQuote { canAfford canHold shortBy available } } }';
    const plan = { steps: [step('read', model.one, 1_000_000_000), step('draw', model.two, 1)] };
    const { quote } = await estimate(platform, teamId(team), plan);
    const seen = async () => (await api.data<{ node: object }>(operator, source, { id: quote?.id })).node;
    expect(quote?.total).toBe('3.5');
    expect(await seen()).toEqual({ canAfford: false, canHold: false, shortBy: '3.5', available: '0' });
    await api.world.grant(team, '100', { scope: CHAT });
    expect(await seen()).toEqual({ canAfford: false, canHold: false, shortBy: '2', available: '0' });
    await api.world.grant(team, '2');
    expect(await seen()).toEqual({ canAfford: true, canHold: false, shortBy: '0', available: '2' });
    await api.world.grant(team, '1.5');
    expect(await seen()).toEqual({ canAfford: true, canHold: true, shortBy: '0', available: '3.5' });
  });

  test('does not spend one credit on two steps', async () => {
    const team = await teamWith('3');
    const plan = { steps: [step('a', model.two, 1), step('b', model.two, 1)] };
    expect((await estimate(platform, team, plan)).quote).toMatchObject({ canAfford: false, canHold: false });
  });

  test('that is refused names the member at fault and keeps nothing', async () => {
    const own = await api.world.team();
    const team = teamId(own);
    const refused = [
      [{ steps: [] }, 'INVALID_INPUT', 'plan.steps'],
      [{ steps: [step('a', 'none', 1)] }, 'NOT_FOUND', 'plan.steps.0.model'],
      [{ steps: [step('a', model.one, -1)] }, 'INVALID_INPUT', 'plan.steps.0.quantities'],
      [{ steps: [step('a', model.one, 1e15 + 1)] }, 'INVALID_INPUT', 'plan.steps.0.quantities'],
      [{ steps: [step('a', model.one, 1), step('a', model.two, 1)] }, 'INVALID_INPUT', 'plan.steps.1.key'],
      [
        { steps: [{ ...step('a', model.one, 1), quantities: [{ meter: 'MINUTE', quantity: 1 }] }] },
        'NOT_PRICED',
        'plan.steps.0.quantities',
      ],
    ] as const;
    for (const [plan, code, path] of refused) {
      const answer = await estimate(platform, team, plan);
      expect(answer).toMatchObject({ quote: null, userErrors: [{ code, path: path.split('.') }] });
    }
    expect(
      await estimate(platform, publicId('team', newUuid()), { steps: [step('a', model.one, 1)] }),
    ).toMatchObject({
      quote: null,
      userErrors: [{ code: 'NOT_FOUND', path: ['teamId'] }],
    });
    const kept = await database.db.sql`select 1 from run_quotes where team_id = ${own}`;
    expect(kept).toHaveLength(0);
  });
});

describe('a quote', () => {
  const plan = () => ({ steps: [step('draw', model.two, 1, 3)] });

  test('starts a run with its estimate, although another price holds by then', async () => {
    const key = `changing-${newUuid()}`;
    const id = await api.world.model(key, { REQUEST: '2' });
    const team = await teamWith('10');
    const { quote } = await estimate(platform, team, { steps: [step('a', key, 1)] });
    await database.db.sql`
      insert into price_versions (id, model_id, version, effective_at, components, created_at, actor_kind)
      select ${newUuid()}, model_id, 2, ${clock.now().toISOString()}::timestamptz,
        replace(components::text, '"2"', '"5"')::jsonb, created_at, actor_kind from price_versions where model_id = ${id}`;
    await database.db.sql`update catalog_state set revision = revision + 1`;
    const started = await api.start({ teamId: team, plan: { quoteId: quote?.id }, hold: true });
    expect(started).toMatchObject({ run: { estimated: '2' }, balance: { held: '2', available: '8' } });
    expect((await estimate(platform, team, { steps: [step('a', key, 1)] })).quote?.total).toBe('5');
  });

  test('that has expired starts nothing, but a repeat of what it has started is answered', async () => {
    const team = await teamWith('20');
    const { quote } = await estimate(platform, team, plan());
    const input = { idempotencyKey: 'k', teamId: team, plan: { quoteId: quote?.id }, hold: true };
    const first = await api.start(input);
    expect(first).toMatchObject({ run: { estimated: '6' }, replayed: false });
    clock.advance(15 * MINUTE - 1);
    expect(await api.start({ ...input, idempotencyKey: 'l' })).toMatchObject({
      replayed: false,
      userErrors: [],
    });
    clock.advance(1);
    const late = await api.start({ ...input, idempotencyKey: 'm' });
    expect(late).toMatchObject({
      run: null,
      userErrors: [{ code: 'QUOTE_EXPIRED', path: ['plan', 'quoteId'] }],
    });
    expect(await api.start(input)).toMatchObject({ run: { id: first.run?.id }, replayed: true });
    const conflict = await api.start({ ...input, name: 'other' });
    expect(conflict).toMatchObject({ run: null, userErrors: [{ code: 'IDEMPOTENCY_CONFLICT' }] });
  });

  test('of another team is not found', async () => {
    const [own, other] = [await teamWith('20'), await teamWith('20')];
    const { quote } = await estimate(platform, other, plan());
    const foreign = await api.start({ teamId: own, plan: { quoteId: quote?.id } });
    const unknown = await api.start({ teamId: own, plan: { quoteId: publicId('quote', newUuid()) } });
    expect(foreign).toMatchObject({
      run: null,
      userErrors: [{ code: 'NOT_FOUND', path: ['plan', 'quoteId'] }],
    });
    expect(foreign).toEqual(unknown);
  });

  test('is kept with the run that was started from it', async () => {
    const team = await teamWith('20');
    const { quote } = await estimate(platform, team, plan());
    const { run } = await api.start({ teamId: team, plan: { quoteId: quote?.id } });
    const { node } = await api.data<{ node: object }>(
      operator,
      'query($id: ID!) { node(id: $id) { ... on Run { quoteId estimated steps { key times estimated } } } }',
      { id: run?.id },
    );
    expect(node).toEqual({
      quoteId: quote?.id,
      estimated: '6',
      steps: [{ key: 'draw', times: 3, estimated: '6' }],
    });
  });
});

describe('who may estimate', () => {
  const key = (keyType: KeyType, scopes: string[], forTeam?: Uuid): Actor => ({
    kind: 'KEY',
    keyId: newUuid(),
    keyType,
    scopes,
    ...(forTeam && { teamId: forTeam }),
  });
  type Expected = 'FIGURES' | 'YES' | 'FORBIDDEN' | 'NOT_FOUND' | 'UNAUTHENTICATED';
  const askers: readonly (readonly [
    string,
    (team: Awaited<ReturnType<typeof newTeam>>) => Actor,
    Expected,
  ])[] = [
    ['an owner', ({ owner }) => asUser(owner), 'FIGURES'],
    ['a member', ({ others }) => asUser(others[0] ?? ''), 'YES'],
    ['a stranger', () => asUser(newUuid()), 'NOT_FOUND'],
    ['a team key', ({ teamId: id }) => key('TEAM', [], id), 'YES'],
    ['a team key for billing', ({ teamId: id }) => key('TEAM', ['billing:read'], id), 'FIGURES'],
    ['a key of another team', () => key('TEAM', [], newUuid()), 'NOT_FOUND'],
    ['a partner', ({ teamId: id }) => key('PARTNER', ['usage:read'], id), 'FORBIDDEN'],
    ['the gateway', () => platform, 'YES'],
    ['the platform for billing', () => key('PLATFORM', ['billing:read']), 'FIGURES'],
    ['the platform without a scope', () => key('PLATFORM', []), 'FORBIDDEN'],
    ['an operator', () => operator, 'FIGURES'],
    ['nobody', () => ({ kind: 'ANONYMOUS' }), 'UNAUTHENTICATED'],
  ];

  test.for(askers)('and see the quote, and its figures: %s', async ([, actorOf, expected]) => {
    const people = await newTeam(database.db, 'MEMBER');
    await api.world.grant(people.teamId, '1');
    const actor = actorOf(people);
    const team = teamId(people.teamId);
    const plan = { steps: [step('draw', model.two, 1)] };
    const byPlatform = (await estimate(platform, team, plan)).quote;
    const figures = 'query($id: ID!) { node(id: $id) { ... on RunQuote { shortBy available } } }';
    const seen = () =>
      api.data<{ node: object | null }>(actor, 'query($id: ID!) { node(id: $id) { id } }', {
        id: byPlatform?.id,
      });
    if (expected !== 'FIGURES' && expected !== 'YES') {
      await expect(estimate(actor, team, plan)).rejects.toThrow(expected);
      if (expected === 'UNAUTHENTICATED') await expect(seen()).rejects.toThrow(expected);
      else expect(await seen()).toEqual({ node: null });
      return;
    }
    expect((await estimate(actor, team, plan)).quote).toMatchObject({
      total: '2',
      canAfford: false,
      canHold: false,
    });
    expect(await seen()).toEqual({ node: { id: byPlatform?.id } });
    const asked = api.data<{ node: object }>(actor, figures, { id: byPlatform?.id });
    if (expected === 'YES') await expect(asked).rejects.toThrow('FORBIDDEN');
    else expect((await asked).node).toEqual({ shortBy: '1', available: '1' });
  });
});
