import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { setModelPrice } from '../../src/catalog/catalog.ts';
import { makePrice } from '../../src/catalog/price.ts';
import type { Charge } from '../../src/charging/charge.ts';
import type { HoldRequest, HoldResult } from '../../src/charging/hold.ts';
import { holdsById } from '../../src/charging/hold-rows.ts';
import { reverseCharge } from '../../src/charging/reverse-charge.ts';
import { inTransaction } from '../../src/db/client.ts';
import { parseDecimal } from '../../src/decimal.ts';
import { extendGrant, voidGrant } from '../../src/grants/issue.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { balanceOf } from '../../src/ledger/balance.ts';
import { parseCredits } from '../../src/money.ts';
import { expectHealthy } from '../support/audit.ts';
import { useDatabase } from '../support/database.ts';
import { expireHold, extendHold, placeHold, releaseHold, reportHold, settleHold } from '../support/holds.ts';
import { movableClock } from '../support/movable-clock.ts';
import { usage, worldOn } from '../support/world.ts';

const database = useDatabase();
const MINUTE = 60_000;

/** A team with ten prepaid credits and a model of one credit a request. */
async function setUp(options: { debtLimit?: string; granted?: string } = {}) {
  const clock = movableClock();
  const world = worldOn(database.db, clock);
  const model = `m-${newUuid()}`;
  await world.model(model, { REQUEST: '1' });
  const team = await world.team(options);
  const grantId = await world.grant(team, options.granted ?? '10', { kind: 'PREPAID' });
  const batcher = world.batcher();
  const one = async (request: HoldRequest): Promise<Ok> => ok((await batcher.holds([request]))[0]);
  const code = async (request: HoldRequest): Promise<string> => {
    const [result] = await batcher.holds([request]);
    return result?.ok === false ? result.refusal.code : 'OK';
  };
  const place = (count: number, more: Partial<Parameters<typeof placeHold>[3]> = {}) =>
    one(placeHold(team, model, count, more));
  const figures = async () => {
    const balance = await balanceOf(database.db, team, clock.now());
    if (!balance) throw new Error('no such team');
    const { availableNano, heldNano, unpaidNano } = balance.balances;
    return { available: credits(availableNano), held: credits(heldNano), unpaid: credits(unpaidNano) };
  };
  return { clock, world, model, team, grantId, batcher, one, code, place, figures };
}

type Ok = Extract<HoldResult, { ok: true }>;

function ok(result: HoldResult | undefined): Ok {
  if (!result?.ok) throw new Error(result?.refusal.message ?? 'no result');
  return result;
}

function credits(nano: bigint): number {
  return Number(nano) / 1e9;
}

function amount(charge: Charge | null): number | null {
  return charge && credits(charge.amountNano);
}

describe('a hold', () => {
  test('lowers what is available, raises what is held, and changes nothing that is posted', async () => {
    const { place, figures } = await setUp();
    const { hold, balance } = await place(4);
    expect(hold).toMatchObject({ status: 'HELD', amountNano: parseCredits('4'), drawnNano: 0n });
    expect(balance.balances).toMatchObject({ availableNano: parseCredits('6'), heldNano: parseCredits('4') });
    expect(await figures()).toEqual({ available: 6, held: 4, unpaid: 0 });
    await expectHealthy(database.db);
  });

  test('is refused when credit does not cover it, and then nothing is written', async () => {
    const { code, team, model, figures } = await setUp();
    expect(await code(placeHold(team, model, 11))).toBe('OUT_OF_CREDITS');
    expect(await figures()).toEqual({ available: 10, held: 0, unpaid: 0 });
  });

  test('is not spent by others', async () => {
    const { place, world, team, model } = await setUp();
    await place(8);
    const [result] = await world.charge(usage(team, model, { REQUEST: 3 }));
    expect(result).toMatchObject({
      ok: false,
      refusal: { code: 'OUT_OF_CREDITS', availableNano: parseCredits('2') },
    });
  });

  test('is placed once for its key, and the key stands for one hold only', async () => {
    const { one, code, team, model, figures } = await setUp();
    const request = placeHold(team, model, 4, { key: 'once' });
    const first = await one(request);
    const again = await one(request);
    expect([again.replayed, again.hold.id]).toEqual([true, first.hold.id]);
    expect(await code(placeHold(team, model, 5, { key: 'once' }))).toBe('IDEMPOTENCY_CONFLICT');
    expect((await figures()).held).toBe(4);
  });

  test('of an amount needs no quantities', async () => {
    const { one, team, model, figures } = await setUp();
    const { hold } = await one(placeHold(team, model, 0, { amountNano: parseCredits('2.5') }));
    expect([hold.quantities, hold.amountNano]).toEqual([null, parseCredits('2.5')]);
    expect((await figures()).held).toBe(2.5);
  });
});

describe('settling a hold', () => {
  test('for less charges that and returns the rest', async () => {
    const { place, one, figures } = await setUp();
    const { hold } = await place(4);
    const settled = await one(settleHold(hold, 3));
    expect([settled.hold.status, amount(settled.charge), settled.shortByNano]).toEqual(['SETTLED', 3, 0n]);
    expect(await figures()).toEqual({ available: 7, held: 0, unpaid: 0 });
    await expectHealthy(database.db);
  });

  test('for nothing charges nothing and returns all', async () => {
    const { place, one, figures } = await setUp();
    const { hold } = await place(4);
    const { charge } = await one(settleHold(hold, 0));
    expect([amount(charge), charge?.fromSeq]).toEqual([0, null]);
    expect(await figures()).toEqual({ available: 10, held: 0, unpaid: 0 });
    await expectHealthy(database.db);
  });

  test('for more takes what is available beside it', async () => {
    const { place, one, figures } = await setUp();
    const { hold } = await place(4);
    expect(amount((await one(settleHold(hold, 9))).charge)).toBe(9);
    expect(await figures()).toEqual({ available: 1, held: 0, unpaid: 0 });
    await expectHealthy(database.db);
  });

  test.for([
    ['TAKE_AVAILABLE', 10, 2, { available: 0, held: 0, unpaid: 0 }],
    ['DEBT', 11, 1, { available: 0, held: 0, unpaid: 1 }],
  ] as const)(
    'for more than there is: %s charges %d and is short by %d',
    async ([whenShort, charged, short, after]) => {
      const { place, one, figures } = await setUp({ debtLimit: '1' });
      const { hold } = await place(4);
      const settled = await one(settleHold(hold, 12, { whenShort }));
      expect([amount(settled.charge), credits(settled.shortByNano)]).toEqual([charged, short]);
      expect(await figures()).toEqual(after);
      await expectHealthy(database.db);
    },
  );

  test('for more than there is can be refused: the hold stays', async () => {
    const { place, code, figures } = await setUp();
    const { hold } = await place(4);
    expect(await code(settleHold(hold, 12, { whenShort: 'REFUSE' }))).toBe('OUT_OF_CREDITS');
    expect(await figures()).toEqual({ available: 6, held: 4, unpaid: 0 });
  });

  test('costs what it cost when the hold was placed', async () => {
    const { place, one, clock, model, world } = await setUp();
    const { hold } = await place(4);
    clock.advance(MINUTE);
    await setPrice(world.db, model, '2', clock.now());
    expect(amount((await one(settleHold(hold, 3))).charge)).toBe(3);
  });

  test('happens once: the first resolution wins, whatever its key, and later ones are told of it', async () => {
    const { place, one, figures } = await setUp();
    const { hold } = await place(4);
    const first = await one(settleHold(hold, 3, { key: 'first' }));
    const again = await one(settleHold(hold, 3, { key: 'first' }));
    const other = await one(settleHold(hold, 2, { key: 'other' }));
    const released = await one(releaseHold(hold));
    expect([again.replayed, again.alreadyResolved]).toEqual([true, false]);
    for (const late of [other, released]) {
      expect([late.alreadyResolved, late.hold.status, late.charge?.id]).toEqual([
        true,
        'SETTLED',
        first.charge?.id,
      ]);
    }
    expect((await figures()).available).toBe(7);
  });

  test('refuses a key that stands for another settlement', async () => {
    const { place, code, one } = await setUp();
    const [first, second] = [await place(2), await place(2)];
    await one(settleHold(first.hold, 1, { key: 'same' }));
    expect(await code(settleHold(second.hold, 1, { key: 'same' }))).toBe('IDEMPOTENCY_CONFLICT');
    expect(await code(settleHold(first.hold, 2, { key: 'same' }))).toBe('IDEMPOTENCY_CONFLICT');
  });

  test('of another team is refused like one that does not exist', async () => {
    const { place, code, world } = await setUp();
    const { hold } = await place(4);
    const other: Uuid = await world.team();
    expect(await code(settleHold({ ...hold, teamId: other }, 1))).toBe('HOLD_NOT_FOUND');
    expect(await code(settleHold({ ...hold, id: newUuid() }, 1))).toBe('HOLD_NOT_FOUND');
  });
});

describe('a hold whose grant ends meanwhile', () => {
  test('stays good, and what returns to an expired grant expires at once', async () => {
    const { world, one, team, model, clock, figures } = await setUp({ granted: '1' });
    await world.grant(team, '5', { expiresAt: new Date(clock.now().getTime() + 5 * MINUTE) });
    const { hold } = await one(placeHold(team, model, 4));
    clock.advance(6 * MINUTE);
    const settled = await one(settleHold(hold, 3));
    expect(amount(settled.charge)).toBe(3);
    expect(await figures()).toEqual({ available: 1, held: 0, unpaid: 0 });
    await expectHealthy(database.db);
  });

  test('spends it to the end: extended afterwards it is spent, and gets back what is reversed', async () => {
    const { world, one, team, model, clock, figures } = await setUp({ granted: '1' });
    const grantId = await world.grant(team, '4', { expiresAt: new Date(clock.now().getTime() + 5 * MINUTE) });
    const { hold } = await one(placeHold(team, model, 4));
    clock.advance(6 * MINUTE);
    const { charge } = await one(settleHold(hold, 4));
    const change = { reason: 'test', idempotencyKey: newUuid() };
    const until = { teamId: team, grantId, expiresAt: new Date(clock.now().getTime() + 5 * MINUTE) };
    await inTransaction(database.db, (tx) =>
      extendGrant(tx, { ...change, ...until }, SYSTEM_ACTOR, clock.now()),
    );
    await expectHealthy(database.db);
    const input = { ...change, chargeId: charge?.id ?? '' };
    await inTransaction(database.db, (tx) => reverseCharge(tx, input, SYSTEM_ACTOR, clock.now()));
    expect(await figures()).toEqual({ available: 5, held: 0, unpaid: 0 });
    await expectHealthy(database.db);
  });

  test('returns nothing to a voided grant', async () => {
    const { place, one, team, grantId, clock, figures } = await setUp();
    const { hold } = await place(4);
    const input = { grantId, reason: 'test', idempotencyKey: newUuid(), teamId: team };
    await inTransaction(database.db, (tx) => voidGrant(tx, input, SYSTEM_ACTOR, clock.now()));
    expect(await figures()).toEqual({ available: 0, held: 4, unpaid: 0 });
    await one(releaseHold(hold));
    expect(await figures()).toEqual({ available: 0, held: 0, unpaid: 0 });
    await expectHealthy(database.db);
  });
});

describe('a hold that expires', () => {
  test('is settled by its last report', async () => {
    const { place, one, clock, figures } = await setUp();
    const { hold } = await place(4);
    await one(reportHold(hold, 1));
    await one(reportHold(hold, 2));
    clock.advance(15 * MINUTE);
    const expired = await one(expireHold(hold));
    expect([expired.hold.status, amount(expired.charge)]).toEqual(['EXPIRED', 2]);
    expect(await figures()).toEqual({ available: 8, held: 0, unpaid: 0 });
    await expectHealthy(database.db);
  });

  test('returns everything when nothing was reported', async () => {
    const { place, one, clock, figures } = await setUp();
    const { hold } = await place(4);
    clock.advance(15 * MINUTE);
    expect((await one(expireHold(hold))).hold.status).toBe('EXPIRED');
    expect(await figures()).toEqual({ available: 10, held: 0, unpaid: 0 });
  });

  test('is left alone before its time, and after it was extended', async () => {
    const { place, one, clock } = await setUp();
    const { hold } = await place(4);
    clock.advance(14 * MINUTE);
    expect((await one(expireHold(hold))).hold.status).toBe('HELD');
    await one(extendHold(hold, 10 * MINUTE));
    clock.advance(5 * MINUTE);
    expect((await one(expireHold(hold))).hold.status).toBe('HELD');
  });

  test('charges the difference when it is settled late, as debt where credit is gone', async () => {
    const { place, one, clock, world, team, model, figures } = await setUp({ debtLimit: '5' });
    const { hold } = await place(4);
    await one(reportHold(hold, 2));
    clock.advance(15 * MINUTE);
    await one(expireHold(hold));
    await world.charge(usage(team, model, { REQUEST: 8 }));
    const late = await one(settleHold(hold, 3));
    expect(late.charge).toMatchObject({
      amountNano: parseCredits('1'),
      priorNano: parseCredits('2'),
      holdId: hold.id,
    });
    expect(late.hold.lateChargeId).toBe(late.charge?.id);
    expect(await figures()).toEqual({ available: 0, held: 0, unpaid: 1 });
    expect((await one(settleHold(hold, 4))).alreadyResolved).toBe(true);
    await expectHealthy(database.db);
  });

  test('takes no late settle after a day', async () => {
    const { place, one, clock } = await setUp();
    const { hold } = await place(4);
    clock.advance(15 * MINUTE);
    await one(expireHold(hold));
    clock.advance(24 * 60 * MINUTE + 1);
    expect(await one(settleHold(hold, 3))).toMatchObject({ alreadyResolved: true, charge: null });
  });
});

describe('a report', () => {
  test('above a hundred times the hold is refused', async () => {
    const { place, code } = await setUp();
    const { hold } = await place(1);
    expect(await code(reportHold(hold, 101))).toBe('REPORT_TOO_LARGE');
    expect(await code(reportHold(hold, 100))).toBe('OK');
  });

  test('that tells less than an earlier one changes nothing', async () => {
    const { place, one } = await setUp();
    const { hold } = await place(4);
    await one(reportHold(hold, 3));
    expect((await one(reportHold(hold, 1))).hold.reported?.quantities).toEqual({ REQUEST: '3' });
  });
});

test('a hold lives for a day at most, however often it is extended', async () => {
  const { place, one, code, clock } = await setUp();
  const { hold } = await place(1);
  const longest = await one(extendHold(hold, 24 * 60 * MINUTE));
  expect(longest.hold.expiresAt.getTime() - hold.placedAt.getTime()).toBe(24 * 60 * MINUTE);
  clock.advance(MINUTE);
  expect(await code(extendHold(hold, 24 * 60 * MINUTE))).toBe('HOLD_TOO_LONG');
});

test('what is reported of a hold is kept, also when it is resolved in the same batch', async () => {
  const { place, batcher, clock } = await setUp();
  const [settled, expired] = [(await place(4)).hold, (await place(4)).hold];
  await batcher.holds([reportHold(settled, 2), extendHold(settled, 20 * MINUTE), settleHold(settled, 3)]);
  clock.advance(16 * MINUTE);
  await batcher.holds([reportHold(expired, 3), expireHold(expired)]);
  const [one, other] = await holdsById(database.db, [settled, expired]);
  expect(one).toMatchObject({
    status: 'SETTLED',
    reported: { quantities: { REQUEST: '2' } },
    expiresAt: new Date(settled.placedAt.getTime() + 20 * MINUTE),
  });
  expect(other).toMatchObject({ status: 'EXPIRED', reported: { quantities: { REQUEST: '3' } } });
  await expectHealthy(database.db);
});

test('a hold that is placed and settled in one batch is written once, as it is in the end', async () => {
  const { team, model, batcher, figures } = await setUp();
  const request = placeHold(team, model, 4);
  const [placed, again] = await batcher.holds([request, request]);
  const { hold } = ok(placed);
  expect(ok(again).hold.id).toBe(hold.id);
  const results = await batcher.holds([settleHold(hold, 1), releaseHold(hold)]);
  expect(results.map((result) => ok(result).hold.status)).toEqual(['SETTLED', 'SETTLED']);
  expect(await figures()).toEqual({ available: 9, held: 0, unpaid: 0 });
  await expectHealthy(database.db);
});

test('a hold that another process has resolved is known to be, also where it was placed', async () => {
  const { team, model, batcher, world, figures } = await setUp();
  const other = world.batcher();
  const { hold } = ok((await batcher.holds([placeHold(team, model, 4)]))[0]);
  await other.holds([settleHold(hold, 3)]);
  // Until it trusts its memory again.
  for (let i = 0; i < 5; i++) await batcher.charge([usage(team, model, { REQUEST: 1 })]);
  expect(ok((await batcher.holds([releaseHold(hold)]))[0])).toMatchObject({
    alreadyResolved: true,
    hold: { status: 'SETTLED' },
  });
  expect(await figures()).toEqual({ available: 2, held: 0, unpaid: 0 });
  await expectHealthy(database.db);
});

async function setPrice(
  db: typeof database.db,
  modelKey: string,
  unitPrice: string,
  now: Date,
): Promise<void> {
  const components = [{ meter: 'REQUEST', unitPrice: parseDecimal(unitPrice), conditions: {} }] as const;
  const price = makePrice({ components, multipliers: [] });
  const input = { modelKey, price, reason: 'test', idempotencyKey: newUuid() };
  await inTransaction(db, (tx) => setModelPrice(tx, input, SYSTEM_ACTOR, now));
}
