import { describe, expect, test } from 'vitest';
import { inTransaction } from '../../src/db/client.ts';
import { newUuid } from '../../src/id.ts';
import { type UpsertUser, upsertUser } from '../../src/teams/upsert-user.ts';
import { recordUser, usersById, type VerifiedOwner, type WelcomeOwner } from '../../src/teams/users.ts';
import { useDatabase } from '../support/database.ts';
import { at, newTeam } from './people.ts';

const database = useDatabase();

const upsert = (input: Partial<UpsertUser> & { readonly subject: string }, welcome?: WelcomeOwner) =>
  inTransaction(database.db, (tx) => upsertUser(tx, { emailVerified: true, ...input }, at, welcome));

async function storedUser(id: string) {
  const [user] = await usersById(database.db, [id]);
  return user && { email: user.email, name: user.name };
}

describe('upsertUser', () => {
  test('makes a person known once, however often and however many at once', async () => {
    const subject = newUuid();
    const ids = await Promise.all(
      Array.from({ length: 8 }, () => upsert({ subject, email: 'ada@example.org', name: 'Ada' })),
    );
    expect(new Set(ids).size).toBe(1);
    expect(await storedUser(ids[0] ?? '')).toEqual({ email: 'ada@example.org', name: 'Ada' });
  });

  test('changes what is given and leaves the rest', async () => {
    const subject = newUuid();
    const id = await upsert({ subject, email: 'ada@example.org' });
    await upsert({ subject, name: ' Ada ' });
    expect(await storedUser(id)).toEqual({ email: 'ada@example.org', name: 'Ada' });
    await upsert({ subject, email: 'lovelace@example.org' });
    expect(await storedUser(id)).toEqual({ email: 'lovelace@example.org', name: 'Ada' });
  });

  test('is the person whom a token with that subject names', async () => {
    const subject = newUuid();
    const id = await upsert({ subject, email: 'ada@example.org' });
    expect(await inTransaction(database.db, (tx) => recordUser(tx, { subject }, at))).toBe(id);
  });

  test('leaves out an e-mail that is not verified', async () => {
    const subject = newUuid();
    const id = await upsert({ subject, email: 'ada@example.org', emailVerified: false });
    expect(await storedUser(id)).toEqual({ email: null, name: null });
    await upsert({ subject, email: 'ada@example.org' });
    await upsert({ subject, email: 'eve@example.org', emailVerified: false });
    expect(await storedUser(id)).toEqual({ email: 'ada@example.org', name: null });
  });

  test.for<[string, Partial<UpsertUser>, string]>([
    ['an empty subject', { subject: ' ' }, 'subject'],
    ['a long subject', { subject: 'x'.repeat(256) }, 'subject'],
    ['a subject that cannot be stored', { subject: 'a\0b' }, 'subject'],
    ['what is no e-mail', { email: 'ada' }, 'email'],
    ['what is no verified e-mail either', { email: 'ada', emailVerified: false }, 'email'],
    ['a long e-mail', { email: `${'x'.repeat(320)}@example.org` }, 'email'],
    ['an e-mail with a line end', { email: 'ada@example.org\r\nBcc: eve@example.org' }, 'email'],
    ['an empty name', { name: ' ' }, 'name'],
    ['a long name', { name: 'x'.repeat(201) }, 'name'],
  ])('refuses %s', async ([, input, field]) => {
    await expect(upsert({ subject: newUuid(), ...input })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { field },
    });
  });
});

describe('whoever owns a team', () => {
  /** A person with this many teams, whom nobody has an e-mail of, and those who were welcomed. */
  async function owner(teams: number) {
    const welcomed: VerifiedOwner[] = [];
    const subject = newUuid();
    const userId = await upsert({ subject });
    const teamIds: string[] = [];
    for (let i = 0; i < teams; i++) {
      const { teamId } = await newTeam(database.db);
      await database.db.sql`
        insert into memberships (team_id, user_id, role, created_at) values (${teamId}, ${userId}, 'OWNER', ${at})`;
      teamIds.push(teamId);
    }
    const welcome: WelcomeOwner = async (_, who) => {
      welcomed.push(who);
    };
    return { subject, userId, teamIds: teamIds.toSorted(), welcome, welcomed };
  }

  test('is welcomed with all their teams when their e-mail becomes known, once', async () => {
    const { subject, userId, teamIds, welcome, welcomed } = await owner(2);
    const email = 'ada@example.org';
    await upsert({ subject, name: 'Ada' }, welcome);
    await upsert({ subject, email, emailVerified: false }, welcome);
    expect(welcomed).toEqual([]);
    await upsert({ subject, email }, welcome);
    await upsert({ subject, email }, welcome);
    await upsert({ subject, email, name: 'Countess' }, welcome);
    expect(welcomed).toEqual([{ userId, email, teamIds }]);
  });

  test('is not welcomed without a team', async () => {
    const { subject, welcome, welcomed } = await owner(0);
    await upsert({ subject, email: 'ada@example.org' }, welcome);
    expect(welcomed).toEqual([]);
  });
});
