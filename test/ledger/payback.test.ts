import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { ACCOUNT, ENTRY_KIND } from '../../src/ledger/account.ts';
import { Book } from '../../src/ledger/book.ts';
import type { Entry } from '../../src/ledger/entry.ts';
import { type GrantAccount, isUnrestricted } from '../../src/ledger/grant-account.ts';
import {
  chargeBack,
  loseDispute,
  openDispute,
  payRefund,
  returnRefund,
  setAsideRefund,
  unpayRefund,
  voidPart,
  winDispute,
} from '../../src/ledger/payback.ts';
import { type GrantNature, Replay } from '../../src/ledger/replay.ts';
import { charge, emptyHead, giveBack, newGrant, T0 } from '../support/books.ts';
import { PaybackHistory, paybackSteps } from './payback-history.ts';

const facts = { actor: SYSTEM_ACTOR, reason: 'test' };

/** A team that bought 100 n and has spent `spentNano` of it. */
function bought(spentNano = 0n): { book: Book; grant: GrantAccount } {
  const book = new Book(emptyHead(), [], T0);
  const grant = newGrant({ kind: 'PREPAID', grantedNano: 100n, costBasisNano: 100n });
  book.issue(grant, facts);
  if (spentNano > 0n) charge(book, [{ grant, amountNano: spentNano }]);
  return { book, grant };
}

function account(entries: readonly Entry[], which: number): bigint {
  return entries.reduce(
    (sum, { creditAccount, debitAccount, amountNano }) =>
      sum + (creditAccount === which ? amountNano : 0n) - (debitAccount === which ? amountNano : 0n),
    0n,
  );
}

function hold(book: Book, grant: GrantAccount, amountNano: bigint): void {
  const { GRANT: debit, HELD: credit } = ACCOUNT;
  book.post(facts, [{ kind: ENTRY_KIND.HOLD, debit, credit, grantId: grant.id, amountNano }]);
  book.settleGrants([grant.id], facts);
}

function release(book: Book, grant: GrantAccount, amountNano: bigint): void {
  const { HELD: debit, GRANT: credit } = ACCOUNT;
  book.post(facts, [{ kind: ENTRY_KIND.RELEASE, debit, credit, grantId: grant.id, amountNano }]);
  book.settleGrants([grant.id], facts);
}

describe('A refund', () => {
  test('leaves the grant when it is set aside and the books when it is paid', () => {
    const { book, grant } = bought(30n);
    setAsideRefund(book, grant, 70n, facts);
    expect(grant).toMatchObject({ remainingNano: 0n, refundedNano: 70n, spentNano: 30n, status: 'SPENT' });
    payRefund(book, 70n, facts);
    expect(account(book.entries, ACCOUNT.REFUNDS)).toBe(0n);
    expect(account(book.entries, ACCOUNT.CASH)).toBe(-30n);
  });

  test('of all of an untouched grant makes it REFUNDED, and credit that comes back opens it again', () => {
    const { book, grant } = bought();
    setAsideRefund(book, grant, 100n, facts);
    expect(grant.status).toBe('REFUNDED');
    returnRefund(book, grant, 100n, facts);
    expect(grant).toMatchObject({
      status: 'OPEN',
      remainingNano: 100n,
      refundedNano: 0n,
      costBasisNano: 100n,
    });
  });

  test('that the bank sends back after it was paid returns to its grant', () => {
    const { book, grant } = bought();
    setAsideRefund(book, grant, 60n, facts);
    payRefund(book, 60n, facts);
    unpayRefund(book, 60n, facts);
    returnRefund(book, grant, 60n, facts);
    expect(grant).toMatchObject({ remainingNano: 100n, refundedNano: 0n });
    expect(account(book.entries, ACCOUNT.CASH)).toBe(-100n);
    expect(account(book.entries, ACCOUNT.REFUNDS)).toBe(0n);
  });

  test('that comes back pays what the team owes by then', () => {
    const { book, grant } = bought();
    setAsideRefund(book, grant, 100n, facts);
    charge(book, [], 25n);
    returnRefund(book, grant, 100n, facts);
    expect(grant).toMatchObject({ remainingNano: 75n, spentNano: 25n });
    expect(book.balances.unpaidNano).toBe(0n);
  });

  test('of more than is there is a defect', () => {
    const { book, grant } = bought(50n);
    expect(() => setAsideRefund(book, grant, 51n, facts)).toThrow('below zero');
  });
});

describe('A bonus that goes with its purchase', () => {
  test('is voided as far as it is there', () => {
    const book = new Book(emptyHead(), [], T0);
    const bonus = newGrant({ grantedNano: 40n });
    book.issue(bonus, facts);
    charge(book, [{ grant: bonus, amountNano: 10n }]);
    expect(voidPart(book, bonus, 20n, facts)).toBe(20n);
    expect(voidPart(book, bonus, 20n, facts)).toBe(10n);
    expect(voidPart(book, bonus, 20n, facts)).toBe(0n);
    expect(bonus).toMatchObject({ voidedNano: 30n, spentNano: 10n, status: 'SPENT' });
  });

  test('is VOIDED, not SPENT, when nobody had used it', () => {
    const book = new Book(emptyHead(), [], T0);
    const bonus = newGrant({ grantedNano: 40n });
    book.issue(bonus, facts);
    voidPart(book, bonus, 40n, facts);
    expect(bonus).toMatchObject({ status: 'VOIDED', voidedNano: 40n });
  });
});

describe('A dispute', () => {
  test('takes what is unspent out of reach, and gives it back when it is won', () => {
    const { book, grant } = bought(30n);
    expect(openDispute(book, grant, 100n, facts)).toBe(70n);
    expect(book.balances).toMatchObject({ availableNano: 0n, disputedNano: 70n });
    expect(grant).toMatchObject({ status: 'DISPUTED', freezingNano: 30n });
    expect(winDispute(book, grant, 100n, facts)).toBe(70n);
    expect(book.balances).toMatchObject({ availableNano: 70n, disputedNano: 0n, unpaidNano: 0n });
    expect(grant).toMatchObject({ status: 'OPEN', freezingNano: 0n });
  });

  test('that is lost makes debt of what was spent, which other prepaid credit pays, the oldest first', () => {
    const { book, grant } = bought(30n);
    const other = newGrant({ kind: 'PREPAID', grantedNano: 20n });
    book.issue(other, facts);
    openDispute(book, grant, 100n, facts);
    const lost = loseDispute(book, grant, { amountNano: 100n, voidedNano: 0n }, facts);
    expect(lost).toEqual({ creditNano: 70n, voidedNano: 0n, debtNano: 30n });
    expect(book.balances).toMatchObject({ availableNano: 0n, disputedNano: 0n, unpaidNano: 10n });
    expect(account(book.entries, ACCOUNT.CASH)).toBe(-20n);
    expect(grant).toMatchObject({ status: 'SPENT', refundedNano: 70n });
  });

  test('of an untouched grant that is lost leaves it REFUNDED and owes nothing', () => {
    const { book, grant } = bought();
    openDispute(book, grant, 100n, facts);
    loseDispute(book, grant, { amountNano: 100n, voidedNano: 0n }, facts);
    expect(grant.status).toBe('REFUNDED');
    expect(book.balances).toMatchObject({ availableNano: 0n, unpaidNano: 0n });
  });

  test('takes what returns to the grant while it is open, up to its amount', () => {
    const { book, grant } = bought(80n);
    openDispute(book, grant, 50n, facts);
    expect(grant).toMatchObject({ disputedNano: 20n, freezingNano: 30n });
    giveBack(book, grant, 70n);
    expect(grant).toMatchObject({ disputedNano: 50n, freezingNano: 0n, remainingNano: 40n, status: 'OPEN' });
    winDispute(book, grant, 50n, facts);
    expect(grant).toMatchObject({ disputedNano: 0n, remainingNano: 90n });
  });

  test('takes what a hold releases while it is open, and makes debt of what a hold charges', () => {
    const { book, grant } = bought();
    hold(book, grant, 60n);
    openDispute(book, grant, 100n, facts);
    expect(grant).toMatchObject({ disputedNano: 40n, heldNano: 60n, status: 'OPEN' });
    release(book, grant, 20n);
    expect(grant).toMatchObject({ disputedNano: 60n, heldNano: 40n, remainingNano: 0n });
    const lost = loseDispute(book, grant, { amountNano: 100n, voidedNano: 0n }, facts);
    expect(lost).toEqual({ creditNano: 60n, voidedNano: 0n, debtNano: 40n });
    release(book, grant, 40n);
    expect(book.balances).toMatchObject({ availableNano: 0n, heldNano: 0n, unpaidNano: 0n });
  });

  test('pays what an operator had voided from there, and the team owes only what it has spent', () => {
    const { book, grant } = bought(30n);
    book.void(grant, facts);
    openDispute(book, grant, 100n, facts);
    const lost = loseDispute(book, grant, { amountNano: 100n, voidedNano: grant.voidedNano }, facts);
    expect(lost).toEqual({ creditNano: 0n, voidedNano: 70n, debtNano: 30n });
    expect(account(book.entries, ACCOUNT.REFUNDS)).toBe(0n);
    expect(account(book.entries, ACCOUNT.CASH)).toBe(0n);
  });

  test('leaves the credit that another dispute of the same payment has taken', () => {
    const { book, grant } = bought(50n);
    openDispute(book, grant, 60n, facts);
    openDispute(book, grant, 40n, facts);
    expect(grant).toMatchObject({ disputedNano: 50n, freezingNano: 50n });
    winDispute(book, grant, 60n, facts);
    expect(grant).toMatchObject({ disputedNano: 40n, freezingNano: 0n, remainingNano: 10n });
    const lost = loseDispute(book, grant, { amountNano: 40n, voidedNano: 0n }, facts);
    expect(lost).toMatchObject({ creditNano: 40n, debtNano: 0n });
  });
});

test('what is charged back is paid by prepaid credit at once, never by a gift', () => {
  const { book, grant } = bought(90n);
  const gift = newGrant({ grantedNano: 500n });
  book.issue(gift, facts);
  chargeBack(book, 30n, facts);
  expect(book.balances.unpaidNano).toBe(20n);
  expect(gift.remainingNano).toBe(500n);
  expect(grant.status).toBe('SPENT');
});

describe('Any history of charges, holds, reversals, refunds and disputes', () => {
  test('keeps every invariant of the books and of each grant, to the nano-credit', () => {
    const property = fc.property(paybackSteps, (steps) => {
      const history = new PaybackHistory();
      for (const step of steps) checkStep(history, history.play(step));
      checkReplay(history);
    });
    fc.assert(property, { numRuns: 600 });
  });

  test('leaves in cash what was paid in and not paid out', () => {
    const property = fc.property(paybackSteps, (steps) => {
      const history = new PaybackHistory();
      for (const step of steps) history.play(step);
      expect(-account(history.entries, ACCOUNT.CASH)).toBe(history.cashNano);
    });
    fc.assert(property, { numRuns: 600 });
  });
});

function checkStep(history: PaybackHistory, book: Book): void {
  const grants = [...book.grants];
  const sum = (pick: (grant: GrantAccount) => bigint) =>
    grants.reduce((total, grant) => total + pick(grant), 0n);
  expect(book.balances).toMatchObject({
    availableNano: sum((grant) => grant.remainingNano),
    heldNano: sum((grant) => grant.heldNano),
    disputedNano: sum((grant) => grant.disputedNano),
  });
  for (const grant of grants) checkGrant(grant);
  for (const { grantId } of history.purchases) {
    const open = history.disputes.filter((dispute) => dispute.grantId === grantId);
    const asked = open.reduce((total, { amountNano }) => total + amountNano, 0n);
    const grant = history.grant(grantId);
    expect(grant.disputedNano + grant.freezingNano).toBe(asked);
    if (grant.freezingNano > 0n) expect(grant.remainingNano).toBe(0n);
  }
}

function checkGrant(grant: GrantAccount): void {
  const { remainingNano, spentNano, heldNano, voidedNano, refundedNano, disputedNano, freezingNano } = grant;
  const parts = [remainingNano, spentNano, heldNano, voidedNano, refundedNano, disputedNano];
  expect([...parts, freezingNano].every((part) => part >= 0n)).toBe(true);
  expect(parts.reduce((a, b) => a + b, 0n)).toBe(grant.grantedNano);
  expect(remainingNano + heldNano > 0n && grant.status !== 'VOIDED').toBe(grant.status === 'OPEN');
  if (remainingNano > 0n) expect(grant.status).toBe('OPEN');
  if (grant.status === 'DISPUTED') expect(disputedNano).toBeGreaterThan(0n);
  if (grant.status === 'REFUNDED')
    expect({ spentNano, disputedNano }).toEqual({ spentNano: 0n, disputedNano: 0n });
}

function checkReplay({ entries, book }: PaybackHistory): void {
  const natures = new Map<string, GrantNature>();
  for (const { id, kind, scope, grantedNano } of book.grants) {
    natures.set(id, { kind, unrestricted: isUnrestricted(scope), grantedNano });
  }
  const replay = new Replay(book.teamId, natures);
  for (const entry of entries) expect(replay.take(entry)).toBeUndefined();
  expect(replay.balances).toEqual(book.balances);
  for (const [id, figures] of replay.grants) expect(book.grant(id)).toMatchObject({ ...figures });
}
