import { beforeAll, describe, expect, test } from 'vitest';
import { newUuid, publicId } from '../../src/id.ts';
import type { ActorName } from './access-oracle.ts';
import { ask, type HttpAnswer, useApp } from './app-over-http.ts';
import { type IsolationSetting, isolationSetting, mutate } from './isolation-setting.ts';
import { INSTANCE_TYPE, MODEL } from './platform.ts';
import { expectRefusal } from './refusal.ts';
import { unknownIds } from './tenants.ts';

const app = useApp();
const COSTLY = 'costly-instance';
let setting: IsolationSetting;
let team = '';
const ids = { created: '', running: '', paused: '', costly: '' };
type DeploymentName = keyof typeof ids;
beforeAll(async () => {
  setting = await isolationSetting(app);
  const { platform, asked, tenants } = setting;
  team = publicId('team', asked.teamId);
  await tenants.instanceType(COSTLY, '1000000');
  ids.created = await platform.deployment(asked.teamId);
  ids.running = await platform.started(asked.teamId);
  ids.paused = await platform.paused(asked.teamId);
  ids.costly = await platform.deployment(asked.teamId, {}, COSTLY);
});

/** Calls a mutation about a deployment of the team, as its owner unless told otherwise. */
function call(name: string, input: object, actor: ActorName = 'owner'): Promise<HttpAnswer> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  return mutate(setting, actor, name, type, { idempotencyKey: newUuid(), teamId: team, ...input });
}

const create = (changes: object, actor?: ActorName) =>
  call('createDeployment', { name: 'server', instanceType: INSTANCE_TYPE, ...changes }, actor);

/** What is wrong, the changes that make it so, the code it is refused with, and the place that is named. */
type Row = readonly [title: string, changes: () => object, code: string, names: RegExp];

const at = (...windows: object[]) => ({ schedule: { windows } });
const window = (changes: object = {}) => ({ days: ['MONDAY'], from: '09:00', to: '18:00', ...changes });

const SCHEDULES: readonly Row[] = [
  ['without windows', () => at(), 'INVALID_INPUT', /schedule windows/],
  [
    'of 51 windows',
    () =>
      at(
        ...Array.from({ length: 51 }, (_, i) => {
          const time = (minute: number) => `${10 + Math.floor(minute / 60)}:${10 + (minute % 50)}`;
          return window({ from: time(2 * i), to: time(2 * i + 1) });
        }),
      ),
    'INVALID_INPUT',
    /schedule windows/,
  ],
  ['of an empty window', () => at(window({ to: '09:00' })), 'INVALID_INPUT', /schedule windows 0 to/],
  [
    'of windows that overlap',
    () => at(window(), window({ from: '17:59', to: '20:00' })),
    'INVALID_INPUT',
    /schedule windows 1/,
  ],
  [
    'of windows that overlap beyond midnight',
    () => at(window({ days: ['SUNDAY'], from: '22:00', to: '09:01' }), window()),
    'INVALID_INPUT',
    /schedule windows 1/,
  ],
  ['of no day', () => at(window({ days: [] })), 'INVALID_INPUT', /schedule windows 0 days/],
  [
    'of a day twice',
    () => at(window({ days: ['MONDAY', 'MONDAY'] })),
    'INVALID_INPUT',
    /schedule windows 0 days/,
  ],
  ['of an unknown day', () => at(window({ days: ['SOMEDAY'] })), 'BAD_USER_INPUT', /SOMEDAY/],
  [
    'that begins at no time of day',
    () => at(window({ from: '24:00' })),
    'INVALID_INPUT',
    /schedule windows 0 from/,
  ],
  ['that begins at "9:00"', () => at(window({ from: '9:00' })), 'INVALID_INPUT', /schedule windows 0 from/],
  ['that ends at "24:01"', () => at(window({ to: '24:01' })), 'INVALID_INPUT', /schedule windows 0 to/],
  ['that ends in words', () => at(window({ to: 'noon' })), 'INVALID_INPUT', /schedule windows 0 to/],
  ['that ends at a number', () => at(window({ to: 18 })), 'BAD_USER_INPUT', /windows\[0\]\.to/],
];

const SIZES: readonly Row[] = [
  ['of no replicas', () => ({ replicas: 0 }), 'INVALID_INPUT', /replicas/],
  ['of -1 replicas', () => ({ replicas: -1 }), 'INVALID_INPUT', /replicas/],
  ['of 1,001 replicas', () => ({ replicas: 1001 }), 'INVALID_INPUT', /replicas/],
  ['of endless replicas', () => ({ replicas: 2 ** 31 }), 'BAD_USER_INPUT', /replicas/],
  ['of half a replica', () => ({ replicas: 0.5 }), 'BAD_USER_INPUT', /replicas/],
  ['of NaN replicas', () => ({ replicas: 'NaN' }), 'BAD_USER_INPUT', /replicas/],
  ['of no replicas at least', () => ({ minReplicas: 0 }), 'INVALID_INPUT', /minReplicas/],
  ['of no replicas at most', () => ({ maxReplicas: 0 }), 'INVALID_INPUT', /maxReplicas/],
  ['of 1,001 replicas at most', () => ({ maxReplicas: 1001 }), 'INVALID_INPUT', /maxReplicas/],
  [
    'of more replicas at least than at most',
    () => ({ minReplicas: 3, maxReplicas: 2 }),
    'INVALID_INPUT',
    /minReplicas/,
  ],
  ['of more replicas than at most', () => ({ replicas: 3, maxReplicas: 2 }), 'INVALID_INPUT', /replicas/],
  ['of an unknown instance type', () => ({ instanceType: 'no-such-type' }), 'INVALID_INPUT', /instanceType/],
  ['of an instance type without a name', () => ({ instanceType: '' }), 'INVALID_INPUT', /instanceType/],
  ['of a model', () => ({ instanceType: MODEL }), 'INVALID_INPUT', /instanceType/],
];

const CALLS: readonly Row[] = [
  ['without a key', () => ({ idempotencyKey: '' }), 'INVALID_INPUT', /idempotencyKey/],
  [
    'with a key of 201 characters',
    () => ({ idempotencyKey: 'k'.repeat(201) }),
    'INVALID_INPUT',
    /idempotencyKey/,
  ],
  ['with a reason of 501 characters', () => ({ reason: 'x'.repeat(501) }), 'INVALID_INPUT', /reason/],
  ['with a reason that holds U+0000', () => ({ reason: 'a\0b' }), 'BAD_USER_INPUT', /variables/],
  ['with an unknown member of the input', () => ({ wish: 1 }), 'BAD_USER_INPUT', /wish/],
  ['of an unknown team', () => ({ teamId: unknownIds().team }), 'NOT_FOUND', /Team/],
  ['of another team', () => ({ teamId: publicId('team', setting.other.teamId) }), 'NOT_FOUND', /Team/],
];

describe('a deployment is refused', () => {
  const rows: readonly Row[] = [
    ['without a name', () => ({ name: ' ' }), 'INVALID_INPUT', /name/],
    ['with a name of 101 characters', () => ({ name: 'x'.repeat(101) }), 'INVALID_INPUT', /name/],
    ['with a line in its name', () => ({ name: 'a\nb' }), 'INVALID_INPUT', /name/],
    [
      'on behalf of somebody else',
      () => ({ memberId: publicId('user', setting.asked.member.id) }),
      'INVALID_INPUT',
      /memberId/,
    ],
    [
      'on behalf of a key',
      () => ({ apiKeyId: publicId('apiKey', setting.asked.teamKey.id) }),
      'INVALID_INPUT',
      /apiKeyId/,
    ],
  ];

  test.for([...rows, ...CALLS, ...SIZES, ...SCHEDULES])('%s', async ([, changes, code, names]) => {
    await expectRefusal(app, () => create(changes()), { code, names });
  });

  test.for<Row>([
    [
      'a member',
      () => ({ memberId: publicId('user', setting.other.member.id) }),
      'INVALID_INPUT',
      /memberId/,
    ],
    [
      'a key',
      () => ({ apiKeyId: publicId('apiKey', setting.other.teamKey.id) }),
      'INVALID_INPUT',
      /apiKeyId/,
    ],
  ])('by the platform on behalf of %s of another team', async ([, changes, code, names]) => {
    await expectRefusal(app, () => create(changes(), 'platform'), { code, names });
  });

  test('for a key that was used for another one', async () => {
    const idempotencyKey = newUuid();
    const first = await create({ idempotencyKey });
    expect(first.body.data?.createDeployment).toEqual({ userErrors: [] });
    const conflict = { code: 'IDEMPOTENCY_CONFLICT', names: /idempotencyKey/ };
    await expectRefusal(app, () => create({ idempotencyKey, name: 'another' }), conflict);
  });
});

describe('another size is refused', () => {
  test.for(SIZES)('%s', async ([, changes, code, names]) => {
    for (const deploymentId of [ids.created, ids.running]) {
      const resize = () => call('resizeDeployment', { deploymentId, ...changes() });
      await expectRefusal(app, resize, { code, names });
    }
  });

  test('when it is none', async () => {
    const resize = () => call('resizeDeployment', { deploymentId: ids.running });
    await expectRefusal(app, resize, { code: 'INVALID_INPUT', names: /replicas/ });
  });

  test.for<Row>([
    ['to nothing', () => ({ replicas: 0 }), 'INVALID_INPUT', /replicas/],
    ['to less than nothing', () => ({ replicas: -1 }), 'INVALID_INPUT', /replicas/],
    ['beyond its bounds', () => ({ replicas: 4 }), 'INVALID_INPUT', /replicas/],
    ['to NaN', () => ({ replicas: 'NaN' }), 'BAD_USER_INPUT', /replicas/],
  ])('by an autoscaler %s', async ([, changes, code, names]) => {
    const scale = () => call('scaleDeployment', { deploymentId: ids.running, ...changes() });
    await expectRefusal(app, scale, { code, names });
  });
});

describe('a schedule is refused', () => {
  test.for(SCHEDULES)('%s', async ([, changes, code, names]) => {
    const set = () => call('setDeploymentSchedule', { deploymentId: ids.running, ...changes() });
    await expectRefusal(app, set, { code, names });
  });

  test('when nothing is said of it', async () => {
    const set = () => call('setDeploymentSchedule', { deploymentId: ids.running });
    await expectRefusal(app, set, { code: 'INVALID_INPUT', names: /schedule/ });
  });
});

describe('a change is refused', () => {
  test.for<Row>([
    ['of nothing', () => ({}), 'INVALID_INPUT', /name/],
    ['to no name', () => ({ name: '' }), 'INVALID_INPUT', /name/],
    ['to a name of 101 characters', () => ({ name: 'x'.repeat(101) }), 'INVALID_INPUT', /name/],
    ['to a wish in words', () => ({ resumeOnTopUp: 'yes' }), 'BAD_USER_INPUT', /resumeOnTopUp/],
  ])('%s', async ([, changes, code, names]) => {
    const update = () => call('updateDeployment', { deploymentId: ids.running, ...changes() });
    await expectRefusal(app, update, { code, names });
  });
});

describe('a boot failure is refused', () => {
  test.for<Row>([
    ['of no slot', () => ({ slots: [] }), 'INVALID_INPUT', /slots/],
    ['of slot 0', () => ({ slots: [0] }), 'INVALID_INPUT', /slots/],
    ['of a slot twice', () => ({ slots: [1, 1] }), 'INVALID_INPUT', /slots/],
    ['of a slot that there is not', () => ({ slots: [7] }), 'INVALID_INPUT', /slots/],
    ['of half a slot', () => ({ slots: [0.5] }), 'BAD_USER_INPUT', /slots/],
    ['of what never ran', () => ({ deploymentId: ids.created }), 'WRONG_STATE', /deploymentId/],
  ])('%s', async ([, changes, code, names]) => {
    const report = () => call('reportBootFailure', { deploymentId: ids.running, ...changes() }, 'platform');
    await expectRefusal(app, report, { code, names });
  });
});

describe('in the wrong state', () => {
  test.for<readonly [name: string, state: DeploymentName]>([
    ['startDeployment', 'running'],
    ['startDeployment', 'paused'],
    ['pauseDeployment', 'created'],
    ['pauseDeployment', 'paused'],
    ['resumeDeployment', 'created'],
    ['resumeDeployment', 'running'],
    ['stopDeployment', 'created'],
  ])('%s is refused of one that is %s', async ([name, state]) => {
    const wrong = { code: 'WRONG_STATE', names: /deploymentId/ };
    await expectRefusal(app, () => call(name, { deploymentId: ids[state] }), wrong);
  });

  test('scaleDeployment is refused of one that was never started', async () => {
    const scale = () => call('scaleDeployment', { deploymentId: ids.created, replicas: 2 });
    await expectRefusal(app, scale, { code: 'WRONG_STATE', names: /deploymentId/ });
  });
});

describe('without the credit for it', () => {
  test.for<readonly [name: string, deployment: DeploymentName, changes: object]>([
    ['startDeployment', 'costly', {}],
    ['resizeDeployment', 'running', { instanceType: COSTLY }],
  ])('%s is refused', async ([name, deployment, changes]) => {
    const broke = { code: 'OUT_OF_CREDITS', names: /deploymentId/ };
    const start = () => call(name, { deploymentId: ids[deployment], ...changes });
    await expectRefusal(app, start, broke);
    const { text } = await expectRefusal(
      app,
      () => call(name, { deploymentId: ids[deployment], ...changes }, 'member'),
      broke,
    );
    expect(text).not.toMatch(/\d\.\d/);
  });
});

describe('a call is refused', () => {
  const calls: Readonly<Record<string, object>> = {
    startDeployment: {},
    pauseDeployment: {},
    resumeDeployment: {},
    stopDeployment: {},
    resizeDeployment: { replicas: 1 },
    scaleDeployment: { replicas: 1 },
    setDeploymentSchedule: { schedule: null },
    updateDeployment: { name: 'x' },
    reportBootFailure: {},
  };
  const one: readonly Row[] = [
    [
      'of an unknown deployment',
      () => ({ deploymentId: unknownIds().deployment }),
      'NOT_FOUND',
      /deploymentId/,
    ],
    [
      'of a deployment of another team',
      () => ({ deploymentId: setting.other.deployments.owner }),
      'NOT_FOUND',
      /deploymentId/,
    ],
  ];
  const rows = [...CALLS, ...one].filter(([title]) => title !== 'of another team');

  test.for(Object.entries(calls))('by %s', async ([name, input]) => {
    const actor = name === 'reportBootFailure' ? 'platform' : 'owner';
    for (const [, changes, code, names] of rows) {
      const wrong = () => call(name, { deploymentId: ids.running, ...input, ...changes() }, actor);
      await expectRefusal(app, wrong, { code, names });
    }
  });
});

describe('a list is refused', () => {
  test.for([
    [
      'of deployments of an unknown instance type',
      'deployments(filter: { instanceType: "x" })',
      /instanceType/,
    ],
    ['of deployments of a model', `deployments(filter: { instanceType: "${MODEL}" })`, /instanceType/],
    ['of holds for an unknown model', 'holds(filter: { model: "x" })', /model/],
    ['of runs of an unknown model', 'runs(filter: { model: "x" })', /model/],
  ] as const)('%s', async ([, field, names]) => {
    const query = `query ($id: ID!) { team(id: $id) { ${field} { edges { cursor } } } }`;
    const read = () => ask(app, setting.asked.owner.authorization, query, { id: team });
    await expectRefusal(app, read, { code: 'BAD_USER_INPUT', names });
  });
});

test('nothing fails inside', () => {
  expect(app.failures).toEqual([]);
});
