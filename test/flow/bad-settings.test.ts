import { beforeAll, describe, expect, test } from 'vitest';
import { newUuid, publicId } from '../../src/id.ts';
import type { ActorName } from './access-oracle.ts';
import { useApp } from './app-over-http.ts';
import { type IsolationSetting, isolationSetting, mutate } from './isolation-setting.ts';
import { INSTANCE_TYPE, MODEL } from './platform.ts';
import { expectRefusal } from './refusal.ts';
import { unknownIds } from './tenants.ts';

const app = useApp();
let setting: IsolationSetting;
let team = '';
beforeAll(async () => {
  setting = await isolationSetting(app);
  team = publicId('team', setting.asked.teamId);
});

const DAY = 86_400_000;
const inFuture = (ms: number) => new Date(Date.now() + ms).toISOString();
const call = (actor: ActorName, name: string, input: object) =>
  mutate(setting, actor, name, `${name[0]?.toUpperCase()}${name.slice(1)}Input`, input);

/** What is wrong, the changes that make it so, the code it is refused with, and the place that is named. */
type Row = readonly [title: string, changes: () => object, code: string, names: RegExp];

const KEYS: readonly Row[] = [
  ['without a key', () => ({ idempotencyKey: '' }), 'INVALID_INPUT', /idempotencyKey/],
  [
    'with a key of 256 characters',
    () => ({ idempotencyKey: 'k'.repeat(256) }),
    'INVALID_INPUT',
    /idempotencyKey/,
  ],
];
/** Operators are refused one that is blank before anything is looked at. */
const REASONS: readonly Row[] = [
  ['without a reason', () => ({ reason: ' ' }), 'BAD_USER_INPUT', /reason/],
  ['with a reason of 501 characters', () => ({ reason: 'x'.repeat(501) }), 'INVALID_INPUT', /reason/],
];

describe('a cap on spend is refused', () => {
  const setSpendCap = (changes: object) =>
    call('owner', 'setSpendCap', {
      ...{ teamId: team, subject: { model: MODEL }, period: 'DAY', limit: '1', idempotencyKey: newUuid() },
      ...changes,
    });

  test.for<Row>([
    ...KEYS,
    ['of less than nothing', () => ({ limit: '-1' }), 'INVALID_INPUT', /limit/],
    ['of NaN', () => ({ limit: 'NaN' }), 'BAD_USER_INPUT', /limit/],
    ['of a float', () => ({ limit: 0.5 }), 'BAD_USER_INPUT', /limit/],
    ['of ten decimals', () => ({ limit: '0.0000000001' }), 'BAD_USER_INPUT', /limit/],
    ['of more than there is', () => ({ limit: '9223372037' }), 'BAD_USER_INPUT', /limit/],
    ['of an unknown period', () => ({ period: 'YEAR' }), 'BAD_USER_INPUT', /YEAR/],
    ['on nothing', () => ({ subject: {} }), 'BAD_USER_INPUT', /subject/],
    [
      'on two things at once',
      () => ({ subject: { model: MODEL, memberId: publicId('user', setting.asked.member.id) } }),
      'BAD_USER_INPUT',
      /subject/,
    ],
    ['on an unknown model', () => ({ subject: { model: 'no-such-model' } }), 'NOT_FOUND', /subject model/],
    ['on an unknown member', () => ({ subject: { memberId: unknownIds().user } }), 'NOT_FOUND', /memberId/],
    [
      'on a member of another team',
      () => ({ subject: { memberId: publicId('user', setting.other.member.id) } }),
      'NOT_FOUND',
      /subject memberId/,
    ],
    [
      'on a key of another team',
      () => ({ subject: { apiKeyId: publicId('apiKey', setting.other.teamKey.id) } }),
      'NOT_FOUND',
      /subject apiKeyId/,
    ],
    ['of an unknown team', () => ({ teamId: unknownIds().team }), 'NOT_FOUND', /Team/],
  ])('%s', async ([, changes, code, names]) => {
    await expectRefusal(app, () => setSpendCap(changes()), { code, names });
  });

  test('for a key that was used for another one', async () => {
    const idempotencyKey = newUuid();
    const first = await setSpendCap({ idempotencyKey });
    expect(first.body.data?.setSpendCap).toEqual({ userErrors: [] });
    const conflict = { code: 'IDEMPOTENCY_CONFLICT', names: /idempotencyKey/ };
    await expectRefusal(app, () => setSpendCap({ idempotencyKey, limit: '2' }), conflict);
  });
});

describe('spend beyond a cap is refused', () => {
  test.for(['recordUsage', 'placeHold'])('by %s, with the cap', async (name) => {
    const memberId = publicId('user', setting.asked.admin.id);
    const subject = { memberId };
    await call('owner', 'setSpendCap', { teamId: team, subject, period: 'MONTH', limit: '0' });
    const work = { idempotencyKey: newUuid(), teamId: team, model: MODEL, memberId };
    const item = { ...work, quantities: [{ meter: 'REQUEST', quantity: 1 }] };
    const spend = () => call('platform', name, name === 'recordUsage' ? { items: [item] } : item);
    await expectRefusal(app, spend, { code: 'SPEND_CAP_EXCEEDED', names: /quantities|memberId/ });
  });
});

const PRICES: readonly Row[] = [
  ['of nothing', () => ({ components: [] }), 'INVALID_INPUT', /components/],
  ['below nothing', () => component({ unitPrice: '-1' }), 'INVALID_INPUT', /unitPrice/],
  ['beyond all bounds', () => component({ unitPrice: '1000001' }), 'INVALID_INPUT', /unitPrice/],
  ['of NaN', () => component({ unitPrice: 'NaN' }), 'BAD_USER_INPUT', /unitPrice/],
  ['of an unknown meter', () => component({ meter: 'WISHES' }), 'BAD_USER_INPUT', /WISHES/],
  ['above less than nothing', () => component({ aboveQuantity: '-5' }), 'INVALID_INPUT', /aboveQuantity/],
  ['above half a unit', () => component({ aboveQuantity: '0.5' }), 'INVALID_INPUT', /aboveQuantity/],
  [
    'above a quantity, with nothing for what is before it',
    () => component({ aboveQuantity: '5' }),
    'INVALID_INPUT',
    /components|aboveQuantity/,
  ],
  [
    'for a parameter of an unknown value',
    () => component({ params: [{ name: 'SERVICE_TIER', value: 'free' }] }),
    'INVALID_INPUT',
    /params/,
  ],
  [
    'with a factor below nothing',
    () => ({
      ...component({}),
      multipliers: [{ factor: '-1', params: [{ name: 'SERVICE_TIER', value: 'batch' }] }],
    }),
    'INVALID_INPUT',
    /factor/,
  ],
  ['with a least below nothing', () => ({ ...component({}), minimum: '-1' }), 'INVALID_INPUT', /minimum/],
];

function component(changes: object) {
  return { components: [{ meter: 'REQUEST', unitPrice: '1', ...changes }] };
}

describe('a price of a supplier is refused', () => {
  const setPrice = (changes: object) =>
    call('owner', 'setSupplierPrice', {
      ...{ teamId: team, modelKey: setting.asked.suppliedModel, price: component({}), reason: 'test' },
      ...{ idempotencyKey: newUuid(), ...changes },
    });

  test.for(PRICES)('%s', async ([, price, code, names]) => {
    await expectRefusal(app, () => setPrice({ price: price() }), { code, names });
  });

  test.for<Row>([
    ...KEYS,
    ['without a reason', () => ({ reason: ' ' }), 'INVALID_INPUT', /reason/],
    ['with a reason of 501 characters', () => ({ reason: 'x'.repeat(501) }), 'INVALID_INPUT', /reason/],
    ['that held yesterday', () => ({ effectiveAt: inFuture(-DAY) }), 'INVALID_INPUT', /effectiveAt/],
    ['of an unknown model', () => ({ modelKey: 'no-such-model' }), 'NOT_FOUND', /modelKey/],
    ['of a model of nobody', () => ({ modelKey: MODEL }), 'NOT_FOUND', /modelKey/],
    [
      'of a model of another team',
      () => ({ modelKey: setting.other.suppliedModel }),
      'NOT_FOUND',
      /modelKey/,
    ],
    ['of an instance type', () => ({ modelKey: INSTANCE_TYPE }), 'NOT_FOUND', /modelKey/],
    ['of an unknown team', () => ({ teamId: unknownIds().team }), 'NOT_FOUND', /Team/],
  ])('%s', async ([, changes, code, names]) => {
    await expectRefusal(app, () => setPrice(changes()), { code, names });
  });
});

describe('a price of an instance type is refused', () => {
  test.for<Row>([
    ['by the request', () => component({}), 'INVALID_INPUT', /components|meter/],
    ['of nothing', () => ({ components: [] }), 'INVALID_INPUT', /components/],
    [
      'that is finer than credits',
      () => component({ meter: 'INSTANCE_HOUR', unitPrice: '0.0000000001' }),
      'INVALID_INPUT',
      /unitPrice|components/,
    ],
  ])('%s', async ([, price, code, names]) => {
    const input = { modelKey: INSTANCE_TYPE, price: price(), reason: 'test', idempotencyKey: newUuid() };
    await expectRefusal(app, () => call('operator', 'setModelPrice', input), { code, names });
  });
});

describe('a supplier is refused', () => {
  test.for<Row>([
    ...REASONS,
    ['of an unknown model', () => ({ modelKey: 'no-such-model' }), 'NOT_FOUND', /modelKey/],
    ['of an instance type', () => ({ modelKey: INSTANCE_TYPE }), 'NOT_FOUND', /modelKey/],
    ['that is no team', () => ({ teamId: unknownIds().team }), 'NOT_FOUND', /teamId/],
  ])('%s', async ([, changes, code, names]) => {
    const input = { modelKey: MODEL, teamId: team, reason: 'test', ...changes() };
    await expectRefusal(app, () => call('operator', 'setModelSupplier', input), { code, names });
  });
});

describe('an instance type is refused', () => {
  const createType = (changes: object) =>
    call('operator', 'createInstanceType', {
      ...{ key: `type-${newUuid()}`, name: 'a type', kind: 'CPU', vcpus: 1, memoryGb: 1, hourlyPrice: '1' },
      ...{ reason: 'test', idempotencyKey: newUuid(), ...changes },
    });

  test.for<Row>([
    ...KEYS,
    ...REASONS,
    ['that costs less than nothing', () => ({ hourlyPrice: '-1' }), 'INVALID_INPUT', /hourlyPrice/],
    ['that costs too much', () => ({ hourlyPrice: '1000001' }), 'INVALID_INPUT', /hourlyPrice/],
    ['that costs NaN', () => ({ hourlyPrice: 'NaN' }), 'BAD_USER_INPUT', /hourlyPrice/],
    ['that costs a float', () => ({ hourlyPrice: 0.5 }), 'BAD_USER_INPUT', /hourlyPrice/],
    [
      'that costs parts of what credits have',
      () => ({ hourlyPrice: '0.0000000001' }),
      'INVALID_INPUT',
      /hourlyPrice/,
    ],
    ['without a key of its own', () => ({ key: '' }), 'INVALID_INPUT', /key/],
    ['with the key of a model', () => ({ key: MODEL }), 'CONFLICT', /key/],
    ['with the key of another type', () => ({ key: INSTANCE_TYPE }), 'CONFLICT', /key/],
    ['without a name', () => ({ name: '' }), 'INVALID_INPUT', /name/],
    ['without a processor', () => ({ vcpus: 0 }), 'INVALID_INPUT', /vcpus/],
    ['with -1 GB of memory', () => ({ memoryGb: -1 }), 'INVALID_INPUT', /memoryGb/],
    ['with endless memory', () => ({ memoryGb: 2 ** 31 }), 'BAD_USER_INPUT', /memoryGb/],
    ['with GPUs that it does not have', () => ({ gpus: 1 }), 'INVALID_INPUT', /gpus/],
    ['of GPUs that it does not name', () => ({ kind: 'GPU', gpus: 1 }), 'INVALID_INPUT', /gpuType/],
    ['of GPUs without any', () => ({ kind: 'GPU', gpuType: 'X1' }), 'INVALID_INPUT', /gpus/],
    ['of an unknown kind', () => ({ kind: 'TPU' }), 'BAD_USER_INPUT', /TPU/],
  ])('%s', async ([, changes, code, names]) => {
    await expectRefusal(app, () => createType(changes()), { code, names });
  });
});

describe('another time is refused', () => {
  test.for<Row>([
    ...REASONS,
    ...KEYS,
    ['that has passed', () => ({ to: inFuture(-DAY) }), 'INVALID_INPUT', /to/],
    ['more than five years ahead', () => ({ to: inFuture(6 * 365 * DAY) }), 'INVALID_INPUT', /to/],
    ['that is none', () => ({ to: '2026-02-30T00:00:00Z' }), 'BAD_USER_INPUT', /to/],
    ['in words', () => ({ to: 'tomorrow' }), 'BAD_USER_INPUT', /to/],
    ['that is a number', () => ({ to: Date.now() + DAY }), 'BAD_USER_INPUT', /to/],
  ])('%s', async ([, changes, code, names]) => {
    const input = { to: inFuture(DAY), reason: 'test', ...changes() };
    await expectRefusal(app, () => call('operator', 'advanceClock', input), { code, names });
  });
});

test('nothing fails inside', () => {
  expect(app.failures).toEqual([]);
});
