import { expect, test, vi } from 'vitest';
import { entriesAfter } from '../../src/ledger/entries.ts';
import { type LiveFact, MemoryBus } from '../../src/live/bus.ts';
import { useDatabase } from '../support/database.ts';
import { usage, worldOn } from '../support/world.ts';
import { expectTiles, followTo, nextOf, rangeOf } from './following.ts';
import { LossyBus, liveServer } from './live-server.ts';

const database = useDatabase();

test('a posting whose hint is lost arrives with the poll, complete', async () => {
  const { live, world } = liveServer(database, { bus: new LossyBus(() => 'LOSE'), pollMs: 20 });
  const teamId = await world.team();
  await world.model('lost', { REQUEST: '1' });
  const feeds = [
    await live.balanceChanged({ teamId }),
    await live.ledgerEntryPosted({ teamId }),
    await live.spendUpdated({ teamId }),
  ] as const;
  for (const feed of feeds) expect(rangeOf(await nextOf(feed))).toBe('SNAPSHOT 1..0');
  await world.grant(teamId, '5');
  const [balance, log, spend] = [await nextOf(feeds[0]), await nextOf(feeds[1]), await nextOf(feeds[2])];
  expect([balance, log].map(rangeOf)).toEqual(['CHANGE 1..1', 'CHANGE 1..1']);
  expect(rangeOf(spend)).toBe('COALESCED 1..1');
  expect(balance.state.balances.availableNano).toBe(5_000_000_000n);
  const entries = await entriesAfter(world.db, teamId, 0n, 10);
  expect(balance.entries).toEqual(entries);
  expect(log.entries).toEqual(entries);
  await world.charge(usage(teamId, 'lost', { REQUEST: 2 }));
  const [event] = (await followTo(feeds[2], 2n)).slice(-1);
  expect(event?.state.figures.monthNano).toBe(2_000_000_000n);
});

test('postings of a process that publishes nothing here arrive', async () => {
  const { live, world } = liveServer(database, { pollMs: 20 });
  const teamId = await world.team();
  const feed = await live.balanceChanged({ teamId, after: 0n });
  await worldOn(database.db).grant(teamId, '1');
  expect(rangeOf(await nextOf(feed))).toBe('CHANGE 1..1');
});

test('hints that come twice, late or in another order change nothing', async () => {
  const fates = ['DELAY', 'REPEAT', 'DELAY', 'DELIVER', 'LOSE', 'REPEAT', 'DELAY', 'DELIVER'] as const;
  let next = 0;
  const bus = new LossyBus(() => fates[next++ % fates.length] ?? 'DELIVER');
  const { live, world } = liveServer(database, { bus, pollMs: 50 });
  const teamId = await world.team();
  const [balance, log] = [
    await live.balanceChanged({ teamId }),
    await live.ledgerEntryPosted({ teamId, after: 0n }),
  ];
  for (let i = 0; i < 24; i++) await world.grant(teamId, '1');
  const states = await followTo(balance, 24n);
  expectTiles(states, 0n);
  for (const { seq, state } of states) expect(state.balances.availableNano).toBe(seq * 1_000_000_000n);
  const events = await followTo(log, 24n);
  expectTiles(events, 0n);
  expect(events.flatMap(({ entries }) => entries)).toEqual(await entriesAfter(world.db, teamId, 0n, 100));
});

test('what is posted between joining the hub and reading the snapshot is told once', async () => {
  const bus = new MemoryBus();
  const { live, world, db } = liveServer(database, { bus });
  for (let round = 0; round < 10; round++) {
    const teamId = await world.team();
    await world.grant(teamId, '1');
    const opening = [
      live.balanceChanged({ teamId }),
      live.ledgerEntryPosted({ teamId, after: 0n }),
      live.spendUpdated({ teamId }),
    ];
    // Postings and reads race on connections of their own; the odd rounds let the reads go first.
    if (round % 2 === 1) await db.sql`select 1`;
    const posting = Promise.all([1, 2, 3].map(() => world.grant(teamId, '1')));
    const feeds = await Promise.all(opening);
    await posting;
    for (const feed of feeds) expectTiles(await followTo(feed, 4n), 0n);
    for (const feed of feeds) feed.end();
  }
});

test('a hint that comes after the snapshot it is part of is dropped', async () => {
  const bus = new MemoryBus();
  const held: LiveFact[] = [];
  const publish = bus.publish.bind(bus);
  bus.publish = (facts) => void held.push(...facts);
  const { live, world } = liveServer(database, { bus });
  const teamId = await world.team();
  await world.grant(teamId, '1');
  const feeds = [
    await live.balanceChanged({ teamId }),
    await live.ledgerEntryPosted({ teamId }),
    await live.spendUpdated({ teamId }),
  ];
  await world.grant(teamId, '1');
  publish(held);
  for (const feed of feeds)
    expect((await followTo(feed, 2n)).map(rangeOf)).toEqual(['SNAPSHOT 1..1', 'CHANGE 2..2']);
});

test('the poll asks for all watched teams in one statement', async () => {
  const { live, world, db } = liveServer(database, { pollMs: 15 });
  const teams = await Promise.all(Array.from({ length: 5 }, () => world.team()));
  const feeds = await Promise.all(teams.map((teamId) => live.balanceChanged({ teamId, after: 0n })));
  const asked = vi.spyOn(db, 'sql');
  const other = worldOn(database.db);
  for (const [index, teamId] of teams.entries()) {
    await other.grant(teamId, '1');
    await nextOf(feeds[index] ?? expect.fail());
  }
  const polls = asked.mock.calls.filter(([text]) => String(text).includes('join wallets w on'));
  expect(polls.length).toBeGreaterThan(0);
  for (const [, ids] of polls) expect(teams.filter((teamId) => String(ids).includes(teamId))).toEqual(teams);
});

test('feeds go on after the database was away', async () => {
  const { live, world, db } = liveServer(database, { bus: new LossyBus(() => 'LOSE'), pollMs: 20 });
  const other = worldOn(database.db);
  const teamId = await world.team();
  const feeds = [
    await live.balanceChanged({ teamId, after: 0n }),
    await live.ledgerEntryPosted({ teamId, after: 0n }),
    await live.spendUpdated({ teamId, after: 0n }),
  ];
  await database.ownerDb.sql`
    select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
  await vi.waitFor(() => database.db.sql`select 1`);
  await vi.waitFor(() => db.sql`select 1`);
  await vi.waitFor(() => other.grant(teamId, '1'));
  for (const feed of feeds) expectTiles(await followTo(feed, 1n), 0n);
});
