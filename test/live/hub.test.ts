import { expect, test, vi } from 'vitest';
import { newUuid } from '../../src/id.ts';
import type { LedgerPosted } from '../../src/ledger/posted.ts';
import { fromWire, MemoryBus, toWire } from '../../src/live/bus.ts';
import { Hub, type Watcher } from '../../src/live/hub.ts';
import { ReadBatches } from '../../src/live/read-batches.ts';
import { wholeGroups } from '../../src/live/whole-groups.ts';
import { postedFact } from './posted-fact.ts';

type LedgerWatcher = Watcher<LedgerPosted>;

const watcher = () => ({
  posted: vi.fn<LedgerWatcher['posted']>(),
  reached: vi.fn<LedgerWatcher['reached']>(),
});

test('the hub tells a team to its own watchers only, and to nobody who has left', () => {
  const hub = new Hub(() => expect.fail());
  const teams = Array.from({ length: 50 }, () => newUuid());
  const watchers = teams.map((teamId) => ({ teamId, watcher: watcher() }));
  for (const { teamId, watcher } of watchers) hub.join(teamId, watcher);
  const gone = watcher();
  hub.join(teams[0] ?? '', gone)();
  for (const teamId of teams) {
    hub.posted(postedFact({ teamId }));
    hub.reached(teamId, 7n);
  }
  for (const { teamId, watcher } of watchers) {
    expect(watcher.posted.mock.calls.map(([fact]) => fact.teamId)).toEqual([teamId]);
    expect(watcher.reached.mock.calls).toEqual([[7n]]);
  }
  expect(gone.posted).not.toHaveBeenCalled();
});

test('the hub forgets a team that nobody watches any more', () => {
  const hub = new Hub(() => expect.fail());
  const teamId = newUuid();
  const leave = [hub.join(teamId, watcher()), hub.join(teamId, watcher())];
  expect(hub.teams).toEqual([teamId]);
  leave[0]?.();
  expect(hub.teams).toEqual([teamId]);
  leave[1]?.();
  expect(hub.teams).toEqual([]);
  const again = hub.join(teamId, watcher());
  leave[1]?.();
  expect(hub.teams).toEqual([teamId]);
  again();
});

test('a watcher that fails keeps a fact neither from the others nor from who posted it', () => {
  const failures: unknown[] = [];
  const hub = new Hub((error) => failures.push(error));
  const teamId = newUuid();
  const [broken, fine] = [watcher(), watcher()];
  broken.posted.mockImplementation(() => {
    throw new Error('broken');
  });
  hub.join(teamId, broken);
  hub.join(teamId, fine);
  hub.posted(postedFact({ teamId }));
  expect(fine.posted).toHaveBeenCalledOnce();
  expect(failures).toEqual([new Error('broken')]);
});

test('a bus carries facts to all who listen until it is closed', async () => {
  const bus = new MemoryBus();
  const [one, two] = [vi.fn(), vi.fn()];
  bus.subscribe(one)();
  bus.subscribe(two);
  const fact = postedFact();
  bus.publish([fact]);
  await bus.close();
  bus.publish([fact]);
  expect(one).not.toHaveBeenCalled();
  expect(two.mock.calls).toEqual([[fact]]);
});

test('a fact is the same after its way over the wire, with text that looks like a number', () => {
  const fact = postedFact({ reason: '{"$n":"12"}', entries: 3, isHours: true });
  expect(fact.hours.size).toBe(3);
  expect(fromWire(toWire(fact))).toEqual(fact);
});

test('a fact with very many entries goes over the wire as its range', () => {
  const fact = postedFact({ entries: 257, isHours: true });
  expect(fromWire(toWire(fact))).toEqual({ ...fact, entries: [], hours: new Set() });
});

test('what another release or anybody else wrote is no fact', () => {
  const text = toWire(postedFact()).replace(/"v":\d+/, '"v":1');
  for (const alien of [text, '', 'null', '7', '{}', '{"v":1}', '[', '{"v":1,"fact":{"$n":"x"}}']) {
    expect(fromWire(alien)).toBeUndefined();
  }
});

test('reads share statements, and each is answered by one that began after it was asked for', async () => {
  const asked: (readonly string[])[] = [];
  const gates: (() => void)[] = [];
  let version = 0;
  const reads = new ReadBatches<number>(async (ids) => {
    asked.push(ids);
    const seen = version;
    await new Promise<void>((open) => gates.push(open));
    return new Map(ids.filter((id) => id !== 'unknown').map((id) => [id, seen]));
  }, 3);
  const first = ['a', 'a', 'unknown'].map((id) => reads.load(id));
  await vi.waitFor(() => expect(gates).toHaveLength(1));
  version = 1;
  const second = ['a', 'b', 'c', 'd'].map((id) => reads.load(id));
  gates[0]?.();
  expect(await Promise.all(first)).toEqual([0, 0, undefined]);
  await vi.waitFor(() => expect(gates).toHaveLength(2));
  gates[1]?.();
  await vi.waitFor(() => expect(gates).toHaveLength(3));
  gates[2]?.();
  expect(await Promise.all(second)).toEqual([1, 1, 1, 1]);
  expect(asked).toEqual([['a', 'unknown'], ['a', 'b', 'c'], ['d']]);
});

test('a read that fails fails for those who asked for it, and not for those after them', async () => {
  let isDown = true;
  const reads = new ReadBatches<string>(async (ids) => {
    if (isDown) throw new Error('down');
    return new Map(ids.map((id) => [id, id]));
  }, 10);
  const failing = reads.load('a');
  await expect(failing).rejects.toThrow('down');
  isDown = false;
  expect(await reads.load('a')).toBe('a');
});

test('lines are parted between groups, never within one', () => {
  const { entries } = postedFact({ postings: [2, 1, 3, 1, 1, 9, 2] });
  const parts = (limit: number) => wholeGroups(entries, limit, ({ postingId }) => postingId);
  const lengths = (limit: number) => parts(limit).map((part) => part.length);
  expect(lengths(4)).toEqual([3, 4, 1, 9, 2]);
  expect(lengths(100)).toEqual([19]);
  expect(lengths(1)).toEqual([2, 1, 3, 1, 1, 9, 2]);
  expect(parts(4).flat()).toEqual(entries);
  expect(wholeGroups([], 4, () => 'all')).toEqual([]);
});
