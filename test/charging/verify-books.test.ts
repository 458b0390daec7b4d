import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { CHARGE_CHECKS } from '../../src/charging/charge-checks.ts';
import { reverseCharge } from '../../src/charging/reverse-charge.ts';
import { verifyAllBooks, verifyBooks } from '../../src/charging/verify-books.ts';
import { checkpointCommand, verifyCommand } from '../../src/charging/verify-command.ts';
import { type Db, inTransaction } from '../../src/db/client.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { checkpointKey } from '../../src/ledger/checkpoint.ts';
import { ledgerHealth } from '../../src/ledger/health.ts';
import type { TeamVerification } from '../../src/ledger/verify.ts';
import { expectHealthy } from '../support/audit.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { usage, worldOn } from '../support/world.ts';

const key = checkpointKey('11'.repeat(32));
const now = new Date();
const folder = mkdtempSync(join(tmpdir(), 'drawdown-books-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Books extends Pick<TestDatabase, 'db' | 'ownerDb'> {
  readonly teamId: Uuid;
}

/** A team with charges of every kind: paid, partly debt, unbilled, free, reversed. */
async function withBooks(work: (books: Books) => Promise<void>): Promise<void> {
  const database = await testDatabase();
  try {
    const { db, ownerDb } = database;
    await work({ db, ownerDb, teamId: await teamWithCharges(db) });
  } finally {
    await database.close();
  }
}

async function teamWithCharges(db: Db): Promise<Uuid> {
  const world = worldOn(db);
  const [model, free] = [`m-${newUuid()}`, `free-${newUuid()}`];
  await world.model(model, { REQUEST: '1' });
  await world.model(free, { REQUEST: '0' });
  const teamId = await world.team({ debtLimit: '2' });
  await world.grant(teamId, '1', { expiresAt: new Date(now.getTime() + 3_600_000) });
  await world.grant(teamId, '4', { kind: 'PREPAID' });
  const results = [
    ...(await world.charge(usage(teamId, model, { REQUEST: 2 }), usage(teamId, model, { REQUEST: 2 }))),
    ...(await world.charge(usage(teamId, model, { REQUEST: 3 }, { afterTheFact: true }))),
    ...(await world.charge(usage(teamId, model, { REQUEST: 9 }, { afterTheFact: true }))),
    ...(await world.charge(usage(teamId, free, { REQUEST: 1 }))),
  ];
  const charges = results.map((result) => {
    if (!result.ok) throw new Error(result.refusal.message);
    return result.charge;
  });
  for (const charge of [charges[0], charges[3]]) {
    if (!charge) throw new Error('there are five charges');
    const input = { chargeId: charge.id, reason: 'test', idempotencyKey: newUuid() };
    await inTransaction(db, (tx) => reverseCharge(tx, input, SYSTEM_ACTOR, now));
  }
  return teamId;
}

describe('charges and their entries', () => {
  test('agree after charges, debt, unbilled and free usage and reversals', () =>
    withBooks(async ({ db, teamId }) => {
      expect(await verifyBooks(db, teamId, { key })).toMatchObject({ ok: true, problems: [] });
      await expectHealthy(db);
    }));

  const faults: [string, (books: Books) => Promise<unknown>, string][] = [
    [
      'an amount',
      ({ ownerDb, teamId }) => ownerDb.sql`update charges set amount_nano = amount_nano + 1
        where team_id = ${teamId} and from_seq = 3`,
      'charges-are-their-entries',
    ],
    [
      'a debt',
      ({ ownerDb, teamId }) => ownerDb.sql`update charges set debt_nano = 1
        where team_id = ${teamId} and debt_nano is not null`,
      'charges-are-their-entries',
    ],
    [
      'a range',
      ({ ownerDb, teamId }) => ownerDb.sql`update charges set to_seq = to_seq + 1
        where team_id = ${teamId} and from_seq = 3`,
      'charges-are-their-entries',
    ],
    [
      'a status',
      ({ ownerDb, teamId }) =>
        ownerDb.sql`update charges set status = 1 where team_id = ${teamId} and status = 2`,
      'charges-are-their-entries',
    ],
    [
      'a charge taken away',
      ({ ownerDb, teamId }) =>
        ownerDb.sql`delete from charges where team_id = ${teamId} and debt_nano is not null`,
      'charges-are-their-entries',
    ],
    [
      'the amount of a reversal',
      ({ ownerDb, teamId }) =>
        ownerDb.sql`update reversals set amount_nano = 1 where team_id = ${teamId} and from_seq is not null`,
      'reversals-are-their-entries',
    ],
    [
      'a reversal taken away',
      ({ ownerDb, teamId }) =>
        ownerDb.sql`delete from reversals where team_id = ${teamId} and from_seq is not null`,
      'reversals-are-their-entries',
    ],
    [
      'a reversal of nothing',
      ({ ownerDb, teamId }) => ownerDb.sql`
        insert into reversals (team_id, charge_id, id, amount_nano, posted_at, actor_kind, reason)
        values (${teamId}, ${newUuid()}, ${newUuid()}, 0, '2026-01-01Z', 0, 'none')`,
      'reversals-are-their-entries',
    ],
    [
      'a free charge taken away',
      ({ ownerDb, teamId }) => ownerDb.sql`delete from charges where team_id = ${teamId} and amount_nano = 0`,
      'wallets-count-their-charges',
    ],
  ];
  test.for(faults)('disagree when somebody changes %s', ([, breakIt, check]) =>
    withBooks(async (books) => {
      await breakIt(books);
      const { db, teamId } = books;
      const { checks } = await ledgerHealth(db, now, CHARGE_CHECKS);
      expect(checks.filter(({ ok }) => !ok).map(({ name }) => name)).toContain(check);
      const { ok, problems } = await verifyBooks(db, teamId, { key });
      expect(ok).toBe(false);
      expect(problems.every(({ fault }) => fault === 'CHARGE_MISMATCH')).toBe(true);
    }),
  );
});

describe('the books of all teams', () => {
  test('are proved one by one, and a team that is gone is missed', () =>
    withBooks(async ({ db, teamId }) => {
      const other = await teamWithCharges(db);
      const gone = newUuid();
      const exported = new Map([
        [gone, [key.sign({ teamId: gone, seq: 5n, hash: '00'.repeat(32), at: now })]],
      ]);
      const verified: TeamVerification[] = [];
      for await (const one of verifyAllBooks(db, { key, exported })) verified.push(one);
      expect(verified.map((one) => [one.teamId, one.ok])).toEqual([
        ...[teamId, other].sort().map((id) => [id, true]),
        [gone, false],
      ]);
      expect(verified[2]?.problems).toMatchObject([{ seq: 5n, fault: 'CHECKPOINT_MISMATCH' }]);
    }));
});

describe('the verify command', () => {
  test('prints a summary, and says yes when everything fits', () =>
    withBooks(async ({ db, teamId }) => {
      const lines: string[] = [];
      const print = (line: string) => lines.push(line);
      const file = join(folder, 'checkpoints.jsonl');
      await checkpointCommand(db, { key, file, now, print });
      expect(await verifyCommand(db, { key, now, print, checkpointFile: file })).toBe(true);
      expect(await verifyCommand(db, { key, now, print, teamId })).toBe(true);
      const [{ seq } = { seq: 0n }] = await db.sql<{ seq: bigint }[]>`select seq from wallets`;
      expect(lines).toEqual([
        `Heads signed by key ${key.id}: 1. Checkpoints in ${file}: 1.`,
        `Teams: 1, entries: ${seq}, signed checkpoints: 2. Everything fits.`,
        `Teams: 1, entries: ${seq}, signed checkpoints: 1. Everything fits.`,
      ]);
    }));

  test('names what does not fit, and says no', () =>
    withBooks(async ({ db, ownerDb, teamId }) => {
      await ownerDb.sql`update entries set amount_nano = 7 where team_id = ${teamId} and seq = 3`;
      const lines: string[] = [];
      expect(await verifyCommand(db, { key, now, print: (line) => lines.push(line) })).toBe(false);
      expect(lines[0]).toMatch(`${publicId('team', teamId)}: entry 3: HASH_MISMATCH: `);
      expect(lines.some((line) => line.startsWith('wallets-are-the-sum-of-entries: broken 1 times.'))).toBe(
        true,
      );
      expect(lines.at(-1)).toMatch(/Teams with books that do not fit: 1\.$/);
    }));
});
