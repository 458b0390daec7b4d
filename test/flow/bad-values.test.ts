import { getNamedType, isObjectType } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { RESOLVERS } from '../../src/graphql/resolvers.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import { newUuid, publicId } from '../../src/id.ts';
import { ACTORS, type ActorName, expectedAnswer } from './access-oracle.ts';
import { ask, type HttpAnswer, useApp } from './app-over-http.ts';
import { type IsolationSetting, isolationSetting, samplingOf, send } from './isolation-setting.ts';
import { OperationWriter, rootFields, routes, type Step, stepName } from './operations.ts';
import { expectRefusal } from './refusal.ts';
import { IDS, takes } from './sample-arguments.ts';
import { MODEL, unknownIds } from './tenants.ts';

const app = useApp();
const schema = buildAppSchema(RESOLVERS, new Map(RESOLVERS.map((resolver) => [resolver, {}])));
let setting: IsolationSetting;
beforeAll(async () => {
  setting = await isolationSetting(app);
});

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const inFuture = (ms: number) => new Date(Date.now() + ms).toISOString();

/** Calls a mutation with an input. */
function mutate(
  actor: ActorName,
  name: string,
  type: string,
  input: object,
  selection = '',
): Promise<HttpAnswer> {
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} userErrors { code message path } } }`;
  return ask(app, setting.credentials.get(actor), query, { input });
}

/** Usage that would be charged, but for the changes. */
function usageItem(changes: object = {}): object {
  return {
    idempotencyKey: newUuid(),
    teamId: publicId('team', setting.asked.teamId),
    model: MODEL,
    quantities: [{ meter: 'REQUEST', quantity: '1' }],
    ...changes,
  };
}

const recordUsage = (...items: object[]) => mutate('platform', 'recordUsage', 'RecordUsageInput', { items });
const quantity = (value: unknown) => ({ quantities: [{ meter: 'REQUEST', quantity: value }] });

/** What is wrong, the changes that make it so, the code it is refused with, and the place that is named. */
type Row = readonly [title: string, changes: () => object, code: string, names: RegExp];

describe('usage is refused', () => {
  const rows: readonly Row[] = [
    ['of an amount with ten decimals', () => quantity('0.0000000001'), 'INVALID_INPUT', /quantities/],
    ['of a negative amount', () => quantity('-1'), 'INVALID_INPUT', /quantities/],
    ['of a huge amount', () => quantity('1000000000000001'), 'INVALID_INPUT', /quantities/],
    [
      'of an amount that costs more than there is',
      () => ({ quantities: [{ meter: 'OUTPUT_TOKEN', quantity: '1000000000000000' }] }),
      'INVALID_INPUT',
      /quantities/,
    ],
    [
      'of more digits than any number has',
      () => quantity('9'.repeat(61)),
      'BAD_USER_INPUT',
      /items\[0\]\.quantities\[0\]\.quantity/,
    ],
    [
      'of a huge exponent',
      () => quantity('1e400'),
      'BAD_USER_INPUT',
      /items\[0\]\.quantities\[0\]\.quantity/,
    ],
    [
      'of an exponent beyond all bounds',
      () => quantity('1e999999999'),
      'BAD_USER_INPUT',
      /items\[0\]\.quantities\[0\]\.quantity/,
    ],
    [
      'of a tiny exponent',
      () => quantity('1e-999'),
      'BAD_USER_INPUT',
      /items\[0\]\.quantities\[0\]\.quantity/,
    ],
    ['of NaN', () => quantity('NaN'), 'BAD_USER_INPUT', /items\[0\]\.quantities\[0\]\.quantity/],
    ['of Infinity', () => quantity('Infinity'), 'BAD_USER_INPUT', /items\[0\]\.quantities\[0\]\.quantity/],
    [
      'of a hexadecimal number',
      () => quantity('0x10'),
      'BAD_USER_INPUT',
      /items\[0\]\.quantities\[0\]\.quantity/,
    ],
    [
      'of a number with blanks',
      () => quantity(' 1 '),
      'BAD_USER_INPUT',
      /items\[0\]\.quantities\[0\]\.quantity/,
    ],
    ['of a float', () => quantity(0.1), 'BAD_USER_INPUT', /items\[0\]\.quantities\[0\]\.quantity/],
    ['of true', () => quantity(true), 'BAD_USER_INPUT', /items\[0\]\.quantities\[0\]\.quantity/],
    ['of nothing', () => quantity(null), 'BAD_USER_INPUT', /items\[0\]\.quantities\[0\]\.quantity/],
    ['of no meter', () => ({ quantities: [] }), 'INVALID_INPUT', /quantities/],
    [
      'of an unknown meter',
      () => ({ quantities: [{ meter: 'WISHES', quantity: 1 }] }),
      'BAD_USER_INPUT',
      /WISHES/,
    ],
    [
      'of a meter twice',
      () => ({ quantities: [1, 2].map((n) => ({ meter: 'REQUEST', quantity: n })) }),
      'INVALID_INPUT',
      /quantities/,
    ],
    [
      'of a meter without a price',
      () => ({ quantities: [{ meter: 'GPU_SECOND', quantity: 1 }] }),
      'NOT_PRICED',
      /model|GPU_SECOND/,
    ],
    ['of an unknown model', () => ({ model: 'no-such-model' }), 'NOT_FOUND', /model/],
    ['of a model without a name', () => ({ model: '' }), 'INVALID_INPUT', /model/],
    ['without a key', () => ({ idempotencyKey: '' }), 'INVALID_INPUT', /idempotencyKey/],
    [
      'with a key of 201 characters',
      () => ({ idempotencyKey: 'k'.repeat(201) }),
      'INVALID_INPUT',
      /idempotencyKey/,
    ],
    ['with a key that holds U+0000', () => ({ idempotencyKey: 'a\0b' }), 'BAD_USER_INPUT', /variables/],
    [
      'with a tag that holds half of a surrogate pair',
      () => ({ tags: [{ name: 'a', value: '\ud83d' }] }),
      'BAD_USER_INPUT',
      /variables/,
    ],
    [
      'with 17 tags',
      () => ({ tags: Array.from({ length: 17 }, (_, i) => ({ name: `t${i}`, value: '' })) }),
      'INVALID_INPUT',
      /tags/,
    ],
    [
      'with a tag twice',
      () => ({ tags: [1, 2].map(() => ({ name: 'a', value: '' })) }),
      'INVALID_INPUT',
      /tags/,
    ],
    [
      'with a tag of 257 characters',
      () => ({ tags: [{ name: 'a', value: 'x'.repeat(257) }] }),
      'INVALID_INPUT',
      /tags/,
    ],
    [
      'with a parameter of an unknown value',
      () => ({ params: [{ name: 'SERVICE_TIER', value: 'free' }] }),
      'INVALID_INPUT',
      /params/,
    ],
    [
      'ten minutes ahead',
      () => ({ occurredAt: inFuture(10 * MINUTE) }),
      'OCCURRED_AT_OUT_OF_RANGE',
      /occurredAt/,
    ],
    ['36 days late', () => ({ occurredAt: inFuture(-36 * DAY) }), 'OCCURRED_AT_OUT_OF_RANGE', /occurredAt/],
    [
      'of the year 1',
      () => ({ occurredAt: '0001-01-01T00:00:00Z' }),
      'OCCURRED_AT_OUT_OF_RANGE',
      /occurredAt/,
    ],
    [
      'of a day that does not exist',
      () => ({ occurredAt: '2026-02-30T00:00:00Z' }),
      'BAD_USER_INPUT',
      /occurredAt/,
    ],
    [
      'of a time without an offset',
      () => ({ occurredAt: '2026-01-01T00:00:00' }),
      'BAD_USER_INPUT',
      /occurredAt/,
    ],
    ['of yesterday, in words', () => ({ occurredAt: 'yesterday' }), 'BAD_USER_INPUT', /occurredAt/],
    ['of an unknown team', () => ({ teamId: unknownIds().team }), 'NOT_FOUND', /teamId/],
    ['of an unknown member', () => ({ memberId: unknownIds().user }), 'NOT_FOUND', /memberId/],
    [
      'of a member of another team',
      () => ({ memberId: publicId('user', setting.other.member.id) }),
      'NOT_FOUND',
      /memberId/,
    ],
    [
      'of a key of another team',
      () => ({ apiKeyId: publicId('apiKey', setting.other.teamKey.id) }),
      'NOT_FOUND',
      /apiKeyId/,
    ],
    ['with an unknown member of the input', () => ({ amount: '1' }), 'BAD_USER_INPUT', /amount/],
  ];

  test.for(rows)('%s', async ([, changes, code, names]) => {
    await expectRefusal(app, () => recordUsage(usageItem(changes())), { code, names });
  });

  test('when there is more of it than a request may bring', async () => {
    const items = Array.from({ length: 1001 }, () => usageItem());
    await expectRefusal(app, () => recordUsage(...items), { code: 'BAD_USER_INPUT', names: /items/ });
  });

  test('when there is none', async () => {
    await expectRefusal(app, () => recordUsage(), { code: 'BAD_USER_INPUT', names: /items/ });
  });

  test('item by item: what is right beside it is charged', async () => {
    const { body } = await recordUsage(usageItem(quantity('-1')), usageItem(), usageItem({ model: 'none' }));
    expect(body.data?.recordUsage).toMatchObject({
      userErrors: [
        { code: 'INVALID_INPUT', path: ['items', '0', 'quantities'] },
        { code: 'NOT_FOUND', path: ['items', '2', 'model'] },
      ],
    });
  });
});

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
    const issue = () => mutate('operator', 'issueGrant', 'IssueGrantInput', whole(changes()));
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
    await expectRefusal(app, () => mutate(actor, name, type, input()), { code, names });
  });
});

describe('a key that was used with other input is refused', () => {
  const other = { code: 'IDEMPOTENCY_CONFLICT', names: /idempotencyKey/ };

  test('by recordUsage, in another request and in the same', async () => {
    const idempotencyKey = newUuid();
    const first = await recordUsage(usageItem({ idempotencyKey }));
    expect(first.body.data?.recordUsage).toEqual({ userErrors: [] });
    await expectRefusal(app, () => recordUsage(usageItem({ idempotencyKey, ...quantity(2) })), other);
    const twice = newUuid();
    const both = await recordUsage(
      usageItem({ idempotencyKey: twice }),
      usageItem({ idempotencyKey: twice, ...quantity(2) }),
    );
    expect(both.body.data?.recordUsage).toMatchObject({
      userErrors: [{ code: 'IDEMPOTENCY_CONFLICT', path: ['items', '1', 'idempotencyKey'] }],
    });
  });

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
    const first = await mutate(actor, name, type, { ...one(), idempotencyKey });
    expect(first.body.data?.[name]).toEqual({ userErrors: [] });
    await expectRefusal(app, () => mutate(actor, name, type, { ...another(), idempotencyKey }), other);
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
      const sampling = samplingOf(setting, setting.asked, actor, { path: place, id });
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
