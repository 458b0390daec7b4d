import { describe, expect, test } from 'vitest';
import type { ChargeResult } from '../../src/charging/charge.ts';
import { formatCredits } from '../../src/money.ts';
import { useDatabase } from '../support/database.ts';
import { usage, worldOn } from '../support/world.ts';

const database = useDatabase();

function charged(result: ChargeResult | undefined) {
  if (!result?.ok) throw new Error(`refused: ${JSON.stringify(result?.refusal.message)}`);
  return result;
}

function refusal(result: ChargeResult | undefined) {
  if (!result || result.ok) throw new Error('was charged');
  return result.refusal;
}

describe('charging', () => {
  test('draws promotional credit before prepaid and answers with the new balance', async () => {
    const world = worldOn(database.db);
    await world.model('m1', { INPUT_TOKEN: '0.001', OUTPUT_TOKEN: '0.002' });
    const team = await world.team();
    const prepaid = await world.grant(team, '10', { kind: 'PREPAID' });
    const promo = await world.grant(team, '1');
    const result = charged(
      (await world.charge(usage(team, 'm1', { INPUT_TOKEN: 1000, OUTPUT_TOKEN: 250 })))[0],
    );
    expect(formatCredits(result.charge.amountNano)).toBe('1.5');
    expect(formatCredits(result.balance.balances.availableNano)).toBe('9.5');
    expect(result.charge.fromSeq).toBe(3n);
    expect(result.balance.seq).toBe(4n);
    const rows = await database.db.sql`
      select debit_ref, amount_nano from entries where team_id = ${team} and seq >= 3 order by seq`;
    expect(rows.map((row) => [row.debit_ref, row.amount_nano])).toEqual([
      [promo, 1_000_000_000n],
      [prepaid, 500_000_000n],
    ]);
  });

  test('answers a repeated key with the first charge, in the same batch and later', async () => {
    const world = worldOn(database.db);
    await world.model('m2', { REQUEST: '1' });
    const team = await world.team();
    await world.grant(team, '10');
    const request = usage(team, 'm2', { REQUEST: 1 });
    const [first, second] = (await world.charge(request, request)).map(charged);
    expect(second).toMatchObject({ replayed: true, charge: first?.charge });
    const again = charged((await world.charge(request))[0]);
    expect(again).toMatchObject({ replayed: true, charge: first?.charge });
    expect(formatCredits(again.balance.balances.availableNano)).toBe('9');
    const other = usage(team, 'm2', { REQUEST: 2 }, { idempotencyKey: request.idempotencyKey });
    expect(refusal((await world.charge(other))[0]).code).toBe('IDEMPOTENCY_CONFLICT');
  });

  test('refuses what credit does not cover, says what is missing and leaves the key free', async () => {
    const world = worldOn(database.db);
    await world.model('m3', { REQUEST: '1' });
    const team = await world.team();
    await world.grant(team, '0.25');
    const request = usage(team, 'm3', { REQUEST: 1 });
    expect(refusal((await world.charge(request))[0])).toMatchObject({
      code: 'OUT_OF_CREDITS',
      shortByNano: 750_000_000n,
      availableNano: 250_000_000n,
    });
    await world.grant(team, '0.75');
    expect(charged((await world.charge(request))[0])).toMatchObject({ replayed: false });
  });

  test('never takes a team below zero under many concurrent callers of two processes', async () => {
    const world = worldOn(database.db);
    await world.model('m4', { REQUEST: '1' });
    const team = await world.team();
    await world.grant(team, '50', { kind: 'PREPAID' });
    const batchers = [world.batcher(), world.batcher({ lanes: 1, batchSize: 3 })];
    const results = await Promise.all(
      Array.from({ length: 120 }, (_, i) => batchers[i % 2]?.charge([usage(team, 'm4', { REQUEST: 1 })])),
    );
    expect(results.flat().filter((result) => result?.ok)).toHaveLength(50);
  });

  test('turns after-the-fact usage into debt up to the limit, then stores it as unbilled; prepaid credit pays debt first', async () => {
    const world = worldOn(database.db);
    await world.model('m5', { REQUEST: '1' });
    const team = await world.team({ debtLimit: '2' });
    await world.grant(team, '1');
    const late = (n: number) => usage(team, 'm5', { REQUEST: n }, { afterTheFact: true });
    const debt = charged((await world.charge(late(3)))[0]);
    expect(debt.charge).toMatchObject({ status: 'CHARGED', debtNano: 2_000_000_000n });
    expect(debt.balance.balances.unpaidNano).toBe(2_000_000_000n);
    const beyond = charged((await world.charge(late(1)))[0]);
    expect(beyond.charge).toMatchObject({ status: 'UNBILLED', fromSeq: null });
    await world.grant(team, '5', { kind: 'PREPAID' });
    const after = charged((await world.charge(usage(team, 'm5', { REQUEST: 1 })))[0]);
    expect(after.balance.balances).toMatchObject({ unpaidNano: 0n, availableNano: 2_000_000_000n });
  });
});
