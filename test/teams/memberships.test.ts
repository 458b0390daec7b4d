import { describe, expect, test } from 'vitest';
import { type Fact, inTransaction, type Tx } from '../../src/db/client.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import {
  addMember,
  membershipsOf,
  membersOf,
  removeMember,
  rolesOf,
  updateMemberRole,
} from '../../src/teams/memberships.ts';
import type { Role } from '../../src/teams/permissions.ts';
import { useDatabase } from '../support/database.ts';
import { asUser, at, newTeam, newUser } from './people.ts';

const database = useDatabase();

const write = <T>(work: (tx: Tx) => Promise<T>) => inTransaction(database.db, work);
const add = (by: Uuid, teamId: Uuid, userId: Uuid, role: Role) =>
  write((tx) => addMember(tx, { teamId, userId, role }, asUser(by), at));
const update = (by: Uuid, teamId: Uuid, userId: Uuid, role: Role) =>
  write((tx) => updateMemberRole(tx, { teamId, userId, role }, asUser(by), at));
const remove = (by: Uuid, teamId: Uuid, userId: Uuid) =>
  write((tx) => removeMember(tx, { teamId, userId }, asUser(by), at));

async function roleIn(teamId: Uuid, userId: Uuid): Promise<Role | undefined> {
  return (await rolesOf(database.db, userId, [teamId])).get(teamId);
}

/** A team with an owner, an admin and a member, by name. */
async function team() {
  const { teamId, owner, others } = await newTeam(database.db, 'ADMIN', 'MEMBER');
  const [admin = '', member = ''] = others;
  return { teamId, owner, admin, member };
}

describe('members', () => {
  test('are added, changed and removed by admins, each time told and recorded', async () => {
    const { teamId, admin } = await team();
    const userId = await newUser(database.db);
    const facts: Fact[] = [];
    const stop = database.db.onCommitted((told) => facts.push(...told));
    await add(admin, teamId, userId, 'MEMBER');
    expect(await roleIn(teamId, userId)).toBe('MEMBER');
    await update(admin, teamId, userId, 'ADMIN');
    expect(await roleIn(teamId, userId)).toBe('ADMIN');
    await remove(admin, teamId, userId);
    expect(await roleIn(teamId, userId)).toBeUndefined();
    stop();
    const change = { type: 'membership.changed', teamId, userId };
    expect(facts).toEqual([
      { ...change, role: 'MEMBER' },
      { ...change, role: 'ADMIN' },
      { ...change, role: null },
    ]);
    const events = await database.db.sql<{ action: string }[]>`
      select action from audit_events where team_id = ${teamId} and actor_id = ${admin} order by action`;
    expect(events.map((event) => event.action)).toEqual([
      'member.added',
      'member.removed',
      'member.role-changed',
    ]);
  });

  test('are not managed by members, nor by who is not in the team', async () => {
    const { teamId, member } = await team();
    const outsider = await newUser(database.db);
    for (const [by, code] of [
      [member, 'FORBIDDEN'],
      [outsider, 'NOT_FOUND'],
    ] as const) {
      await expect(add(by, teamId, outsider, 'MEMBER')).rejects.toMatchObject({ code });
      await expect(update(by, teamId, member, 'ADMIN')).rejects.toMatchObject({ code });
      await expect(remove(by, teamId, member)).rejects.toMatchObject({ code });
    }
    expect(await roleIn(teamId, member)).toBe('MEMBER');
  });

  test('are added once; another role is asked for by another operation', async () => {
    const { teamId, owner, member } = await team();
    await add(owner, teamId, member, 'MEMBER');
    await expect(add(owner, teamId, member, 'ADMIN')).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await roleIn(teamId, member)).toBe('MEMBER');
  });

  test('must be known users, and in the team to be changed or removed', async () => {
    const { teamId, owner } = await team();
    const outsider = await newUser(database.db);
    await expect(add(owner, teamId, newUuid(), 'MEMBER')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(update(owner, teamId, outsider, 'ADMIN')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(remove(owner, teamId, outsider)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('owners', () => {
  test('are made, changed and removed by owners only', async () => {
    const { teamId, owner, admin, member } = await team();
    const attempts = [
      () => add(admin, teamId, newUuid(), 'OWNER'),
      () => update(admin, teamId, admin, 'OWNER'),
      () => update(admin, teamId, member, 'OWNER'),
      () => update(admin, teamId, owner, 'MEMBER'),
      () => remove(admin, teamId, owner),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await update(owner, teamId, admin, 'OWNER');
    expect(await roleIn(teamId, admin)).toBe('OWNER');
  });

  test('are never gone: the last one stays and keeps the role', async () => {
    const { teamId, owner, admin } = await team();
    await expect(remove(owner, teamId, owner)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(update(owner, teamId, owner, 'ADMIN')).rejects.toMatchObject({ code: 'CONFLICT' });
    await update(owner, teamId, admin, 'OWNER');
    await remove(owner, teamId, owner);
    expect(await roleIn(teamId, owner)).toBeUndefined();
  });

  test('who remove or demote one another at once do not leave a team without an owner', async () => {
    for (let round = 0; round < 10; round++) {
      const { teamId, owner: one, others } = await newTeam(database.db, 'OWNER');
      const [other = ''] = others;
      const results = await Promise.allSettled(
        round % 2 === 0
          ? [remove(one, teamId, other), remove(other, teamId, one)]
          : [update(one, teamId, one, 'MEMBER'), update(other, teamId, other, 'MEMBER')],
      );
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
      const left = await membersOf(database.db, teamId, { direction: 'FORWARD', limit: 10 });
      expect(left.filter((row) => row.role === 'OWNER')).toHaveLength(1);
    }
  });
});

test('admins who remove one another at once do not both succeed: the second has lost the right', async () => {
  for (let round = 0; round < 10; round++) {
    const { teamId, others } = await newTeam(database.db, 'ADMIN', 'ADMIN');
    const [one = '', other = ''] = others;
    const results = await Promise.allSettled([remove(one, teamId, other), remove(other, teamId, one)]);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect(results.find((result) => result.status === 'rejected')?.reason).toMatchObject({
      code: 'NOT_FOUND',
    });
  }
});

test('the same user added twice at once is a member once', async () => {
  const { teamId, owner } = await team();
  const userId = await newUser(database.db);
  await Promise.all([add(owner, teamId, userId, 'MEMBER'), add(owner, teamId, userId, 'MEMBER')]);
  expect(await roleIn(teamId, userId)).toBe('MEMBER');
});

test('lists of members and of memberships are read page by page, both ways', async () => {
  const { teamId, owner, others } = await newTeam(database.db, 'ADMIN', 'MEMBER', 'MEMBER');
  const order = [owner, ...others].sort();
  const ids = async (direction: 'FORWARD' | 'BACKWARD', from?: Uuid) =>
    (await membersOf(database.db, teamId, { direction, limit: 2, from })).map((row) => row.userId);
  expect(await ids('FORWARD')).toEqual(order.slice(0, 2));
  expect(await ids('FORWARD', order[1])).toEqual(order.slice(2));
  expect(await ids('BACKWARD')).toEqual([order[3], order[2]]);
  expect(await ids('BACKWARD', order[2])).toEqual([order[1], order[0]]);

  const [member = ''] = others.slice(1);
  const second = await newTeam(database.db);
  await add(second.owner, second.teamId, member, 'ADMIN');
  const teamsOf = async (...roles: Role[]) =>
    (await membershipsOf(database.db, member, roles, { direction: 'FORWARD', limit: 9 })).map(
      (row) => row.teamId,
    );
  expect(await teamsOf('OWNER', 'ADMIN', 'MEMBER')).toEqual([teamId, second.teamId].sort());
  expect(await teamsOf('OWNER', 'ADMIN')).toEqual([second.teamId]);
});
