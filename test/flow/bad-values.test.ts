import { getNamedType, isObjectType } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { RESOLVERS } from '../../src/graphql/resolvers.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import { newUuid, publicId } from '../../src/id.ts';
import { ACTORS, type ActorName, expectedAnswer } from './access-oracle.ts';
import { useApp } from './app-over-http.ts';
import { IDS } from './id-places.ts';
import { type IsolationSetting, isolationSetting, mutate, samplingOf, send } from './isolation-setting.ts';
import { OperationWriter, rootFields, routes, type Step, stepName } from './operations.ts';
import { MODEL } from './platform.ts';
import { expectRefusal } from './refusal.ts';
import { takes } from './sample-arguments.ts';
import { unknownIds } from './tenants.ts';

const app = useApp();
const schema = buildAppSchema(RESOLVERS, new Map(RESOLVERS.map((resolver) => [resolver, {}])));
let setting: IsolationSetting;
beforeAll(async () => {
  setting = await isolationSetting(app);
});

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const inFuture = (ms: number) => new Date(Date.now() + ms).toISOString();

/** What is wrong, the changes that make it so, the code it is refused with, and the place that is named. */
type Row = readonly [title: string, changes: () => object, code: string, names: RegExp];

describe('a grant is refused', () => {
  const whole = (changes: object) => ({
    teamId: publicId('team', setting.asked.teamId),
    kind: 'PROMOTIONAL',
    source: 'GOODWILL',
    amount: '1',
    reason: 'test',
    idempotencyKey: newUuid(),
    ...changes,
  });
  const rows: readonly Row[] = [
    ['of an amount with ten decimals', () => ({ amount: '0.0000000001' }), 'BAD_USER_INPUT', /input\.amount/],
    ['of a negative amount', () => ({ amount: '-1' }), 'INVALID_INPUT', /amount/],
    ['of nothing', () => ({ amount: '0' }), 'INVALID_INPUT', /amount/],
    ['of a huge amount', () => ({ amount: '9223372037' }), 'BAD_USER_INPUT', /amount/],
    ['of more than one grant may have', () => ({ amount: '9223373' }), 'INVALID_INPUT', /amount/],
    ['of an amount with an exponent', () => ({ amount: '1e3' }), 'BAD_USER_INPUT', /amount/],
    ['of an amount that is a number', () => ({ amount: 1 }), 'BAD_USER_INPUT', /amount/],
    ['of NaN', () => ({ amount: 'NaN' }), 'BAD_USER_INPUT', /amount/],
    ['that cost less than nothing', () => ({ costBasis: '-1' }), 'INVALID_INPUT', /costBasis/],
    ['with a priority of 101', () => ({ priority: 101 }), 'INVALID_INPUT', /priority/],
    ['with a priority below 0', () => ({ priority: -1 }), 'INVALID_INPUT', /priority/],
    ['with a priority beyond 32 bits', () => ({ priority: 2 ** 31 }), 'BAD_USER_INPUT', /priority/],
    ['from a source of the other kind', () => ({ source: 'PURCHASE' }), 'INVALID_INPUT', /source/],
    ['that has expired', () => ({ expiresAt: inFuture(-MINUTE) }), 'INVALID_INPUT', /expiresAt/],
    [
      'that expires before it starts',
      () => ({ effectiveAt: inFuture(2 * DAY), expiresAt: inFuture(DAY) }),
      'INVALID_INPUT',
      /expiresAt/,
    ],
    ['that started yesterday', () => ({ effectiveAt: inFuture(-DAY) }), 'INVALID_INPUT', /effectiveAt/],
    [
      'that is prepaid and expires',
      () => ({ kind: 'PREPAID', source: 'PURCHASE', expiresAt: inFuture(DAY) }),
      'INVALID_INPUT',
      /expiresAt/,
    ],
    [
      'that is prepaid and restricted',
      () => ({ kind: 'PREPAID', source: 'PURCHASE', scope: { product: 'chat' } }),
      'INVALID_INPUT',
      /scope/,
    ],
    ['for an unknown model', () => ({ scope: { model: 'no-such-model' } }), 'INVALID_INPUT', /scope/],
    ['without a reason', () => ({ reason: ' ' }), 'BAD_USER_INPUT', /reason/],
    ['with a reason of 501 characters', () => ({ reason: 'x'.repeat(501) }), 'INVALID_INPUT', /reason/],
    ['without a key', () => ({ idempotencyKey: '' }), 'INVALID_INPUT', /idempotencyKey/],
    [
      'with a key of 256 characters',
      () => ({ idempotencyKey: 'k'.repeat(256) }),
      'INVALID_INPUT',
      /idempotencyKey/,
    ],
    ['for an unknown team', () => ({ teamId: unknownIds().team }), 'NOT_FOUND', /Team/],
  ];

  test.for(rows)('%s', async ([, changes, code, names]) => {
    const issue = () => mutate(setting, 'operator', 'issueGrant', 'IssueGrantInput', whole(changes()));
    await expectRefusal(app, issue, { code, names });
  });
});

describe('a team, a key or a price is refused', () => {
  const key = (changes: object) => ({
    teamId: publicId('team', setting.asked.teamId),
    name: 'k',
    idempotencyKey: newUuid(),
    ...changes,
  });
  const price = (changes: object) => ({
    modelKey: MODEL,
    price: { components: [{ meter: 'REQUEST', unitPrice: '1', ...changes }] },
    reason: 'test',
    idempotencyKey: newUuid(),
  });
  const team = (changes: object) => ({ name: 't', idempotencyKey: newUuid(), ...changes });
  const rows: readonly (readonly [string, ActorName, string, string, () => object, string, RegExp])[] = [
    [
      'a team without a name',
      'owner',
      'createTeam',
      'CreateTeamInput',
      () => team({ name: ' ' }),
      'INVALID_INPUT',
      /name/,
    ],
    [
      'a team with a line in its name',
      'owner',
      'createTeam',
      'CreateTeamInput',
      () => team({ name: 'a\nb' }),
      'INVALID_INPUT',
      /name/,
    ],
    [
      'a team of no time zone',
      'owner',
      'createTeam',
      'CreateTeamInput',
      () => team({ timeZone: '+01:00' }),
      'INVALID_INPUT',
      /timeZone/,
    ],
    [
      'a team for somebody else',
      'owner',
      'createTeam',
      'CreateTeamInput',
      () => team({ ownerSubject: 'x' }),
      'INVALID_INPUT',
      /ownerSubject/,
    ],
    [
      'a team of nobody',
      'platform',
      'createTeam',
      'CreateTeamInput',
      () => team({}),
      'INVALID_INPUT',
      /ownerSubject/,
    ],
    [
      'a key with an unknown scope',
      'owner',
      'createApiKey',
      'CreateApiKeyInput',
      () => key({ scopes: ['all'] }),
      'INVALID_INPUT',
      /scopes/,
    ],
    [
      'a key with a scope of other keys',
      'owner',
      'createApiKey',
      'CreateApiKeyInput',
      () => key({ scopes: ['usage:write'] }),
      'INVALID_INPUT',
      /scopes/,
    ],
    [
      'a key that has expired',
      'owner',
      'createApiKey',
      'CreateApiKeyInput',
      () => key({ expiresAt: inFuture(-DAY) }),
      'INVALID_INPUT',
      /expiresAt/,
    ],
    [
      'a key with a name of 101 characters',
      'owner',
      'createApiKey',
      'CreateApiKeyInput',
      () => key({ name: 'x'.repeat(101) }),
      'INVALID_INPUT',
      /name/,
    ],
    [
      'a negative price',
      'operator',
      'setModelPrice',
      'SetModelPriceInput',
      () => price({ unitPrice: '-1' }),
      'INVALID_INPUT',
      /unitPrice/,
    ],
    [
      'a huge price',
      'operator',
      'setModelPrice',
      'SetModelPriceInput',
      () => price({ unitPrice: '1000001' }),
      'INVALID_INPUT',
      /unitPrice/,
    ],
    [
      'a price of 37 decimals',
      'operator',
      'setModelPrice',
      'SetModelPriceInput',
      () => price({ unitPrice: `0.${'0'.repeat(36)}1` }),
      'INVALID_INPUT',
      /unitPrice/,
    ],
    [
      'a price above less than nothing',
      'operator',
      'setModelPrice',
      'SetModelPriceInput',
      () => price({ aboveInputTokens: '-5' }),
      'INVALID_INPUT',
      /aboveInputTokens/,
    ],
  ];

  test.for(rows)('%s', async ([, actor, name, type, input, code, names]) => {
    await expectRefusal(app, () => mutate(setting, actor, name, type, input()), { code, names });
  });
});

describe('a key that was used with other input is refused', () => {
  const other = { code: 'IDEMPOTENCY_CONFLICT', names: /idempotencyKey/ };

  test.for([
    ['createTeam', 'CreateTeamInput', 'owner', () => ({ name: 'one' }), () => ({ name: 'two' })],
    [
      'createApiKey',
      'CreateApiKeyInput',
      'owner',
      () => ofTeam({ name: 'one' }),
      () => ofTeam({ name: 'two' }),
    ],
    ['issueGrant', 'IssueGrantInput', 'operator', () => gift('1'), () => gift('2')],
  ] as const)('by %s', async ([name, type, actor, one, another]) => {
    const idempotencyKey = newUuid();
    const first = await mutate(setting, actor, name, type, { ...one(), idempotencyKey });
    expect(first.body.data?.[name]).toEqual({ userErrors: [] });
    await expectRefusal(
      app,
      () => mutate(setting, actor, name, type, { ...another(), idempotencyKey }),
      other,
    );
  });

  const ofTeam = (input: object) => ({ teamId: publicId('team', setting.asked.teamId), ...input });
  const gift = (amount: string) =>
    ofTeam({ kind: 'PROMOTIONAL', source: 'GOODWILL', amount, reason: 'test' });
});

describe('an id', () => {
  const ways = [
    ...rootFields(schema, 'Query').map((step) => [step]),
    ...rootFields(schema, 'Mutation').map((step) => [step]),
    ...[...routes(schema).values()].flatMap((way) => fieldsBehind(way)),
  ];
  const places = Object.keys(IDS).filter((place) => !place.startsWith('Subscription'));
  const cases = places.map((place) => ({ place, way: ways.find((way) => endsWith(way, place)) ?? [] }));
  const malformed = [
    '',
    ' ',
    'team',
    'team_',
    "team_' or 1=1 --",
    'team_0000',
    `team_${'0'.repeat(100_000)}`,
    '/etc/passwd',
  ];

  const isRefusal = (name: string) => name.endsWith('.userErrors') || name.startsWith('Refusal.');

  /** Every kind of id has its place in `node`. */
  function wrongIn(place: string): string[] {
    if (place.startsWith('Query.node')) return malformed;
    return [...malformed, /team/i.test(place) ? unknownIds().charge : unknownIds().team];
  }

  test.for(cases)('that is none, or of another kind, is refused: $place', async ({ place, way }) => {
    const actor = ACTORS.find((one) => expectedAnswer(way.map(stepName), one) === 'YES') ?? 'operator';
    const names = new RegExp(place.split('.').at(-1) ?? '');
    // As data where a mutation answers refusals of its input as data.
    const code = ['BAD_USER_INPUT', 'INVALID_INPUT'];
    for (const id of wrongIn(place)) {
      const sampling = samplingOf(setting, setting.asked, actor, { path: place, value: id });
      const operation = await new OperationWriter(schema, sampling, isRefusal).write(way, 1);
      await expectRefusal(app, () => send(setting, actor, operation), { code, names });
    }
  });

  function fieldsBehind(way: readonly Step[]): Step[][] {
    const type = way.at(-1) && getNamedType(way.at(-1)?.field.type);
    return isObjectType(type)
      ? Object.values(type.getFields()).map((field) => [...way, { type: type.name, field }])
      : [];
  }

  function endsWith(way: readonly Step[], place: string): boolean {
    const last = way.at(-1);
    return last !== undefined && takes(last.type, last.field, place);
  }
});

test('nothing fails inside', () => {
  expect(app.failures).toEqual([]);
});
