import { beforeAll, describe, expect, test } from 'vitest';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { expectHealthy } from '../support/audit.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { storedState } from '../support/stored-state.ts';
import { usage } from '../support/world.ts';
import { ANSWERS, type HoldApi, holdApi, key } from './hold-api.ts';

const database = useDatabase();
const clock = movableClock(Date.UTC(2026, 10, 21, 12));
const MODEL = 'chat';
let api: HoldApi;
beforeAll(async () => {
  api = holdApi(database.db, clock);
  await api.world.model(MODEL, { REQUEST: '1', OUTPUT_TOKEN: '0.001' });
});

interface Refused {
  readonly code: string;
  readonly path: readonly string[];
  readonly message: string;
}

interface Answered {
  readonly hold: { readonly id: string; readonly status: string; readonly expiresAt: string } | null;
  readonly charge: { readonly id: string; readonly amount: string } | null;
  readonly replayed: boolean;
  readonly alreadyResolved: boolean;
  readonly shortBy: string;
  readonly balance: { readonly available: string; readonly held: string } | null;
}
type Payload = Answered & { readonly userErrors: readonly Refused[] };
interface ManyPayload {
  readonly results: readonly (Answered & { readonly error: Refused | null })[];
  readonly userErrors: readonly Refused[];
}

const requests = (count: number | string) => [{ meter: 'REQUEST', quantity: String(count) }];

/** A team with ten credits, and what the gateway sends about it. */
async function setUp(granted = '10') {
  const team = await api.world.team();
  if (granted !== '0') await api.world.grant(team, granted, { kind: 'PREPAID' });
  const teamId = publicId('team', team);
  const toPlace = (changes: object = {}) => ({
    idempotencyKey: newUuid(),
    teamId,
    model: MODEL,
    quantities: requests(4),
    ...changes,
  });
  const place = async (changes: object = {}): Promise<string> => {
    const { hold } = await api.mutate<Payload>('placeHold', toPlace(changes));
    if (!hold) throw new Error('the hold was refused');
    return hold.id;
  };
  const toSettle = (holdId: string, changes: object = {}) => ({
    teamId,
    holdId,
    idempotencyKey: newUuid(),
    quantities: requests(3),
    ...changes,
  });
  return { team, teamId, toPlace, place, toSettle };
}

/** The hold that the gateway has no right to change, or that is not there. */
function foreign(kind: 'hold' | 'team' = 'hold'): string {
  return publicId(kind, newUuid());
}

describe('the life of a hold', () => {
  test('goes from placing by reports and signs of life to a settlement that returns the rest', async () => {
    const { teamId, toPlace, toSettle } = await setUp();
    const placed = await api.mutate<Payload>('placeHold', toPlace({ expiresInSeconds: 60 }));
    expect(placed).toMatchObject({
      hold: { status: 'HELD', amount: '4', open: '4', drawn: '0', expiresAt: '2026-11-21T12:01:00.000Z' },
      charge: null,
      replayed: false,
      alreadyResolved: false,
      shortBy: '0',
      balance: { available: '6', held: '4' },
      userErrors: [],
    });
    const holdId = placed.hold?.id ?? '';
    const report = { teamId, holdId, quantities: requests(2) };
    const fields =
      'hold { reported { amount quantities { meter quantity } params { name } at } } userErrors { code }';
    expect(await api.mutate('reportHold', report, fields)).toEqual({
      hold: {
        reported: {
          amount: '2',
          quantities: [{ meter: 'REQUEST', quantity: '2' }],
          params: [],
          at: '2026-11-21T12:00:00.000Z',
        },
      },
      userErrors: [],
    });
    const extended = await api.mutate<Payload>('extendHold', { teamId, holdId, expiresInSeconds: 7200 });
    expect(extended.hold?.expiresAt).toBe('2026-11-21T14:00:00.000Z');
    const settlement = toSettle(holdId);
    const settled = await api.mutate<Payload>('settleHold', settlement);
    expect(settled).toMatchObject({
      hold: { id: holdId, status: 'SETTLED', open: '0' },
      charge: { amount: '3', shortBy: '0', prior: '0' },
      balance: { available: '7', held: '0' },
      userErrors: [],
    });
    const again = await api.mutate<Payload>('settleHold', settlement);
    expect(again).toMatchObject({ charge: settled.charge, replayed: true, alreadyResolved: false });
    const other = await api.mutate<Payload>('settleHold', toSettle(holdId, { quantities: requests(1) }));
    expect(other).toMatchObject({ charge: settled.charge, replayed: false, alreadyResolved: true });
    await expectHealthy(database.db);
  });

  test('ends by a release, whatever is tried after it', async () => {
    const { teamId, place, toSettle } = await setUp();
    const holdId = await place();
    const released = await api.mutate<Payload>('releaseHold', { teamId, holdId });
    expect(released).toMatchObject({
      hold: { status: 'RELEASED' },
      charge: null,
      balance: { available: '10' },
    });
    const again = await api.mutate<Payload>('releaseHold', { teamId, holdId });
    expect(again).toMatchObject({ alreadyResolved: true, charge: null, userErrors: [] });
    expect(await api.mutate<Payload>('settleHold', toSettle(holdId))).toMatchObject({
      hold: { status: 'RELEASED' },
      charge: null,
      alreadyResolved: true,
    });
    expect(
      await api.mutate<Payload>('reportHold', { teamId, holdId, quantities: requests(1) }),
    ).toMatchObject({ alreadyResolved: true });
    expect(await api.mutate<Payload>('extendHold', { teamId, holdId, expiresInSeconds: 60 })).toMatchObject({
      alreadyResolved: true,
    });
    await expectHealthy(database.db);
  });

  test('lasts 15 minutes unless it is said otherwise, and may be for an amount', async () => {
    const { toPlace } = await setUp();
    const { hold } = await api.mutate<Payload>('placeHold', toPlace({ quantities: null, amount: '2.5' }));
    expect(hold).toMatchObject({ amount: '2.5', expiresAt: '2026-11-21T12:15:00.000Z' });
  });

  test('is placed once for its key', async () => {
    const { toPlace } = await setUp();
    const input = toPlace({ tags: [{ name: 'a', value: '1' }], params: [{ name: 'REGION', value: 'eu' }] });
    const first = await api.mutate<Payload>('placeHold', input);
    expect(await api.mutate<Payload>('placeHold', input)).toEqual({ ...first, replayed: true });
    // The same meaning in other words.
    const words = { ...input, quantities: [{ meter: 'REQUEST', quantity: '4.000' }], memberId: null };
    expect(await api.mutate<Payload>('placeHold', words)).toEqual({ ...first, replayed: true });
  });

  test('has keys of its own: one that stands for usage, or for a hold, may stand for a settlement, too', async () => {
    const { team, place, toSettle } = await setUp();
    const idempotencyKey = newUuid();
    await api.world.charge(usage(team, MODEL, { REQUEST: 1 }, { idempotencyKey }));
    const holdId = await place({ idempotencyKey });
    const settled = await api.mutate<Payload>('settleHold', toSettle(holdId, { idempotencyKey }));
    expect(settled).toMatchObject({
      charge: { amount: '3' },
      replayed: false,
      balance: { available: '6', held: '0' },
      userErrors: [],
    });
  });

  test('charges what is missing as the caller chose', async () => {
    const { place, toSettle, toPlace } = await setUp('5');
    const holdId = await place();
    const refused = await api.mutate<Payload>(
      'settleHold',
      toSettle(holdId, { quantities: requests(7), whenShort: 'REFUSE' }),
    );
    expect(refused).toMatchObject({
      hold: null,
      charge: null,
      userErrors: [{ code: 'OUT_OF_CREDITS', path: ['quantities'], shortBy: '2' }],
    });
    const taken = await api.mutate<Payload>('settleHold', toSettle(holdId, { quantities: requests(7) }));
    expect(taken).toMatchObject({
      charge: { amount: '5', shortBy: '2' },
      shortBy: '2',
      balance: { available: '0', held: '0' },
      userErrors: [],
    });
    expect(await api.mutate<Payload>('placeHold', toPlace())).toMatchObject({
      hold: null,
      userErrors: [{ code: 'OUT_OF_CREDITS', path: ['quantities'], shortBy: '4', available: '0' }],
    });
    expect(await api.mutate<Payload>('placeHold', toPlace({ quantities: null, amount: '1' }))).toMatchObject({
      userErrors: [{ code: 'OUT_OF_CREDITS', path: ['amount'], shortBy: '1' }],
    });
  });
});

describe('many at once', () => {
  test('are answered in order, each with its own error and the path of its item', async () => {
    const [one, two] = [await setUp(), await setUp('1')];
    const items = [one.toPlace(), two.toPlace(), one.toPlace({ model: '' }), one.toPlace()];
    const placed = await api.mutate<ManyPayload>('placeHolds', { items }, ANSWERS);
    expect(placed.results.map(({ hold, error }) => [hold?.status, error?.code, error?.path])).toEqual([
      ['HELD', undefined, undefined],
      [undefined, 'OUT_OF_CREDITS', ['items', '1', 'quantities']],
      [undefined, 'INVALID_INPUT', ['items', '2', 'model']],
      ['HELD', undefined, undefined],
    ]);
    expect(placed.userErrors).toEqual(placed.results.flatMap(({ error }) => error ?? []));
    expect(placed.results[3]?.balance).toEqual({ available: '2', held: '8' });
    const [first = '', last = ''] = placed.results.flatMap(({ hold }) => hold?.id ?? []);
    const named = (holdId: string) => ({ teamId: one.teamId, holdId });
    const reports = await api.mutate<ManyPayload>(
      'reportHolds',
      { items: [first, foreign()].map((id) => ({ ...named(id), quantities: requests(1) })) },
      ANSWERS,
    );
    expect(reports.results.map(({ error }) => error?.code)).toEqual([undefined, 'NOT_FOUND']);
    expect(reports.userErrors[0]?.path).toEqual(['items', '1', 'holdId']);
    const extensions = await api.mutate<ManyPayload>(
      'extendHolds',
      { items: [3600, 5].map((expiresInSeconds) => ({ ...named(first), expiresInSeconds })) },
      ANSWERS,
    );
    expect(extensions.results.map(({ error }) => error?.code)).toEqual([undefined, 'INVALID_INPUT']);
    const settlement = one.toSettle(first);
    const settled = await api.mutate<ManyPayload>(
      'settleHolds',
      { items: [settlement, settlement, one.toSettle(first)] },
      ANSWERS,
    );
    expect(settled.results.map(({ replayed, alreadyResolved }) => [replayed, alreadyResolved])).toEqual([
      [false, false],
      [true, false],
      [false, true],
    ]);
    expect(new Set(settled.results.map(({ charge }) => charge?.id)).size).toBe(1);
    const released = await api.mutate<ManyPayload>('releaseHolds', { items: [named(last)] }, ANSWERS);
    expect(released.results[0]).toMatchObject({
      hold: { status: 'RELEASED' },
      error: null,
      balance: { available: '7', held: '0' },
    });
    await expectHealthy(database.db);
  });

  test.for([
    ['placeHolds', (t: Setting) => t.toPlace()],
    ['settleHolds', (t: Setting) => t.toSettle(foreign())],
    ['releaseHolds', (t: Setting) => ({ teamId: t.teamId, holdId: foreign() })],
    ['reportHolds', (t: Setting) => ({ teamId: t.teamId, holdId: foreign(), quantities: requests(1) })],
    ['extendHolds', (t: Setting) => ({ teamId: t.teamId, holdId: foreign(), expiresInSeconds: 60 })],
  ] as const)('%s takes 1 to 1,000 items', async ([name, item]) => {
    const setting = await setUp();
    for (const count of [0, 1001]) {
      const items = Array.from({ length: count }, () => item(setting));
      await expect(api.mutate(name, { items }, 'userErrors { code }')).rejects.toThrow('BAD_USER_INPUT');
    }
  });
});

type Setting = Awaited<ReturnType<typeof setUp>>;

/** A mutation, its input for a team with an open hold of 4 credits, and the code and path of the refusal. */
type Row = readonly [
  title: string,
  mutation: string,
  input: (setting: Setting, holdId: string) => object,
  code: string,
  path: readonly string[],
];

describe('nothing is written and the field is named when', () => {
  const placing = (title: string, changes: object, code: string, field: string): Row => [
    title,
    'placeHold',
    ({ toPlace }) => toPlace(changes),
    code,
    [field],
  ];
  const settling = (title: string, changes: object, code: string, field: string): Row => [
    title,
    'settleHold',
    ({ toSettle }, holdId) => toSettle(holdId, changes),
    code,
    [field],
  ];
  const reporting = (title: string, quantities: object[], code: string, field: string): Row => [
    title,
    'reportHold',
    ({ teamId }, holdId) => ({ teamId, holdId, quantities }),
    code,
    [field],
  ];
  const rows: readonly Row[] = [
    placing('the model of a hold is unknown', { model: 'no-such-model' }, 'NOT_FOUND', 'model'),
    placing('the model of a hold has no name', { model: '' }, 'INVALID_INPUT', 'model'),
    placing(
      'a hold has neither quantities nor an amount',
      { quantities: null },
      'INVALID_INPUT',
      'quantities',
    ),
    placing('a hold has both quantities and an amount', { amount: '1' }, 'INVALID_INPUT', 'quantities'),
    placing('a hold has no meter', { quantities: [] }, 'INVALID_INPUT', 'quantities'),
    placing(
      'a hold has a meter twice',
      { quantities: [...requests(1), ...requests(2)] },
      'INVALID_INPUT',
      'quantities',
    ),
    placing('a hold has a negative quantity', { quantities: requests(-1) }, 'INVALID_INPUT', 'quantities'),
    placing(
      'a hold has ten decimals',
      { quantities: requests('0.0000000001') },
      'INVALID_INPUT',
      'quantities',
    ),
    placing(
      'a hold is for more than can be',
      { quantities: requests('1000000000000001') },
      'INVALID_INPUT',
      'quantities',
    ),
    placing(
      'a meter of a hold has no price',
      { quantities: [{ meter: 'GPU_SECOND', quantity: 1 }] },
      'NOT_PRICED',
      'quantities',
    ),
    placing('the amount of a hold is 0', { quantities: null, amount: '0' }, 'INVALID_INPUT', 'amount'),
    placing(
      'the amount of a hold is negative',
      { quantities: null, amount: '-1' },
      'INVALID_INPUT',
      'amount',
    ),
    placing(
      'a parameter of a hold has no such value',
      { params: [{ name: 'SERVICE_TIER', value: 'x' }] },
      'INVALID_INPUT',
      'params',
    ),
    placing('a hold would last 9 seconds', { expiresInSeconds: 9 }, 'INVALID_INPUT', 'expiresInSeconds'),
    placing(
      'a hold would last a day and a second',
      { expiresInSeconds: 86_401 },
      'INVALID_INPUT',
      'expiresInSeconds',
    ),
    placing(
      'a hold would end before it begins',
      { expiresInSeconds: -60 },
      'INVALID_INPUT',
      'expiresInSeconds',
    ),
    placing('a hold has no key', { idempotencyKey: '' }, 'INVALID_INPUT', 'idempotencyKey'),
    placing(
      'the key of a hold is too long',
      { idempotencyKey: 'k'.repeat(201) },
      'INVALID_INPUT',
      'idempotencyKey',
    ),
    placing('the team of a hold is unknown', { teamId: foreign('team') }, 'NOT_FOUND', 'teamId'),
    placing('the team of a hold is no team', { teamId: foreign() }, 'INVALID_INPUT', 'teamId'),
    placing(
      'a hold is for a member of no team',
      { memberId: publicId('user', newUuid()) },
      'NOT_FOUND',
      'memberId',
    ),
    placing(
      'a hold is for a key of no team',
      { apiKeyId: publicId('apiKey', newUuid()) },
      'NOT_FOUND',
      'apiKeyId',
    ),
    placing('the tag of a hold has no name', { tags: [{ name: '', value: 'x' }] }, 'INVALID_INPUT', 'tags'),
    settling('a settlement has no key', { idempotencyKey: '' }, 'INVALID_INPUT', 'idempotencyKey'),
    settling('a settlement has no meter', { quantities: [] }, 'INVALID_INPUT', 'quantities'),
    settling('a settlement is negative', { quantities: requests(-1) }, 'INVALID_INPUT', 'quantities'),
    settling(
      'a settlement is for more than can be',
      { quantities: requests('1000000000000001') },
      'INVALID_INPUT',
      'quantities',
    ),
    settling(
      'a meter of a settlement has no price',
      { quantities: [{ meter: 'GPU_SECOND', quantity: 1 }] },
      'NOT_PRICED',
      'quantities',
    ),
    settling('the hold that is settled is unknown', { holdId: foreign() }, 'NOT_FOUND', 'holdId'),
    settling('what is settled is no hold', { holdId: foreign('team') }, 'INVALID_INPUT', 'holdId'),
    reporting('a report has a meter twice', [...requests(1), ...requests(2)], 'INVALID_INPUT', 'quantities'),
    reporting('a report is negative', requests(-1), 'INVALID_INPUT', 'quantities'),
    reporting('a report is above 100 times the hold', requests(401), 'REPORT_TOO_LARGE', 'quantities'),
    [
      'a hold is extended beyond 24 hours after it was placed',
      'extendHold',
      ({ teamId }, holdId) => ({ teamId, holdId, expiresInSeconds: 86_400 }),
      'HOLD_TOO_LONG',
      ['expiresInSeconds'],
    ],
    [
      'an extension is no time',
      'extendHold',
      ({ teamId }, holdId) => ({ teamId, holdId, expiresInSeconds: 0 }),
      'INVALID_INPUT',
      ['expiresInSeconds'],
    ],
    [
      'the hold that is released is unknown',
      'releaseHold',
      ({ teamId }) => ({ teamId, holdId: foreign() }),
      'NOT_FOUND',
      ['holdId'],
    ],
  ];

  test.for(rows)('%s', async ([, mutation, input, code, path]) => {
    const setting = await setUp();
    const holdId = await setting.place();
    clock.advance(1000);
    const before = await storedState(database.db);
    const answer = await api.mutate<Payload>(mutation, input(setting, holdId));
    expect(answer).toMatchObject({ hold: null, charge: null, userErrors: [{ code, path }] });
    expect(await storedState(database.db)).toEqual(before);
  });

  test.for(['settleHold', 'releaseHold', 'reportHold', 'extendHold'])(
    'a hold is of another team than %s says',
    async (mutation) => {
      const [own, other] = [await setUp(), await setUp()];
      const holdId = await own.place();
      const inputs: Record<string, object> = {
        settleHold: own.toSettle(holdId),
        releaseHold: {},
        reportHold: { quantities: requests(1) },
        extendHold: { expiresInSeconds: 3600 },
      };
      const before = await storedState(database.db);
      const input = { ...inputs[mutation], teamId: other.teamId, holdId };
      const answer = await api.mutate<Payload>(mutation, input);
      expect(answer.userErrors).toMatchObject([{ code: 'NOT_FOUND', path: ['holdId'] }]);
      expect(await storedState(database.db)).toEqual(before);
    },
  );

  test('a key is used again for something else', async () => {
    const { place, toPlace, toSettle } = await setUp();
    const idempotencyKey = newUuid();
    const holdId = await place({ idempotencyKey });
    await api.mutate('settleHold', toSettle(holdId, { idempotencyKey }));
    const second = await place();
    const before = await storedState(database.db);
    const conflicts = [
      await api.mutate<Payload>('placeHold', toPlace({ idempotencyKey, quantities: requests(5) })),
      await api.mutate<Payload>('placeHold', toPlace({ idempotencyKey, expiresInSeconds: 60 })),
      await api.mutate<Payload>('settleHold', toSettle(holdId, { idempotencyKey, quantities: requests(2) })),
      await api.mutate<Payload>('settleHold', toSettle(holdId, { idempotencyKey, whenShort: 'DEBT' })),
      await api.mutate<Payload>('settleHold', toSettle(second, { idempotencyKey })),
    ];
    for (const { userErrors } of conflicts) {
      expect(userErrors).toMatchObject([{ code: 'IDEMPOTENCY_CONFLICT', path: ['idempotencyKey'] }]);
    }
    expect(await storedState(database.db)).toEqual(before);
  });
});

describe('holds are changed', () => {
  test.for([
    ['a platform key with another scope', () => key('PLATFORM', ['usage:read', 'billing:read']), 'FORBIDDEN'],
    ['a team key', (team: Uuid) => key('TEAM', ['billing:read'], team), 'FORBIDDEN'],
    ['an operator', () => key('OPERATOR'), 'FORBIDDEN'],
    ['nobody', () => ({ kind: 'ANONYMOUS' }) as const, 'UNAUTHENTICATED'],
  ] as const)('not by %s', async ([, actorOf, code]) => {
    const { team, teamId, toPlace, place, toSettle } = await setUp();
    const holdId = await place();
    const before = await storedState(database.db);
    const inputs = {
      placeHold: toPlace(),
      settleHold: toSettle(holdId),
      releaseHold: { teamId, holdId },
      reportHold: { teamId, holdId, quantities: requests(1) },
      extendHold: { teamId, holdId, expiresInSeconds: 3600 },
    };
    for (const [name, input] of Object.entries(inputs)) {
      for (const [field, value] of [
        [name, input],
        [`${name}s`, { items: [input] }],
      ] as const) {
        const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}Input!`;
        const source = `mutation ($input: ${type}) { ${field}(input: $input) { userErrors { code } } }`;
        const { errors } = await api.run(actorOf(team), source, { input: value });
        expect(errors).toEqual({ [field]: code });
      }
    }
    expect(await storedState(database.db)).toEqual(before);
  });
});
