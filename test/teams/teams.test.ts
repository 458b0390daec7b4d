import { expect, test } from 'vitest';
import { type Fact, inTransaction } from '../../src/db/client.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { rolesOf } from '../../src/teams/memberships.ts';
import { type CreateTeam, createTeam, teamsById } from '../../src/teams/teams.ts';
import { areColleagues, recordUser, usersById } from '../../src/teams/users.ts';
import { useDatabase } from '../support/database.ts';
import { asUser, at, newTeam, newUser, SYSTEM, wallet } from './people.ts';

const database = useDatabase();

const input = (over: Partial<CreateTeam> = {}): CreateTeam => ({
  name: 'Labs',
  idempotencyKey: newUuid(),
  ...over,
});

function create(over: Partial<CreateTeam>, actor = SYSTEM) {
  return inTransaction(database.db, (tx) => createTeam(tx, input(over), actor, at, wallet));
}

async function wallets(teamId: Uuid): Promise<number> {
  return (await database.db.sql`select 1 from wallets where team_id = ${teamId}`).length;
}

test('who creates a team owns it, and it has a wallet', async () => {
  const userId = await newUser(database.db);
  const facts: Fact[] = [];
  const stop = database.db.onCommitted((told) => facts.push(...told));
  const { teamId } = await create({ name: '  Labs ', timeZone: 'europe/berlin' }, asUser(userId));
  stop();
  expect(await teamsById(database.db, [teamId])).toEqual([
    { id: teamId, name: 'Labs', timeZone: 'Europe/Berlin', firstPurchaseAt: null, createdAt: at },
  ]);
  expect(await rolesOf(database.db, userId, [teamId])).toEqual(new Map([[teamId, 'OWNER']]));
  expect(await wallets(teamId)).toBe(1);
  expect(facts).toEqual([{ type: 'membership.changed', teamId, userId, role: 'OWNER' }]);
});

test('a program that creates a team names its owner, who need not be known yet', async () => {
  const subject = newUuid();
  const { teamId } = await create({ ownerSubject: subject });
  const userId = await inTransaction(database.db, (tx) => recordUser(tx, { subject, name: 'Grace' }, at));
  expect(await rolesOf(database.db, userId, [teamId])).toEqual(new Map([[teamId, 'OWNER']]));
  await expect(create({})).rejects.toMatchObject({ details: { field: 'ownerSubject' } });
  await expect(create({ ownerSubject: subject }, asUser(userId))).rejects.toMatchObject({
    details: { field: 'ownerSubject' },
  });
});

test('a repeated request creates one team, also when both come at once', async () => {
  const actor = asUser(await newUser(database.db));
  const same = { name: 'Twice', idempotencyKey: 'again' };
  const results = await Promise.all([create(same, actor), create(same, actor), create(same, actor)]);
  expect(new Set(results.map((result) => result.teamId)).size).toBe(1);
  expect(results.filter((result) => !result.replayed)).toHaveLength(1);
  await expect(create({ ...same, name: 'Thrice' }, actor)).rejects.toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
  });
});

test('the same idempotency key of another caller is another key', async () => {
  const same = { name: 'Labs', idempotencyKey: 'mine' };
  const one = await create(same, asUser(await newUser(database.db)));
  const other = await create(same, asUser(await newUser(database.db)));
  expect(other).toMatchObject({ replayed: false });
  expect(other.teamId).not.toBe(one.teamId);
});

test.for([
  ['name', { name: '  ' }],
  ['name', { name: 'x'.repeat(101) }],
  ['name', { name: 'a\0b' }],
  ['timeZone', { timeZone: 'Mars/Olympus' }],
  ['timeZone', { timeZone: '+01:00' }],
] as const)('refuses a team with a bad %s', async ([field, over]) => {
  const actor = asUser(await newUser(database.db));
  await expect(create(over, actor)).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { field } });
});

test('a refused team leaves nothing behind, and its key free', async () => {
  const actor = asUser(await newUser(database.db));
  const failing = inTransaction(database.db, (tx) =>
    createTeam(tx, input({ idempotencyKey: 'k' }), actor, at, () => Promise.reject(new Error('no wallet'))),
  );
  await expect(failing).rejects.toThrow('no wallet');
  expect(await create({ idempotencyKey: 'k' }, actor)).toMatchObject({ replayed: false });
});

test('creating a team is recorded with who did it', async () => {
  const userId = await newUser(database.db);
  const { teamId } = await create({ name: 'Audited' }, asUser(userId));
  const events = await database.db.sql`
    select action, actor_id, details->>'name' as name from audit_events where team_id = ${teamId} order by id`;
  expect(events.map((event) => ({ ...event }))).toEqual(
    expect.arrayContaining([{ action: 'team.created', actor_id: userId, name: 'Audited' }]),
  );
  expect(events).toHaveLength(2);
});

test('a user is known by one id, and follows what the identity provider says', async () => {
  const subject = newUuid();
  const record = (email?: string, name?: string) =>
    inTransaction(database.db, (tx) => recordUser(tx, { subject, email, name }, at));
  const ids = await Promise.all([
    record('a@x.org', 'Ada'),
    record('a@x.org', 'Ada'),
    record('a@x.org', 'Ada'),
  ]);
  expect(new Set(ids).size).toBe(1);
  expect(await record('b@x.org')).toBe(ids[0]);
  expect(await usersById(database.db, [...ids])).toMatchObject([{ subject, email: 'b@x.org', name: 'Ada' }]);
});

test('users are colleagues when a team has both', async () => {
  const { owner, others } = await newTeam(database.db, 'MEMBER');
  const [member] = others;
  const stranger = await newUser(database.db);
  expect(await areColleagues(database.db, owner, member ?? '')).toBe(true);
  expect(await areColleagues(database.db, owner, stranger)).toBe(false);
});
