import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { type Db, inTransaction } from '../../src/db/client.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { type Checkpoint, checkpointKey, checkpointLine } from '../../src/ledger/checkpoint.ts';
import {
  loadCheckpointKey,
  readCheckpointFile,
  writeCheckpointFile,
} from '../../src/ledger/checkpoint-file.ts';
import { allCheckpoints, checkpointsOf, writeCheckpoints } from '../../src/ledger/checkpoints.ts';
import { entriesAfter } from '../../src/ledger/entries.ts';
import { type Entry, entryHash, GENESIS_HASH } from '../../src/ledger/entry.ts';
import { lockBook, openLedger, writeBooks } from '../../src/ledger/post.ts';
import { type TeamVerification, verifyTeam } from '../../src/ledger/verify.ts';
import { charge, giveBack, newGrant, T0 } from '../support/books.ts';
import { useDatabase } from '../support/database.ts';
import { databaseStage, History, histories, MINUTE } from '../support/history.ts';

const database = useDatabase();
const key = checkpointKey('11'.repeat(32));
const folder = mkdtempSync(join(tmpdir(), 'drawdown-verify-'));
afterAll(() => rmSync(folder, { recursive: true }));

const facts = { actor: { kind: 0, id: null } } as const;

async function newTeam(db: Db): Promise<Uuid> {
  const teamId = newUuid();
  await inTransaction(db, (tx) => openLedger(tx, teamId, new Date(T0), 0n));
  return teamId;
}

/** A team with seven entries: two grants, two charges of the first, a reversal, an expiry and a void. */
async function teamWithHistory(): Promise<{ teamId: Uuid; grantId: Uuid; otherGrantId: Uuid }> {
  const { db } = database;
  const teamId = await newTeam(db);
  const grant = newGrant({ id: newUuid(), grantedNano: 100n });
  const other = newGrant({ id: newUuid(), grantedNano: 50n, expiresAtMs: T0 + MINUTE });
  const post = (minute: number, work: Parameters<ReturnType<typeof databaseStage>['transaction']>[2]) =>
    databaseStage(db, teamId).transaction(T0 + minute * MINUTE, [grant.id], work);
  await post(0, (book) => {
    book.issue(grant, facts);
    book.issue(other, facts);
  });
  await post(2, (book) => charge(book, [{ grant: book.grant(grant.id) ?? grant, amountNano: 30n }]));
  await post(3, (book) => charge(book, [{ grant: book.grant(grant.id) ?? grant, amountNano: 20n }]));
  await post(4, (book) => giveBack(book, book.grant(grant.id) ?? grant, 20n));
  await post(5, (book) => book.void(book.grant(grant.id) ?? grant, facts));
  return { teamId, grantId: grant.id, otherGrantId: other.id };
}

const verified = (teamId: Uuid, exported?: readonly Checkpoint[]): Promise<TeamVerification> =>
  verifyTeam(database.db, teamId, { key, exported });

/** Recomputes all hashes of a stream as the owner of the tables, and the wallet's: what a thorough forger would do. */
async function rehash(teamId: Uuid): Promise<void> {
  const { ownerDb } = database;
  let hash = GENESIS_HASH;
  const entries: Entry[] = await entriesAfter(ownerDb, teamId, 0n, 1000);
  for (const entry of entries) {
    hash = entryHash(hash, entry);
    await ownerDb.sql`update entries set hash = decode(${hash}, 'hex') where team_id = ${teamId} and seq = ${entry.seq}`;
  }
  const seq = entries.at(-1)?.seq ?? 0n;
  await ownerDb.sql`
    update wallets set head_hash = decode(${hash}, 'hex'), seq = ${seq} where team_id = ${teamId}`;
}

describe('verifying a team', () => {
  test('proves any history', async () => {
    const property = fc.asyncProperty(histories, fc.boolean(), async (steps, withDebt) => {
      const teamId = await newTeam(database.db);
      const history = new History(databaseStage(database.db, teamId), withDebt);
      for (const step of steps) await history.play(step);
      const { ok, problems } = await verified(teamId);
      expect(problems).toEqual([]);
      expect(ok).toBe(true);
    });
    await fc.assert(property, { numRuns: 25 });
  }, 60_000);

  test('says how much it recomputed', async () => {
    const { teamId } = await teamWithHistory();
    const result = await verified(teamId);
    expect(result).toMatchObject({ teamId, ok: true, entries: 7n, checkpoints: 0, problems: [] });
    const [wallet] = await database.db.sql`
      select encode(head_hash, 'hex') as hash from wallets where team_id = ${teamId}`;
    expect(result.headHash).toBe(wallet?.hash);
  });

  test('proves a team without entries, and refuses an unknown one', async () => {
    expect(await verified(await newTeam(database.db))).toMatchObject({ ok: true, entries: 0n });
    await expect(verified(newUuid())).rejects.toThrow(/was not found/);
  });

  test('goes through a stream of many chunks', async () => {
    const teamId = await newTeam(database.db);
    const grant = newGrant({ id: newUuid(), grantedNano: 5000n });
    await databaseStage(database.db, teamId).transaction(T0, [], (book) => {
      book.issue(grant, facts);
      for (let i = 0; i < 2500; i++) charge(book, [{ grant, amountNano: 2n }]);
    });
    expect(await verified(teamId)).toMatchObject({ ok: true, entries: 2501n });
    await database.ownerDb.sql`update entries set amount_nano = 3 where team_id = ${teamId} and seq = 2001`;
    expect((await verified(teamId)).problems).toMatchObject([{ seq: 2001n, fault: 'HASH_MISMATCH' }]);
  });

  test('looks at what was there when it began, whatever is posted meanwhile', async () => {
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
    for (let i = 0; i < 30; i++) expect((await verified(teamId)).problems).toEqual([]);
    stop = true;
    await posting;
  });
});

describe('tampering', () => {
  const asOwner = () => database.ownerDb.sql;
  const tampers: [
    string,
    (teamId: Uuid, grantId: Uuid) => Promise<unknown>,
    { seq: bigint | null; fault: string },
  ][] = [
    [
      'an amount',
      (id) => asOwner()`update entries set amount_nano = 31 where team_id = ${id} and seq = 4`,
      { seq: 4n, fault: 'HASH_MISMATCH' },
    ],
    [
      'an amount, with all hashes made to fit',
      async (id) => {
        await asOwner()`update entries set amount_nano = 31 where team_id = ${id} and seq = 4`;
        await rehash(id);
      },
      { seq: 4n, fault: 'GRANT_MISMATCH' },
    ],
    [
      'an amount with its balances, and all hashes made to fit',
      async (id) => {
        await asOwner()`
          update entries set amount_nano = amount_nano + 1, available_after_nano = available_after_nano - 1,
            unrestricted_after_nano = unrestricted_after_nano - 1, grant_after_nano = grant_after_nano - 1
          where team_id = ${id} and seq = 4`;
        await rehash(id);
      },
      { seq: 5n, fault: 'GRANT_MISMATCH' },
    ],
    [
      'a reason',
      (id) => asOwner()`update entries set reason = 'other' where team_id = ${id} and seq = 6`,
      { seq: 6n, fault: 'HASH_MISMATCH' },
    ],
    [
      'a posting time',
      async (id) => {
        await asOwner()`update entries set posted_at = posted_at - interval '1 hour' where team_id = ${id} and seq = 5`;
        await rehash(id);
      },
      { seq: 5n, fault: 'TIME_REVERSED' },
    ],
    [
      'a middle entry, taken away',
      async (id) => {
        await asOwner()`delete from entries where team_id = ${id} and seq = 3`;
        await rehash(id);
      },
      { seq: 4n, fault: 'MISSING_ENTRY' },
    ],
    [
      'the last entry, taken away',
      (id) => asOwner()`delete from entries where team_id = ${id} and seq = 7`,
      { seq: 7n, fault: 'MISSING_ENTRY' },
    ],
    [
      'the order of two entries',
      async (id) => {
        await asOwner()`update entries set seq = 100 where team_id = ${id} and seq = 4`;
        await asOwner()`update entries set seq = 4 where team_id = ${id} and seq = 5`;
        await asOwner()`update entries set seq = 5 where team_id = ${id} and seq = 100`;
      },
      { seq: 4n, fault: 'HASH_MISMATCH' },
    ],
    [
      'an entry added after the last',
      (id) => asOwner()`
        insert into entries select team_id, 8, posting_id, kind, debit_account, credit_account, debit_ref, credit_ref,
          amount_nano, available_after_nano, prepaid_after_nano, unrestricted_after_nano, held_after_nano,
          disputed_after_nano, unpaid_after_nano, grant_after_nano, posted_at, occurred_at, actor_kind, actor_id, reason,
          corrects_seq, hash from entries where team_id = ${id} and seq = 7`,
      { seq: null, fault: 'WALLET_MISMATCH' },
    ],
    ...(
      [
        'available_nano',
        'prepaid_nano',
        'unrestricted_nano',
        'held_nano',
        'disputed_nano',
        'unpaid_nano',
      ] as const
    ).map((column): (typeof tampers)[number] => [
      `${column} of the wallet`,
      (id) => asOwner()`update wallets set ${asOwner()(column)} = 1 where team_id = ${id}`,
      { seq: null, fault: 'WALLET_MISMATCH' },
    ]),
    [
      'the hash in the wallet',
      (id) =>
        asOwner()`update wallets set head_hash = decode(${'ab'.repeat(32)}, 'hex') where team_id = ${id}`,
      { seq: null, fault: 'WALLET_MISMATCH' },
    ],
    [
      'when something falls due next',
      (id) => asOwner()`update wallets set next_due_at = '2030-01-01Z' where team_id = ${id}`,
      { seq: null, fault: 'WALLET_MISMATCH' },
    ],
    [
      'what is left of a grant',
      (id, grant) => asOwner()`update grants set remaining_nano = 1 where team_id = ${id} and id = ${grant}`,
      { seq: null, fault: 'GRANT_ROW_MISMATCH' },
    ],
    [
      'what was spent of a grant',
      (id, grant) => asOwner()`update grants set spent_nano = 29 where team_id = ${id} and id = ${grant}`,
      { seq: null, fault: 'GRANT_ROW_MISMATCH' },
    ],
    [
      'the status of a grant',
      (id, grant) => asOwner()`update grants set status = 'OPEN' where team_id = ${id} and id = ${grant}`,
      { seq: null, fault: 'GRANT_ROW_MISMATCH' },
    ],
    [
      'the kind of a grant',
      (id, grant) => asOwner()`update grants set kind = 'PREPAID' where team_id = ${id} and id = ${grant}`,
      { seq: 1n, fault: 'BALANCE_MISMATCH' },
    ],
    [
      'the scope of a grant',
      (id, grant) =>
        asOwner()`update grants set scope_product = 'chat' where team_id = ${id} and id = ${grant}`,
      { seq: 1n, fault: 'BALANCE_MISMATCH' },
    ],
    [
      'how much was granted',
      (id, grant) => asOwner()`update grants set granted_nano = 200 where team_id = ${id} and id = ${grant}`,
      { seq: 1n, fault: 'GRANT_MISMATCH' },
    ],
    [
      'a grant, taken away',
      (id, grant) => asOwner()`delete from grants where team_id = ${id} and id = ${grant}`,
      { seq: 1n, fault: 'GRANT_MISMATCH' },
    ],
    [
      'what is held of a grant',
      (id, grant) => asOwner()`update grants set held_nano = 1 where team_id = ${id} and id = ${grant}`,
      { seq: null, fault: 'WALLET_MISMATCH' },
    ],
    [
      'when the wallet was written',
      (id) => asOwner()`update wallets set head_posted_at = '2025-01-01Z' where team_id = ${id}`,
      { seq: null, fault: 'WALLET_MISMATCH' },
    ],
    [
      'a spent grant added to the table',
      (id) => asOwner()`
        insert into grants (team_id, id, kind, source, granted_nano, remaining_nano, effective_at, status, created_at, actor_kind)
        values (${id}, ${newUuid()}, 'PREPAID', 'PURCHASE', 5, 0, '2026-01-01Z', 'SPENT', '2026-01-01Z', 0)`,
      { seq: null, fault: 'GRANT_ROW_MISMATCH' },
    ],
    [
      'a grant added to the table',
      (id) => asOwner()`
        insert into grants (team_id, id, kind, source, granted_nano, remaining_nano, effective_at, status, created_at, actor_kind)
        values (${id}, ${newUuid()}, 'PREPAID', 'PURCHASE', 5, 5, '2026-01-01Z', 'OPEN', '2026-01-01Z', 0)`,
      { seq: null, fault: 'GRANT_ROW_MISMATCH' },
    ],
  ];
  test.for(tampers)('with %s is found and named', async ([, tamper, expected]) => {
    const { teamId, grantId } = await teamWithHistory();
    await tamper(teamId, grantId);
    const { ok, problems } = await verified(teamId);
    expect(ok).toBe(false);
    expect(problems[0]).toMatchObject(expected);
  });

  test.for([
    'update entries set amount_nano = 1',
    'delete from entries',
    'truncate entries',
    'update checkpoints set seq = 1',
    'delete from checkpoints',
    'delete from wallets',
    'delete from grants',
  ])('is refused to the server itself: %s', async (statement) => {
    await expect(database.db.sql.unsafe(statement)).rejects.toThrow(/permission denied/);
  });
});

describe('signed checkpoints', () => {
  const now = new Date(T0 + 60 * MINUTE);

  test('are written for every team whose stream has moved, once', async () => {
    const { teamId } = await teamWithHistory();
    await writeCheckpoints(database.db, key, now);
    expect(await writeCheckpoints(database.db, key, now)).toBe(0);
    const [checkpoint] = await checkpointsOf(database.db, teamId);
    expect(checkpoint).toMatchObject({ teamId, seq: 7n, at: now, keyId: key.id });
    expect(await verified(teamId)).toMatchObject({ ok: true, checkpoints: 1 });
    await inTransaction(database.db, async (tx) => {
      const book = await lockBook(tx, teamId, now.getTime());
      book?.issue(newGrant({ id: newUuid() }), facts);
      await writeBooks(tx, book ? [book] : []);
    });
    expect(await writeCheckpoints(database.db, key, now)).toBe(1);
    expect(await verified(teamId)).toMatchObject({ ok: true, checkpoints: 2 });
  });

  test('show a history that was rewritten without a flaw', async () => {
    const { teamId } = await teamWithHistory();
    await writeCheckpoints(database.db, key, now);
    await database.ownerDb.sql`update entries set reason = 'other' where team_id = ${teamId} and seq = 4`;
    await rehash(teamId);
    const { problems } = await verified(teamId);
    expect(problems).toMatchObject([{ seq: 7n, fault: 'CHECKPOINT_MISMATCH' }]);
    await database.ownerDb.sql`delete from checkpoints where team_id = ${teamId}`;
    expect(await verified(teamId)).toMatchObject({ ok: true });
  });

  test('show a tail that was cut without a flaw, when they were kept outside of the database', async () => {
    const { teamId, grantId } = await teamWithHistory();
    await writeCheckpoints(database.db, key, now);
    const path = join(folder, 'checkpoints.jsonl');
    await writeCheckpointFile(path, allCheckpoints(database.db));
    const { ownerDb } = database;
    await ownerDb.sql`delete from checkpoints where team_id = ${teamId}`;
    await ownerDb.sql`delete from entries where team_id = ${teamId} and seq > 6`;
    await ownerDb.sql`
      update grants set voided_nano = 0, remaining_nano = 70, status = 'OPEN', closed = false
      where team_id = ${teamId} and id = ${grantId}`;
    await ownerDb.sql`update wallets set available_nano = 70, unrestricted_nano = 70 where team_id = ${teamId}`;
    await rehash(teamId);
    expect(await verified(teamId)).toMatchObject({ ok: true, entries: 6n });
    const exported = (await readCheckpointFile(path)).get(teamId);
    expect((await verified(teamId, exported)).problems).toMatchObject([
      { seq: 7n, fault: 'CHECKPOINT_MISMATCH', message: expect.stringContaining('the tail was cut') },
    ]);
  });

  const forgeries: [string, (checkpoint: Checkpoint) => Checkpoint][] = [
    ['of another hash', (checkpoint) => ({ ...checkpoint, hash: 'ab'.repeat(32) })],
    ['of another entry', (checkpoint) => ({ ...checkpoint, seq: 6n })],
    ['of another time', (checkpoint) => ({ ...checkpoint, at: new Date(T0) })],
    ['by another key', (checkpoint) => checkpointKey('22'.repeat(32)).sign(checkpoint)],
    [
      'by another key that says it is this one',
      (c) => ({ ...checkpointKey('22'.repeat(32)).sign(c), keyId: key.id }),
    ],
    ['without a signature', (checkpoint) => ({ ...checkpoint, signature: '' })],
  ];
  test.for(forgeries)('%s are reported as forged', async ([, forge]) => {
    const { teamId } = await teamWithHistory();
    const { headHash } = await verified(teamId);
    const forged = forge(key.sign({ teamId, seq: 7n, hash: headHash, at: now }));
    const { problems } = await verified(teamId, [forged]);
    expect(problems).toMatchObject([{ seq: forged.seq, fault: 'CHECKPOINT_FORGED' }]);
  });

  test('come back from a file as they were written', async () => {
    const { teamId } = await teamWithHistory();
    await writeCheckpoints(database.db, key, now);
    const path = join(folder, 'all.jsonl');
    const written = await writeCheckpointFile(path, allCheckpoints(database.db));
    const read = await readCheckpointFile(path);
    expect([...read.values()].flat()).toHaveLength(written);
    expect(read.get(teamId)).toEqual(await checkpointsOf(database.db, teamId));
  });

  test('of a broken file are refused by line', async () => {
    const path = join(folder, 'broken.jsonl');
    const line = checkpointLine(key.sign({ teamId: newUuid(), seq: 1n, hash: 'ab'.repeat(32), at: now }));
    for (const broken of ['nonsense', '{}', line.replace('"seq":"1"', '"seq":"x"'), line.slice(0, -1)]) {
      writeFileSync(path, `${line}\n\n${broken}\n`);
      await expect(readCheckpointFile(path)).rejects.toThrow('Line 3 is no checkpoint.');
    }
  });

  test('keep the file that was there when a new one cannot be completed', async () => {
    const path = join(folder, 'kept.jsonl');
    writeFileSync(path, 'kept');
    const failing = (async function* () {
      yield [key.sign({ teamId: newUuid(), seq: 1n, hash: 'ab'.repeat(32), at: now })];
      throw new Error('the database went away');
    })();
    await expect(writeCheckpointFile(path, failing)).rejects.toThrow('went away');
    expect(readFileSync(path, 'utf8')).toBe('kept');
  });
});

describe('the key of checkpoints', () => {
  test('is made once, for its owner only, and used again', () => {
    const config = { CHECKPOINT_KEY: undefined, DATA_DIR: join(folder, 'data') };
    const made = loadCheckpointKey(config);
    expect(loadCheckpointKey(config).id).toBe(made.id);
    expect(statSync(join(config.DATA_DIR, 'checkpoint.key')).mode & 0o777).toBe(0o600);
  });

  test('is the configured one where there is one', () => {
    expect(loadCheckpointKey({ CHECKPOINT_KEY: '11'.repeat(32), DATA_DIR: '/nowhere' }).id).toBe(key.id);
  });

  test('is refused from a file that holds something else', () => {
    const data = join(folder, 'other');
    loadCheckpointKey({ CHECKPOINT_KEY: undefined, DATA_DIR: data });
    chmodSync(join(data, 'checkpoint.key'), 0o600);
    writeFileSync(join(data, 'checkpoint.key'), 'something');
    expect(() => loadCheckpointKey({ CHECKPOINT_KEY: undefined, DATA_DIR: data })).toThrow('64 hex digits');
  });
});
