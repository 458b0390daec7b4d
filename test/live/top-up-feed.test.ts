import 'reflect-metadata';
import { describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import type { Db } from '../../src/db/client.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { fromWire, isLiveFact, type LiveFact, toWire } from '../../src/live/bus.ts';
import { isTopUpChanged } from '../../src/payments/top-up-changed.ts';
import { topUpEventsAfter } from '../../src/payments/top-up-events.ts';
import type { Role } from '../../src/teams/permissions.ts';
import { useDatabase } from '../support/database.ts';
import { expectTiles, followTo, nextOf, rangeOf } from './following.ts';
import { LossyBus, liveServer } from './live-server.ts';
import { codeOf, start, take } from './subscribing.ts';
import { begin, CLIENT_SECRET, fail, wait } from './top-up-log.ts';

const database = useDatabase();

/** All that has happened to the top-ups of a team. */
const log = (db: Db, teamId: Uuid) => topUpEventsAfter(db, teamId, 0n, 1_000);

describe('topUpChanged', () => {
  test('begins with a snapshot that stands for all before, and tells what happens at once and in order', async () => {
    const { live, world, db } = liveServer(database);
    const teamId = await world.team();
    const topUp = await begin(db, teamId);
    const feed = await live.topUpChanged({ teamId });
    expect(rangeOf(await nextOf(feed))).toBe('SNAPSHOT 1..1');
    await fail(db, await wait(db, topUp));
    const events = await followTo(feed, 3n);
    expect(events.map(rangeOf)).toEqual(['CHANGE 2..2', 'CHANGE 3..3']);
    const told = events.flatMap(({ entries }) => entries);
    expect(told).toEqual((await log(db, teamId)).slice(1));
    expect(told.map((event) => event.topUp.status)).toEqual(['ACTION_REQUIRED', 'FAILED']);
  });

  test('with "after" goes on from there, from the table however far that lies back', async () => {
    const { live, world, db } = liveServer(database);
    const teamId = await world.team();
    for (let i = 0; i < 40; i++) await fail(db, await wait(db, await begin(db, teamId)));
    const events = await log(db, teamId);
    for (const after of [0n, 61n, 119n]) {
      const feed = await live.topUpChanged({ teamId, after });
      const told = await followTo(feed, 120n);
      expectTiles(told, after);
      expect(told.flatMap(({ entries }) => entries)).toEqual(events.slice(Number(after)));
      feed.end();
    }
  });

  test('is told each event once when hints are lost, come twice, late or in another order', async () => {
    const fates = ['DELAY', 'REPEAT', 'LOSE', 'DELIVER', 'DELAY'] as const;
    let next = 0;
    const bus = new LossyBus(() => fates[next++ % fates.length] ?? 'DELIVER');
    const { live, world, db } = liveServer(database, { bus, pollMs: 30 });
    const teamId = await world.team();
    const feed = await live.topUpChanged({ teamId, after: 0n });
    for (let i = 0; i < 8; i++) await fail(db, await wait(db, await begin(db, teamId)));
    const told = await followTo(feed, 24n);
    expectTiles(told, 0n);
    expect(told.flatMap(({ entries }) => entries)).toEqual(await log(db, teamId));
  });

  test('refuses numbers that are not reached yet, and unknown teams', async () => {
    const { live, world } = liveServer(database);
    const teamId = await world.team();
    const refusal = { code: 'BAD_USER_INPUT', details: { field: 'after' } };
    await expect(live.topUpChanged({ teamId, after: 1n })).rejects.toMatchObject(refusal);
    await expect(live.topUpChanged({ teamId: newUuid() })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('tells nobody the client secret, at once or later, not even who may pay', async () => {
    const server = liveServer(database);
    const { db, world, live } = server;
    const teamId = await world.team();
    const feed = await live.topUpChanged({ teamId, after: 0n });
    const source = `subscription { topUpChanged(teamId: "${publicId('team', teamId)}", after: "0") {
      fromSeq seq kind topUps { status actionUrl clientSecret amount { amount } } } }`;
    const owner: Actor = { kind: 'USER', userId: newUuid() };
    const shown = take(await start(server, source, owner, 'OWNER'), 2);
    const waiting = await wait(db, await begin(db, teamId, 1234n));
    expect(waiting.clientSecret).toBe(CLIENT_SECRET);
    const told = await followTo(feed, 2n);
    expect(told.flatMap(({ entries }) => entries).map(({ topUp }) => topUp.clientSecret)).toEqual([
      null,
      null,
    ]);
    const topUp = { clientSecret: null, amount: { amount: '12.34' } };
    expect((await shown).flatMap((data) => Object(data).topUpChanged.topUps)).toEqual([
      { ...topUp, status: 'PENDING', actionUrl: null },
      { ...topUp, status: 'ACTION_REQUIRED', actionUrl: 'https://bank.example/confirm' },
    ]);
    const again = await take(await start(server, source, owner, 'OWNER'), 2);
    expect(JSON.stringify(again)).toContain('ACTION_REQUIRED');
    expect(JSON.stringify(again)).not.toContain(CLIENT_SECRET);
  });

  test('is for those who may see the billing of the team, and who may pay is told apart from who may not', async () => {
    const server = liveServer(database);
    const teamId = await server.world.team();
    await wait(server.db, await begin(server.db, teamId));
    const user: Actor = { kind: 'USER', userId: newUuid() };
    const key: Actor = { kind: 'KEY', keyId: newUuid(), keyType: 'TEAM', scopes: ['billing:read'], teamId };
    const open = (field: string, actor: Actor, role?: Role) =>
      start(
        server,
        `subscription { topUpChanged(teamId: "${publicId('team', teamId)}", after: "0") { topUps { ${field} } } }`,
        actor,
        role,
      );
    expect(codeOf(await open('status', user, 'MEMBER'))).toBe('FORBIDDEN');
    expect(codeOf(await open('status', { ...key, teamId: newUuid() }))).toBe('NOT_FOUND');
    expect(await take(await open('status', key), 1)).toHaveLength(1);
    const events = await open('clientSecret', key);
    if (!(Symbol.asyncIterator in events)) throw events.errors?.[0];
    const { value } = await events.next();
    expect(value?.errors?.[0]?.path).toEqual(['topUpChanged', 'topUps', 0, 'clientSecret']);
    await events.return(undefined);
  });

  test('is the same after its way over the wire', async () => {
    const { db, world } = liveServer(database);
    const facts: LiveFact[] = [];
    const stop = db.onCommitted((committed) => {
      facts.push(...committed.filter(isLiveFact).filter(isTopUpChanged));
    });
    const teamId = await world.team();
    await fail(db, await wait(db, await begin(db, teamId)));
    stop();
    expect(facts.map((fact) => fromWire(toWire(fact)))).toEqual(facts);
    expect(facts.map((fact) => ('seq' in fact ? fact.seq : undefined))).toEqual([1n, 2n, 3n]);
    const fact = facts.find(isTopUpChanged) ?? expect.fail();
    const long: LiveFact = { ...fact, events: Array(257).fill(fact.events[0]) };
    expect(fromWire(toWire(long))).toEqual({ ...long, events: [] });
  });
});
