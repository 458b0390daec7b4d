import { beforeAll, describe, expect, test } from 'vitest';
import { newUuid, publicId } from '../../src/id.ts';
import { useApp } from './app-over-http.ts';
import { type IsolationSetting, isolationSetting, mutate } from './isolation-setting.ts';
import { INSTANCE_TYPE, MODEL, STEP } from './platform.ts';
import { expectRefusal } from './refusal.ts';
import { unknownIds } from './tenants.ts';
import { WRONG_LABELS, WRONG_USAGE } from './wrong-usage.ts';

const app = useApp();
let setting: IsolationSetting;
let team = '';
let run = '';
beforeAll(async () => {
  setting = await isolationSetting(app);
  team = publicId('team', setting.asked.teamId);
  run = await setting.platform.run(setting.asked.teamId);
});

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const inFuture = (ms: number) => new Date(Date.now() + ms).toISOString();
const ONE_REQUEST = [{ meter: 'REQUEST', quantity: '1' }];

const step = (changes: object = {}) => ({ key: 'one', model: MODEL, quantities: ONE_REQUEST, ...changes });
const benchmark = (changes: object) => ({
  benchmark: { models: [MODEL], quantities: ONE_REQUEST, records: 10, ...changes },
});

const call = (name: string, input: object) =>
  mutate(setting, 'platform', name, `${name[0]?.toUpperCase()}${name.slice(1)}Input`, input);
const estimateRun = (plan: object, teamId = team) => call('estimateRun', { teamId, plan });
const startRun = (changes: object = {}) =>
  call('startRun', { idempotencyKey: newUuid(), teamId: team, plan: { steps: [step()] }, ...changes });

function runItem(changes: object = {}): object {
  return {
    ...{ idempotencyKey: newUuid(), teamId: team, runId: run, step: STEP, quantities: ONE_REQUEST },
    ...changes,
  };
}
const recordRunUsage = (...items: object[]) => call('recordRunUsage', { items });

/** What is wrong, the input or the changes that make it so, the code it is refused with, and the place that is named. */
type Row = readonly [title: string, changes: () => object, code: string, names: RegExp];

const PLANS: readonly Row[] = [
  ['of no steps', () => ({ steps: [] }), 'INVALID_INPUT', /plan steps/],
  [
    'of 201 steps',
    () => ({ steps: Array.from({ length: 201 }, (_, i) => step({ key: `step ${i}` })) }),
    'INVALID_INPUT',
    /plan steps/,
  ],
  ['of a step without a name', () => ({ steps: [step({ key: '' })] }), 'INVALID_INPUT', /plan steps 0 key/],
  ['of two steps of one name', () => ({ steps: [step(), step()] }), 'INVALID_INPUT', /plan steps 1 key/],
  [
    'of an unknown model',
    () => ({ steps: [step(), step({ key: 'two', model: 'no-such-model' })] }),
    'NOT_FOUND',
    /plan steps 1 model/,
  ],
  [
    'of an instance type',
    () => ({ steps: [step({ model: INSTANCE_TYPE })] }),
    'NOT_FOUND',
    /plan steps 0 model/,
  ],
  ['of a step no times', () => ({ steps: [step({ times: 0 })] }), 'INVALID_INPUT', /plan steps 0 times/],
  [
    'of a step less than no times',
    () => ({ steps: [step({ times: -1 })] }),
    'INVALID_INPUT',
    /plan steps 0 times/,
  ],
  [
    'of a step too many times',
    () => ({ steps: [step({ times: 1_000_000_001 })] }),
    'INVALID_INPUT',
    /plan steps 0 times/,
  ],
  ['of a step for ever', () => ({ steps: [step({ times: 2 ** 31 })] }), 'BAD_USER_INPUT', /times/],
  ['of half a step', () => ({ steps: [step({ times: 0.5 })] }), 'BAD_USER_INPUT', /times/],
  [
    'of more credit than there is, taken together',
    () => ({
      steps: ['one', 'two'].map((key) =>
        step({ key, quantities: [{ meter: 'OUTPUT_TOKEN', quantity: 9_000_000 }], times: 1000 }),
      ),
    }),
    'INVALID_INPUT',
    /plan/,
  ],
  ['of nothing', () => ({}), 'BAD_USER_INPUT', /plan/],
  ['of steps and a benchmark', () => ({ steps: [step()], ...benchmark({}) }), 'BAD_USER_INPUT', /plan/],
  ['of a benchmark of no models', () => benchmark({ models: [] }), 'INVALID_INPUT', /benchmark models/],
  [
    'of a benchmark of a model twice',
    () => benchmark({ models: [MODEL, MODEL] }),
    'INVALID_INPUT',
    /benchmark models 1/,
  ],
  [
    'of a benchmark of an unknown model',
    () => benchmark({ models: ['no-such-model'] }),
    'NOT_FOUND',
    /benchmark models 0/,
  ],
  ['of a benchmark on no records', () => benchmark({ records: 0 }), 'INVALID_INPUT', /benchmark records/],
  ['of a benchmark on -1 records', () => benchmark({ records: -1 }), 'INVALID_INPUT', /benchmark records/],
  ['of a benchmark on NaN records', () => benchmark({ records: 'NaN' }), 'BAD_USER_INPUT', /records/],
];

describe('a quote is refused', () => {
  test.for(PLANS)('%s', async ([, plan, code, names]) => {
    await expectRefusal(app, () => estimateRun(plan()), { code, names });
  });

  test.for(WRONG_USAGE)('%s', async ([, changes, code, names]) => {
    await expectRefusal(app, () => estimateRun({ steps: [step(changes)] }), { code, names });
    await expectRefusal(app, () => estimateRun(benchmark(changes)), { code, names });
  });

  test('of an unknown team', async () => {
    const refused = { code: 'NOT_FOUND', names: /teamId/ };
    await expectRefusal(app, () => estimateRun({ steps: [step()] }, unknownIds().team), refused);
  });
});

describe('a run is refused', () => {
  const rows: readonly Row[] = [
    ['of an unknown quote', () => ({ plan: { quoteId: unknownIds().quote } }), 'NOT_FOUND', /plan quoteId/],
    [
      'of a quote of another team',
      () => ({ plan: { quoteId: setting.other.quote } }),
      'NOT_FOUND',
      /plan quoteId/,
    ],
    ['without a name of its own', () => ({ name: '' }), 'INVALID_INPUT', /name/],
    ['with a blank name', () => ({ name: ' ' }), 'INVALID_INPUT', /name/],
    ['with a name of 201 characters', () => ({ name: 'x'.repeat(201) }), 'INVALID_INPUT', /name/],
    ['that holds for 9 seconds', () => ({ hold: true, holdSeconds: 9 }), 'INVALID_INPUT', /holdSeconds/],
    ['that holds for too long', () => ({ hold: true, holdSeconds: 86_401 }), 'INVALID_INPUT', /holdSeconds/],
    ['that says how long it does not hold', () => ({ holdSeconds: 900 }), 'INVALID_INPUT', /holdSeconds/],
    [
      'that holds more than there is',
      () => ({
        plan: { steps: [step({ quantities: [{ meter: 'OUTPUT_TOKEN', quantity: 1_000_000 }] })] },
        hold: true,
      }),
      'OUT_OF_CREDITS',
      /hold|plan/,
    ],
    ['of an unknown team', () => ({ teamId: unknownIds().team }), 'NOT_FOUND', /teamId/],
    ['of an unknown member', () => ({ memberId: unknownIds().user }), 'NOT_FOUND', /memberId/],
    [
      'of a key of another team',
      () => ({ apiKeyId: publicId('apiKey', setting.other.teamKey.id) }),
      'NOT_FOUND',
      /apiKeyId/,
    ],
  ];

  test.for(rows)('%s', async ([, changes, code, names]) => {
    await expectRefusal(app, () => startRun(changes()), { code, names });
  });

  test.for(PLANS)('%s', async ([, plan, code, names]) => {
    await expectRefusal(app, () => startRun({ plan: plan() }), { code, names });
  });

  test.for(WRONG_LABELS)('%s', async ([, changes, code, names]) => {
    await expectRefusal(app, () => startRun(changes), { code, names });
  });

  test('for a key that was used for another run', async () => {
    const idempotencyKey = newUuid();
    const first = await startRun({ idempotencyKey });
    expect(first.body.data?.startRun).toEqual({ userErrors: [] });
    const conflict = { code: 'IDEMPOTENCY_CONFLICT', names: /idempotencyKey/ };
    await expectRefusal(app, () => startRun({ idempotencyKey, name: 'another' }), conflict);
  });
});

describe('usage of a run is refused', () => {
  const rows: readonly Row[] = [
    ['of a step that is not in the run', () => ({ step: 'no-such-step' }), 'NOT_FOUND', /step/],
    ['of a step without a name', () => ({ step: '' }), 'NOT_FOUND', /step/],
    ['of an unknown run', () => ({ runId: unknownIds().run }), 'NOT_FOUND', /runId/],
    ['of a run of another team', () => ({ runId: setting.other.runs.owner }), 'NOT_FOUND', /runId/],
    ['of an unknown team', () => ({ teamId: unknownIds().team }), 'NOT_FOUND', /runId|teamId/],
    [
      'ten minutes ahead',
      () => ({ occurredAt: inFuture(10 * MINUTE) }),
      'OCCURRED_AT_OUT_OF_RANGE',
      /occurredAt/,
    ],
    ['36 days late', () => ({ occurredAt: inFuture(-36 * DAY) }), 'OCCURRED_AT_OUT_OF_RANGE', /occurredAt/],
    [
      'beyond the credit that there is',
      () => ({ quantities: [{ meter: 'OUTPUT_TOKEN', quantity: 1_000_000 }] }),
      'OUT_OF_CREDITS',
      /quantities/,
    ],
  ];

  test.for(rows)('%s', async ([, changes, code, names]) => {
    await expectRefusal(app, () => recordRunUsage(runItem(changes())), { code, names });
  });

  test.for([...WRONG_USAGE, ...WRONG_LABELS])('%s', async ([, changes, code, names]) => {
    await expectRefusal(app, () => recordRunUsage(runItem(changes)), { code, names });
  });

  test('of a run that has ended', async () => {
    const runId = await setting.platform.run(setting.asked.teamId);
    await call('finishRun', { teamId: team, runId });
    const refused = { code: 'RUN_ENDED', names: /runId/ };
    await expectRefusal(app, () => recordRunUsage(runItem({ runId })), refused);
  });

  test('when there is none, or more than a request may bring', async () => {
    const refused = { code: 'BAD_USER_INPUT', names: /items/ };
    await expectRefusal(app, () => recordRunUsage(), refused);
    const many = Array.from({ length: 1001 }, () => runItem());
    await expectRefusal(app, () => recordRunUsage(...many), refused);
  });

  test('for a key that was used for other usage, also of no run', async () => {
    const idempotencyKey = newUuid();
    const first = await recordRunUsage(runItem({ idempotencyKey }));
    expect(first.body.data?.recordRunUsage).toEqual({ userErrors: [] });
    const conflict = { code: 'IDEMPOTENCY_CONFLICT', names: /idempotencyKey/ };
    const other = runItem({ idempotencyKey, quantities: [{ meter: 'REQUEST', quantity: 2 }] });
    await expectRefusal(app, () => recordRunUsage(other), conflict);
    const plain = { idempotencyKey, teamId: team, model: MODEL, quantities: ONE_REQUEST };
    await expectRefusal(app, () => call('recordUsage', { items: [plain] }), conflict);
  });
});

describe('the end of a run is refused', () => {
  test.for<Row>([
    ['of an unknown one', () => ({ runId: unknownIds().run }), 'NOT_FOUND', /runId/],
    ['of another team', () => ({ runId: setting.other.runs.owner }), 'NOT_FOUND', /runId/],
    ['of an unknown team', () => ({ teamId: unknownIds().team }), 'NOT_FOUND', /teamId|runId/],
  ])('%s', async ([, changes, code, names]) => {
    const end = { teamId: team, runId: run, ...changes() };
    await expectRefusal(app, () => call('finishRun', end), { code, names });
    await expectRefusal(app, () => call('cancelRun', { ...end, reason: 'test' }), { code, names });
  });

  test.for(['', ' ', 'x'.repeat(501)])('without a reason, or with too long a one', async (reason) => {
    const refused = { code: 'INVALID_INPUT', names: /reason/ };
    await expectRefusal(app, () => call('cancelRun', { teamId: team, runId: run, reason }), refused);
  });
});

test('nothing fails inside', () => {
  expect(app.failures).toEqual([]);
});
