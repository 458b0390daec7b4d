import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Db, inTransaction } from '../../src/db/client.ts';
import { DomainError } from '../../src/domain-error.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { balanceAt, balanceOf, readBook } from '../../src/ledger/balance.ts';
import { lockBook, openLedger, writeBooks } from '../../src/ledger/post.ts';
import { charge, giveBack, newGrant, T0 } from '../support/books.ts';
import { useDatabase } from '../support/database.ts';
import { databaseStage, History, histories, MINUTE, type Step } from '../support/history.ts';

const database = useDatabase();

async function newTeam(db: Db): Promise<Uuid> {
  const teamId = newUuid();
  await inTransaction(db, (tx) => openLedger(tx, teamId, new Date(T0), 0n));
  return teamId;
}

/** What the API promises to be the same now and for ever. */
async function answerAt(db: Db, teamId: Uuid, atMs: number, nowMs: number) {
  const balance = await balanceAt(db, teamId, new Date(atMs), new Date(nowMs));
  return { balances: balance?.balances, seq: balance?.seq };
}

async function answerNow(db: Db, teamId: Uuid, nowMs: number) {
  const balance = await balanceOf(db, teamId, new Date(nowMs));
  return { balances: balance?.balances, seq: balance?.seq };
}

describe('the balance of a team', () => {
  test('is nothing for a team without credit, and unknown for no team', async () => {
    const teamId = await newTeam(database.db);
    const now = new Date(T0);
    const balance = await balanceOf(database.db, teamId, now);
    expect(balance).toMatchObject({ seq: 0n, nextDueAtMs: null, asOfMs: T0 });
    expect(Object.values(balance?.balances ?? {})).toEqual([0n, 0n, 0n, 0n, 0n, 0n]);
    expect(await balanceOf(database.db, newUuid(), now)).toBeUndefined();
    expect(await balanceAt(database.db, newUuid(), now, now)).toBeUndefined();
  });

  test('subtracts what has expired and adds what has started, though nobody has booked it', async () => {
    const { db } = database;
    const teamId = await newTeam(db);
    await inTransaction(db, async (tx) => {
      const book = await lockBook(tx, teamId, T0);
      const facts = { actor: { kind: 0, id: null } } as const;
      book?.issue(newGrant({ grantedNano: 5n, expiresAtMs: T0 + 2 * MINUTE }), facts);
      book?.issue(newGrant({ grantedNano: 7n, effectiveAtMs: T0 + 4 * MINUTE }), facts);
      await writeBooks(tx, book ? [book] : []);
    });
    const at = async (minute: number) => {
      const balance = await balanceOf(db, teamId, new Date(T0 + minute * MINUTE));
      return [balance?.balances.availableNano, balance?.seq, balance?.nextDueAtMs];
    };
    expect(await at(1)).toEqual([5n, 1n, T0 + 2 * MINUTE]);
    expect(await at(2)).toEqual([0n, 1n, T0 + 4 * MINUTE]);
    expect(await at(4)).toEqual([7n, 1n, null]);
    const [row] = await db.sql`select seq, available_nano from wallets where team_id = ${teamId}`;
    expect(row).toEqual({ seq: 1n, available_nano: 5n });
  });

  test('of the future is refused', async () => {
    const teamId = await newTeam(database.db);
    const asked = balanceAt(database.db, teamId, new Date(T0 + 1), new Date(T0));
    await expect(asked).rejects.toThrow(DomainError);
    await expect(asked).rejects.toThrow('at: must not be in the future.');
  });

  test('before the first entry was nothing', async () => {
    const { db } = database;
    const teamId = await newTeam(db);
    const history = new History(databaseStage(db, teamId), false);
    await history.play(step({ what: 'ISSUE', pause: 5, amountNano: 3n }));
    const before = await answerAt(db, teamId, T0 + MINUTE, history.atMs);
    expect(before).toMatchObject({ seq: 0n, balances: { availableNano: 0n } });
    expect(await answerAt(db, teamId, T0 - 9 * MINUTE, history.atMs)).toEqual(before);
  });
});

describe('the balance at a past instant', () => {
  test('is what was answered then, through any later history, and what the grants held', async () => {
    const { db } = database;
    const property = fc.asyncProperty(histories, fc.boolean(), async (steps, withDebt) => {
      const teamId = await newTeam(db);
      const history = new History(databaseStage(db, teamId), withDebt);
      const answered = new Map<number, unknown>();
      for (const [i, next] of steps.entries()) {
        await history.play(next);
        // Also between this step and the next one, when dues pass that nobody has booked.
        const untilMs = history.atMs + (steps[i + 1]?.pause ?? 5) * MINUTE;
        for (let ms = history.atMs; ms < untilMs; ms += MINUTE) {
          const answer = await answerNow(db, teamId, ms);
          if (!withDebt) expect(answer.balances?.availableNano).toBe(history.remainingAt(ms));
          answered.set(ms, answer);
        }
      }
      const nowMs = history.atMs + 60 * MINUTE;
      for (const [ms, answer] of answered) {
        expect(await answerAt(db, teamId, ms, nowMs), `minute ${(ms - T0) / MINUTE}`).toEqual(answer);
      }
    });
    await fc.assert(property, { numRuns: 40 });
  }, 120_000);

  test('stays that of an expired grant after the grant was extended', async () => {
    const { db } = database;
    const teamId = await newTeam(db);
    const history = new History(databaseStage(db, teamId), false);
    await history.play(step({ what: 'ISSUE', amountNano: 9n, lasts: 3 }));
    await history.play(step({ what: 'EXTEND', pause: 7, lasts: 20 }));
    const availableAt = async (minute: number) =>
      (await answerAt(db, teamId, T0 + minute * MINUTE, history.atMs)).balances?.availableNano;
    expect(await Promise.all([0, 2, 3, 6, 7].map(availableAt))).toEqual([9n, 9n, 0n, 0n, 9n]);
  });

  test('is not changed by credit that comes back late and expires at once', async () => {
    const { db } = database;
    const teamId = await newTeam(db);
    const grant = newGrant({ grantedNano: 9n, expiresAtMs: T0 + 3 * MINUTE });
    const stage = databaseStage(db, teamId);
    const facts = { actor: { kind: 0, id: null } } as const;
    await stage.transaction(T0, [], (book) => {
      book.issue(grant, facts);
      charge(book, [{ grant, amountNano: 4n }]);
    });
    await stage.transaction(T0 + 10 * MINUTE, [grant.id], (book) => {
      const again = book.grant(grant.id);
      if (again) giveBack(book, again, 4n, { occurredAtMs: T0 });
    });
    const answers = await Promise.all(
      [0, 2, 3, 9, 10].map((minute) => answerAt(db, teamId, T0 + minute * MINUTE, T0 + 11 * MINUTE)),
    );
    expect(answers.map(({ balances }) => balances?.availableNano)).toEqual([5n, 5n, 0n, 0n, 0n]);
    expect(answers.map(({ seq }) => seq)).toEqual([2n, 2n, 2n, 2n, 5n]);
  });

  test('takes about as many index look-ups as the stream has binary digits', async () => {
    const { db } = database;
    const teamId = await newTeam(db);
    const stage = databaseStage(db, teamId);
    const grant = newGrant({ grantedNano: 5000n });
    for (let minute = 0; minute < 4; minute++) {
      await stage.transaction(T0 + minute * MINUTE, [], (book) => {
        if (minute === 0) book.issue(grant, { actor: { kind: 0, id: null } });
        const paying = book.grant(grant.id);
        for (let i = 0; i < 1000 && paying; i++) charge(book, [{ grant: paying, amountNano: 1n }]);
      });
    }
    await inTransaction(db, async (tx) => {
      const at = new Date(T0 + MINUTE);
      const balance = await balanceAt(tx, teamId, at, new Date(T0 + 9 * MINUTE));
      expect(balance).toMatchObject({ seq: 2001n, balances: { availableNano: 3000n } });
      const [reads] = await tx.sql`
        select seq_scan::int, idx_tup_fetch::int from pg_stat_xact_user_tables where relname = 'entries'`;
      expect(reads?.seq_scan).toBe(0);
      expect(reads?.idx_tup_fetch).toBeGreaterThan(10);
      expect(reads?.idx_tup_fetch).toBeLessThan(20);
    });
  });
});

describe('a book that is read to look at', () => {
  test('shows open grants as if everything due had been booked, and writes nothing', async () => {
    const { db } = database;
    const teamId = await newTeam(db);
    const history = new History(databaseStage(db, teamId), false);
    await history.play(step({ what: 'ISSUE', amountNano: 9n, lasts: 3 }));
    await history.play(step({ what: 'ISSUE', amountNano: 5n }));
    const book = await readBook(db, teamId, new Date(T0 + 4 * MINUTE));
    expect(book?.balances.availableNano).toBe(5n);
    expect([...(book?.grants ?? [])].map(({ status }) => status).sort()).toEqual(['EXPIRED', 'OPEN']);
    const [row] = await db.sql`select count(*)::int as entries from entries where team_id = ${teamId}`;
    expect(row?.entries).toBe(2);
  });
});

function step(changes: Partial<Step>): Step {
  const plain = {
    pause: 0,
    pick: 0,
    amountNano: 1n,
    prepaid: false,
    product: null,
    startsIn: 0,
    lasts: null,
  };
  return { what: 'NOTHING', ...plain, ...changes };
}
