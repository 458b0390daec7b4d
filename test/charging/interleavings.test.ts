import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import type { ChargeRequest, ChargeResult } from '../../src/charging/charge.ts';
import { type Approach, spendBatch } from '../../src/charging/spend-batch.ts';
import { StandingCache } from '../../src/charging/standing-cache.ts';
import { inTransaction } from '../../src/db/client.ts';
import { extendGrant, voidGrant } from '../../src/grants/issue.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import type { Book } from '../../src/ledger/book.ts';
import { useDatabase } from '../support/database.ts';
import { holdTeam, isFree, untilWaiting } from '../support/held-team.ts';
import { movableClock } from '../support/movable-clock.ts';
import { LATE_WINDOW, usage, type World, worldOn } from '../support/world.ts';

const database = useDatabase();
const MINUTE = 60_000;
const APPROACHES: readonly Approach[] = ['LOCKED', 'OPTIMISTIC'];

/** A world with a movable clock, a model that costs one credit a request, and a team without debt. */
async function setUp() {
  const clock = movableClock();
  const world = worldOn(database.db, clock);
  const model = `m-${newUuid()}`;
  await world.model(model, { REQUEST: '1' });
  const request = (teamId: Uuid, count: number, options: Partial<ChargeRequest> = {}) =>
    usage(teamId, model, { REQUEST: count }, options);
  return { world, clock, request, team: await world.team() };
}

/** One try of one batch, as the batcher makes it: a decision that came too late is an error. */
async function decide({ db, catalog, clock }: World, requests: ChargeRequest[], approach: Approach) {
  const deps = { catalog, clock, window: LATE_WINDOW, standings: new StandingCache(100) };
  const batch = requests.map((request) => ({ request }));
  const { results } = await inTransaction(db, (tx) => spendBatch(tx, batch, deps, approach));
  // Each request is a charge, and so is its result.
  return results as ChargeResult[];
}

/** Its code when it was refused. */
function outcome(result: ChargeResult | undefined): string {
  if (!result?.ok) return result?.refusal.code ?? 'NOTHING';
  return result.replayed ? 'REPLAYED' : result.charge.status;
}

/** Takes all that the grants of a team have. */
function drain(book: Book): void {
  for (const grant of book.grants) book.void(grant, { actor: SYSTEM_ACTOR });
}

describe('a charge that meets another writer', () => {
  test('waits for it, and decides on what it has left', async () => {
    const { world, clock, request, team } = await setUp();
    await world.grant(team, '5');
    const other = await holdTeam(database.db, team, clock.now(), drain);
    const results = decide(world, [request(team, 1)], 'LOCKED');
    await untilWaiting(database.ownerDb);
    await other.release();
    expect((await results).map(outcome)).toEqual(['OUT_OF_CREDITS']);
  });

  test('comes too late when it had decided before', async () => {
    const { world, clock, request, team } = await setUp();
    await world.grant(team, '5');
    const other = await holdTeam(database.db, team, clock.now(), drain);
    const results = decide(world, [request(team, 1)], 'OPTIMISTIC');
    const late = expect(results).rejects.toThrow('changed while a decision');
    await untilWaiting(database.ownerDb);
    await other.release();
    await late;
  });

  test('is decided again when what this process remembers of the team is no longer so', async () => {
    const { world, clock, request, team } = await setUp();
    const grantId = await world.grant(team, '5');
    expect((await world.charge(request(team, 1))).map(outcome)).toEqual(['CHARGED']);
    const input = { teamId: team, grantId, reason: 'test', idempotencyKey: newUuid() };
    await inTransaction(database.db, (tx) => voidGrant(tx, input, SYSTEM_ACTOR, clock.now()));
    expect((await world.charge(request(team, 1))).map(outcome)).toEqual(['OUT_OF_CREDITS']);
  });

  test('is not refused on a memory from before the team got credit', async () => {
    const { world, request, team } = await setUp();
    expect((await world.charge(request(team, 1))).map(outcome)).toEqual(['OUT_OF_CREDITS']);
    await world.grant(team, '5');
    expect((await world.charge(request(team, 1))).map(outcome)).toEqual(['CHARGED']);
  });

  test('finds a team that is forgotten while another is read', async () => {
    const { world, clock, request, team } = await setUp();
    const other = await world.team();
    for (const teamId of [team, other]) await world.grant(teamId, '5');
    const standings = new StandingCache(100);
    const deps = { catalog: world.catalog, clock, window: LATE_WINDOW, standings };
    const batchOf = (...teams: Uuid[]) => teams.map((teamId) => ({ request: request(teamId, 1) }));
    const { works } = await inTransaction(database.db, (tx) =>
      spendBatch(tx, batchOf(team), deps, 'OPTIMISTIC'),
    );
    for (const work of works) standings.put(work, true);
    const { results } = await inTransaction(database.db, (tx) => {
      const decided = spendBatch(tx, batchOf(team, other), deps, 'OPTIMISTIC');
      standings.drop(team);
      return decided;
    });
    expect(results.map(({ ok }) => ok)).toEqual([true, true]);
  });

  test('does not undo an extension that was made meanwhile and left no entry', async () => {
    const { world, clock, request, team } = await setUp();
    const soon = new Date(clock.now().getTime() + MINUTE);
    const grantId = await world.grant(team, '5', { expiresAt: soon });
    await world.charge(request(team, 1));
    const input = { teamId: team, grantId, reason: 'test', idempotencyKey: newUuid(), expiresAt: null };
    await inTransaction(database.db, (tx) => extendGrant(tx, input, SYSTEM_ACTOR, clock.now()));
    await world.charge(request(team, 1));
    clock.advance(2 * MINUTE);
    expect((await world.charge(request(team, 3))).map(outcome)).toEqual(['CHARGED']);
  });

  test('is charged once when the same key comes to two processes at the same instant', async () => {
    const { world, clock, request, team } = await setUp();
    await world.grant(team, '5');
    const one = request(team, 2);
    const other = await holdTeam(database.db, team, clock.now());
    const batchers = [world.batcher(), world.batcher()];
    const answers = Promise.all(batchers.map((batcher) => batcher.charge([one])));
    await untilWaiting(database.ownerDb, 2);
    await other.release();
    expect((await answers).flat().map(outcome).sort()).toEqual(['CHARGED', 'REPLAYED']);
    const drawn = await database.db.sql`
      select amount_nano from entries where team_id = ${team} and kind = 2`;
    expect(drawn.map(({ amount_nano }) => amount_nano)).toEqual([2_000_000_000n]);
  });

  test('looks its key up under the lock: what was charged while it waited is answered again', async () => {
    const { world, clock, request, team } = await setUp();
    await world.grant(team, '5');
    const one = request(team, 2);
    const other = await holdTeam(database.db, team, clock.now());
    const answers = Promise.all([decide(world, [one], 'LOCKED'), decide(world, [one, one], 'LOCKED')]);
    await untilWaiting(database.ownerDb, 2);
    await other.release();
    expect((await answers).flat().map(outcome).sort()).toEqual(['CHARGED', 'REPLAYED', 'REPLAYED']);
  });

  test('is not paid by a grant that has expired, though nobody has booked that', async () => {
    const { world, clock, request, team } = await setUp();
    await world.grant(team, '5', { expiresAt: new Date(clock.now().getTime() + MINUTE) });
    await world.charge(request(team, 1));
    clock.advance(MINUTE);
    const [result] = await world.charge(request(team, 1));
    expect(outcome(result)).toBe('OUT_OF_CREDITS');
    expect(result?.balance?.balances.availableNano).toBe(0n);
    const [last] = await database.db.sql`
      select kind, amount_nano from entries where team_id = ${team} order by seq desc limit 1`;
    expect(last).toEqual({ kind: 3, amount_nano: 4_000_000_000n });
  });
});

describe('the locks of a batch', () => {
  test.for(APPROACHES)('are taken in id order, whatever the order of its requests (%s)', async (approach) => {
    const { world, clock, request } = await setUp();
    const teams = [await world.team(), await world.team(), await world.team()].sort();
    const [first = '', second = '', third = ''] = teams;
    for (const team of teams) await world.grant(team, '5');
    const other = await holdTeam(database.db, first, clock.now());
    const requests = [third, first, second].map((team) => request(team, 1));
    const results = decide(world, requests, approach);
    await untilWaiting(database.ownerDb);
    expect(await isFree(database.ownerDb, second)).toBe(true);
    expect(await isFree(database.ownerDb, third)).toBe(true);
    await other.release();
    expect((await results).map(outcome)).toEqual(['CHARGED', 'CHARGED', 'CHARGED']);
  });
});
