import { printSchema } from 'graphql';
import { describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { accessOf } from '../../src/graphql/auth.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { parseKey } from '../../src/teams/api-key.ts';
import { KeyDirectory } from '../../src/teams/key-directory.ts';
import { useDatabase } from '../support/database.ts';
import { asUser, newKey, newTeam, newUser } from './people.ts';
import { ask, teamSchema } from './team-api.ts';

const database = useDatabase();
const schema = await teamSchema(database);
const run = (actor: Actor, source: string, variables?: Record<string, unknown>) =>
  ask(schema, database.db, actor, source, variables);

const team = (id: Uuid) => publicId('team', id);
const user = (id: Uuid) => publicId('user', id);
const operator: Actor = { kind: 'KEY', keyId: newUuid(), keyType: 'OPERATOR', scopes: [] };
const anonymous: Actor = { kind: 'ANONYMOUS' };
const teamKey = (teamId: Uuid, ...scopes: string[]): Actor => ({
  kind: 'KEY',
  keyId: newUuid(),
  keyType: 'TEAM',
  teamId,
  scopes,
});

test('every field of the room has a rule and a description', () => {
  const bare = [...accessOf(schema)].filter(([, access]) => !access).map(([field]) => field);
  expect(bare).toEqual([]);
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (!/^(Query|Mutation)$/.test(type.name)) expect(type.description, type.name).toBeTruthy();
    if (!('getFields' in type)) continue;
    for (const field of Object.values(type.getFields())) {
      expect(field.description, `${type.name}.${field.name}`).toBeTruthy();
    }
  }
});

test('no type of the API but the payloads of new keys has a secret', () => {
  const types = printSchema(schema)
    .split('\n}\n')
    .filter((text) => /^ {2}secret/m.test(text));
  expect(types.map((text) => /^type (\w+)/m.exec(text)?.[1])).toEqual([
    'CreateApiKeyPayload',
    'CreateServiceKeyPayload',
  ]);
});

describe('viewer', () => {
  const VIEWER = `{ viewer { user { id name email } key { id type }
    teams { edges { node { id name viewerRole } } } billingTeams { edges { node { id } } } } }`;

  test('tells users who they are, their teams, and those whose billing is theirs', async () => {
    const mine = await newTeam(database.db, 'MEMBER');
    const [me = ''] = mine.others;
    const created = await run(
      asUser(me),
      'mutation($input: CreateTeamInput!) { createTeam(input: $input) { team { id } } }',
      {
        input: { name: 'Own', idempotencyKey: 'own' },
      },
    );
    const own = JSON.stringify(created).match(/team_\w+/)?.[0] ?? '';
    const answer = (await run(asUser(me), VIEWER)) as { viewer: Record<string, unknown> };
    expect(answer.viewer.user).toEqual({ id: user(me), name: 'MEMBER', email: null });
    expect(answer.viewer.key).toBeNull();
    const joined = { node: { id: team(mine.teamId), name: 'Labs', viewerRole: 'MEMBER' } };
    const owned = { node: { id: own, name: 'Own', viewerRole: 'OWNER' } };
    expect(answer.viewer.teams).toEqual({ edges: expect.arrayContaining([joined, owned]) });
    expect(answer.viewer.billingTeams).toEqual({ edges: [{ node: { id: own } }] });
  });

  test('tells a key which it is, and its team', async () => {
    const { teamId } = await newTeam(database.db);
    const { keyId } = await newKey(database.db, { type: 'TEAM', teamId });
    expect(await run({ ...teamKey(teamId), keyId } as Actor, VIEWER)).toEqual({
      viewer: {
        user: null,
        key: { id: publicId('apiKey', keyId), type: 'TEAM' },
        teams: { edges: [{ node: { id: team(teamId), name: 'Labs', viewerRole: null } }] },
        billingTeams: { edges: [] },
      },
    });
  });

  test('is not for nobody', async () => {
    expect(await run(anonymous, '{ viewer { user { id } } }')).toEqual(['UNAUTHENTICATED']);
  });
});

describe('a team', () => {
  const TEAM = 'query($id: ID!) { team(id: $id) { name members { edges { node { role user { id } } } } } }';
  const KEYS = 'query($id: ID!) { team(id: $id) { apiKeys { edges { node { id prefix scopes } } } } }';

  test('shows its members to members and operators, and its keys to admins only', async () => {
    const { teamId, owner, others } = await newTeam(database.db, 'ADMIN', 'MEMBER');
    const [admin = '', member = ''] = others;
    const { keyId } = await newKey(database.db, { type: 'TEAM', teamId, scopes: ['billing:read'] });
    const id = team(teamId);
    for (const actor of [asUser(owner), asUser(member), operator]) {
      expect(await run(actor, TEAM, { id })).toMatchObject({
        team: { name: 'Labs', members: { edges: { length: 3 } } },
      });
    }
    expect(await run(teamKey(teamId, 'billing:read'), TEAM, { id })).toEqual(['FORBIDDEN']);
    expect(await run(asUser(admin), KEYS, { id })).toMatchObject({
      team: { apiKeys: { edges: [{ node: { id: publicId('apiKey', keyId), scopes: ['billing:read'] } }] } },
    });
    for (const actor of [asUser(member), teamKey(teamId, 'billing:read'), operator]) {
      expect(await run(actor, KEYS, { id })).toEqual(['FORBIDDEN']);
    }
  });

  test('does not exist for who has nothing to do with it, nor for operators when there is none', async () => {
    const { teamId } = await newTeam(database.db);
    const foreign = { id: team(teamId) };
    expect(await run(asUser(await newUser(database.db)), TEAM, foreign)).toEqual(['NOT_FOUND']);
    expect(await run(teamKey(newUuid()), TEAM, foreign)).toEqual(['NOT_FOUND']);
    expect(await run(operator, TEAM, { id: team(newUuid()) })).toEqual(['NOT_FOUND']);
    expect(await run(operator, TEAM, { id: user(newUuid()) })).toEqual(['BAD_USER_INPUT']);
    expect(await run(anonymous, TEAM, foreign)).toEqual(['UNAUTHENTICATED']);
  });

  test('lists its members in pages that lead on', async () => {
    const { teamId, owner } = await newTeam(database.db, 'MEMBER', 'MEMBER');
    const PAGE = `query($id: ID!, $after: Cursor) { team(id: $id) { members(first: 2, after: $after) {
      edges { node { user { id } } } pageInfo { hasNextPage endCursor } } } }`;
    const seen: unknown[] = [];
    let after: unknown = null;
    do {
      const { members } = (
        (await run(asUser(owner), PAGE, { id: team(teamId), after })) as {
          team: { members: { edges: unknown[]; pageInfo: { hasNextPage: boolean; endCursor: string } } };
        }
      ).team;
      seen.push(...members.edges);
      after = members.pageInfo.hasNextPage ? members.pageInfo.endCursor : null;
    } while (after !== null);
    expect(new Set(seen.map((edge) => JSON.stringify(edge))).size).toBe(3);
    expect(seen).toHaveLength(3);
  });
});

describe('createTeam', () => {
  const CREATE = `mutation($input: CreateTeamInput!) { createTeam(input: $input) {
    team { id name timeZone } replayed userErrors { code path } } }`;

  test('answers the team, and the same one to a repeat', async () => {
    const actor = asUser(await newUser(database.db));
    const input = { name: 'New', idempotencyKey: 'k' };
    const first = await run(actor, CREATE, { input });
    expect(first).toMatchObject({
      createTeam: { team: { name: 'New', timeZone: 'UTC' }, replayed: false, userErrors: [] },
    });
    const { team: made } = (first as { createTeam: { team: unknown } }).createTeam;
    expect(await run(actor, CREATE, { input })).toEqual({
      createTeam: { team: made, replayed: true, userErrors: [] },
    });
    expect(await run(actor, CREATE, { input: { ...input, name: 'Other' } })).toEqual({
      createTeam: {
        team: null,
        replayed: false,
        userErrors: [{ code: 'IDEMPOTENCY_CONFLICT', path: ['idempotencyKey'] }],
      },
    });
  });

  test.for([
    ['name', { name: '' }],
    ['timeZone', { timeZone: 'nowhere' }],
    ['idempotencyKey', { idempotencyKey: '' }],
    ['idempotencyKey', { idempotencyKey: 'x'.repeat(256) }],
    ['ownerSubject', { ownerSubject: 'me' }],
  ] as const)('refuses a bad %s as data: %o', async ([field, over]) => {
    const input = { name: 'New', idempotencyKey: newUuid(), ...over };
    expect(await run(asUser(await newUser(database.db)), CREATE, { input })).toEqual({
      createTeam: { team: null, replayed: false, userErrors: [{ code: 'INVALID_INPUT', path: [field] }] },
    });
  });

  test('is for users and for platform keys with the scope', async () => {
    const platform = (...scopes: string[]): Actor => ({
      kind: 'KEY',
      keyId: newUuid(),
      keyType: 'PLATFORM',
      scopes,
    });
    const input = { name: 'New', idempotencyKey: 'k', ownerSubject: newUuid() };
    expect(await run(platform('teams:write'), CREATE, { input })).toMatchObject({
      createTeam: { userErrors: [] },
    });
    for (const actor of [platform('usage:write'), operator]) {
      expect(await run(actor, CREATE, { input })).toEqual(['FORBIDDEN']);
    }
  });
});

describe('members', () => {
  const change = (field: string, type: string) =>
    `mutation($input: ${type}!) { ${field}(input: $input) {
      team { members { edges { node { role user { id } } } } } userErrors { code path } } }`;
  const ADD = change('addMember', 'AddMemberInput');
  const UPDATE = change('updateMemberRole', 'UpdateMemberRoleInput');
  const REMOVE = change('removeMember', 'RemoveMemberInput');

  test('are added, changed and removed, and the team is answered as it is then', async () => {
    const { teamId, owner } = await newTeam(database.db);
    const other = await newUser(database.db);
    const input = { teamId: team(teamId), userId: user(other) };
    const node = (role: string) => ({ node: { role, user: { id: user(other) } } });
    expect(await run(asUser(owner), ADD, { input })).toMatchObject({
      addMember: { team: { members: { edges: expect.arrayContaining([node('MEMBER')]) } }, userErrors: [] },
    });
    expect(await run(asUser(owner), UPDATE, { input: { ...input, role: 'ADMIN' } })).toMatchObject({
      updateMemberRole: { team: { members: { edges: expect.arrayContaining([node('ADMIN')]) } } },
    });
    expect(await run(asUser(owner), REMOVE, { input })).toMatchObject({
      removeMember: { team: { members: { edges: { length: 1 } } } },
    });
  });

  test('a team without an owner, and users who do not exist, are refused as data', async () => {
    const { teamId, owner } = await newTeam(database.db);
    const me = { teamId: team(teamId), userId: user(owner) };
    const refused = (code: string) => ({ team: null, userErrors: [{ code, path: expect.any(Array) }] });
    expect(await run(asUser(owner), REMOVE, { input: me })).toEqual({ removeMember: refused('CONFLICT') });
    expect(await run(asUser(owner), UPDATE, { input: { ...me, role: 'MEMBER' } })).toEqual({
      updateMemberRole: refused('CONFLICT'),
    });
    expect(await run(asUser(owner), ADD, { input: { ...me, userId: user(newUuid()) } })).toEqual({
      addMember: refused('NOT_FOUND'),
    });
  });

  test('are out of reach of members, keys and other teams', async () => {
    const { teamId, others } = await newTeam(database.db, 'MEMBER');
    const [member = ''] = others;
    const input = { teamId: team(teamId), userId: user(member) };
    for (const actor of [asUser(member), teamKey(teamId, 'billing:read'), operator]) {
      expect(await run(actor, REMOVE, { input })).toEqual(['FORBIDDEN']);
    }
    const stranger = await newTeam(database.db);
    expect(await run(asUser(stranger.owner), REMOVE, { input })).toEqual(['NOT_FOUND']);
    expect(await run(teamKey(stranger.teamId), ADD, { input })).toEqual(['NOT_FOUND']);
    expect(await run(anonymous, UPDATE, { input: { ...input, role: 'OWNER' } })).toEqual(['UNAUTHENTICATED']);
  });
});

describe('keys', () => {
  const CREATE = `mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) {
    apiKey { id prefix scopes team { id } } secret replayed userErrors { code path } } }`;
  const REVOKE = `mutation($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) {
    apiKey { id revokedAt } userErrors { code path } } }`;

  test('of a team are created by its admins, work, are shown once and can be revoked', async () => {
    const { teamId, owner } = await newTeam(database.db);
    const keys = new KeyDirectory(database.db);
    const input = { teamId: team(teamId), name: 'ci', scopes: ['billing:read'], idempotencyKey: 'k' };
    const { createApiKey: made } = (await run(asUser(owner), CREATE, { input })) as {
      createApiKey: { apiKey: { id: string; prefix: string }; secret: string };
    };
    expect(made).toMatchObject({
      apiKey: { team: { id: team(teamId) }, scopes: ['billing:read'] },
      replayed: false,
    });
    expect(made.secret.startsWith(made.apiKey.prefix)).toBe(true);
    expect(await keys.verify(made.secret)).toMatchObject({ type: 'TEAM', teamId });
    expect(await run(asUser(owner), CREATE, { input })).toEqual({
      createApiKey: { ...made, secret: null, replayed: true },
    });
    const revoke = { input: { teamId: team(teamId), id: made.apiKey.id } };
    expect(await run(asUser(owner), REVOKE, revoke)).toMatchObject({
      revokeApiKey: { apiKey: { revokedAt: expect.any(String) }, userErrors: [] },
    });
    expect(await keys.verify(made.secret)).toBeUndefined();
    await keys.close();
  });

  test('of another team cannot be revoked under the name of an own team', async () => {
    const [mine, theirs] = [await newTeam(database.db), await newTeam(database.db)];
    const { keyId, text = '' } = await newKey(database.db, { type: 'TEAM', teamId: theirs.teamId });
    const input = { teamId: team(mine.teamId), id: publicId('apiKey', keyId) };
    expect(await run(asUser(mine.owner), REVOKE, { input })).toMatchObject({
      revokeApiKey: { apiKey: null, userErrors: [{ code: 'NOT_FOUND' }] },
    });
    const keys = new KeyDirectory(database.db);
    expect(await keys.verify(text)).toBeDefined();
    await keys.close();
  });

  test('of a team have only the scopes of such keys', async () => {
    const { teamId, owner } = await newTeam(database.db);
    const input = { teamId: team(teamId), name: 'ci', scopes: ['usage:write'], idempotencyKey: 'k' };
    expect(await run(asUser(owner), CREATE, { input })).toMatchObject({
      createApiKey: { secret: null, userErrors: [{ code: 'INVALID_INPUT', path: ['scopes'] }] },
    });
  });

  const SERVICE = `mutation($input: CreateServiceKeyInput!) { createServiceKey(input: $input) {
    apiKey { id type team { id } } secret userErrors { code path } } }`;

  test('of services are created, listed and revoked by operators only, with a reason', async () => {
    const input = {
      type: 'PLATFORM',
      name: 'gateway',
      scopes: ['usage:write'],
      idempotencyKey: newUuid(),
      reason: 'new',
    };
    const { createServiceKey: made } = (await run(operator, SERVICE, { input })) as {
      createServiceKey: { apiKey: { id: string }; secret: string };
    };
    expect(parseKey(made.secret)).toBeDefined();
    expect(made).toMatchObject({ apiKey: { type: 'PLATFORM', team: null }, userErrors: [] });
    const LIST = '{ serviceKeys(first: 1) { edges { node { id } } } }';
    expect(await run(operator, LIST)).toEqual({ serviceKeys: { edges: [{ node: { id: made.apiKey.id } }] } });
    const END = `mutation($input: RevokeServiceKeyInput!) { revokeServiceKey(input: $input) {
      apiKey { revokedAt } userErrors { code } } }`;
    const end = { input: { id: made.apiKey.id, reason: 'leaked' } };

    const { owner } = await newTeam(database.db);
    const platform: Actor = { kind: 'KEY', keyId: newUuid(), keyType: 'PLATFORM', scopes: ['usage:write'] };
    for (const actor of [asUser(owner), platform]) {
      expect(await run(actor, SERVICE, { input: { ...input, idempotencyKey: newUuid() } })).toEqual([
        'FORBIDDEN',
      ]);
      expect(await run(actor, LIST)).toEqual(['FORBIDDEN']);
      expect(await run(actor, END, end)).toEqual(['FORBIDDEN']);
    }
    expect(await run(operator, SERVICE, { input: { ...input, reason: ' ' } })).toEqual(['BAD_USER_INPUT']);
    expect(await run(operator, END, { input: { ...end.input, reason: '' } })).toEqual(['BAD_USER_INPUT']);
    expect(await run(operator, END, end)).toMatchObject({
      revokeServiceKey: { apiKey: { revokedAt: expect.any(String) } },
    });
  });
});

describe('node', () => {
  const NODE = 'query($id: ID!) { node(id: $id) { id __typename } }';

  test('answers teams, users and keys to those who may see them, null to others', async () => {
    const { teamId, owner, others } = await newTeam(database.db, 'MEMBER');
    const [member = ''] = others;
    const stranger = asUser((await newTeam(database.db)).owner);
    const { keyId } = await newKey(database.db, { type: 'TEAM', teamId });
    const service = await newKey(database.db);
    const cases: [string, string, Actor[], Actor[]][] = [
      [
        'Team',
        team(teamId),
        [asUser(owner), asUser(member), teamKey(teamId), operator],
        [stranger, anonymous],
      ],
      [
        'User',
        user(member),
        [asUser(owner), asUser(member), operator],
        [stranger, anonymous, teamKey(teamId)],
      ],
      [
        'ApiKey',
        publicId('apiKey', keyId),
        [asUser(owner), operator, { ...teamKey(teamId), keyId } as Actor],
        [asUser(member), stranger, anonymous, teamKey(teamId)],
      ],
      ['ApiKey', publicId('apiKey', service.keyId), [operator], [asUser(owner), stranger, anonymous]],
    ];
    for (const [type, id, may, mayNot] of cases) {
      for (const actor of may)
        expect(await run(actor, NODE, { id })).toEqual({ node: { id, __typename: type } });
      for (const actor of mayNot) expect(await run(actor, NODE, { id })).toEqual({ node: null });
    }
  });
});
