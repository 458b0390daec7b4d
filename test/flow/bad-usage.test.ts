import { beforeAll, describe, expect, test } from 'vitest';
import { newUuid, publicId } from '../../src/id.ts';
import { useApp } from './app-over-http.ts';
import { type IsolationSetting, isolationSetting, mutate } from './isolation-setting.ts';
import { MODEL } from './platform.ts';
import { expectRefusal } from './refusal.ts';
import { unknownIds } from './tenants.ts';

const app = useApp();
let setting: IsolationSetting;
beforeAll(async () => {
  setting = await isolationSetting(app);
});

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const inFuture = (ms: number) => new Date(Date.now() + ms).toISOString();

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

const recordUsage = (...items: object[]) =>
  mutate(setting, 'platform', 'recordUsage', 'RecordUsageInput', { items });
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

test('usage is refused for a key that was used for other usage, in another request and in the same', async () => {
  const idempotencyKey = newUuid();
  const first = await recordUsage(usageItem({ idempotencyKey }));
  expect(first.body.data?.recordUsage).toEqual({ userErrors: [] });
  await expectRefusal(app, () => recordUsage(usageItem({ idempotencyKey, ...quantity(2) })), {
    code: 'IDEMPOTENCY_CONFLICT',
    names: /idempotencyKey/,
  });
  const twice = newUuid();
  const both = await recordUsage(
    usageItem({ idempotencyKey: twice }),
    usageItem({ idempotencyKey: twice, ...quantity(2) }),
  );
  expect(both.body.data?.recordUsage).toMatchObject({
    userErrors: [{ code: 'IDEMPOTENCY_CONFLICT', path: ['items', '1', 'idempotencyKey'] }],
  });
});

test('nothing fails inside', () => {
  expect(app.failures).toEqual([]);
});
