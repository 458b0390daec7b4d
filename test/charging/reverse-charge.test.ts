import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import type { Charge, ChargeResult } from '../../src/charging/charge.ts';
import { type ReverseCharge, reverseCharge } from '../../src/charging/reverse-charge.ts';
import { inTransaction } from '../../src/db/client.ts';
import { extendGrant, voidGrant } from '../../src/grants/issue.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { accountName, entryKindName } from '../../src/ledger/account.ts';
import { formatCredits } from '../../src/money.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { usage, type World, worldOn } from '../support/world.ts';

const database = useDatabase();
const HOUR = 3_600_000;

/** A world with a movable clock and a model that costs one credit a request. */
async function setUp() {
  const clock = movableClock();
  const world = worldOn(database.db, clock);
  const model = `m-${newUuid()}`;
  await world.model(model, { REQUEST: '1' });
  const later = (ms: number) => new Date(clock.now().getTime() + ms);
  return { world, clock, model, later, charge: chargeOn(world, model) };
}

function chargeOn(world: World, model: string) {
  return async (teamId: Uuid, amount: string | number, afterTheFact = false): Promise<Charge> => {
    const [result] = await world.charge(usage(teamId, model, { REQUEST: amount }, { afterTheFact }));
    return charged(result);
  };
}

function charged(result: ChargeResult | undefined): Charge {
  if (!result?.ok) throw new Error(`refused: ${JSON.stringify(result?.refusal.message)}`);
  return result.charge;
}

function reverse(world: World, charge: Charge, input: Partial<ReverseCharge> = {}) {
  const whole = { chargeId: charge.id, reason: 'wrong model', idempotencyKey: newUuid(), ...input };
  return inTransaction(world.db, (tx) => reverseCharge(tx, whole, SYSTEM_ACTOR, world.clock.now()));
}

/** `REVERSAL 1.5 REVENUE→GRANT corrects 3`: the entries after `seq`. */
async function entriesAfter(teamId: Uuid, seq: bigint | null): Promise<string[]> {
  const rows = await database.db.sql`
    select kind, amount_nano, debit_account, credit_account, corrects_seq from entries
    where team_id = ${teamId} and seq > ${seq ?? 0n} order by seq`;
  return rows.map((row) => {
    const accounts = `${accountName(row.debit_account)}→${accountName(row.credit_account)}`;
    const corrects = row.corrects_seq === null ? '' : ` corrects ${row.corrects_seq}`;
    return `${entryKindName(row.kind)} ${formatCredits(row.amount_nano)} ${accounts}${corrects}`;
  });
}

async function grantState(grantId: Uuid) {
  const [row] = await database.db.sql`
    select status, remaining_nano, spent_nano, expired_nano, voided_nano from grants where id = ${grantId}`;
  if (!row) throw new Error('no such grant');
  return {
    status: row.status,
    remaining: formatCredits(row.remaining_nano),
    spent: formatCredits(row.spent_nano),
    expired: formatCredits(row.expired_nano),
    voided: formatCredits(row.voided_nano),
  };
}

async function walletOf(teamId: Uuid) {
  const [row] = await database.db.sql`
    select available_nano, prepaid_nano, unpaid_nano, next_due_at from wallets where team_id = ${teamId}`;
  if (!row) throw new Error('no such team');
  return {
    available: formatCredits(row.available_nano),
    prepaid: formatCredits(row.prepaid_nano),
    unpaid: formatCredits(row.unpaid_nano),
  };
}

describe('the reversal of a charge', () => {
  test('returns each amount to the grant it came from and opens spent grants again', async () => {
    const { world, charge } = await setUp();
    const team = await world.team();
    const promo = await world.grant(team, '1');
    const prepaid = await world.grant(team, '10', { kind: 'PREPAID' });
    const wrong = await charge(team, '1.5');
    expect((await grantState(promo)).status).toBe('SPENT');
    await reverse(world, wrong);
    expect(await grantState(promo)).toMatchObject({ status: 'OPEN', remaining: '1', spent: '0' });
    expect(await grantState(prepaid)).toMatchObject({ status: 'OPEN', remaining: '10', spent: '0' });
    expect(await walletOf(team)).toEqual({ available: '11', prepaid: '10', unpaid: '0' });
    expect(await entriesAfter(team, wrong.toSeq)).toEqual([
      `REVERSAL 1 REVENUE→GRANT corrects ${wrong.fromSeq}`,
      `REVERSAL 0.5 REVENUE→GRANT corrects ${wrong.toSeq}`,
    ]);
    expect(await charge(team, 11)).toMatchObject({ status: 'CHARGED' });
  });

  test('happens once: the same key answers the first, another is refused, other input conflicts', async () => {
    const { world, charge } = await setUp();
    const team = await world.team();
    await world.grant(team, '3');
    const wrong = await charge(team, 1);
    const idempotencyKey = newUuid();
    expect((await reverse(world, wrong, { idempotencyKey })).replayed).toBe(false);
    expect((await reverse(world, wrong, { idempotencyKey })).replayed).toBe(true);
    await expect(reverse(world, wrong)).rejects.toMatchObject({
      code: 'CONFLICT',
      details: { reason: 'ALREADY_REVERSED' },
    });
    await expect(reverse(world, wrong, { idempotencyKey, reason: 'other' })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    });
    expect(await walletOf(team)).toMatchObject({ available: '3' });
  });

  test('happens once when many ask at the same time', async () => {
    const { world, charge } = await setUp();
    const team = await world.team();
    await world.grant(team, '3');
    const wrong = await charge(team, 2);
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => reverse(world, wrong)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await walletOf(team)).toMatchObject({ available: '3' });
  });

  test.for([
    { chargeId: newUuid(), code: 'NOT_FOUND' },
    { reason: ' ', code: 'BAD_USER_INPUT' },
    { reason: 'x'.repeat(501), code: 'BAD_USER_INPUT' },
  ])('is refused for $code and leaves nothing', async ({ code, ...input }) => {
    const { world, charge } = await setUp();
    const team = await world.team();
    await world.grant(team, '3');
    const wrong = await charge(team, 1);
    const idempotencyKey = newUuid();
    await expect(reverse(world, wrong, { idempotencyKey, ...input })).rejects.toMatchObject({ code });
    expect(await entriesAfter(team, wrong.toSeq)).toEqual([]);
    expect((await reverse(world, wrong, { idempotencyKey })).replayed).toBe(false);
  });

  test('lets what returns to an expired grant expire at once, as its own entry', async () => {
    const { world, clock, charge, later } = await setUp();
    const team = await world.team();
    const grant = await world.grant(team, '5', { expiresAt: later(HOUR) });
    const wrong = await charge(team, 2);
    clock.advance(2 * HOUR);
    await reverse(world, wrong);
    expect(await entriesAfter(team, wrong.toSeq)).toEqual([
      'EXPIRY 3 GRANT→BREAKAGE',
      `REVERSAL 2 REVENUE→GRANT corrects ${wrong.fromSeq}`,
      'EXPIRY 2 GRANT→BREAKAGE',
    ]);
    expect(await grantState(grant)).toMatchObject({
      status: 'EXPIRED',
      remaining: '0',
      spent: '0',
      expired: '5',
    });
    expect(await walletOf(team)).toMatchObject({ available: '0' });
  });

  test('lets what returns to a spent grant expire when its time has passed', async () => {
    const { world, clock, charge, later } = await setUp();
    const team = await world.team();
    const grant = await world.grant(team, '2', { expiresAt: later(HOUR) });
    const wrong = await charge(team, 2);
    clock.advance(2 * HOUR);
    await reverse(world, wrong);
    expect(await grantState(grant)).toMatchObject({ status: 'EXPIRED', expired: '2', spent: '0' });
  });

  test('returns credit for use to a grant that was extended meanwhile', async () => {
    const { world, clock, charge, later } = await setUp();
    const team = await world.team();
    const grantId = await world.grant(team, '5', { expiresAt: later(HOUR) });
    const wrong = await charge(team, 2);
    clock.advance(2 * HOUR);
    const extension = { teamId: team, grantId, reason: 'goodwill', idempotencyKey: newUuid() };
    await inTransaction(world.db, (tx) =>
      extendGrant(tx, { ...extension, expiresAt: later(HOUR) }, SYSTEM_ACTOR, clock.now()),
    );
    await reverse(world, wrong);
    expect(await grantState(grantId)).toMatchObject({ status: 'OPEN', remaining: '5', expired: '0' });
    clock.advance(2 * HOUR);
    await world.grant(team, '1');
    expect(await grantState(grantId)).toMatchObject({ status: 'EXPIRED', expired: '5' });
  });

  test('takes what returns to a voided grant out again at once, as its own entry', async () => {
    const { world, charge } = await setUp();
    const team = await world.team();
    const grantId = await world.grant(team, '5', { kind: 'PREPAID' });
    const wrong = await charge(team, 2);
    const change = { teamId: team, grantId, reason: 'refunded', idempotencyKey: newUuid() };
    await inTransaction(world.db, (tx) => voidGrant(tx, change, SYSTEM_ACTOR, world.clock.now()));
    await reverse(world, wrong);
    expect((await entriesAfter(team, wrong.toSeq)).slice(1)).toEqual([
      `REVERSAL 2 REVENUE→GRANT corrects ${wrong.fromSeq}`,
      'VOID 2 GRANT→REFUNDS',
    ]);
    expect(await grantState(grantId)).toMatchObject({ status: 'VOIDED', voided: '5', spent: '0' });
  });

  test('takes back from the supplier what the supplier earned', async () => {
    const { world } = await setUp();
    const supplierTeamId = await world.team();
    const model = `s-${newUuid()}`;
    await world.model(model, { REQUEST: '1' }, { supplierTeamId });
    const team = await world.team({ debtLimit: '5' });
    await world.grant(team, '1');
    const wrong = await chargeOn(world, model)(team, 3, true);
    await reverse(world, wrong);
    const rows = await database.db.sql`
      select debit_account, debit_ref, amount_nano from entries where team_id = ${team} and seq > ${wrong.toSeq}`;
    expect(rows.map((row) => [accountName(row.debit_account), row.debit_ref, row.amount_nano])).toEqual([
      ['SUPPLIER_PAYABLE', supplierTeamId, 2_000_000_000n],
      ['SUPPLIER_PAYABLE', supplierTeamId, 1_000_000_000n],
    ]);
  });

  test.for([
    { what: 'free', model: '0', amount: 1, status: 'CHARGED' },
    { what: 'unbilled', model: '1', amount: 100, status: 'UNBILLED' },
  ])('of $what usage is recorded and posts nothing', async ({ model: price, amount, status }) => {
    const { world } = await setUp();
    const model = `f-${newUuid()}`;
    await world.model(model, { REQUEST: price });
    const team = await world.team();
    await world.grant(team, '3');
    const wrong = await chargeOn(world, model)(team, amount, true);
    expect(wrong.status).toBe(status);
    await reverse(world, wrong);
    await expect(reverse(world, wrong)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await entriesAfter(team, 1n)).toEqual([]);
    const [row] = await database.db
      .sql`select amount_nano, from_seq from reversals where charge_id = ${wrong.id}`;
    expect(row).toMatchObject({ amount_nano: 0n, from_seq: null });
  });
});

describe('the debt of a reversed charge', () => {
  test('is cancelled first, and the debt of other charges stays', async () => {
    const { world, charge } = await setUp();
    const team = await world.team({ debtLimit: '10' });
    await world.grant(team, '1');
    const wrong = await charge(team, 3, true);
    await charge(team, 4, true);
    await reverse(world, wrong);
    expect(await entriesAfter(team, wrong.toSeq)).toEqual([
      'CHARGE 4 RECEIVABLE→REVENUE',
      `REVERSAL 2 REVENUE→RECEIVABLE corrects ${wrong.toSeq}`,
      `REVERSAL 1 REVENUE→GRANT corrects ${wrong.fromSeq}`,
    ]);
    expect(await walletOf(team)).toEqual({ available: '1', prepaid: '0', unpaid: '4' });
  });

  test('that prepaid credit has paid returns to the grants that paid it, oldest debt first', async () => {
    const { world, charge } = await setUp();
    const team = await world.team({ debtLimit: '10' });
    const older = await charge(team, 2, true);
    const wrong = await charge(team, 4, true);
    const first = await world.grant(team, '3', { kind: 'PREPAID' });
    const second = await world.grant(team, '5', { kind: 'PREPAID' });
    // The first pays 2 of the older debt and 1 of this one; the second pays the other 3.
    await reverse(world, wrong);
    expect(await grantState(first)).toMatchObject({ status: 'OPEN', remaining: '1', spent: '2' });
    expect(await grantState(second)).toMatchObject({ status: 'OPEN', remaining: '5', spent: '0' });
    await reverse(world, older);
    expect(await grantState(first)).toMatchObject({ remaining: '3', spent: '0' });
    expect(await walletOf(team)).toEqual({ available: '8', prepaid: '8', unpaid: '0' });
  });

  test('that is paid in part is cancelled in part and returned in part', async () => {
    const { world, charge } = await setUp();
    const team = await world.team({ debtLimit: '10' });
    const wrong = await charge(team, 4, true);
    const prepaid = await world.grant(team, '1', { kind: 'PREPAID' });
    await reverse(world, wrong);
    expect(await entriesAfter(team, wrong.toSeq)).toEqual([
      'ISSUE 1 CASH→GRANT',
      'DEBT_PAYMENT 1 GRANT→RECEIVABLE',
      `REVERSAL 3 REVENUE→RECEIVABLE corrects ${wrong.toSeq}`,
      'REVERSAL 1 REVENUE→GRANT corrects 3',
    ]);
    expect(await grantState(prepaid)).toMatchObject({ status: 'OPEN', remaining: '1' });
    expect(await walletOf(team)).toEqual({ available: '1', prepaid: '1', unpaid: '0' });
  });

  test('counts debt of older charges that was cancelled meanwhile as gone', async () => {
    const { world, charge } = await setUp();
    const team = await world.team({ debtLimit: '10' });
    const older = await charge(team, 5, true);
    const wrong = await charge(team, 2, true);
    await reverse(world, older);
    const prepaid = await world.grant(team, '2', { kind: 'PREPAID' });
    await charge(team, 3, true);
    await reverse(world, wrong);
    // Returned to the grant that paid, which then pays the newest charge's debt.
    expect((await entriesAfter(team, wrong.toSeq)).slice(-2)).toEqual([
      'REVERSAL 2 REVENUE→GRANT corrects 5',
      'DEBT_PAYMENT 2 GRANT→RECEIVABLE',
    ]);
    expect(await grantState(prepaid)).toMatchObject({ status: 'SPENT', spent: '2' });
    expect(await walletOf(team)).toEqual({ available: '0', prepaid: '0', unpaid: '1' });
  });

  test('is known to be paid by prepaid credit that becomes effective in the same moment', async () => {
    const { world, clock, charge, later } = await setUp();
    const team = await world.team({ debtLimit: '10' });
    const scheduled = await world.grant(team, '3', { kind: 'PREPAID', effectiveAt: later(HOUR) });
    const wrong = await charge(team, 2, true);
    clock.advance(2 * HOUR);
    await reverse(world, wrong);
    expect(await grantState(scheduled)).toMatchObject({ status: 'OPEN', remaining: '3', spent: '0' });
    expect(await walletOf(team)).toEqual({ available: '3', prepaid: '3', unpaid: '0' });
  });
});

describe('prepaid credit that a reversal returns', () => {
  test('pays what the team owes for other charges before anything else uses it', async () => {
    const { world, charge } = await setUp();
    const team = await world.team({ debtLimit: '10' });
    const promo = await world.grant(team, '1');
    const prepaid = await world.grant(team, '3', { kind: 'PREPAID' });
    const wrong = await charge(team, 4);
    await charge(team, 2, true);
    await reverse(world, wrong);
    expect((await entriesAfter(team, wrong.toSeq)).slice(1)).toEqual([
      `REVERSAL 1 REVENUE→GRANT corrects ${wrong.fromSeq}`,
      `REVERSAL 3 REVENUE→GRANT corrects ${wrong.toSeq}`,
      'DEBT_PAYMENT 2 GRANT→RECEIVABLE',
    ]);
    expect(await grantState(prepaid)).toMatchObject({ status: 'OPEN', remaining: '1', spent: '2' });
    expect(await grantState(promo)).toMatchObject({ status: 'OPEN', remaining: '1' });
    expect(await walletOf(team)).toEqual({ available: '2', prepaid: '1', unpaid: '0' });
  });

  test('stays prepaid, and promotional credit stays promotional and pays no debt', async () => {
    const { world, charge } = await setUp();
    const team = await world.team({ debtLimit: '10' });
    await world.grant(team, '2');
    const wrong = await charge(team, 2);
    await charge(team, 3, true);
    await reverse(world, wrong);
    expect(await walletOf(team)).toEqual({ available: '2', prepaid: '0', unpaid: '3' });
  });
});
