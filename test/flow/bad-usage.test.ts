import { beforeAll, describe, expect, test } from 'vitest';
import { newUuid, publicId } from '../../src/id.ts';
import { useApp } from './app-over-http.ts';
import { type IsolationSetting, isolationSetting, mutate } from './isolation-setting.ts';
import { MODEL } from './platform.ts';
import { expectRefusal } from './refusal.ts';
import { unknownIds } from './tenants.ts';
import { WRONG_LABELS, WRONG_USAGE } from './wrong-usage.ts';

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
    ['of an unknown model', () => ({ model: 'no-such-model' }), 'NOT_FOUND', /model/],
    ['of a model without a name', () => ({ model: '' }), 'INVALID_INPUT', /model/],
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
  ];

  test.for(rows)('%s', async ([, changes, code, names]) => {
    await expectRefusal(app, () => recordUsage(usageItem(changes())), { code, names });
  });

  test.for([...WRONG_USAGE, ...WRONG_LABELS])('%s', async ([, changes, code, names]) => {
    await expectRefusal(app, () => recordUsage(usageItem(changes)), { code, names });
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
