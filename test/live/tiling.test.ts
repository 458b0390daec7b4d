import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DeploymentEvent } from '../../src/deployments/deployment-event.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { ENTRY_KIND } from '../../src/ledger/account.ts';
import { entriesAfter } from '../../src/ledger/entries.ts';
import type { Entry } from '../../src/ledger/entry.ts';
import type { TeamState } from '../../src/ledger/team-state.ts';
import type { LiveEvent, StateEvent } from '../../src/live/event.ts';
import type { Feed } from '../../src/live/feed.ts';
import type { SpendState } from '../../src/live/spend-source.ts';
import { useDatabase } from '../support/database.ts';
import { placeHold, releaseHold, settleHold } from '../support/holds.ts';
import { usage, type World } from '../support/world.ts';
import { deploymentLog, someIds, writeEvents } from './deployment-log.ts';
import { expectTiles } from './following.ts';
import { type Fate, type LiveServer, LossyBus, liveServer } from './live-server.ts';

const database = useDatabase();

const FATES: readonly Fate[] = ['DELIVER', 'DELIVER', 'DELIVER', 'LOSE', 'REPEAT', 'DELAY'];
const FEEDS = ['balanceChanged', 'ledgerEntryPosted', 'spendUpdated', 'deploymentChanged'] as const;
type FeedName = (typeof FEEDS)[number];
type Line = Entry | DeploymentEvent;
type AnyEvent = LiveEvent<Line> | StateEvent<TeamState> | StateEvent<SpendState>;

/** What a subscriber does between two events. */
type Whim = 'READ' | 'LEAVE' | 'CRASH' | 'STALL';
const WHIMS: readonly Whim[] = ['READ', 'READ', 'READ', 'LEAVE', 'CRASH', 'STALL'];

/** Numbers from 0 to before `bound`, the same for the same seed. */
function dice(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

function pick<T>(roll: (bound: number) => number, items: readonly T[]): T {
  const item = items[roll(items.length)];
  if (item === undefined) throw new Error('There is nothing to pick.');
  return item;
}

/** Posts to the teams, or changes their deployments, each time by either server. */
async function post(
  servers: readonly LiveServer[],
  teams: readonly Uuid[],
  model: string,
  roll: (n: number) => number,
) {
  for (let i = 0; i < 40; i++) {
    const { world, db } = pick(roll, servers);
    const teamId = pick(roll, teams);
    if (roll(3) === 0) await writeEvents(db, teamId, ...someIds(1 + roll(4)));
    else if (roll(4) === 0) await holdAndResolve(world, pick(roll, servers).world, teamId, model, roll(3));
    else if (roll(5) === 0) await world.grant(teamId, '3', roll(2) === 0 ? { kind: 'PREPAID' } : {});
    else
      await world.charge(...Array.from({ length: 1 + roll(6) }, () => usage(teamId, model, { REQUEST: 1 })));
  }
}

/** Sets credit aside by one server, and settles it or lets it go by another. */
async function holdAndResolve(here: World, there: World, teamId: Uuid, model: string, used: number) {
  const [held] = await here.batcher().holds([placeHold(teamId, model, 2)]);
  if (!held?.ok) return;
  await there.batcher().holds([used === 0 ? releaseHold(held.hold) : settleHold(held.hold, used)]);
}

function open(
  name: FeedName,
  { live }: LiveServer,
  teamId: Uuid,
  after: bigint | undefined,
): Promise<Feed<LiveEvent<Line>>> {
  return live[name]({ teamId, after });
}

/** Follows a team over disconnects, stalls and changes of server until `until` resolves and its number is reached. */
async function follow(
  name: FeedName,
  servers: readonly LiveServer[],
  teamId: Uuid,
  roll: (bound: number) => number,
  finished: Promise<ReadonlyMap<string, bigint>>,
): Promise<AnyEvent[]> {
  const events: AnyEvent[] = [];
  const at = () => events.at(-1)?.seq ?? 0n;
  let last: bigint | undefined;
  void finished.then((seqs) => {
    last = seqs.get(`${journalOf(name)} ${teamId}`);
  });
  while (last === undefined || at() < last) {
    const after = events.length === 0 && roll(2) === 0 ? undefined : at();
    const feed = await open(name, pick(roll, servers), teamId, after);
    for (let whim: Whim = 'READ'; last === undefined || at() < last; whim = pick(roll, WHIMS)) {
      if (whim === 'LEAVE') break;
      if (whim === 'STALL') await pick(roll, servers).db.sql`select pg_sleep(${roll(60) / 1_000})`;
      // A connection breaks with an event on its way: the client has not got it and asks for it again.
      const lost = feed.next();
      if (whim === 'CRASH') break;
      const { value } = await Promise.race([lost, finished.then(() => ({ value: undefined }))]);
      if (value) events.push(value);
      else if (at() === last) break;
      else events.push((await lost).value ?? expect.fail());
    }
    feed.end();
  }
  return events;
}

function expectTrue(
  name: FeedName,
  teamId: Uuid,
  events: readonly AnyEvent[],
  entries: readonly Line[],
): void {
  expectTiles(events, 0n);
  for (const event of events) {
    expect(event.teamId).toBe(teamId);
    const last = entries[Number(event.seq) - 1];
    // Never half a posting: what follows the range belongs to another one.
    const next = entries[Number(event.seq)];
    if (last && 'postingId' in last && next && 'postingId' in next)
      expect(next.postingId).not.toBe(last.postingId);
    if (event.kind === 'CHANGE' && name !== 'spendUpdated') {
      expect(event.entries).toEqual(entries.slice(Number(event.fromSeq) - 1, Number(event.seq)));
    }
    if ('state' in event) expectState(event.state, entries.slice(0, Number(event.seq)).filter(isEntry));
  }
  if (name !== 'ledgerEntryPosted' && name !== 'deploymentChanged') return;
  const [first] = events;
  const start = first?.kind === 'SNAPSHOT' ? Number(first.seq) : 0;
  expect(events.flatMap((event) => event.entries)).toEqual(entries.slice(start));
}

function isEntry(line: Line): line is Entry {
  return 'postingId' in line;
}

function expectState(state: TeamState | SpendState, entries: readonly Entry[]): void {
  const team = 'figures' in state ? state.team : state;
  if (entries.length > 0) expect(team.balances).toEqual(entries.at(-1)?.after);
  const remaining = team.grants.reduce((sum, grant) => sum + grant.remainingNano, 0n);
  expect(remaining).toBe(team.balances.availableNano);
  if (!('figures' in state)) return;
  const charged = entries
    .filter(({ kind }) => kind === ENTRY_KIND.CHARGE)
    .reduce((sum, { amountNano }) => sum + amountNano, 0n);
  expect(state.figures.monthNano).toBe(charged);
}

test('whatever happens to subscribers, buses and servers, the ranges of each subscriber tile 1..N exactly once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const roll = dice(seed);
      const bus = () => new LossyBus(() => pick(roll, FATES));
      const servers = [1, 2].map(() => liveServer(database, { bus: bus(), pollMs: 30 }));
      const [first] = servers;
      const model = `tiling-${newUuid()}`;
      await first?.world.model(model, { REQUEST: '0.1' });
      const teams = await Promise.all([1, 2, 3].map(() => first?.world.team() ?? expect.fail()));
      for (const teamId of teams) await first?.world.grant(teamId, '100');
      const posting = Promise.all([1, 2, 3].map((n) => post(servers, teams, model, dice(seed + n))));
      const finished = posting.then(() => headsOf(teams));
      const cases = teams.flatMap((teamId) =>
        FEEDS.flatMap((name) => [1, 2, 3].map((n) => ({ teamId, name, n }))),
      );
      const followed = await Promise.all(
        cases.map(({ teamId, name, n }) => follow(name, servers, teamId, dice(seed * 31 + n), finished)),
      );
      for (const [index, { teamId, name }] of cases.entries()) {
        const isLedger = journalOf(name) === 'ledger';
        const lines = isLedger
          ? await entriesAfter(database.db, teamId, 0n, 5_000)
          : await deploymentLog(database.db, teamId);
        expectTrue(name, teamId, followed[index] ?? [], lines);
      }
    }),
    { numRuns: 4, endOnFailure: true },
  );
}, 120_000);

function journalOf(name: FeedName): 'ledger' | 'deployments' {
  return name === 'deploymentChanged' ? 'deployments' : 'ledger';
}

/** Where the journals of teams end, by journal and team. */
async function headsOf(teams: readonly Uuid[]): Promise<ReadonlyMap<string, bigint>> {
  const rows = await database.db.sql<{ journal: string; team_id: Uuid; seq: bigint }[]>`
    select 'ledger' as journal, team_id, seq from wallets
    union all select 'deployments', team_id, event_seq from deployment_heads`;
  const found = new Map(rows.map(({ journal, team_id, seq }) => [`${journal} ${team_id}`, seq]));
  return new Map(
    teams.flatMap((teamId) =>
      ['ledger', 'deployments'].map((journal) => {
        const key = `${journal} ${teamId}`;
        return [key, found.get(key) ?? 0n] as const;
      }),
    ),
  );
}
