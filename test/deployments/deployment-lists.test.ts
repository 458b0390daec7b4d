import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { inTransaction } from '../../src/db/client.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { key, member } from '../grants/credit-api.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { DeploymentApi } from './deployment-api.ts';

const database = useDatabase();
const clock = movableClock(Date.UTC(2026, 0, 1, 10));
const MINUTE = 60_000;
let api: DeploymentApi;
beforeAll(async () => {
  api = await DeploymentApi.on(database.db, clock);
});

async function newTeam(): Promise<{ teamId: Uuid; owner: Actor }> {
  const teamId = await api.world.team();
  await api.world.grant(teamId, '100');
  return { teamId, owner: await member(database.db, teamId, 'OWNER') };
}

interface Connection<Node> {
  readonly edges: readonly { readonly node: Node; readonly cursor: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

const PAGE = 'pageInfo { hasNextPage endCursor }';

/** The names of a team's deployments, page by page. */
async function namesOf(actor: Actor, teamId: Uuid, args: string): Promise<string[][]> {
  const pages: string[][] = [];
  for (let after = ''; ; ) {
    const source = `query ($team: ID!) { team(id: $team) { deployments(first: 2 ${args} ${after}) {
      edges { node { name } cursor } ${PAGE} } } }`;
    const { data, errors } = await api.ask<{ team: { deployments: Connection<{ name: string }> } }>(
      actor,
      source,
      { team: publicId('team', teamId) },
    );
    expect(errors).toEqual({});
    const page = data?.team.deployments;
    pages.push(page?.edges.map(({ node }) => node.name) ?? []);
    if (!page?.pageInfo.hasNextPage) return pages;
    after = `after: "${page.pageInfo.endCursor}"`;
  }
}

describe('the deployments of a team', () => {
  let teamId: Uuid;
  let owner: Actor;
  beforeAll(async () => {
    ({ teamId, owner } = await newTeam());
    for (const [name, instanceType] of [
      ['b', 'cpu-s'],
      ['a', 'cpu-m'],
      ['C', 'cpu-s'],
      ['b', 'cpu-m'],
      ['d', 'cpu-s'],
    ]) {
      const one = await api.create(owner, teamId, { name, instanceType });
      if (name !== 'd') await api.done(owner, 'startDeployment', one);
      if (name === 'a') await api.done(owner, 'pauseDeployment', one);
      clock.advance(MINUTE);
    }
  });

  test.for([
    ['', [['d', 'b'], ['C', 'a'], ['b']]],
    ['orderBy: CREATED_ASC', [['b', 'a'], ['C', 'b'], ['d']]],
    ['orderBy: NAME_ASC', [['C', 'a'], ['b', 'b'], ['d']]],
    ['orderBy: NAME_DESC', [['d', 'b'], ['b', 'a'], ['C']]],
    ['filter: { statuses: [PAUSED, CREATED] }', [['d', 'a']]],
    ['filter: { instanceType: "cpu-m" }', [['b', 'a']]],
    ['filter: { statuses: [RUNNING], instanceType: "cpu-s" } orderBy: NAME_ASC', [['C', 'b']]],
    ['filter: { statuses: [] }', [[]]],
  ] as const)('are listed page by page: %s', async ([args, pages]) => {
    expect(await namesOf(owner, teamId, args)).toEqual(pages);
  });

  test('are those of the team only', async () => {
    const other = await newTeam();
    expect(await namesOf(other.owner, other.teamId, '')).toEqual([[]]);
  });

  test('of an unknown instance type are refused', async () => {
    const source = `query ($team: ID!) { team(id: $team) { deployments(filter: { instanceType: "x" }) { edges { cursor } } } }`;
    const { errors } = await api.ask(owner, source, { team: publicId('team', teamId) });
    expect(errors).toEqual({ 'team.deployments': 'BAD_USER_INPUT' });
  });

  test('may be seen by every member and key of the team, and by others with the scope', async () => {
    const asks = async (actor: Actor) => {
      const source = `query ($team: ID!) { team(id: $team) { deployments(first: 1) { edges { node { name } } } deploymentEvents(first: 1) { edges { node { seq } } } } }`;
      const { data, errors } = await api.ask<Record<string, unknown>>(actor, source, {
        team: publicId('team', teamId),
      });
      return Object.values(errors)[0] ?? (data?.team ? 'seen' : 'null');
    };
    const outcomes = await Promise.all(
      [
        await member(database.db, teamId, 'MEMBER'),
        key('TEAM', [], teamId),
        key('OPERATOR'),
        key('PLATFORM', ['deployments:read']),
        key('PARTNER', ['deployments:read'], teamId),
        key('PLATFORM', ['deployments:write']),
        key('PARTNER', [], teamId),
      ].map(asks),
    );
    expect(outcomes).toEqual(['seen', 'seen', 'seen', 'seen', 'seen', 'FORBIDDEN', 'FORBIDDEN']);
  });
});

describe('a deployment', () => {
  const FIELDS = `name hourlyCost paidUntil spent nextScheduleChangeAt allowedActions createdBy { type }
    instanceType { key hourlyPrice }
    slots { edges { node { slot instanceTypeKey active hourAt paidUntil chargeId nextHourHeld } } }
    charges(first: 2) { edges { node { id amount } } pageInfo { hasNextPage } }
    events(first: 10) { edges { node { kind } } }`;
  const source = `query ($id: ID!) { deployment(id: $id) { ${FIELDS} } }`;

  test('shows what it costs, what is paid and what happened to it', async () => {
    const { teamId, owner } = await newTeam();
    const one = await api.create(owner, teamId, { instanceType: 'gpu-m', replicas: 2, maxReplicas: 3 });
    const { charges } = await api.done(owner, 'startDeployment', one);
    const startedAt = clock.now();
    clock.advance(10 * MINUTE);
    const more = await api.done(owner, 'scaleDeployment', { ...one, replicas: 3 });
    const fewer = await api.done(owner, 'scaleDeployment', { ...one, replicas: 2 });
    const hour = (at: Date) => ({
      hourAt: at.toISOString(),
      paidUntil: new Date(at.getTime() + 60 * MINUTE).toISOString(),
    });
    const slot = (number: number, chargeId: string | undefined, at: Date, active: boolean) => ({
      node: {
        slot: number,
        instanceTypeKey: 'gpu-m',
        active,
        ...hour(at),
        chargeId,
        nextHourHeld: false,
      },
    });
    const { data } = await api.ask<Record<string, unknown>>(owner, source, { id: one.deploymentId });
    expect(fewer.charges).toEqual([]);
    expect(data?.deployment).toEqual({
      name: 'server',
      hourlyCost: '3.6',
      paidUntil: hour(startedAt).paidUntil,
      spent: '5.4',
      nextScheduleChangeAt: null,
      allowedActions: ['PAUSE', 'STOP', 'SCALE', 'REPORT_BOOT_FAILURE', 'RESIZE', 'SET_SCHEDULE', 'UPDATE'],
      createdBy: { type: 'USER' },
      instanceType: { key: 'gpu-m', hourlyPrice: '1.8' },
      slots: {
        edges: [
          slot(1, charges[0]?.id, startedAt, true),
          slot(2, charges[1]?.id, startedAt, true),
          slot(3, more.charges[0]?.id, clock.now(), false),
        ],
      },
      charges: {
        edges: [
          { node: { id: more.charges[0]?.id, amount: '1.8' } },
          { node: { id: charges[1]?.id, amount: '1.8' } },
        ],
        pageInfo: { hasNextPage: true },
      },
      events: {
        edges: ['CREATED', 'STARTED', 'SCALED', 'SCALED'].map((kind) => ({ node: { kind } })),
      },
    });
  });

  test('spent is what was charged in a period and not given back', async () => {
    const { teamId, owner } = await newTeam();
    const platform = key('PLATFORM', ['usage:write']);
    const one = await api.create(owner, teamId, { maxReplicas: 2 });
    await api.done(owner, 'startDeployment', one);
    clock.advance(10 * MINUTE);
    const second = clock.now();
    await api.done(owner, 'scaleDeployment', { ...one, replicas: 2 });
    const spentIn = async (period: string) => {
      const query = `query ($id: ID!) { deployment(id: $id) { spent${period} } }`;
      const { data } = await api.ask<{ deployment: { spent: string } }>(owner, query, {
        id: one.deploymentId,
      });
      return data?.deployment.spent;
    };
    const at = `"${second.toISOString()}"`;
    expect(await spentIn('')).toBe('0.16');
    expect(await spentIn(`(chargedAt: { from: ${at} })`)).toBe('0.08');
    expect(await spentIn(`(chargedAt: { before: ${at} })`)).toBe('0.08');
    expect(await spentIn(`(chargedAt: { from: ${at}, before: ${at} })`)).toBe('0');
    await api.done(platform, 'reportBootFailure', { ...one, slots: [2] });
    expect(await spentIn('')).toBe('0.08');
  });

  test('slots are listed page by page, forwards and backwards', async () => {
    const { teamId, owner } = await newTeam();
    const one = await api.create(owner, teamId, { replicas: 5 });
    await api.done(owner, 'startDeployment', one);
    const slots = async (args: string) => {
      const query = `query ($id: ID!) { deployment(id: $id) { slots(${args}) { edges { node { slot } cursor } ${PAGE} } } }`;
      const { data } = await api.ask<{ deployment: { slots: Connection<{ slot: number }> } }>(owner, query, {
        id: one.deploymentId,
      });
      return data?.deployment.slots;
    };
    const first = await slots('first: 2');
    const numbers = (page: typeof first) => page?.edges.map(({ node }) => node.slot);
    expect(numbers(first)).toEqual([1, 2]);
    expect(numbers(await slots(`first: 2, after: "${first?.pageInfo.endCursor}"`))).toEqual([3, 4]);
    expect(numbers(await slots('last: 2'))).toEqual([4, 5]);
  });

  test('what it costs is shown to those whose usage it is, and to those who may see all', async () => {
    const { teamId, owner } = await newTeam();
    const creator = await member(database.db, teamId, 'MEMBER');
    const one = await api.create(creator, teamId);
    await api.done(owner, 'startDeployment', one);
    const query = `query ($id: ID!) { deployment(id: $id) { spent charges { edges { node { amount } } } } }`;
    const asks = async (actor: Actor) => {
      const { data, errors } = await api.ask<{ deployment: Record<string, unknown> }>(actor, query, {
        id: one.deploymentId,
      });
      return { seen: data?.deployment, errors: [...new Set(Object.values(errors))] };
    };
    const all = { spent: '0.08', charges: { edges: [{ node: { amount: '0.08' } }] } };
    const nothing = { spent: null, charges: null };
    expect(await asks(owner)).toEqual({ seen: all, errors: [] });
    expect(await asks(creator)).toEqual({ seen: all, errors: [] });
    expect(await asks(await member(database.db, teamId, 'MEMBER'))).toEqual({ seen: nothing, errors: [] });
    expect(await asks(key('TEAM', [], teamId))).toEqual({ seen: nothing, errors: [] });
    expect(await asks(key('PLATFORM', ['deployments:read']))).toEqual({
      seen: nothing,
      errors: ['FORBIDDEN'],
    });
  });

  test('of another team is not found, by "deployment" and by "node"', async () => {
    const { teamId, owner } = await newTeam();
    const stranger = await newTeam();
    const { deploymentId: id } = await api.create(owner, teamId);
    const query = `query ($id: ID!) { node(id: $id) { id ... on Deployment { name } } deployment(id: $id) { id } }`;
    const asks = async (actor: Actor, of = id) =>
      await api.ask<Record<string, unknown>>(actor, query, { id: of });
    expect((await asks(owner)).data).toEqual({ node: { id, name: 'server' }, deployment: { id } });
    for (const actor of [stranger.owner, key('TEAM', [], stranger.teamId)]) {
      expect((await asks(actor)).errors).toEqual({ deployment: 'NOT_FOUND' });
    }
    expect((await asks(owner, publicId('deployment', newUuid()))).errors).toEqual({
      deployment: 'NOT_FOUND',
    });
    expect((await asks({ kind: 'ANONYMOUS' })).errors).toMatchObject({ deployment: 'UNAUTHENTICATED' });
    expect((await asks(key('PARTNER', [], teamId))).errors).toMatchObject({ deployment: 'FORBIDDEN' });
  });
});

describe('the events of a team', () => {
  interface Event {
    readonly seq: string;
    readonly kind: string;
    readonly deploymentId: string;
  }

  async function poll(
    actor: Actor,
    teamId: Uuid,
    cursor: string | null,
    args = '',
  ): Promise<Connection<Event>> {
    const source = `query ($team: ID!, $after: Cursor) { team(id: $team) {
      deploymentEvents(first: 3, after: $after ${args}) { edges { node { seq kind deploymentId } cursor } ${PAGE} } } }`;
    const { data, errors } = await api.ask<{ team: { deploymentEvents: Connection<Event> } }>(actor, source, {
      team: publicId('team', teamId),
      after: cursor,
    });
    expect(errors).toEqual({});
    if (!data) throw new Error('nothing was answered');
    return data.team.deploymentEvents;
  }

  test('are numbered without gaps, and a poller that comes back misses nothing and repeats nothing', async () => {
    const { teamId, owner } = await newTeam();
    const seen: string[] = [];
    let cursor: string | null = null;
    const catchUp = async () => {
      for (;;) {
        const { edges, pageInfo } = await poll(owner, teamId, cursor);
        seen.push(...edges.map(({ node }) => node.seq));
        cursor = pageInfo.endCursor ?? cursor;
        if (!pageInfo.hasNextPage) return;
      }
    };
    await catchUp();
    expect(seen).toEqual([]);
    const two = [await api.create(owner, teamId), await api.create(owner, teamId)];
    await catchUp();
    for (const one of two) {
      await Promise.all([
        api.done(owner, 'startDeployment', one),
        api.done(owner, 'updateDeployment', { ...one, name: 'other' }),
        catchUp(),
      ]);
    }
    await catchUp();
    await catchUp();
    expect(seen).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  test('are filtered by deployment and kind, and listed from either end', async () => {
    const { teamId, owner } = await newTeam();
    const [one, other] = [await api.create(owner, teamId), await api.create(owner, teamId)];
    await api.done(owner, 'startDeployment', other);
    await api.done(owner, 'startDeployment', one);
    const seqs = async (args: string) =>
      (await poll(owner, teamId, null, args)).edges.map(({ node }) => node.seq);
    expect(await seqs(`filter: { deploymentId: "${other.deploymentId}" }`)).toEqual(['2', '3']);
    expect(await seqs('filter: { kinds: [STARTED] }')).toEqual(['3', '4']);
    expect(await seqs('orderBy: SEQ_DESC')).toEqual(['4', '3', '2']);
    expect(await seqs('filter: { kinds: [] }')).toEqual([]);
  });

  test('tell the deployment as it was after each, and who did what and why', async () => {
    const { teamId, owner } = await newTeam();
    const one = await api.create(owner, teamId, { maxReplicas: 4, resumeOnTopUp: true });
    await api.done(owner, 'startDeployment', one);
    await api.done(owner, 'scaleDeployment', { ...one, replicas: 4, reason: 'load' });
    const source = `query ($team: ID!) { team(id: $team) { deploymentEvents(last: 1) { edges { node {
      seq kind at recordedAt reason name status pauseReason instanceTypeKey replicas minReplicas maxReplicas resumeOnTopUp
      schedule { windows { from } } teamId paidUntil slots pausesAt pausesFor hourAt shortBy amount
      actor { type } deployment { name replicas } chargeIds } } } } }`;
    const { data, errors } = await api.ask(owner, source, { team: publicId('team', teamId) });
    const at = clock.now().toISOString();
    expect(errors).toEqual({});
    expect(data).toMatchObject({
      team: {
        deploymentEvents: {
          edges: [
            {
              node: {
                ...{ seq: '3', kind: 'SCALED', at, recordedAt: at, reason: 'load', name: 'server' },
                ...{ status: 'RUNNING', pauseReason: null, instanceTypeKey: 'cpu-s', replicas: 4 },
                ...{ minReplicas: 1, maxReplicas: 4, resumeOnTopUp: true, schedule: null },
                ...{ teamId: publicId('team', teamId), slots: [], pausesAt: null, pausesFor: null },
                ...{ hourAt: null, shortBy: null, amount: null, actor: { type: 'USER' } },
                paidUntil: new Date(clock.now().getTime() + 60 * MINUTE).toISOString(),
                deployment: { name: 'server', replicas: 4 },
                chargeIds: [1, 2, 3].map(() => expect.stringMatching(/^charge_/)),
              },
            },
          ],
        },
      },
    });
  });

  test('tell what is missing only to those who may see balances', async () => {
    const { teamId, owner } = await newTeam();
    const { deploymentId } = await api.create(owner, teamId);
    const details = {
      pausesAt: clock.now().toISOString(),
      pausesFor: 'OUT_OF_CREDITS',
      shortByNano: '50000000',
    };
    await inTransaction(database.db, async (tx) => {
      await tx.sql`
        insert into deployment_events (team_id, seq, deployment_id, kind, at, recorded_at, actor_kind, details)
        select team_id, 2, deployment_id, 'CREDIT_ENDING', at, recorded_at, 0, details || ${JSON.stringify(details)}::text::jsonb
        from deployment_events where team_id = ${teamId} and seq = 1`;
    });
    const source = `query ($team: ID!) { team(id: $team) { deploymentEvents(last: 1) { edges { node { deploymentId pausesAt pausesFor shortBy } } } } }`;
    const asks = async (actor: Actor) => api.ask(actor, source, { team: publicId('team', teamId) });
    const event = { deploymentId, pausesAt: details.pausesAt, pausesFor: 'OUT_OF_CREDITS' };
    const answer = (shortBy: string | null) => ({
      team: { deploymentEvents: { edges: [{ node: { ...event, shortBy } }] } },
    });
    expect((await asks(owner)).data).toEqual(answer('0.05'));
    const asMember = await asks(await member(database.db, teamId, 'MEMBER'));
    expect(asMember.data).toEqual(answer(null));
    expect(Object.values(asMember.errors)).toEqual(['FORBIDDEN']);
  });
});
