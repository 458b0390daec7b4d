import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { key, member } from '../grants/credit-api.ts';
import { expectHealthy } from '../support/audit.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { DeploymentApi, type Verb } from './deployment-api.ts';

const database = useDatabase();
// A Thursday, 10:00 UTC.
const clock = movableClock(Date.UTC(2026, 0, 1, 10));
const HOUR = 3_600_000;
let api: DeploymentApi;
beforeAll(async () => {
  api = await DeploymentApi.on(database.db, clock);
});

const platform = key('PLATFORM', ['deployments:write', 'billing:read', 'usage:read', 'usage:write']);

/** A team with this credit, and its owner. */
async function teamWith(credit: string): Promise<{ teamId: Uuid; owner: Actor }> {
  const teamId = await api.world.team();
  if (credit !== '0') await api.world.grant(teamId, credit);
  return { teamId, owner: await member(database.db, teamId, 'OWNER') };
}

async function written(teamId: Uuid): Promise<unknown> {
  const { sql } = database.db;
  const [row] = await sql`
    select (select count(*)::int from deployments where team_id = ${teamId}) as deployments,
      (select count(*)::int from deployment_events where team_id = ${teamId}) as events,
      (select count(*)::int from charges where team_id = ${teamId}) as charges`;
  return row;
}

describe('a deployment from its creation to its end', () => {
  test('is created at rest, and charged for the first hour of each replica when it starts', async () => {
    const { teamId, owner } = await teamWith('10');
    const created = await api.done(owner, 'createDeployment', {
      teamId: publicId('team', teamId),
      name: ' chat ',
      instanceType: 'gpu-s',
      replicas: 2,
      maxReplicas: 4,
      resumeOnTopUp: true,
      reason: 'launch',
    });
    expect(created).toMatchObject({
      deployment: {
        name: 'chat',
        status: 'CREATED',
        pauseReason: null,
        instanceTypeKey: 'gpu-s',
        replicas: 2,
        minReplicas: 1,
        maxReplicas: 4,
        resumeOnTopUp: true,
      },
      event: { seq: '1', kind: 'CREATED', status: 'CREATED', reason: 'launch', chargeIds: [] },
      charges: [],
      balance: { available: '10' },
      replayed: false,
    });
    const one = { teamId: publicId('team', teamId), deploymentId: created.deployment?.id };
    const started = await api.done(owner, 'startDeployment', one);
    const at = clock.now().toISOString();
    expect(started).toMatchObject({
      deployment: { status: 'RUNNING' },
      event: { seq: '2', kind: 'STARTED', replicas: 2, chargeIds: started.charges.map(({ id }) => id) },
      charges: [
        { amount: '0.6', occurredAt: at },
        { amount: '0.6', occurredAt: at },
      ],
      balance: { available: '8.8' },
    });
    await expectHealthy(database.db);
  });

  test('is paused, resumed within the paid hour for nothing, and stopped', async () => {
    const { teamId, owner } = await teamWith('10');
    const one = await api.create(owner, teamId);
    const steps: [Verb, string, string][] = [
      ['startDeployment', 'RUNNING', '9.92'],
      ['pauseDeployment', 'PAUSED', '9.92'],
      ['resumeDeployment', 'RUNNING', '9.92'],
      ['stopDeployment', 'STOPPED', '9.92'],
      ['startDeployment', 'RUNNING', '9.92'],
    ];
    for (const [verb, status, available] of steps) {
      const { deployment, balance } = await api.done(owner, verb, one);
      expect([verb, deployment?.status, balance?.available]).toEqual([verb, status, available]);
    }
    await api.done(owner, 'stopDeployment', one);
    clock.advance(HOUR);
    expect((await api.done(owner, 'startDeployment', one)).balance).toEqual({ available: '9.84' });
  });

  test('scales within its bounds, and going up and down within an hour is paid once', async () => {
    const { teamId, owner } = await teamWith('10');
    const one = await api.create(owner, teamId, { maxReplicas: 2 });
    await api.done(owner, 'startDeployment', one);
    for (const [replicas, available] of [
      [2, '9.84'],
      [1, '9.84'],
      [2, '9.84'],
    ] as const) {
      const { deployment, balance } = await api.done(owner, 'scaleDeployment', { ...one, replicas });
      expect([deployment?.replicas, balance?.available]).toEqual([replicas, available]);
    }
    const beyond = await api.payload(owner, 'scaleDeployment', { ...one, replicas: 3 });
    expect(beyond.userErrors).toMatchObject([{ code: 'INVALID_INPUT', path: ['replicas'] }]);
  });

  test('changes its instance type for a new hour', async () => {
    const { teamId, owner } = await teamWith('10');
    const one = await api.create(owner, teamId);
    await api.done(owner, 'startDeployment', one);
    const resized = await api.done(owner, 'resizeDeployment', { ...one, instanceType: 'cpu-m' });
    expect(resized).toMatchObject({
      deployment: { instanceTypeKey: 'cpu-m' },
      event: { kind: 'RESIZED' },
      charges: [{ amount: '0.16' }],
      balance: { available: '9.76' },
    });
  });

  test('follows a new schedule at once, and runs always when it is cleared', async () => {
    const { teamId, owner } = await teamWith('10');
    const one = await api.create(owner, teamId);
    await api.done(owner, 'startDeployment', one);
    const schedule = { windows: [{ days: ['SUNDAY', 'FRIDAY'], from: '09:00', to: '18:00' }] };
    const closed = await api.done(owner, 'setDeploymentSchedule', { ...one, schedule });
    expect(closed.deployment).toMatchObject({ status: 'PAUSED', pauseReason: 'SCHEDULE' });
    const source = `query ($id: ID!) { deployment(id: $id) { schedule { windows { days from to } } nextScheduleChangeAt } }`;
    expect((await api.ask(owner, source, { id: one.deploymentId })).data).toEqual({
      deployment: {
        schedule: { windows: [{ days: ['FRIDAY', 'SUNDAY'], from: '09:00', to: '18:00' }] },
        nextScheduleChangeAt: '2026-01-02T09:00:00.000Z',
      },
    });
    const cleared = await api.done(owner, 'setDeploymentSchedule', { ...one, schedule: null });
    expect(cleared.deployment).toMatchObject({ status: 'RUNNING', pauseReason: null });
  });

  test('waits for its schedule when it is started while that is closed, and costs nothing', async () => {
    const { teamId, owner } = await teamWith('1');
    const schedule = { windows: [{ days: ['FRIDAY'], from: '00:00', to: '24:00' }] };
    const one = await api.create(owner, teamId, { schedule });
    const started = await api.done(owner, 'startDeployment', one);
    expect(started).toMatchObject({
      deployment: { status: 'PAUSED', pauseReason: 'SCHEDULE' },
      charges: [],
      balance: { available: '1' },
    });
    const resumed = await api.done(owner, 'resumeDeployment', one);
    expect(resumed).toMatchObject({ deployment: { status: 'RUNNING' }, balance: { available: '0.92' } });
  });

  test('is renamed, and told whether new credit brings it back', async () => {
    const { teamId, owner } = await teamWith('0');
    const one = await api.create(owner, teamId);
    const updated = await api.done(owner, 'updateDeployment', { ...one, name: 'new', resumeOnTopUp: true });
    expect(updated).toMatchObject({
      deployment: { name: 'new', resumeOnTopUp: true },
      event: { kind: 'UPDATED' },
    });
  });

  test('gets back the hour of replicas that did not come up', async () => {
    const { teamId, owner } = await teamWith('1');
    const one = await api.create(owner, teamId);
    const { charges } = await api.done(owner, 'startDeployment', one);
    clock.advance(60_000);
    const reported = await api.done(platform, 'reportBootFailure', { ...one, reason: 'no GPU' });
    expect(reported).toMatchObject({
      deployment: { status: 'PAUSED', pauseReason: 'BOOT_FAILED' },
      event: { kind: 'BOOT_FAILED', reason: 'no GPU' },
      charges,
      balance: { available: '1' },
    });
    await expectHealthy(database.db);
  });
});

describe('a call that is repeated', () => {
  test('with the same key does nothing and answers what the first one did', async () => {
    const { teamId, owner } = await teamWith('10');
    const one = { ...(await api.create(owner, teamId)), idempotencyKey: 'start' };
    const first = await api.done(owner, 'startDeployment', one);
    const before = await written(teamId);
    const again = await api.done(owner, 'startDeployment', one);
    expect(again).toEqual({ ...first, replayed: true });
    expect(await written(teamId)).toEqual(before);
  });

  test('with the same key and other input is a conflict', async () => {
    const { teamId, owner } = await teamWith('10');
    const one = { ...(await api.create(owner, teamId, { maxReplicas: 3 })), idempotencyKey: 'size' };
    await api.done(owner, 'resizeDeployment', { ...one, replicas: 2 });
    const other = await api.payload(owner, 'resizeDeployment', { ...one, replicas: 3 });
    expect(other.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_CONFLICT', path: ['idempotencyKey'] }]);
  });

  test('after a refusal succeeds with the same key', async () => {
    const { teamId, owner } = await teamWith('0');
    const one = { ...(await api.create(owner, teamId)), idempotencyKey: 'start' };
    expect((await api.payload(owner, 'startDeployment', one)).userErrors).toMatchObject([
      { code: 'OUT_OF_CREDITS' },
    ]);
    await api.world.grant(teamId, '1');
    expect(await api.done(owner, 'startDeployment', one)).toMatchObject({
      replayed: false,
      deployment: { status: 'RUNNING' },
    });
  });
});

describe('a call that is refused writes nothing and says why', () => {
  test('in the wrong state: with the state and what is possible in it', async () => {
    const { teamId, owner } = await teamWith('10');
    const one = await api.create(owner, teamId);
    const before = await written(teamId);
    const refused = await api.payload(owner, 'pauseDeployment', one);
    expect(refused).toMatchObject({
      deployment: null,
      event: null,
      charges: [],
      balance: null,
      userErrors: [
        {
          code: 'WRONG_STATE',
          path: ['deploymentId'],
          status: 'CREATED',
          allowed: ['START', 'RESIZE', 'SET_SCHEDULE', 'UPDATE'],
        },
      ],
    });
    expect(await written(teamId)).toEqual(before);
  });

  test('without credit for every replica: with what is missing, for those who may see that', async () => {
    const { teamId, owner } = await teamWith('0.1');
    const one = await api.create(owner, teamId, { replicas: 2 });
    const before = await written(teamId);
    const refused = await api.payload(owner, 'startDeployment', one);
    expect(refused.userErrors).toMatchObject([{ code: 'OUT_OF_CREDITS', path: ['deploymentId'] }]);
    expect(refused.userErrors[0]).toHaveProperty('shortBy');
    const asMember = await api.payload(await member(database.db, teamId, 'MEMBER'), 'startDeployment', one);
    expect(asMember.userErrors).toMatchObject([{ code: 'OUT_OF_CREDITS', path: ['deploymentId'] }]);
    expect(JSON.stringify(asMember.userErrors)).not.toMatch(/0\.\d/);
    expect(asMember.userErrors[0]).not.toHaveProperty('shortBy');
    expect(await written(teamId)).toEqual(before);
  });

  const LONG = 'a'.repeat(501);
  const monday = { days: ['MONDAY'], from: '09:00', to: '18:00' };
  test.for([
    ['createDeployment', { instanceType: 'gpu-xxl' }, 'instanceType'],
    ['createDeployment', { instanceType: 'a-model' }, 'instanceType'],
    ['createDeployment', { name: ' ' }, 'name'],
    ['createDeployment', { replicas: 0 }, 'replicas'],
    ['createDeployment', { replicas: 1001 }, 'replicas'],
    ['createDeployment', { minReplicas: 3, maxReplicas: 2 }, 'minReplicas'],
    ['createDeployment', { idempotencyKey: '' }, 'idempotencyKey'],
    ['createDeployment', { minReplicas: 0 }, 'minReplicas'],
    ['createDeployment', { reason: LONG }, 'reason'],
    ['createDeployment', { memberId: publicId('user', newUuid()) }, 'memberId'],
    ['createDeployment', { schedule: { windows: [] } }, 'schedule.windows'],
    ['setDeploymentSchedule', { schedule: { windows: [monday, monday] } }, 'schedule.windows.1'],
    [
      'setDeploymentSchedule',
      { schedule: { windows: [{ ...monday, to: '09:00' }] } },
      'schedule.windows.0.to',
    ],
    ['setDeploymentSchedule', {}, 'schedule'],
    ['resizeDeployment', { replicas: 0 }, 'replicas'],
    ['resizeDeployment', { maxReplicas: 0 }, 'maxReplicas'],
    ['resizeDeployment', { instanceType: 'gpu-xxl' }, 'instanceType'],
    ['resizeDeployment', {}, 'replicas'],
    ['updateDeployment', {}, 'name'],
    ['updateDeployment', { name: '' }, 'name'],
    ['startDeployment', { deploymentId: 'deploy_x' }, 'deploymentId'],
    ['startDeployment', { deploymentId: publicId('team', newUuid()) }, 'deploymentId'],
  ] as const)('%s with %o: names %s', async ([verb, change, field]) => {
    const { teamId, owner } = await teamWith('10');
    if (change && 'instanceType' in change && change.instanceType === 'a-model') {
      await api.world.model('a-model', { REQUEST: '1' });
    }
    const one = await api.create(owner, teamId);
    const before = await written(teamId);
    const base =
      verb === 'createDeployment' ? { teamId: one.teamId, name: 'server', instanceType: 'cpu-s' } : one;
    const { userErrors } = await api.payload(owner, verb, { ...base, ...change });
    expect(userErrors).toMatchObject([{ path: field.split('.') }]);
    expect(userErrors[0]?.code).toMatch(/^(INVALID_INPUT|NOT_FOUND)$/);
    expect(await written(teamId)).toEqual(before);
  });

  test('about a deployment of another team, as about none', async () => {
    const { teamId, owner } = await teamWith('10');
    const other = await teamWith('10');
    const foreign = await api.create(other.owner, other.teamId);
    for (const deploymentId of [foreign.deploymentId, publicId('deployment', newUuid())]) {
      const input = { teamId: publicId('team', teamId), deploymentId };
      expect((await api.payload(owner, 'startDeployment', input)).userErrors).toMatchObject([
        { code: 'NOT_FOUND' },
      ]);
    }
  });

  test('by the platform about a team that there is not', async () => {
    const input = { teamId: publicId('team', newUuid()), name: 'server', instanceType: 'cpu-s' };
    expect((await api.payload(platform, 'createDeployment', input)).userErrors).toMatchObject([
      { code: 'NOT_FOUND' },
    ]);
  });
});

describe('on whose behalf hours are charged', () => {
  test('is who created the deployment, or whom the platform names', async () => {
    const { teamId, owner } = await teamWith('10');
    const teamKey = key('TEAM', ['deployments:write'], teamId);
    const named = owner.kind === 'USER' ? publicId('user', owner.userId) : '';
    const whose = async (actor: Actor, input: Record<string, unknown> = {}) => {
      const { deploymentId } = await api.create(actor, teamId, input);
      const source = `query ($id: ID!) { deployment(id: $id) { memberId apiKeyId } }`;
      return (await api.ask<Record<string, unknown>>(owner, source, { id: deploymentId })).data?.deployment;
    };
    expect(await whose(owner)).toEqual({ memberId: named, apiKeyId: null });
    expect(await whose(platform)).toEqual({ memberId: null, apiKeyId: null });
    expect(await whose(platform, { memberId: named })).toEqual({ memberId: named, apiKeyId: null });
    await database.db.sql`
      insert into api_keys (id, type, team_id, name, prefix, secret_hash, scopes, created_at)
      values (${teamKey.kind === 'KEY' ? teamKey.keyId : ''}, 'TEAM', ${teamId}, 'k', 'dd', '\\x00', '{}', '2026-01-01Z')`;
    expect(await whose(teamKey)).toMatchObject({ memberId: null, apiKeyId: expect.stringMatching(/^key_/) });
  });

  test('must belong to the team', async () => {
    const { teamId } = await teamWith('10');
    const stranger = publicId('user', newUuid());
    const input = { teamId: publicId('team', teamId), name: 'a', instanceType: 'cpu-s', memberId: stranger };
    const { userErrors } = await api.payload(platform, 'createDeployment', input);
    expect(userErrors).toMatchObject([{ path: ['memberId'] }]);
  });
});

describe('who may call', () => {
  test.for([
    ['a member', 'MEMBER', undefined],
    ['a team key with the scope', undefined, ['deployments:write']],
  ] as const)('%s may start and stop, and sees no balance', async ([, role, scopes]) => {
    const { teamId, owner } = await teamWith('10');
    const actor = role ? await member(database.db, teamId, role) : key('TEAM', [...(scopes ?? [])], teamId);
    const one = await api.create(owner, teamId);
    const { balance, charges } = await api.done(actor, 'startDeployment', one);
    expect({ balance, charges }).toEqual({ balance: null, charges: [] });
    await api.done(actor, 'stopDeployment', one);
  });

  test('others are told that they may not, or that there is no such team', async () => {
    const { teamId, owner } = await teamWith('10');
    const one = await api.create(owner, teamId);
    const outcome = async (actor: Actor, verb: Verb = 'startDeployment') =>
      Object.values((await api.call(actor, verb, one)).errors);
    expect(await outcome(key('TEAM', [], teamId))).toEqual(['FORBIDDEN']);
    expect(await outcome(key('PLATFORM', ['usage:write']))).toEqual(['FORBIDDEN']);
    expect(await outcome(key('OPERATOR'))).toEqual(['FORBIDDEN']);
    expect(await outcome(key('TEAM', ['deployments:write'], newUuid()))).toEqual(['NOT_FOUND']);
    expect(await outcome({ kind: 'ANONYMOUS' })).toEqual(['UNAUTHENTICATED']);
    expect(await outcome(owner, 'reportBootFailure')).toEqual(['FORBIDDEN']);
  });
});
