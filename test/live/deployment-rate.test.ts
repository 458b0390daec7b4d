import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { newUuid, type Uuid } from '../../src/id.ts';
import type { StateEvent } from '../../src/live/event.ts';
import type { SpendState } from '../../src/live/spend-source.ts';
import type { StateFeed } from '../../src/live/state-topic.ts';
import type { CommittedRates } from '../../src/usage/spend.ts';
import { useDatabase } from '../support/database.ts';
import { usage } from '../support/world.ts';
import { chargeHour, hourOf, instanceType } from '../usage/hour-charges.ts';
import { someIds, writeEvents } from './deployment-log.ts';
import { expectTiles, nextOf, rangeOf } from './following.ts';
import { LossyBus, liveServer } from './live-server.ts';

const database = useDatabase();

/** A nano-credit an hour for each event of a team: rates that are what the table of events says, and never lie. */
const byEvents: CommittedRates = async (reader, teamIds) => {
  const rows = await reader.sql<{ team_id: Uuid; event_seq: bigint }[]>`
    select team_id, event_seq from deployment_heads where team_id in ${reader.sql([...teamIds])}`;
  return new Map(rows.map(({ team_id, event_seq }) => [team_id, event_seq]));
};

function rateOf({ state }: StateEvent<SpendState>): bigint {
  return state.figures.deploymentNanoPerHour;
}

/** Events until one tells a rate. */
async function untilRate(feed: StateFeed<SpendState>, rate: bigint): Promise<StateEvent<SpendState>[]> {
  const events = [await nextOf(feed)];
  for (let last = events[0]; last && rateOf(last) !== rate; last = events.at(-1))
    events.push(await nextOf(feed));
  return events;
}

describe('what deployments cost an hour, in spendUpdated', () => {
  test('is told at once when a deployment changes, by an event that stands for no entry', async () => {
    const { live, world, db } = liveServer(database, { committedRates: byEvents });
    const teamId = await world.team();
    await world.grant(teamId, '5');
    await writeEvents(db, teamId, newUuid());
    const feed = await live.spendUpdated({ teamId });
    const first = await nextOf(feed);
    expect([rangeOf(first), rateOf(first)]).toEqual(['SNAPSHOT 1..1', 1n]);
    const next = nextOf(feed);
    await writeEvents(db, teamId, newUuid());
    const told = await next;
    expect([rangeOf(told), rateOf(told)]).toEqual(['SNAPSHOT 2..1', 2n]);
    expect(told.state.figures.burnNanoPerHour).toBe(2n);
  });

  test('is told to who knew the state when it came back', async () => {
    const { live, world, db } = liveServer(database, { committedRates: byEvents });
    const teamId = await world.team();
    await world.grant(teamId, '5');
    const feed = await live.spendUpdated({ teamId, after: 1n });
    const next = nextOf(feed);
    await writeEvents(db, teamId, newUuid());
    expect([rangeOf(await next), rateOf(await next)]).toEqual(['SNAPSHOT 2..1', 1n]);
  });

  test('is told to all who follow a team by the same event, and not at all when nothing has changed of it', async () => {
    const rates = vi.fn<CommittedRates>(async (_, ids) => new Map(ids.map((id) => [id, 7n])));
    const { live, world, db } = liveServer(database, { committedRates: rates });
    const teamId = await world.team();
    await world.grant(teamId, '1');
    const open = () => live.spendUpdated({ teamId, after: 1n });
    const feeds = [await open(), await open(), await open()];
    const events = feeds.map((feed) => nextOf(feed));
    const asked = rates.mock.calls.length;
    await writeEvents(db, teamId, newUuid());
    await vi.waitFor(() => expect(rates.mock.calls.length).toBeGreaterThan(asked));
    rates.mockImplementation(async (_, ids) => new Map(ids.map((id) => [id, 8n])));
    await writeEvents(db, teamId, newUuid());
    const told = await Promise.all(events);
    expect(told.map(rateOf)).toEqual([8n, 8n, 8n]);
    expect(new Set(told).size).toBe(1);
  });

  test('comes at most twice a second, however fast deployments change, and the newest is told', async () => {
    const { live, world, db } = liveServer(database, { committedRates: byEvents });
    const teamId = await world.team();
    await world.grant(teamId, '100');
    await world.model('pace', { REQUEST: '1' });
    const feed = await live.spendUpdated({ teamId });
    const times: number[] = [];
    const following = (async () => {
      const events = [];
      for await (const event of feed) {
        times.push(performance.now());
        events.push(event);
        if (rateOf(event) === 80n && event.seq === 21n) return events;
      }
      return events;
    })();
    for (let i = 0; i < 40; i++) {
      await writeEvents(db, teamId, ...someIds(2));
      if (i % 2 === 0) await world.charge(usage(teamId, 'pace', { REQUEST: 1 }));
    }
    const events = await following;
    expectTiles(events, 0n);
    for (const [i, time] of times.entries()) {
      // The one that a feed begins with comes at once.
      if (i >= 2) expect(time - (times[i - 1] ?? 0)).toBeGreaterThan(480);
    }
    for (const { seq, state } of events) expect(state.team.seq).toBe(seq);
  });

  test('of a change that came while it was read is read again', async () => {
    let isOpen = true;
    const gates: (() => void)[] = [];
    const rates: CommittedRates = async (reader, ids) => {
      const read = await byEvents(reader, ids);
      if (!isOpen) await new Promise<void>((open) => gates.push(open));
      return read;
    };
    const { live, world, db } = liveServer(database, { committedRates: rates });
    const teamId = await world.team();
    await world.grant(teamId, '1');
    const feed = await live.spendUpdated({ teamId, after: 1n });
    isOpen = false;
    await writeEvents(db, teamId, newUuid());
    await vi.waitFor(() => expect(gates).toHaveLength(1));
    await writeEvents(db, teamId, newUuid());
    isOpen = true;
    gates[0]?.();
    const events = await untilRate(feed, 2n);
    expect(events.map(rangeOf)).toEqual(events.map(() => 'SNAPSHOT 2..1'));
  });

  test('is told though no hint arrives', async () => {
    const bus = new LossyBus(() => 'LOSE');
    const { live, world, db } = liveServer(database, { bus, pollMs: 20, committedRates: byEvents });
    const teamId = await world.team();
    await world.grant(teamId, '1');
    const feed = await live.spendUpdated({ teamId, after: 1n });
    await writeEvents(db, teamId, newUuid());
    expect((await untilRate(feed, 1n)).map(rangeOf).at(-1)).toBe('SNAPSHOT 2..1');
  });

  test('waits for a consumer that does not read, and is told with what was posted meanwhile', async () => {
    const { live, world, db } = liveServer(database, { committedRates: byEvents });
    const teamId = await world.team();
    await world.grant(teamId, '1');
    const open = () => live.spendUpdated({ teamId, after: 1n });
    const [prompt, slow, slower] = [await open(), await open(), await open()];
    await writeEvents(db, teamId, newUuid());
    expect(rateOf(await nextOf(prompt))).toBe(1n);
    const late = await nextOf(slow);
    expect([rangeOf(late), rateOf(late)]).toEqual(['SNAPSHOT 2..1', 1n]);
    const posted = nextOf(prompt);
    await world.grant(teamId, '1');
    expect(rangeOf(await posted)).toBe('CHANGE 2..2');
    const latest = await nextOf(slower);
    expect([rangeOf(latest), rateOf(latest)]).toEqual(['CHANGE 2..2', 1n]);
    const nothing = nextOf(slower);
    await world.grant(teamId, '1');
    expect(rangeOf(await nothing)).toBe('CHANGE 3..3');
  });

  test('is read again when an hour is charged, which may be the first at another price', async () => {
    let rate = 1_800_000_000n;
    const rates: CommittedRates = async (_, ids) => new Map(ids.map((id) => [id, rate]));
    const { live, world } = liveServer(database, { committedRates: rates });
    const typeId = await instanceType(world, database.ownerDb, '2');
    const teamId = await world.team();
    await world.grant(teamId, '100');
    const feed = await live.spendUpdated({ teamId, after: 1n });
    rate = 2_000_000_000n;
    const charge = await chargeHour(world, hourOf(teamId, typeId, world.clock.now().getTime()), true);
    expect(charge?.amountNano).toBe(2_000_000_000n);
    const events = await untilRate(feed, rate);
    expectTiles(events, 1n);
    const figures = events.at(-1)?.state.figures;
    expect(figures).toMatchObject({
      monthNano: 2_000_000_000n,
      usageNanoPerHour: 0n,
      burnNanoPerHour: 2_000_000_000n,
    });
  });

  test('is asked of the database once for many changes of many teams', async () => {
    const rates = vi.fn<CommittedRates>(byEvents);
    const { live, world, db } = liveServer(database, { committedRates: rates });
    const teams = await Promise.all(Array.from({ length: 10 }, () => world.team()));
    const feeds = await Promise.all(teams.map((teamId) => live.spendUpdated({ teamId, after: 0n })));
    rates.mockClear();
    const lock = Promise.withResolvers<void>();
    onTestFinished(() => lock.resolve());
    rates.mockImplementationOnce(async (reader, ids) => {
      await lock.promise;
      return byEvents(reader, ids);
    });
    for (let i = 0; i < 5; i++) await Promise.all(teams.map((teamId) => writeEvents(db, teamId, newUuid())));
    lock.resolve();
    await Promise.all(feeds.map((feed) => untilRate(feed, 5n)));
    expect(rates.mock.calls.length).toBeLessThan(10);
  });
});
