import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Uuid } from '../../src/id.ts';
import { ACCOUNT, type Account } from '../../src/ledger/account.ts';
import type { Book } from '../../src/ledger/book.ts';
import { type Entry, entryHash, GENESIS_HASH } from '../../src/ledger/entry.ts';
import type { GrantAccount } from '../../src/ledger/grant-account.ts';
import { bookStage, History, histories } from '../support/history.ts';

describe('any history of a team', () => {
  test('keeps every invariant of the books, entry by entry', async () => {
    const property = fc.asyncProperty(histories, fc.boolean(), async (steps, withDebt) => {
      const history = new History(bookStage(), withDebt);
      const entries: Entry[] = [];
      for (const step of steps) {
        const book = await history.play(step);
        entries.push(...book.entries);
        checkInvariants(book, entries);
      }
      checkChain(entries);
    });
    await fc.assert(property, { numRuns: 300 });
  });

  test('leaves in each grant what was granted, less what was done to it', async () => {
    const property = fc.asyncProperty(histories, async (steps) => {
      const history = new History(bookStage(), false);
      for (const step of steps) {
        const book = await history.play(step);
        for (const grant of book.grants) {
          expect(grant.remainingNano).toBe(history.models.get(grant.id)?.remainingAt(history.atMs));
        }
      }
    });
    await fc.assert(property, { numRuns: 300 });
  });
});

/** Sums of entries, with nothing taken from what the entries say the balances are. */
function sumsOf(entries: readonly Entry[]) {
  const accounts = new Map<Account, bigint>();
  const grants = new Map<Uuid, bigint>();
  const add = <K>(map: Map<K, bigint>, key: K, amount: bigint) => map.set(key, (map.get(key) ?? 0n) + amount);
  for (const entry of entries) {
    add(accounts, entry.debitAccount, -entry.amountNano);
    add(accounts, entry.creditAccount, entry.amountNano);
    if (entry.debitAccount === ACCOUNT.GRANT && entry.debitRef)
      add(grants, entry.debitRef, -entry.amountNano);
    if (entry.creditAccount === ACCOUNT.GRANT && entry.creditRef)
      add(grants, entry.creditRef, entry.amountNano);
  }
  return { accounts, grants };
}

function checkInvariants(book: Book, entries: readonly Entry[]): void {
  const grants = [...book.grants];
  const sum = (of: readonly GrantAccount[]) => of.reduce((total, grant) => total + grant.remainingNano, 0n);
  expect(book.balances).toEqual({
    availableNano: sum(grants.filter((grant) => grant.status === 'OPEN')),
    prepaidNano: sum(grants.filter((grant) => grant.kind === 'PREPAID')),
    unrestrictedNano: sum(grants.filter((grant) => grant.scope.product === null)),
    heldNano: 0n,
    disputedNano: 0n,
    unpaidNano: book.balances.unpaidNano,
  });
  for (const grant of grants) checkGrant(grant, book.atMs);
  expect(book.seq).toBe(BigInt(entries.length));
  const sums = sumsOf(entries);
  expect(sums.accounts.get(ACCOUNT.GRANT) ?? 0n).toBe(book.balances.availableNano);
  expect(-(sums.accounts.get(ACCOUNT.RECEIVABLE) ?? 0n)).toBe(book.balances.unpaidNano);
  expect([...sums.accounts.values()].reduce((a, b) => a + b, 0n)).toBe(0n);
  for (const grant of grants) expect(sums.grants.get(grant.id) ?? 0n).toBe(grant.remainingNano);
}

function checkGrant(grant: GrantAccount, atMs: number): void {
  const { remainingNano, spentNano, heldNano, expiredNano, voidedNano, grantedNano, status } = grant;
  const parts = [remainingNano, spentNano, heldNano, expiredNano, voidedNano];
  expect(parts.every((part) => part >= 0n)).toBe(true);
  const total = parts.reduce((a, b) => a + b, 0n);
  expect(total === grantedNano || (total === 0n && (status === 'SCHEDULED' || status === 'VOIDED'))).toBe(
    true,
  );
  expect(remainingNano > 0n).toBe(status === 'OPEN');
  if (status === 'OPEN' && grant.expiresAtMs !== null) expect(grant.expiresAtMs).toBeGreaterThan(atMs);
  if (status === 'SCHEDULED') expect(grant.effectiveAtMs).toBeGreaterThan(atMs);
}

function checkChain(entries: readonly Entry[]): void {
  let hash = GENESIS_HASH;
  let postedAtMs = 0;
  entries.forEach((entry, i) => {
    expect(entry.seq).toBe(BigInt(i + 1));
    expect(entry.postedAtMs).toBeGreaterThanOrEqual(postedAtMs);
    hash = entryHash(hash, entry);
    expect(entry.hash).toBe(hash);
    postedAtMs = entry.postedAtMs;
  });
}
