import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttpClient, type HttpClient } from '../../client/http-client.ts';
import { chance } from '../../replay/chance.ts';
import { sendRequests } from '../../replay/gateway.ts';
import { makePlan, prepare } from '../../replay/prepare.ts';
import type { Product } from '../../replay/product.ts';
import { readTeam } from '../../replay/read-back.ts';
import type { ReportedTeam } from '../../replay/reported.ts';
import { Tiling } from '../../replay/tiling.ts';
import { replayOptions, useServers } from './replay-server.ts';
import { type LiveEvent, UnsteadySubscriber } from './unsteady-subscriber.ts';

const servers = useServers();
const subscribers: UnsteadySubscriber[] = [];
const teams = new Map<string, ReportedTeam>();
let draws = 0;
/** By chance, but the same in every run as far as time allows. */
const byChance = (bound: number) => chance(bound, 'live-tiling', draws++);

beforeAll(async () => {
  const both = [servers.first, await servers.start()];
  const options = replayOptions({ run: 'tiling', teams: 4, speed: 20 });
  const plan = makePlan(options);
  const anywhere = eitherOf(both, ({ platformKey }) => platformKey);
  const operator = eitherOf(both, ({ operatorKey }) => operatorKey);
  const { teamIds, timing } = await prepare(plan, options, { platform: anywhere, operator }, (ids) => {
    for (const teamId of ids) subscribers.push(...subscribersOf(teamId, both));
  });
  await sendRequests(plan.requests, {
    ...{ client: anywhere, run: plan.run, teamIds, timing },
    ...{ batch: options.batch, concurrency: options.concurrency, patienceMs: options.patienceMs },
    onAnswer: () => {
      for (const subscriber of subscribers) subscriber.disturb();
    },
  });
  for (const id of teamIds) teams.set(id, await readTeam(operator, id));
  await Promise.all(subscribers.map((subscriber) => subscriber.reach(seqOf(subscriber))));
}, 60_000);

afterAll(async () => {
  await Promise.all(subscribers.map((subscriber) => subscriber.leave()));
});

/** Calls go to one server or the other. */
function eitherOf(both: readonly Product[], keyOf: (product: Product) => string): HttpClient {
  const clients = both.map((product) => createHttpClient({ url: product.url, credential: keyOf(product) }));
  const [first] = clients;
  if (!first) throw new Error('There is no server.');
  return {
    send: (document, variables) => (clients[byChance(clients.length)] ?? first).send(document, variables),
  };
}

function subscribersOf(teamId: string, both: readonly Product[]): UnsteadySubscriber[] {
  const common = { teamId, servers: both, chance: byChance };
  return (['balanceChanged', 'ledgerEntryPosted', 'balanceChanged', 'ledgerEntryPosted'] as const).map(
    (feed) => new UnsteadySubscriber({ feed, ...common }),
  );
}

function seqOf({ options }: UnsteadySubscriber): bigint {
  return BigInt(teams.get(options.teamId)?.balance.seq ?? 0);
}

function of(feed: LiveFeed): UnsteadySubscriber[] {
  return subscribers.filter(({ options }) => options.feed === feed);
}

type LiveFeed = UnsteadySubscriber['options']['feed'];

function tilingOf(events: readonly LiveEvent[]): Tiling {
  const tiling = new Tiling();
  for (const event of events) tiling.add(event);
  return tiling;
}

const numbersUpTo = (last: bigint) => Array.from({ length: Number(last) }, (_, i) => String(i + 1));

describe('subscribers that are cut off, stalled and moved between two servers while teams are charged', () => {
  test('really were', () => {
    const sum = (count: (subscriber: UnsteadySubscriber) => number) =>
      subscribers.reduce((all, subscriber) => all + count(subscriber), 0);
    expect(sum(({ mishaps }) => mishaps.losses)).toBeGreaterThan(50);
    expect(sum(({ mishaps }) => mishaps.moves)).toBeGreaterThan(20);
    expect(sum(({ mishaps }) => mishaps.stalls)).toBeGreaterThan(20);
    expect([...teams.values()].every(({ entries }) => entries.length > 30)).toBe(true);
  });

  test.for(['balanceChanged', 'ledgerEntryPosted'] as const)(
    'get ranges of %s that tile 1 to the last',
    (feed) => {
      for (const subscriber of of(feed)) {
        const tiling = tilingOf(subscriber.events);
        expect(tiling.problem).toBeUndefined();
        expect(tiling.seq).toBeGreaterThanOrEqual(seqOf(subscriber));
      }
    },
  );

  test('get every entry of the ledger once, in order, as the list has it', () => {
    for (const subscriber of of('ledgerEntryPosted')) {
      const got = subscriber.events.flatMap(({ entries }) => entries.map(({ seq }) => seq));
      expect(got).toEqual(numbersUpTo(subscriber.seq));
      const listed = teams.get(subscriber.options.teamId)?.entries.map(({ seq }) => seq) ?? [];
      expect(got.slice(0, listed.length)).toEqual(listed);
    }
  });

  test('get with each change of a balance exactly the entries of its range', () => {
    const changes = of('balanceChanged').flatMap(({ events }) =>
      events.filter(({ kind }) => kind === 'CHANGE'),
    );
    expect(changes.length).toBeGreaterThan(50);
    for (const { fromSeq, seq, entries } of changes) {
      const range = numbersUpTo(BigInt(seq)).slice(Number(fromSeq) - 1);
      expect(entries.map((entry) => entry.seq)).toEqual(range);
    }
  });
});
