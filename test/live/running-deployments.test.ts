import { expect, test } from 'vitest';
import { committedRates } from '../../src/deployments/committed-rates.ts';
import { pauseDeployment, scaleDeployment, startDeployment } from '../../src/deployments/operate.ts';
import { isLiveFact, MemoryBus } from '../../src/live/bus.ts';
import type { StateEvent } from '../../src/live/event.ts';
import type { SpendState } from '../../src/live/spend-source.ts';
import type { StateFeed } from '../../src/live/state-topic.ts';
import { formatCredits } from '../../src/money.ts';
import { type CommittedRates, spendOf } from '../../src/usage/spend.ts';
import { MeteredWorld, one } from '../deployments/metered-world.ts';
import { useDatabase } from '../support/database.ts';
import { usage } from '../support/world.ts';
import { expectTiles, followTo, nextOf, rangeOf } from './following.ts';
import { liveServer } from './live-server.ts';

const database = useDatabase();

/** Deployments that are metered on a clock of their own, and the live feeds of the process that does it. */
async function setting() {
  const metered = await MeteredWorld.on(database.db);
  const bus = new MemoryBus();
  metered.db.onCommitted((facts) => bus.publish(facts.filter(isLiveFact)));
  const rates: CommittedRates = (reader, teamIds) => committedRates(reader, teamIds, metered.deps);
  const { live } = liveServer(database, { bus, clock: metered.clock, committedRates: rates });
  return { metered, live, rates };
}

/** What is burnt an hour: for usage, for deployments, and both. */
function burn({ state }: StateEvent<SpendState>): string[] {
  const { usageNanoPerHour, deploymentNanoPerHour, burnNanoPerHour } = state.figures;
  return [usageNanoPerHour, deploymentNanoPerHour, burnNanoPerHour].map((nano) => formatCredits(nano));
}

/** Events until one says that so much is burnt an hour. */
async function untilBurn(feed: StateFeed<SpendState>, rates: string[]): Promise<StateEvent<SpendState>[]> {
  const events = [await nextOf(feed)];
  for (let last = events[0]; last && String(burn(last)) !== String(rates); last = events.at(-1))
    events.push(await nextOf(feed));
  return events;
}

test('a deployment that runs is burnt once: from its start to its pause, whatever is held and charged meanwhile', async () => {
  const { metered, live, rates } = await setting();
  const teamId = await metered.team('100');
  await metered.world.model('beside', { REQUEST: '1' });
  const id = await metered.create(teamId, { replicas: 2 });
  const feed = await live.spendUpdated({ teamId });
  const events = [await nextOf(feed)];
  expect(events.map(burn)).toEqual([['0', '0', '0']]);
  await metered.call(startDeployment, one(teamId, id));
  events.push(...(await untilBurn(feed, ['0', '1.2', '1.2'])));
  // Held for the second hour, charged for it, and held for the third.
  await metered.passTo(115);
  await metered.call(scaleDeployment, { ...one(teamId, id), replicas: 3 });
  events.push(...(await untilBurn(feed, ['0', '1.8', '1.8'])));
  await metered.world.charge(usage(teamId, 'beside', { REQUEST: 3 }));
  // Three credits in the hour and ten minutes since a quarter to one.
  events.push(...(await untilBurn(feed, ['2.571428571', '1.8', '4.371428571'])));
  const anew = await spendOf(metered.db, teamId, metered.clock.now(), rates);
  expect(events.at(-1)?.state.figures).toEqual(anew?.figures);
  expect(formatCredits(anew?.figures.dayNano ?? 0n)).toBe('6');
  await metered.call(pauseDeployment, one(teamId, id));
  events.push(...(await untilBurn(feed, ['2.571428571', '0', '2.571428571'])));
  expectTiles(events, 0n);
}, 30_000);

test('the feeds of a team whose credit ends tell the hold, the countdown, and the pause at the boundary', async () => {
  const { metered, live } = await setting();
  const teamId = await metered.team('1.3');
  const id = await metered.create(teamId);
  const [deployments, balance, log, spend] = [
    await live.deploymentChanged({ teamId }),
    await live.balanceChanged({ teamId }),
    await live.ledgerEntryPosted({ teamId, after: 0n }),
    await live.spendUpdated({ teamId }),
  ];
  expect([rangeOf(await nextOf(deployments)), rangeOf(await nextOf(balance))]).toEqual([
    'SNAPSHOT 1..1',
    'SNAPSHOT 1..1',
  ]);
  await metered.call(startDeployment, one(teamId, id));
  await followTo(balance, 2n);
  await metered.passTo(46);
  const [held] = (await followTo(balance, 3n)).slice(-1);
  expect(held?.state.balances).toMatchObject({ availableNano: 100_000_000n, heldNano: 600_000_000n });
  await metered.passTo(121);
  const stored = await metered.events(teamId);
  const events = await followTo(deployments, BigInt(stored.length));
  expectTiles(events, 1n);
  expect(events.flatMap(({ entries }) => entries)).toEqual(stored.slice(1));
  expect(stored.at(-1)).toMatchObject({ kind: 'PAUSED', details: { pauseReason: 'OUT_OF_CREDITS' } });
  const last = (await nextOf(await live.balanceChanged({ teamId }))).seq;
  expectTiles(await followTo(log, last), 0n);
  const spent = await followTo(spend, last);
  while (burn(spent.at(-1) ?? expect.fail())[2] !== '0') spent.push(await nextOf(spend));
  expectTiles(spent, 0n);
  expect(formatCredits(spent.at(-1)?.state.figures.dayNano ?? 0n)).toBe('1.2');
}, 30_000);
