import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { inTransaction } from '../../src/db/client.ts';
import { issueGrant } from '../../src/grants/issue.ts';
import { newUuid } from '../../src/id.ts';
import { ENTRY_KIND } from '../../src/ledger/account.ts';
import { entriesAfter } from '../../src/ledger/entries.ts';
import type { Resume } from '../../src/live/live.ts';
import { useDatabase } from '../support/database.ts';
import { usage } from '../support/world.ts';
import { expectTiles, followTo, nextOf, rangeOf } from './following.ts';
import { liveServer } from './live-server.ts';

const database = useDatabase();

describe('balanceChanged', () => {
  test('begins with a snapshot from 1, and tells a lone posting at once with its entries and the new balance', async () => {
    const { live, world } = liveServer(database);
    const teamId = await world.team();
    await world.grant(teamId, '5');
    const feed = await live.balanceChanged({ teamId });
    const snapshot = await nextOf(feed);
    expect(rangeOf(snapshot)).toBe('SNAPSHOT 1..1');
    expect(snapshot.state.balances.availableNano).toBe(5_000_000_000n);
    const waiting = nextOf(feed);
    await world.grant(teamId, '2', { kind: 'PREPAID' });
    const change = await Promise.race([waiting, new Promise<never>((_, late) => setImmediate(late, 'late'))]);
    expect(rangeOf(change)).toBe('CHANGE 2..2');
    expect(change.state.balances).toMatchObject({
      availableNano: 7_000_000_000n,
      prepaidNano: 2_000_000_000n,
    });
    expect(change.state.grants).toHaveLength(2);
    expect(change.entries).toEqual(await entriesAfter(world.db, teamId, 1n, 10));
    expect(change.atMs).toBe(change.entries[0]?.postedAtMs);
  });

  test('of a team without entries begins with an empty snapshot', async () => {
    const { live, world } = liveServer(database);
    const feed = await live.balanceChanged({ teamId: await world.team() });
    expect(rangeOf(await nextOf(feed))).toBe('SNAPSHOT 1..0');
  });

  test('with "after" tells what followed, with its entries, and then goes on', async () => {
    const { live, world } = liveServer(database);
    const teamId = await world.team();
    for (const amount of ['1', '2', '3']) await world.grant(teamId, amount);
    const feed = await live.balanceChanged({ teamId, after: 1n });
    const missed = await nextOf(feed);
    expect(rangeOf(missed)).toBe('CHANGE 2..3');
    expect(missed.entries).toEqual(await entriesAfter(world.db, teamId, 1n, 10));
    await world.grant(teamId, '4');
    expect(rangeOf(await nextOf(feed))).toBe('CHANGE 4..4');
  });

  test('with the newest number as "after" has nothing to say until something is posted', async () => {
    const { live, world } = liveServer(database);
    const teamId = await world.team();
    await world.grant(teamId, '1');
    const feed = await live.balanceChanged({ teamId, after: 1n });
    const event = nextOf(feed);
    await world.grant(teamId, '2');
    expect(rangeOf(await event)).toBe('CHANGE 2..2');
  });

  test('tells what is too much to list as one event with the newest balance and no entries', async () => {
    const { live, world } = liveServer(database);
    const teamId = await world.team();
    await world.grant(teamId, '1000');
    await world.model('listed', { REQUEST: '1' });
    const feed = await live.balanceChanged({ teamId, after: 1n });
    const usages = Array.from({ length: 201 }, () => usage(teamId, 'listed', { REQUEST: 1 }));
    const results = await world.charge(...usages);
    expect(results.every((result) => result.ok)).toBe(true);
    const [event] = await followTo(feed, 202n);
    expect(event).toMatchObject({ kind: 'COALESCED', fromSeq: 2n, entries: [] });
    expect(event?.state.balances.availableNano).toBe(799_000_000_000n);
    const resumed = await live.balanceChanged({ teamId, after: 1n });
    expect(rangeOf(await nextOf(resumed))).toBe('COALESCED 2..202');
  });

  test('tells what follows too fast as one event, and what follows slowly one by one', async () => {
    const { live, world } = liveServer(database);
    const teamId = await world.team();
    const feed = await live.balanceChanged({ teamId, after: 0n });
    for (const seq of [1, 2, 3]) {
      await world.grant(teamId, '1');
      expect(rangeOf(await nextOf(feed))).toBe(`CHANGE ${seq}..${seq}`);
    }
    for (let i = 0; i < 40; i++) await world.grant(teamId, '1');
    const events = await followTo(feed, 43n);
    expectTiles(events, 3n);
    expect(events.length).toBeLessThan(30);
    expect(events.some(({ kind }) => kind === 'COALESCED')).toBe(true);
    for (const { seq, state } of events) expect(state.balances.availableNano).toBe(seq * 1_000_000_000n);
  });

  test('holds one event for a consumer that stalls, however much is posted', async () => {
    const { live, world } = liveServer(database);
    const teamId = await world.team();
    const open = () => live.balanceChanged({ teamId, after: 0n });
    const [stalled, longStalled, prompt] = [await open(), await open(), await open()];
    const events = [];
    for (let seq = 1n; seq <= 12n; seq++) {
      await world.grant(teamId, '1');
      events.push(...(await followTo(prompt, seq)));
      if (seq === 6n) expect(rangeOf(await nextOf(stalled))).toBe('COALESCED 1..6');
    }
    expect(events.map(rangeOf)).toEqual(events.map((_, index) => `CHANGE ${index + 1}..${index + 1}`));
    expect(rangeOf(await nextOf(stalled))).toBe('COALESCED 7..12');
    expect(rangeOf(await nextOf(longStalled))).toBe('COALESCED 1..12');
    await world.grant(teamId, '1');
    expect(await nextOf(stalled)).toBe(await nextOf(prompt));
  });

  test('sends at most ten events in any second, and fewer when told so', async () => {
    const { live, world } = liveServer(database);
    const teamId = await world.team();
    const timesOf = async (maxPerSecond?: number) => {
      const feed = await live.balanceChanged({ teamId }, maxPerSecond);
      const times: number[] = [];
      for await (const event of feed) {
        times.push(performance.now());
        if (event.seq >= last) return times;
      }
      return times;
    };
    let last = 2n ** 62n;
    const gathering = Promise.all([timesOf(), timesOf(3), timesOf(1)]);
    const end = performance.now() + 2_500;
    let seq = 0n;
    while (performance.now() < end) {
      await world.grant(teamId, '1');
      seq += 1n;
    }
    last = seq + 1n;
    await world.grant(teamId, '1');
    const [usual, three, one] = await gathering;
    expect(mostInASecond(usual)).toBeLessThanOrEqual(10);
    expect(mostInASecond(usual)).toBeGreaterThan(5);
    expect(mostInASecond(three)).toBeLessThanOrEqual(3);
    expect(mostInASecond(one)).toBeLessThanOrEqual(1);
    expect(one.length).toBeGreaterThanOrEqual(3);
  });

  test('refuses numbers that the team has not reached, unknown teams and impossible rates', async () => {
    const { live, world } = liveServer(database);
    const teamId = await world.team();
    const opens = [
      (from: Resume) => live.balanceChanged(from),
      (from: Resume) => live.spendUpdated(from),
      (from: Resume) => live.ledgerEntryPosted(from),
    ];
    for (const open of opens) {
      const refusal = { code: 'BAD_USER_INPUT', details: { field: 'after' } };
      await expect(open({ teamId, after: 1n })).rejects.toMatchObject(refusal);
      await expect(open({ teamId: newUuid() })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    for (const rate of [0, -1, 11, 1.5, Number.NaN]) {
      const details = { field: 'maxPerSecond' };
      await expect(async () => live.balanceChanged({ teamId }, rate)).rejects.toMatchObject({ details });
    }
  });

  test('gives all subscribers of a team the same event, and those of another team none of it', async () => {
    const { live, world } = liveServer(database);
    const [mine, other] = [await world.team(), await world.team()];
    const feeds = await Promise.all(
      Array.from({ length: 600 }, () => live.balanceChanged({ teamId: mine, after: 0n })),
    );
    const foreign = await live.balanceChanged({ teamId: other, after: 0n });
    const events = feeds.map((feed) => nextOf(feed));
    const foreignEvent = nextOf(foreign);
    await world.grant(mine, '1');
    expect(new Set(await Promise.all(events)).size).toBe(1);
    await world.grant(other, '2');
    expect(await foreignEvent).toMatchObject({ teamId: other, fromSeq: 1n, seq: 1n });
  });

  test('shows an expiry that is due before it is booked, and then tells its booking', async () => {
    const { live, world } = liveServer(database);
    const teamId = await world.team();
    const expiresAt = new Date(world.clock.now().getTime() + 150);
    await world.grant(teamId, '5', { expiresAt });
    while (world.clock.now() <= expiresAt) await world.db.sql`select pg_sleep(0.02)`;
    const feed = await live.balanceChanged({ teamId });
    const snapshot = await nextOf(feed);
    expect(rangeOf(snapshot)).toBe('SNAPSHOT 1..1');
    expect(snapshot.state.balances.availableNano).toBe(0n);
    await world.grant(teamId, '1');
    const change = await nextOf(feed);
    expect(change.entries.map(({ kind }) => kind)).toEqual([ENTRY_KIND.EXPIRY, ENTRY_KIND.ISSUE]);
  });
});

describe('ledgerEntryPosted', () => {
  test('begins with a snapshot that stands for all before, and then tells every entry', async () => {
    const { live, world } = liveServer(database);
    const teamId = await world.team();
    await world.grant(teamId, '1');
    const feed = await live.ledgerEntryPosted({ teamId });
    expect(rangeOf(await nextOf(feed))).toBe('SNAPSHOT 1..1');
    await Promise.all([1, 2, 3].map(() => world.grant(teamId, '1')));
    const events = await followTo(feed, 4n);
    expect(events.flatMap(({ entries }) => entries)).toEqual(await entriesAfter(world.db, teamId, 1n, 10));
  });

  test('serves from the ledger, in whole postings, whoever is far behind', async () => {
    const { live, world } = liveServer(database);
    const teamId = await world.team();
    for (let i = 0; i < 3; i++) await world.grant(teamId, '2000');
    await world.model('many', { REQUEST: '5' });
    const stalled = await live.ledgerEntryPosted({ teamId, after: 0n });
    for (let batch = 0; batch < 3; batch++) {
      await world.charge(...Array.from({ length: 397 }, () => usage(teamId, 'many', { REQUEST: 1 })));
    }
    const entries = await entriesAfter(world.db, teamId, 0n, 5_000);
    const seq = BigInt(entries.length);
    expect(entries.length).toBeGreaterThan(1_100);
    const late = await live.ledgerEntryPosted({ teamId, after: 0n });
    const postingEnds = new Set(
      entries.flatMap((entry, i) => (entries[i + 1]?.postingId === entry.postingId ? [] : [entry.seq])),
    );
    for (const feed of [stalled, late]) {
      const events = await followTo(feed, seq);
      expectTiles(events, 0n);
      expect(events.flatMap((event) => event.entries)).toEqual(entries);
      expect(events.every((event) => postingEnds.has(event.seq) && event.entries.length <= 256)).toBe(true);
    }
  });

  test('tells a posting whole that is longer than an event usually is', async () => {
    const { live, world } = liveServer(database);
    const teamId = await world.team();
    await Promise.all(Array.from({ length: 300 }, () => world.grant(teamId, '1')));
    await world.model('whole', { REQUEST: '300' });
    const feed = await live.ledgerEntryPosted({ teamId, after: 0n });
    await world.charge(usage(teamId, 'whole', { REQUEST: 1 }));
    const late = await live.ledgerEntryPosted({ teamId, after: 299n });
    for (const [one, after] of [
      [feed, 0n],
      [late, 299n],
    ] as const) {
      const events = await followTo(one, 600n);
      expectTiles(events, after);
      expect(events.at(-1)?.entries).toHaveLength(300);
    }
  });
});

describe('any feed', () => {
  test('ends at once when it is told to, also while its consumer waits', async () => {
    const { live, world } = liveServer(database);
    const teamId = await world.team();
    const all = () =>
      Promise.all([
        live.balanceChanged({ teamId, after: 0n }),
        live.spendUpdated({ teamId, after: 0n }),
        live.ledgerEntryPosted({ teamId, after: 0n }),
      ]);
    for (const feed of await all()) {
      const waiting = feed.next();
      expect(await feed.return()).toEqual({ done: true, value: undefined });
      expect(await waiting).toEqual({ done: true, value: undefined });
      expect(await feed.next()).toEqual({ done: true, value: undefined });
    }
    const reason = new Error('You may not read this any more.');
    for (const feed of await all()) {
      const waiting = feed.next();
      feed.end(reason);
      await expect(waiting).rejects.toBe(reason);
      expect(await feed.next()).toEqual({ done: true, value: undefined });
    }
    for (const feed of await all()) {
      feed.end(reason);
      await expect(feed.next()).rejects.toBe(reason);
    }
    const left = (await all()).map((feed) => feed.next());
    await live.close();
    expect(await Promise.all(left)).toEqual(left.map(() => ({ done: true, value: undefined })));
  });

  test('gives a sign of life that stands for no entry when nothing happens', async () => {
    const { live, world } = liveServer(database, { heartbeatMs: 60 });
    const teamId = await world.team();
    await world.grant(teamId, '3');
    const feeds = [
      await live.balanceChanged({ teamId }),
      await live.spendUpdated({ teamId, after: 1n }),
      await live.ledgerEntryPosted({ teamId, after: 0n }),
    ];
    for (const feed of feeds) {
      const events = await followTo(feed, 1n);
      for (let i = 0; i < 2; i++) events.push(await nextOf(feed));
      expect(events.slice(-2).map(rangeOf)).toEqual(['SNAPSHOT 2..1', 'SNAPSHOT 2..1']);
    }
    const [balance] = feeds;
    await world.grant(teamId, '1');
    let event = await nextOf(balance ?? expect.fail());
    while (event.seq < 2n) event = await nextOf(balance ?? expect.fail());
    expect(rangeOf(event)).toBe('CHANGE 2..2');
  });

  test('is told nothing of a transaction that is rolled back', async () => {
    const { live, world, db } = liveServer(database);
    const teamId = await world.team();
    const feed = await live.balanceChanged({ teamId, after: 0n });
    const event = nextOf(feed);
    const failing = inTransaction(db, async (tx) => {
      const input = { teamId, kind: 'PROMOTIONAL', source: 'GOODWILL', amountNano: 1n, reason: 'x' } as const;
      await issueGrant(tx, { ...input, idempotencyKey: 'k' }, SYSTEM_ACTOR, world.clock.now());
      expect(tx.facts).toHaveLength(1);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await world.grant(teamId, '1');
    expect(rangeOf(await event)).toBe('CHANGE 1..1');
  });
});

/** The most events within one second. */
function mostInASecond(times: readonly number[]): number {
  return Math.max(
    ...times.map((start) => times.filter((time) => time >= start && time <= start + 1_000).length),
  );
}
