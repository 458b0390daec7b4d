import { beforeAll, describe, expect, test } from 'vitest';
import { newUuid, publicId } from '../../src/id.ts';
import { useApp } from './app-over-http.ts';
import { type IsolationSetting, isolationSetting, mutate, send } from './isolation-setting.ts';
import { INSTANCE_TYPE, MODEL } from './platform.ts';
import { expectRefusal } from './refusal.ts';
import { unknownIds } from './tenants.ts';
import { WRONG_LABELS, WRONG_USAGE } from './wrong-usage.ts';

const app = useApp();
let setting: IsolationSetting;
let team = '';
let hold = '';
beforeAll(async () => {
  setting = await isolationSetting(app);
  team = publicId('team', setting.asked.teamId);
  hold = await setting.platform.hold(setting.asked.teamId);
});

const ONE_REQUEST = [{ meter: 'REQUEST', quantity: '1' }];

const call = (name: string, input: object) =>
  mutate(setting, 'platform', name, `${name[0]?.toUpperCase()}${name.slice(1)}Input`, input);

const placeHold = (changes: object = {}) =>
  call('placeHold', {
    ...{ idempotencyKey: newUuid(), teamId: team, model: MODEL, quantities: ONE_REQUEST },
    ...changes,
  });
const settleHold = (changes: object = {}) =>
  call('settleHold', {
    ...{ idempotencyKey: newUuid(), teamId: team, holdId: hold, quantities: ONE_REQUEST },
    ...changes,
  });
const reportHold = (changes: object = {}) =>
  call('reportHold', { teamId: team, holdId: hold, quantities: ONE_REQUEST, ...changes });
const extendHold = (changes: object = {}) =>
  call('extendHold', { teamId: team, holdId: hold, expiresInSeconds: 900, ...changes });
const releaseHold = (changes: object = {}) => call('releaseHold', { teamId: team, holdId: hold, ...changes });

/** What is wrong, the changes that make it so, the code it is refused with, and the place that is named. */
type Row = readonly [title: string, changes: () => object, code: string, names: RegExp];

/** In place of quantities. */
const amount = (value: unknown) => ({ quantities: null, amount: value });

describe('a hold is refused', () => {
  const rows: readonly Row[] = [
    ['of an unknown model', () => ({ model: 'no-such-model' }), 'NOT_FOUND', /model/],
    ['of a model without a name', () => ({ model: '' }), 'INVALID_INPUT', /model/],
    ['of an instance type', () => ({ model: INSTANCE_TYPE }), 'NOT_FOUND', /model/],
    ['of neither quantities nor an amount', () => amount(null), 'INVALID_INPUT', /quantities/],
    ['of quantities and an amount', () => ({ amount: '1' }), 'INVALID_INPUT', /quantities/],
    ['of no credit', () => amount('0'), 'INVALID_INPUT', /amount/],
    ['of less than no credit', () => amount('-1'), 'INVALID_INPUT', /amount/],
    ['of credit with ten decimals', () => amount('0.0000000001'), 'BAD_USER_INPUT', /amount/],
    ['of more credit than there is', () => amount('9223372037'), 'BAD_USER_INPUT', /amount/],
    ['of more credit than the team has', () => amount('1000000'), 'OUT_OF_CREDITS', /quantities|amount/],
    ['of NaN', () => amount('NaN'), 'BAD_USER_INPUT', /amount/],
    ['of a float', () => amount(0.5), 'BAD_USER_INPUT', /amount/],
    ['that lasts 9 seconds', () => ({ expiresInSeconds: 9 }), 'INVALID_INPUT', /expiresInSeconds/],
    ['that lasts less than nothing', () => ({ expiresInSeconds: -900 }), 'INVALID_INPUT', /expiresInSeconds/],
    ['that lasts more than a day', () => ({ expiresInSeconds: 86_401 }), 'INVALID_INPUT', /expiresInSeconds/],
    ['that lasts for ever', () => ({ expiresInSeconds: 2 ** 31 }), 'BAD_USER_INPUT', /expiresInSeconds/],
    ['that lasts a fraction', () => ({ expiresInSeconds: 10.5 }), 'BAD_USER_INPUT', /expiresInSeconds/],
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
  ];

  test.for(rows)('%s', async ([, changes, code, names]) => {
    await expectRefusal(app, () => placeHold(changes()), { code, names });
  });

  test.for([...WRONG_USAGE, ...WRONG_LABELS])('%s', async ([, changes, code, names]) => {
    await expectRefusal(app, () => placeHold(changes), { code, names });
  });
});

describe('a settlement is refused', () => {
  const rows: readonly Row[] = [
    ['without a key', () => ({ idempotencyKey: '' }), 'INVALID_INPUT', /idempotencyKey/],
    ['of an unknown hold', () => ({ holdId: unknownIds().hold }), 'NOT_FOUND', /holdId/],
    ['of a hold of another team', () => ({ holdId: setting.other.holds.owner }), 'NOT_FOUND', /holdId/],
    ['of a hold that is a run', () => ({ holdId: unknownIds().run }), 'INVALID_INPUT', /holdId/],
    ['with an unknown choice', () => ({ whenShort: 'ASK' }), 'BAD_USER_INPUT', /whenShort/],
    [
      'that costs more than there is, if it says so',
      () => ({ quantities: [{ meter: 'OUTPUT_TOKEN', quantity: 1_000_000 }], whenShort: 'REFUSE' }),
      'OUT_OF_CREDITS',
      /quantities/,
    ],
  ];

  test.for(rows)('%s', async ([, changes, code, names]) => {
    await expectRefusal(app, () => settleHold(changes()), { code, names });
  });

  test.for(WRONG_USAGE)('%s', async ([, changes, code, names]) => {
    await expectRefusal(app, () => settleHold(changes), { code, names });
  });
});

describe('a report is refused', () => {
  const rows: readonly Row[] = [
    [
      'of more than 100 times what was held',
      () => ({ quantities: [{ meter: 'REQUEST', quantity: 101 }] }),
      'REPORT_TOO_LARGE',
      /quantities/,
    ],
    ['of an unknown hold', () => ({ holdId: unknownIds().hold }), 'NOT_FOUND', /holdId/],
    ['of a hold of another team', () => ({ holdId: setting.other.holds.owner }), 'NOT_FOUND', /holdId/],
  ];

  test.for(rows)('%s', async ([, changes, code, names]) => {
    await expectRefusal(app, () => reportHold(changes()), { code, names });
  });

  test.for(WRONG_USAGE)('%s', async ([, changes, code, names]) => {
    await expectRefusal(app, () => reportHold(changes), { code, names });
  });
});

describe('a longer life is refused', () => {
  test.for<Row>([
    ['of 9 seconds', () => ({ expiresInSeconds: 9 }), 'INVALID_INPUT', /expiresInSeconds/],
    ['of less than nothing', () => ({ expiresInSeconds: -1 }), 'INVALID_INPUT', /expiresInSeconds/],
    ['of no end', () => ({ expiresInSeconds: 2 ** 31 }), 'BAD_USER_INPUT', /expiresInSeconds/],
    ['of more than a day in all', () => ({ expiresInSeconds: 86_400 }), 'HOLD_TOO_LONG', /expiresInSeconds/],
    ['to an unknown hold', () => ({ holdId: unknownIds().hold }), 'NOT_FOUND', /holdId/],
    ['to a hold of another team', () => ({ holdId: setting.other.holds.owner }), 'NOT_FOUND', /holdId/],
  ])('%s', async ([, changes, code, names]) => {
    await expectRefusal(app, () => extendHold(changes()), { code, names });
  });
});

test.for([
  ['unknown', () => unknownIds().hold],
  ['of another team', () => setting.other.holds.owner],
] as const)('a release is refused of a hold that is %s', async ([, holdId]) => {
  const refused = { code: 'NOT_FOUND', names: /holdId/ };
  await expectRefusal(app, () => releaseHold({ holdId: holdId() }), refused);
});

describe('many at once are refused', () => {
  const one: Readonly<Record<string, () => object>> = {
    placeHolds: () => ({ idempotencyKey: newUuid(), teamId: team, model: MODEL, amount: '1' }),
    settleHolds: () => ({
      ...{ idempotencyKey: newUuid(), teamId: team, holdId: hold },
      quantities: ONE_REQUEST,
    }),
    reportHolds: () => ({ teamId: team, holdId: hold, quantities: ONE_REQUEST }),
    extendHolds: () => ({ teamId: team, holdId: hold, expiresInSeconds: 900 }),
    releaseHolds: () => ({ teamId: team, holdId: hold }),
  };
  const refused = { code: 'BAD_USER_INPUT', names: /items/ };

  test.for(Object.entries(one))('when there are none, or 1,001: by %s', async ([name, item]) => {
    await expectRefusal(app, () => call(name, { items: [] }), refused);
    await expectRefusal(app, () => call(name, { items: Array.from({ length: 1001 }, item) }), refused);
  });

  test('item by item: what is right beside them is held', async () => {
    const items = [{ amount: '-1' }, {}, { teamId: 'team' }].map((changes) => ({
      ...one.placeHolds?.(),
      ...changes,
    }));
    const { body } = await call('placeHolds', { items });
    expect(body.data?.placeHolds).toMatchObject({
      userErrors: [
        { code: 'INVALID_INPUT', path: ['items', '0', 'amount'] },
        { code: 'INVALID_INPUT', path: ['items', '2', 'teamId'] },
      ],
    });
  });
});

test('a key is refused for another hold than the one it was used for', async () => {
  const idempotencyKey = newUuid();
  const first = await placeHold({ idempotencyKey });
  expect(first.body.data?.placeHold).toEqual({ userErrors: [] });
  const conflict = { code: 'IDEMPOTENCY_CONFLICT', names: /idempotencyKey/ };
  await expectRefusal(app, () => placeHold({ idempotencyKey, expiresInSeconds: 60 }), conflict);
});

test('a key is refused for another settlement than the one it was used for', async () => {
  const idempotencyKey = newUuid();
  const holdId = await setting.platform.hold(setting.asked.teamId);
  const first = await settleHold({ idempotencyKey, holdId });
  expect(first.body.data?.settleHold).toEqual({ userErrors: [] });
  const conflict = { code: 'IDEMPOTENCY_CONFLICT', names: /idempotencyKey/ };
  await expectRefusal(app, () => settleHold({ idempotencyKey, holdId: hold }), conflict);
});

describe('an estimate is refused', () => {
  const QUERY = 'query ($input: EstimateChargeInput!) { estimateCharge(input: $input) { amount } }';
  const estimate = (changes: object) =>
    send(setting, 'member', {
      query: QUERY,
      variables: { input: { teamId: team, model: MODEL, quantities: ONE_REQUEST, ...changes } },
    });

  test.for(WRONG_USAGE)('%s', async ([, changes, , names]) => {
    await expectRefusal(app, () => estimate(changes), { code: 'BAD_USER_INPUT', names });
  });

  test.for<Row>([
    ['of an unknown model', () => ({ model: 'no-such-model' }), 'BAD_USER_INPUT', /model/],
    ['of a model without a name', () => ({ model: '' }), 'BAD_USER_INPUT', /model/],
    [
      'of a time before all prices',
      () => ({ occurredAt: '0001-01-01T00:00:00Z' }),
      'BAD_USER_INPUT',
      /occurredAt/,
    ],
    ['of an unknown team', () => ({ teamId: unknownIds().team }), 'NOT_FOUND', /Team/],
    ['of another team', () => ({ teamId: publicId('team', setting.other.teamId) }), 'NOT_FOUND', /Team/],
  ])('%s', async ([, changes, code, names]) => {
    await expectRefusal(app, () => estimate(changes()), { code, names });
  });
});

test('nothing fails inside', () => {
  expect(app.failures).toEqual([]);
});
