import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Db, inTransaction } from '../../src/db/client.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { ledgerHealth } from '../../src/ledger/health.ts';
import { openLedger } from '../../src/ledger/post.ts';
import { charge, newGrant, T0 } from '../support/books.ts';
import { testDatabase, useDatabase } from '../support/database.ts';
import { databaseStage, History, histories, MINUTE } from '../support/history.ts';

const database = useDatabase();
const now = new Date(T0);
const facts = { actor: { kind: 0, id: null } } as const;

async function newTeam(db: Db): Promise<Uuid> {
  const teamId = newUuid();
  await inTransaction(db, (tx) => openLedger(tx, teamId, now, 100n));
  return teamId;
}

async function failing(db: Db): Promise<string[]> {
  const { ok, checks } = await ledgerHealth(db, now);
  const failed = checks.filter((check) => !check.ok);
  expect(ok).toBe(failed.length === 0);
  return failed.map(({ name }) => name);
}

describe('the audit of all books', () => {
  test('finds nothing in an empty database', async () => {
    expect(await ledgerHealth(database.db, now)).toMatchObject({ ok: true, checkedAt: now, accounts: [] });
  });

  test('finds nothing wrong with any history of any number of teams', async () => {
    const property = fc.asyncProperty(histories, fc.boolean(), async (steps, withDebt) => {
      const history = new History(databaseStage(database.db, await newTeam(database.db)), withDebt);
      for (const step of steps) await history.play(step);
      expect(await failing(database.db)).toEqual([]);
    });
    await fc.assert(property, { numRuns: 25 });
  }, 60_000);

  test('says what went into and out of each account, and that it is the same', async () => {
    const own = await testDatabase();
    try {
      const grant = newGrant({ grantedNano: 100n });
      await databaseStage(own.db, await newTeam(own.db)).transaction(T0, [], (book) => {
        book.issue(grant, facts);
        charge(book, [{ grant, amountNano: 30n }], 5n);
      });
      const { accounts } = await ledgerHealth(own.db, now);
      expect(accounts).toEqual([
        { account: 'GRANT', debitsNano: 30n, creditsNano: 100n },
        { account: 'RECEIVABLE', debitsNano: 5n, creditsNano: 0n },
        { account: 'REVENUE', debitsNano: 0n, creditsNano: 35n },
        { account: 'PROMO_EXPENSE', debitsNano: 100n, creditsNano: 0n },
      ]);
    } finally {
      await own.close();
    }
  });

  test('sees nothing in part while others post', async () => {
    const { db } = database;
    const teamId = await newTeam(db);
    const grant = newGrant({ id: newUuid(), grantedNano: 1_000_000n });
    const stage = databaseStage(db, teamId);
    await stage.transaction(T0, [], (book) => book.issue(grant, facts));
    let stop = false;
    const posting = (async () => {
      for (let i = 1; !stop; i++) {
        await stage.transaction(T0 + i, [grant.id], (book) =>
          charge(book, [{ grant: book.grant(grant.id) ?? grant, amountNano: 1n }]),
        );
      }
    })();
    for (let i = 0; i < 10; i++) expect(await failing(db)).toEqual([]);
    stop = true;
    await posting;
  });
});

describe('what is broken', () => {
  /** Each of these is done to a team with five entries: a grant that is charged, debt, and one that expires. */
  const faults: [string, (db: Db, teamId: Uuid, grantId: Uuid) => Promise<unknown>, string[]][] = [
    [
      'an amount of zero',
      async ({ sql }, id) => {
        await sql`alter table entries drop constraint entries_amount`;
        await sql`update entries set amount_nano = 0 where team_id = ${id} and seq = 2`;
      },
      ['entries-are-double', 'grants-are-the-sum-of-entries', 'wallets-are-the-sum-of-entries'],
    ],
    [
      'an entry from an account to itself',
      ({ sql }, id) => sql`
        update entries set debit_account = credit_account, debit_ref = credit_ref where team_id = ${id} and seq = 3`,
      ['entries-are-double', 'wallets-are-the-sum-of-entries'],
    ],
    [
      'an account that does not exist',
      ({ sql }, id) => sql`update entries set credit_account = 88 where team_id = ${id} and seq = 3`,
      ['entries-are-double'],
    ],
    [
      'a gap',
      ({ sql }, id) => sql`delete from entries where team_id = ${id} and seq = 3`,
      ['streams-have-no-gap', 'wallets-are-the-sum-of-entries'],
    ],
    [
      'a stream without a wallet',
      ({ sql }, id) => sql`delete from wallets where team_id = ${id}`,
      ['streams-have-no-gap'],
    ],
    [
      'a wallet behind its stream',
      ({ sql }, id) => sql`update wallets set seq = seq - 1 where team_id = ${id}`,
      ['streams-have-no-gap', 'wallets-are-their-last-entry'],
    ],
    [
      'a wallet with another hash',
      ({ sql }, id) =>
        sql`update wallets set head_hash = decode(${'ab'.repeat(32)}, 'hex') where team_id = ${id}`,
      ['wallets-are-their-last-entry'],
    ],
    [
      'a wallet that is older than its last entry',
      ({ sql }, id) => sql`update wallets set head_posted_at = '2025-01-01Z' where team_id = ${id}`,
      ['wallets-are-their-last-entry'],
    ],
    [
      'more available in the wallet and its last entry',
      async ({ sql }, id) => {
        await sql`update wallets set available_nano = available_nano + 1 where team_id = ${id}`;
        await sql`update entries set available_after_nano = available_after_nano + 1 where team_id = ${id} and seq = 5`;
      },
      ['wallets-are-the-sum-of-entries', 'wallets-are-the-sum-of-grants'],
    ],
    [
      'less owed in the wallet and its last entry',
      async ({ sql }, id) => {
        await sql`update wallets set unpaid_nano = 0 where team_id = ${id}`;
        await sql`update entries set unpaid_after_nano = null where team_id = ${id} and seq = 5`;
      },
      ['wallets-are-the-sum-of-entries'],
    ],
    [
      'nothing due in the wallet',
      ({ sql }, id) => sql`update wallets set next_due_at = '2031-01-01Z' where team_id = ${id}`,
      ['wallets-are-the-sum-of-grants'],
    ],
    [
      'more in a grant',
      ({ sql }, id, grant) => sql`
        update grants set remaining_nano = remaining_nano + 1, spent_nano = spent_nano - 1
        where team_id = ${id} and id = ${grant}`,
      ['grants-are-the-sum-of-entries', 'wallets-are-the-sum-of-grants'],
    ],
    [
      'a grant of another kind',
      ({ sql }, id, grant) => sql`update grants set kind = 'PREPAID' where team_id = ${id} and id = ${grant}`,
      ['wallets-are-the-sum-of-grants'],
    ],
    [
      'a grant below zero',
      ({ sql }, id, grant) => sql`
        update grants set spent_nano = spent_nano + 1, voided_nano = -1 where team_id = ${id} and id = ${grant}`,
      ['grants-are-the-sum-of-entries', 'grants-keep-their-bounds'],
    ],
    [
      'a grant with credit that is closed to all',
      ({ sql }, id, grant) => sql`update grants set closed = true where team_id = ${id} and id = ${grant}`,
      ['grants-keep-their-bounds'],
    ],
    [
      'a grant of which more was granted',
      ({ sql }, id, grant) => sql`
        update grants set granted_nano = 101, spent_nano = spent_nano + 1 where team_id = ${id} and id = ${grant}`,
      ['grants-are-the-sum-of-entries'],
    ],
    [
      'a grant that was never issued',
      ({ sql }, id) => sql`
        insert into grants (team_id, id, kind, source, granted_nano, remaining_nano, effective_at, status, created_at, actor_kind,
          spent_nano, closed)
        values (${id}, ${newUuid()}, 'PREPAID', 'PURCHASE', 5, 0, '2026-01-01Z', 'SPENT', '2026-01-01Z', 0, 5, true)`,
      ['grants-are-the-sum-of-entries'],
    ],
    [
      'an entry of a grant that does not exist',
      ({ sql }, id, grant) => sql`delete from grants where team_id = ${id} and id = ${grant}`,
      ['grants-are-the-sum-of-entries', 'wallets-are-the-sum-of-grants'],
    ],
  ];
  test.for(faults)('is found: %s', async ([, breakIt, expected]) => {
    const own = await testDatabase();
    try {
      const teamId = await newTeam(own.db);
      const grant = newGrant({ id: newUuid(), grantedNano: 100n });
      await databaseStage(own.db, teamId).transaction(T0, [], (book) => {
        book.issue(grant, facts);
        charge(book, [{ grant, amountNano: 30n }]);
        charge(book, [], 5n);
        book.issue(newGrant({ id: newUuid(), grantedNano: 7n, expiresAtMs: T0 + MINUTE }), facts);
        charge(book, [{ grant, amountNano: 1n }]);
      });
      expect(await failing(own.db)).toEqual([]);
      await breakIt(own.ownerDb, teamId, grant.id);
      expect((await failing(own.db)).sort()).toEqual(expected);
      const { checks } = await ledgerHealth(own.db, now);
      const named = checks
        .filter(({ ok }) => !ok)
        .every(({ sample }) => sample[0]?.startsWith(`team ${teamId}: `));
      expect(named).toBe(true);
    } finally {
      await own.close();
    }
  });
});
