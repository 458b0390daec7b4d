import { SignJWT } from 'jose';
import { afterEach, describe, expect, test } from 'vitest';
import { inTransaction, type Tx } from '../../src/db/client.ts';
import { type SignUpOffer, signUpCredit } from '../../src/grants/sign-up-credit.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { parseCredits } from '../../src/money.ts';
import { createAuthenticator } from '../../src/teams/authenticate.ts';
import { KeyDirectory } from '../../src/teams/key-directory.ts';
import { addMember } from '../../src/teams/memberships.ts';
import { createTeam } from '../../src/teams/teams.ts';
import { upsertUser } from '../../src/teams/upsert-user.ts';
import { type Identity, recordUser } from '../../src/teams/users.ts';
import { expectHealthy } from '../support/audit.ts';
import { useDatabase } from '../support/database.ts';
import { asUser, at, SYSTEM, wallet } from '../teams/people.ts';

const database = useDatabase();
const OFFER: SignUpOffer = { amountNano: parseCredits('3'), lastsDays: 30 };
const welcome = signUpCredit(OFFER);
afterEach(() => expectHealthy(database.db));

let people = 0;
/** A person whom nobody has seen. */
function person(email = `person${++people}@example.org`): Identity & { readonly email: string } {
  return { subject: newUuid(), email };
}

const known = (identity: Identity, offer = welcome) =>
  inTransaction(database.db, (tx) => recordUser(tx, identity, at, offer));

async function ownTeam(userId: Uuid, offer = welcome): Promise<Uuid> {
  const input = { name: 'Labs', idempotencyKey: newUuid() };
  const { teamId } = await inTransaction(database.db, (tx) =>
    createTeam(tx, input, asUser(userId), at, wallet, offer),
  );
  return teamId;
}

const grantsOf = (...teamIds: Uuid[]) =>
  database.db.sql<{ team_id: Uuid; amount: bigint; source: string; kind: string; expires_at: Date | null }[]>`
    select team_id, remaining_nano as amount, source, kind, expires_at from grants
    where team_id in ${database.db.sql(teamIds)}`;

describe('sign-up credit', () => {
  test('is given when somebody with a verified e-mail creates a team', async () => {
    const teamId = await ownTeam(await known(person()));
    expect(await grantsOf(teamId)).toEqual([
      {
        team_id: teamId,
        amount: 3_000_000_000n,
        source: 'SIGN_UP',
        kind: 'PROMOTIONAL',
        expires_at: new Date(at.getTime() + 30 * 86_400_000),
      },
    ]);
  });

  test('is given when the e-mail of somebody who owns a team becomes known', async () => {
    const { subject, email } = person();
    const teamId = await ownTeam(await known({ subject }));
    expect(await grantsOf(teamId)).toHaveLength(0);
    await known({ subject, email });
    expect(await grantsOf(teamId)).toHaveLength(1);
    await known({ subject, email, name: 'Ada' });
    expect(await grantsOf(teamId)).toHaveLength(1);
  });

  test('is given when a platform creates a team for somebody whom it has made known, and the other way round', async () => {
    const { db } = database;
    const first = person();
    const create = (ownerSubject: string) =>
      inTransaction(db, (tx) =>
        createTeam(tx, { name: 'T', ownerSubject, idempotencyKey: newUuid() }, SYSTEM, at, wallet, welcome),
      );
    await inTransaction(db, (tx) => upsertUser(tx, { ...first, emailVerified: true }, at, welcome));
    const one = await create(first.subject);
    const second = person();
    const other = await create(second.subject);
    expect(await grantsOf(one.teamId)).toHaveLength(1);
    expect(await grantsOf(other.teamId)).toHaveLength(0);
    await inTransaction(db, (tx) => upsertUser(tx, { ...second, emailVerified: true }, at, welcome));
    expect(await grantsOf(other.teamId)).toHaveLength(1);
  });

  test('is given when a token tells the e-mail first', async () => {
    const { subject, email } = person();
    const teamId = await ownTeam(await known({ subject }));
    const { db } = database;
    const secret = 'a secret of at least thirty-two bytes';
    const token = (claims: Record<string, unknown>) =>
      new SignJWT({ sub: subject, ...claims })
        .setProtectedHeader({ alg: 'HS256' })
        .setExpirationTime('1m')
        .sign(new TextEncoder().encode(secret));
    const authenticate = createAuthenticator({
      db,
      keys: new KeyDirectory(db),
      clock: { now: () => at },
      tokens: { secret },
      welcome,
    });
    await authenticate({ authorization: `Bearer ${await token({ email, email_verified: false })}` });
    expect(await grantsOf(teamId)).toHaveLength(0);
    await authenticate({ authorization: `Bearer ${await token({ email, email_verified: true })}` });
    expect(await grantsOf(teamId)).toHaveLength(1);
  });

  test('is given once a person, however many teams they create and however they spell their e-mail', async () => {
    const userId = await known(person('a.lovelace@gmail.com'));
    const teamIds = [await ownTeam(userId), await ownTeam(userId)];
    for (const email of ['alovelace@googlemail.com', 'A.LOVELACE@gmail.com', 'alovelace+2@gmail.com'])
      teamIds.push(await ownTeam(await known(person(email))));
    expect(await grantsOf(...teamIds)).toMatchObject([{ team_id: teamIds[0] }]);
  });

  test('is given once a team, however many people come to own it', async () => {
    const { subject, email } = person();
    const userId = await known({ subject });
    const teamId = await ownTeam(await known(person()));
    await inTransaction(database.db, (tx) => addMember(tx, { teamId, userId, role: 'OWNER' }, SYSTEM, at));
    await known({ subject, email });
    expect(await grantsOf(teamId)).toHaveLength(1);
    const own = await ownTeam(userId);
    expect(await grantsOf(own)).toHaveLength(1);
  });

  test('is not for those who belong to a team that is not theirs', async () => {
    const { subject, email } = person();
    const userId = await known({ subject });
    const teamId = await ownTeam(await known({ subject: newUuid() }));
    await inTransaction(database.db, (tx) => addMember(tx, { teamId, userId, role: 'ADMIN' }, SYSTEM, at));
    await known({ subject, email });
    expect(await grantsOf(teamId)).toHaveLength(0);
  });

  test('is given to the oldest of several teams that had none', async () => {
    const { subject, email } = person();
    const userId = await known({ subject });
    const teamIds = [await ownTeam(userId), await ownTeam(userId)].toSorted();
    await known({ subject, email });
    expect(await grantsOf(...teamIds)).toMatchObject([{ team_id: teamIds[0] }]);
  });

  test('does not expire where no days are set, and is nothing where none is offered', async () => {
    const lasting = await ownTeam(await known(person()), signUpCredit({ amountNano: 1n }));
    expect(await grantsOf(lasting)).toMatchObject([{ amount: 1n, expires_at: null }]);
    const without = await ownTeam(await known(person()), signUpCredit({ amountNano: 0n }));
    expect(await grantsOf(without)).toEqual([]);
  });

  test('goes with what it was given for when that is rolled back', async () => {
    const userId = await known(person());
    const failing = inTransaction(database.db, async (tx) => {
      const input = { name: 'Labs', idempotencyKey: newUuid() };
      await createTeam(tx, input, asUser(userId), at, wallet, welcome);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await grantsOf(await ownTeam(userId))).toHaveLength(1);
  });
});

describe('at the same moment', () => {
  test('one of many teams of a person gets it', async () => {
    const userId = await known(person());
    const teamIds = await Promise.all(Array.from({ length: 12 }, () => ownTeam(userId)));
    expect(await grantsOf(...teamIds)).toHaveLength(1);
  });

  test('one of many spellings of an e-mail gets it', async () => {
    const spellings = Array.from({ length: 12 }, (_, i) => `one.mailbox+${i}@gmail.com`);
    const userIds = await Promise.all(spellings.map((email) => known(person(email))));
    const teamIds = await Promise.all(userIds.map((userId) => ownTeam(userId)));
    expect(await grantsOf(...teamIds)).toHaveLength(1);
  });

  /** Runs `second` while the transaction of `first` has done its work and is not committed. */
  async function meeting<T>(first: (tx: Tx) => Promise<T>, second: () => Promise<unknown>): Promise<T> {
    const done = Promise.withResolvers<void>();
    const commit = Promise.withResolvers<void>();
    const earlier = inTransaction(database.db, async (tx) => {
      const result = await first(tx);
      done.resolve();
      await commit.promise;
      return result;
    });
    await done.promise;
    let isOver = false;
    const later = second().finally(() => {
      isOver = true;
    });
    const waiting = () => database.ownerDb.sql`
      select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await expect.poll(async () => isOver || (await waiting()).length > 0).toBe(true);
    commit.resolve();
    await later;
    return earlier;
  }

  test('an e-mail that comes while a team is being created does not miss it', async () => {
    const { subject, email } = person();
    const userId = await known({ subject });
    const input = { name: 'Labs', idempotencyKey: newUuid() };
    const { teamId } = await meeting(
      (tx) => createTeam(tx, input, asUser(userId), at, wallet, welcome),
      () => known({ subject, email }),
    );
    expect(await grantsOf(teamId)).toHaveLength(1);
  });

  test('a team that is created while an e-mail becomes known does not miss it', async () => {
    const { subject, email } = person();
    const userId = await known({ subject });
    let teamId = '';
    await meeting(
      (tx) => recordUser(tx, { subject, email }, at, welcome),
      async () => {
        teamId = await ownTeam(userId);
      },
    );
    expect(await grantsOf(teamId)).toHaveLength(1);
  });

  test('a team gets it once when the e-mails of its owners become known together', async () => {
    const owners = [person(), person(), person(), person()];
    const [first, ...others] = await Promise.all(owners.map(({ subject }) => known({ subject })));
    const teamId = await ownTeam(first ?? '');
    for (const userId of others)
      await inTransaction(database.db, (tx) => addMember(tx, { teamId, userId, role: 'OWNER' }, SYSTEM, at));
    await Promise.all(owners.map((owner) => known(owner)));
    expect(await grantsOf(teamId)).toHaveLength(1);
  });
});
