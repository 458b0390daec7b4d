import { describe, expect, test, vi } from 'vitest';
import { newUuid } from '../../src/id.ts';
import { fromWire, toWire } from '../../src/live/bus.ts';
import { useDatabase } from '../support/database.ts';
import { worldOn } from '../support/world.ts';
import { changedFact, deploymentLog, someIds, writeEvents } from './deployment-log.ts';
import { expectTiles, followTo, nextOf, rangeOf } from './following.ts';
import { LossyBus, liveServer } from './live-server.ts';

const database = useDatabase();

describe('deploymentChanged', () => {
  test('begins with a snapshot that stands for all before, and tells what happens at once and in order', async () => {
    const { live, world, db } = liveServer(database);
    const teamId = await world.team();
    await writeEvents(db, teamId, ...someIds(2));
    const feed = await live.deploymentChanged({ teamId });
    expect(rangeOf(await nextOf(feed))).toBe('SNAPSHOT 1..2');
    await writeEvents(db, teamId, newUuid());
    await writeEvents(db, teamId, ...someIds(3));
    const events = await followTo(feed, 6n);
    expect(events.map(rangeOf)).toEqual(['CHANGE 3..3', 'CHANGE 4..6']);
    expect(events.flatMap(({ entries }) => entries)).toEqual((await deploymentLog(db, teamId)).slice(2));
    expect(events[1]?.atMs).toBe(events[1]?.entries[2]?.recordedAt.getTime());
  });

  test('of a team that never had any begins with an empty snapshot, by numbers of its own', async () => {
    const { live, world, db } = liveServer(database);
    const teamId = await world.team();
    await world.grant(teamId, '5');
    const feed = await live.deploymentChanged({ teamId });
    const snapshot = await nextOf(feed);
    expect(rangeOf(snapshot)).toBe('SNAPSHOT 1..0');
    const [team] = await db.sql<{ created_at: Date }[]>`select created_at from teams where id = ${teamId}`;
    expect(snapshot.atMs).toBe(team?.created_at.getTime());
    await writeEvents(db, teamId, newUuid());
    expect(rangeOf(await nextOf(feed))).toBe('CHANGE 1..1');
  });

  test('with "after" goes on from there, from the table however far that lies back', async () => {
    const { live, world, db } = liveServer(database);
    const teamId = await world.team();
    for (let i = 0; i < 3; i++) await writeEvents(db, teamId, ...someIds(200));
    const log = await deploymentLog(db, teamId);
    for (const after of [0n, 150n, 599n]) {
      const feed = await live.deploymentChanged({ teamId, after });
      const events = await followTo(feed, 600n);
      expectTiles(events, after);
      expect(events.flatMap(({ entries }) => entries)).toEqual(log.slice(Number(after)));
      feed.end();
    }
    const upToDate = await live.deploymentChanged({ teamId, after: 600n });
    const next = nextOf(upToDate);
    await writeEvents(db, teamId, newUuid());
    expect(rangeOf(await next)).toBe('CHANGE 601..601');
  });

  test('tells what a process wrote that died before it could tell', async () => {
    const { live, world } = liveServer(database, { pollMs: 20 });
    const teamId = await world.team();
    const feed = await live.deploymentChanged({ teamId, after: 0n });
    await writeEvents(database.db, teamId, newUuid());
    expect(rangeOf(await nextOf(feed))).toBe('CHANGE 1..1');
    await writeEvents(database.db, teamId, newUuid());
    expect((await nextOf(feed)).entries).toEqual((await deploymentLog(database.db, teamId)).slice(1));
  });

  test('is told each event once when hints are lost, come twice, late or in another order', async () => {
    const fates = ['DELAY', 'REPEAT', 'DELAY', 'DELIVER', 'LOSE', 'REPEAT', 'DELAY', 'DELIVER'] as const;
    let next = 0;
    const bus = new LossyBus(() => fates[next++ % fates.length] ?? 'DELIVER');
    const { live, world, db } = liveServer(database, { bus, pollMs: 30 });
    const teamId = await world.team();
    const feed = await live.deploymentChanged({ teamId, after: 0n });
    for (let i = 0; i < 24; i++) await writeEvents(db, teamId, newUuid());
    const events = await followTo(feed, 24n);
    expectTiles(events, 0n);
    expect(events.flatMap(({ entries }) => entries)).toEqual(await deploymentLog(db, teamId));
  });

  test('gives a sign of life that stands for no event', async () => {
    const { live, world, db } = liveServer(database, { heartbeatMs: 60 });
    const teamId = await world.team();
    await writeEvents(db, teamId, newUuid());
    const feed = await live.deploymentChanged({ teamId, after: 0n });
    const events = [await nextOf(feed), await nextOf(feed), await nextOf(feed)];
    expect(events.map(rangeOf)).toEqual(['CHANGE 1..1', 'SNAPSHOT 2..1', 'SNAPSHOT 2..1']);
  });

  test('refuses numbers that are not reached yet, unknown teams, and deployments of another team', async () => {
    const { live, world, db } = liveServer(database);
    const teamId = await world.team();
    await world.grant(teamId, '1');
    const refusal = { code: 'BAD_USER_INPUT', details: { field: 'after' } };
    await expect(live.deploymentChanged({ teamId, after: 1n })).rejects.toMatchObject(refusal);
    const notFound = { code: 'NOT_FOUND' };
    await expect(live.deploymentChanged({ teamId: newUuid() })).rejects.toMatchObject(notFound);
    await expect(live.deploymentChanged({ teamId }, newUuid())).rejects.toMatchObject(notFound);
    await writeEvents(db, teamId, newUuid());
    expect(rangeOf(await nextOf(await live.deploymentChanged({ teamId })))).toBe('SNAPSHOT 1..1');
  });

  test('tells nothing of deployments to feeds of the ledger, and nothing of the ledger to those of deployments', async () => {
    const { live, world, db } = liveServer(database, { pollMs: 20 });
    const teamId = await world.team();
    const feeds = [
      await live.ledgerEntryPosted({ teamId, after: 0n }),
      await live.balanceChanged({ teamId, after: 0n }),
      await live.deploymentChanged({ teamId, after: 0n }),
    ] as const;
    await writeEvents(db, teamId, ...someIds(5));
    await world.grant(teamId, '1');
    await world.grant(teamId, '2');
    const [log, balance, deployments] = await Promise.all([
      followTo(feeds[0], 2n),
      followTo(feeds[1], 2n),
      followTo(feeds[2], 5n),
    ]);
    expect(log.map(rangeOf)).toEqual(['CHANGE 1..1', 'CHANGE 2..2']);
    expect(balance.map(rangeOf)).toEqual(['COALESCED 1..2']);
    expect(deployments.map(rangeOf)).toEqual(['CHANGE 1..5']);
  });

  test('is asked for by one statement for all teams that are watched', async () => {
    const { live, world, db } = liveServer(database, { pollMs: 15 });
    const teams = await Promise.all(Array.from({ length: 5 }, () => world.team()));
    const feeds = await Promise.all(teams.map((teamId) => live.deploymentChanged({ teamId, after: 0n })));
    const asked = vi.spyOn(db, 'sql');
    for (const [index, teamId] of teams.entries()) {
      await writeEvents(worldOn(database.db).db, teamId, newUuid());
      await nextOf(feeds[index] ?? expect.fail());
    }
    const polls = asked.mock.calls.filter(([text]) => String(text).includes('join deployment_heads h'));
    expect(polls.length).toBeGreaterThan(0);
    for (const [, ids] of polls)
      expect(teams.filter((teamId) => String(ids).includes(teamId))).toEqual(teams);
  });
});

test('a fact of deployments is the same after its way over the wire; with very many events only its range is sent', () => {
  const teamId = newUuid();
  const fact = changedFact(teamId, 7n, 3);
  expect(fromWire(toWire(fact))).toEqual(fact);
  const long = changedFact(teamId, 1n, 257);
  expect(fromWire(toWire(long))).toEqual({ ...long, events: [] });
});
