import { expect, onTestFinished, test } from 'vitest';
import { bookDueExpiries, nextDueAt } from '../../src/grants/expire.ts';
import { expiryLoop } from '../../src/grants/expiry-loop.ts';
import type { Uuid } from '../../src/id.ts';
import { ENTRY_KIND } from '../../src/ledger/account.ts';
import { balanceOf } from '../../src/ledger/balance.ts';
import { entriesAfter } from '../../src/ledger/entries.ts';
import { isLedgerPosted } from '../../src/ledger/posted.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { worldOn } from '../support/world.ts';

const database = useDatabase();
const HOUR = 3_600_000;
const silent = { warn: () => undefined };

const kindsOf = async (teamId: Uuid) =>
  (await entriesAfter(database.db, teamId, 0n, 100)).map(({ kind }) => kind);

test('books the expiries and starts of all teams that are due, once, however many processes do it', async () => {
  const clock = movableClock();
  const world = worldOn(database.db, clock);
  const at = (hours: number) => new Date(clock.now().getTime() + hours * HOUR);
  const teams = await Promise.all(Array.from({ length: 12 }, () => world.team()));
  for (const team of teams) {
    await world.grant(team, '5', { expiresAt: at(1) });
    await world.grant(team, '7', { effectiveAt: at(2) });
    await world.grant(team, '9', { expiresAt: at(50) });
  }
  expect(await nextDueAt(database.db)).toEqual(at(1));
  clock.advance(3 * HOUR);
  while ((await Promise.all([1, 2, 3].map(() => bookDueExpiries(database.db, clock, 5)))).includes(true));
  for (const team of teams) {
    const { ISSUE, EXPIRY } = ENTRY_KIND;
    expect(await kindsOf(team)).toEqual([ISSUE, ISSUE, EXPIRY, ISSUE]);
    expect((await balanceOf(database.db, team, clock.now()))?.balances.availableNano).toBe(16_000_000_000n);
  }
  expect(await nextDueAt(database.db)).toEqual(at(47));
});

test('one team that cannot be booked does not keep the others from being booked', async () => {
  const clock = movableClock(Date.UTC(2030, 0, 1));
  const world = worldOn(database.db, clock);
  const expiresAt = new Date(clock.now().getTime() + HOUR);
  const teams = await Promise.all([1, 2, 3, 4].map(() => world.team()));
  for (const team of teams) await world.grant(team, '5', { expiresAt });
  const [broken = ''] = teams;
  await database.ownerDb.sql`update wallets set available_nano = 1 where team_id = ${broken}`;
  clock.advance(2 * HOUR);
  await expect(bookDueExpiries(database.db, clock, 50)).rejects.toThrow('never negative');
  for (const team of teams.slice(1)) expect(await kindsOf(team)).toHaveLength(2);
  expect(await kindsOf(broken)).toHaveLength(1);
  await database.ownerDb.sql`update wallets set available_nano = 5000000000 where team_id = ${broken}`;
  await bookDueExpiries(database.db, clock, 50);
});

test('the loop books an expiry when it is due, without anybody touching the team', async () => {
  const world = worldOn(database.db);
  const loop = expiryLoop(database.db, world.clock, silent);
  onTestFinished(() => loop.stop());
  const team = await world.team();
  const expiresAt = new Date(world.clock.now().getTime() + 400);
  const posted = new Promise<number>((resolve) => {
    database.db.onCommitted((facts) => {
      for (const fact of facts) {
        if (isLedgerPosted(fact) && fact.entries[0]?.kind === ENTRY_KIND.EXPIRY) resolve(fact.atMs);
      }
    });
  });
  await world.grant(team, '5', { expiresAt });
  loop.start();
  const lateMs = (await posted) - expiresAt.getTime();
  expect(lateMs).toBeGreaterThanOrEqual(0);
  expect(lateMs).toBeLessThan(1_000);
});
