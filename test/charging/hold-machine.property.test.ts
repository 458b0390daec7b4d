import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Batcher } from '../../src/charging/batcher.ts';
import type { Hold, HoldRequest, HoldResult, WhenShort } from '../../src/charging/hold.ts';
import { holdsById } from '../../src/charging/hold-rows.ts';
import { sweepHolds } from '../../src/charging/hold-sweeper.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { balanceOf } from '../../src/ledger/balance.ts';
import { NANO_PER_CREDIT } from '../../src/money.ts';
import { expectHealthy } from '../support/audit.ts';
import { useDatabase } from '../support/database.ts';
import { expireHold, extendHold, placeHold, releaseHold, reportHold, settleHold } from '../support/holds.ts';
import { movableClock } from '../support/movable-clock.ts';
import { usage, worldOn } from '../support/world.ts';

const database = useDatabase();
const SECOND = 1000;
const TEAMS = 2;
const GRANTED = 60n;
const CLIENTS = 4;

/** One call of one client. `pick` chooses among the holds there are by then. */
type Call =
  | { readonly what: 'PLACE'; readonly team: number; readonly count: number; readonly seconds: number }
  | { readonly what: 'CHARGE'; readonly team: number; readonly count: number }
  | {
      readonly what: 'SETTLE';
      readonly pick: number;
      readonly count: number;
      readonly key: number;
      readonly whenShort: WhenShort;
    }
  | { readonly what: 'REPORT'; readonly pick: number; readonly count: number }
  | { readonly what: 'EXTEND'; readonly pick: number; readonly seconds: number }
  | { readonly what: 'RELEASE' | 'EXPIRE'; readonly pick: number }
  | { readonly what: 'SWEEP' }
  | { readonly what: 'ADVANCE'; readonly seconds: number };

const team = fc.nat(TEAMS - 1);
const count = fc.nat(9);
const pick = fc.nat(5);
const seconds = fc.integer({ min: 1, max: 30 });

const anyCall: fc.Arbitrary<Call> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant('PLACE'), team, count, seconds }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('CHARGE'), team, count }) },
  {
    weight: 7,
    arbitrary: fc.record({
      what: fc.constant('SETTLE'),
      pick,
      count,
      key: fc.nat(9),
      whenShort: fc.constantFrom('TAKE_AVAILABLE', 'REFUSE', 'DEBT'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('REPORT'), pick, count }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('EXTEND'), pick, seconds }) },
  { weight: 5, arbitrary: fc.record({ what: fc.constantFrom('RELEASE', 'EXPIRE', 'EXPIRE'), pick }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('SWEEP') }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('ADVANCE'), seconds }) },
);

const histories = fc.array(fc.array(anyCall, { minLength: 20, maxLength: 20 }), {
  minLength: CLIENTS,
  maxLength: CLIENTS,
});

interface Answered {
  readonly request: HoldRequest;
  readonly result: Extract<HoldResult, { ok: true }>;
}

/** What a history has left to look at. */
interface Outcome {
  readonly teams: readonly Uuid[];
  readonly placed: readonly Hold[];
  readonly answers: readonly Answered[];
}

test('whatever callers and the sweeper do at once from two processes, each hold is resolved once and no credit is lost', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (calls) => {
      const outcome = await play(calls);
      await checkHolds(outcome);
      for (const teamId of outcome.teams) await checkCredit(teamId);
    }),
    { numRuns: 12 },
  );
  await expectHealthy(database.db);
}, 120_000);

/** Clients call one after the other, all at the same time; every other client has another process. */
async function play(calls: readonly (readonly Call[])[]): Promise<Outcome> {
  const clock = movableClock();
  const world = worldOn(database.db, clock);
  const model = `m-${newUuid()}`;
  await world.model(model, { REQUEST: '1' });
  const teams = await Promise.all(Array.from({ length: TEAMS }, () => world.team({ debtLimit: '7' })));
  for (const teamId of teams) await world.grant(teamId, String(GRANTED), { kind: 'PREPAID' });
  const [one, other] = [world.batcher(), world.batcher()];
  const placed: Hold[] = [];
  const answers: Answered[] = [];
  const teamAt = (index: number): Uuid => teams[index % teams.length] ?? '';

  const send = async (batcher: Batcher, request: HoldRequest): Promise<void> => {
    const [result] = await batcher.holds([request]);
    if (!result?.ok) return;
    answers.push({ request, result });
    if (request.what === 'PLACE_HOLD') placed.push(result.hold);
  };
  const make = async (batcher: Batcher, call: Call): Promise<void> => {
    switch (call.what) {
      case 'PLACE': {
        const lifeMs = call.seconds * SECOND;
        return send(batcher, placeHold(teamAt(call.team), model, call.count, { lifeMs }));
      }
      case 'CHARGE':
        await batcher.charge([usage(teamAt(call.team), model, { REQUEST: call.count })]);
        return;
      case 'ADVANCE':
        clock.advance(call.seconds * SECOND);
        return;
      case 'SWEEP':
        await sweepHolds(database.db, batcher, clock, 3);
        return;
      default: {
        const hold = placed.at(-1 - (call.pick % Math.max(placed.length, 1)));
        if (hold) return send(batcher, about(hold, call));
      }
    }
  };
  await Promise.all(
    calls.map(async (ofClient, client) => {
      for (const call of ofClient) await make(client % 2 === 0 ? one : other, call);
    }),
  );
  return { teams, placed, answers };
}

function about(hold: Hold, one: Extract<Call, { pick: number }>): HoldRequest {
  switch (one.what) {
    case 'SETTLE':
      return settleHold(hold, one.count, { key: `${hold.teamId} ${one.key}`, whenShort: one.whenShort });
    case 'REPORT':
      return reportHold(hold, one.count);
    case 'EXTEND':
      return extendHold(hold, one.seconds * SECOND);
    case 'RELEASE':
      return releaseHold(hold);
    case 'EXPIRE':
      return expireHold(hold);
  }
}

async function checkHolds({ placed, answers }: Outcome): Promise<void> {
  const holds = placed.length === 0 ? [] : await holdsById(database.db, placed);
  for (const hold of holds) {
    const about = answers.filter(({ result }) => result.hold.id === hold.id);
    checkAnswers(hold, about);
    await checkCharges(hold, about);
  }
}

/** One request resolved it, or the sweeper did; all that came later were told what had become of it. */
function checkAnswers(hold: Hold, answers: readonly Answered[]): void {
  const resolving = answers.filter(({ result }) => isResolving(result));
  expect(resolving.length, 'resolutions').toBeLessThanOrEqual(1);
  if (hold.status !== 'EXPIRED') expect(resolving.length).toBe(hold.status === 'HELD' ? 0 : 1);
  for (const { result } of resolving) expect(result.hold.status).toBe(hold.status);
  for (const { result } of answers) {
    if (result.hold.status === 'HELD') continue;
    expect([result.hold.status, result.hold.chargeId]).toEqual([hold.status, hold.chargeId]);
    if (result.alreadyResolved) expect(result.charge?.id ?? null).toBe(hold.chargeId);
  }
}

function isResolving({ alreadyResolved, replayed, hold, charge }: Answered['result']): boolean {
  const isLate = charge !== null && charge.id === hold.lateChargeId;
  return !alreadyResolved && !replayed && hold.status !== 'HELD' && !isLate;
}

interface ChargeFigures {
  readonly id: Uuid;
  readonly price: bigint;
  readonly prior: bigint;
  readonly quantities: Record<string, string>;
}

/** What was charged for a hold is what its resolution says, to the nano-credit, and nothing else was. */
async function checkCharges(hold: Hold, answers: readonly Answered[]): Promise<void> {
  const rows = await database.db.sql<ChargeFigures[]>`
    select id, amount_nano + coalesce(short_nano, 0) + coalesce(prior_nano, 0) as price,
      coalesce(prior_nano, 0) as prior, quantities
    from charges where team_id = ${hold.teamId} and hold_id = ${hold.id} order by id`;
  expect(rows.map(({ id }) => id)).toEqual([hold.chargeId, hold.lateChargeId].filter((id) => id !== null));
  for (const { quantities, price } of rows)
    expect(price).toBe(BigInt(quantities.REQUEST ?? 0) * NANO_PER_CREDIT);
  const [first, late] = rows;
  if (hold.status === 'RELEASED') expect(first).toBeUndefined();
  if (hold.status === 'EXPIRED') {
    expect(hold.chargeId === null).toBe(hold.reported === null);
    if (hold.chargeId) expect(first?.quantities).toEqual(hold.reported?.quantities);
    if (late) expect(late.price).toBeGreaterThan(late.prior);
  }
  if (hold.status === 'SETTLED') {
    const winner = answers.find(({ result }) => isResolving(result))?.request;
    const asked = winner?.what === 'SETTLE_HOLD' ? winner.quantities.get('REQUEST')?.coefficient : undefined;
    expect(first?.price).toBe((asked ?? -1n) * NANO_PER_CREDIT);
  }
}

/** What was granted is available, held or charged; what was charged beyond it is owed. */
async function checkCredit(teamId: Uuid): Promise<void> {
  const [sums] = await database.db.sql<{ charged: bigint; held: bigint }[]>`
    select coalesce((select sum(amount_nano) from charges where team_id = ${teamId} and status = 1), 0)::int8 as charged,
      coalesce((select sum((draw ->> 1)::int8) from holds h, jsonb_array_elements(h.draws) draw
        where h.team_id = ${teamId} and h.status = 1), 0)::int8 as held`;
  const balance = await balanceOf(database.db, teamId, new Date());
  const { availableNano = 0n, heldNano = 0n, unpaidNano = 0n } = balance?.balances ?? {};
  expect(heldNano).toBe(sums?.held);
  expect(availableNano + heldNano + (sums?.charged ?? 0n) - unpaidNano).toBe(GRANTED * NANO_PER_CREDIT);
}
