import { describe, expect, test } from 'vitest';
import { ACTOR_KIND, SYSTEM_ACTOR } from '../../src/actor.ts';
import { newUuid } from '../../src/id.ts';
import { ACCOUNT, ENTRY_KIND, entryKindName } from '../../src/ledger/account.ts';
import { Book } from '../../src/ledger/book.ts';
import type { GrantAccount } from '../../src/ledger/grant-account.ts';
import { MAX_NANO } from '../../src/money.ts';
import {
  ANYTHING,
  charge,
  emptyHead,
  giveBack,
  newGrant,
  openGrant,
  reopened,
  T0,
} from '../support/books.ts';

const MINUTE = 60_000;
const facts = { actor: { kind: ACTOR_KIND.USER, id: newUuid(T0) }, reason: 'because' } as const;

function emptyBook(changes: Parameters<typeof emptyHead>[0] = {}): Book {
  return new Book(emptyHead(changes), [], T0);
}

/** A book with one issued grant. */
function bookWith(changes: Partial<GrantAccount>): { book: Book; grant: GrantAccount } {
  const book = emptyBook();
  const grant = newGrant(changes);
  book.issue(grant, facts);
  return { book, grant };
}

/** A property that tells when it is read. */
function counting<T>(value: T, onRead: () => unknown): PropertyDescriptor {
  let current = value;
  return {
    get: () => {
      onRead();
      return current;
    },
    set: (next: T) => {
      current = next;
    },
  };
}

const kinds = (book: Book) => book.entries.map((entry) => entryKindName(entry.kind));
const figures = ({ remainingNano, spentNano, expiredNano, voidedNano, status }: GrantAccount) => ({
  remaining: remainingNano,
  spent: spentNano,
  expired: expiredNano,
  voided: voidedNano,
  status,
});

describe('issuing', () => {
  test('debits the source of the credit and makes it available', () => {
    const book = emptyBook();
    book.issue(newGrant({ scope: { ...ANYTHING, product: 'chat' } }), facts);
    book.issue(newGrant({ kind: 'PREPAID', grantedNano: 7n }), facts);
    expect(book.entries.map((entry) => [entry.debitAccount, entry.creditAccount, entry.amountNano])).toEqual([
      [ACCOUNT.PROMO_EXPENSE, ACCOUNT.GRANT, 100n],
      [ACCOUNT.CASH, ACCOUNT.GRANT, 7n],
    ]);
    expect(book.balances).toMatchObject({ availableNano: 107n, prepaidNano: 7n, unrestrictedNano: 7n });
    expect(book.entries[0]).toMatchObject({ ...facts, seq: 1n, postedAtMs: T0, occurredAtMs: T0 });
  });

  test('keeps a later grant out of the books until it starts', () => {
    const { book, grant } = bookWith({ effectiveAtMs: T0 + MINUTE });
    expect(book.entries).toEqual([]);
    expect(figures(grant)).toMatchObject({ remaining: 0n, status: 'SCHEDULED' });
    expect(book.nextDueAtMs).toBe(T0 + MINUTE);
    expect(book.changed).toBe(true);
    expect(reopened(book, T0 + MINUTE - 1).changed).toBe(false);
    const later = reopened(book, T0 + 3 * MINUTE);
    expect(later.entries).toMatchObject([
      {
        ...facts,
        actor: SYSTEM_ACTOR,
        reason: 'test',
        postedAtMs: T0 + 3 * MINUTE,
        occurredAtMs: T0 + MINUTE,
      },
    ]);
    expect(later.balances.availableNano).toBe(100n);
    expect(later.nextDueAtMs).toBeNull();
  });

  test('pays debt first with prepaid credit, never with promotional credit', () => {
    const book = emptyBook();
    charge(book, [], 30n);
    book.issue(newGrant(), facts);
    expect(book.balances.unpaidNano).toBe(30n);
    const prepaid = newGrant({ kind: 'PREPAID', grantedNano: 50n });
    book.issue(prepaid, facts);
    expect(book.balances).toMatchObject({ unpaidNano: 0n, availableNano: 120n, prepaidNano: 20n });
    expect(figures(prepaid)).toMatchObject({ remaining: 20n, spent: 30n, status: 'OPEN' });
    expect(kinds(book)).toEqual(['CHARGE', 'ISSUE', 'ISSUE', 'DEBT_PAYMENT']);
  });

  test('spends a prepaid grant at once that the debt eats up', () => {
    const book = emptyBook();
    charge(book, [], 80n);
    const prepaid = newGrant({ kind: 'PREPAID', grantedNano: 50n });
    book.issue(prepaid, facts);
    expect(book.balances).toMatchObject({ unpaidNano: 30n, availableNano: 0n });
    expect(figures(prepaid)).toMatchObject({ spent: 50n, status: 'SPENT' });
  });

  test('refuses what would leave 64 bits', () => {
    const { book } = bookWith({ grantedNano: MAX_NANO });
    expect(() => book.issue(newGrant({ grantedNano: 1n }), facts)).toThrow(/amount/);
  });
});

describe('time', () => {
  test('books everything due when a book is opened, in the order in which it fell due', () => {
    const book = emptyBook();
    const dueAt = (minute: number) => T0 + minute * MINUTE;
    book.issue(newGrant({ expiresAtMs: dueAt(3), grantedNano: 3n }), facts);
    book.issue(newGrant({ effectiveAtMs: dueAt(2), grantedNano: 2n }), facts);
    book.issue(newGrant({ effectiveAtMs: dueAt(1), expiresAtMs: dueAt(4), grantedNano: 1n }), facts);
    book.issue(newGrant({ expiresAtMs: dueAt(60), grantedNano: 60n }), facts);
    const later = reopened(book, dueAt(10));
    expect(
      later.entries.map((entry) => [entryKindName(entry.kind), entry.amountNano, entry.occurredAtMs]),
    ).toEqual([
      ['ISSUE', 1n, dueAt(1)],
      ['ISSUE', 2n, dueAt(2)],
      ['EXPIRY', 3n, dueAt(3)],
      ['EXPIRY', 1n, dueAt(4)],
    ]);
    expect(later.entries.every((entry) => entry.postedAtMs === dueAt(10))).toBe(true);
    expect(later.nextDueAtMs).toBe(dueAt(60));
    expect(later.balances.availableNano).toBe(62n);
  });

  test('takes time in proportion to what is due, not to its square', () => {
    let looks = 0;
    const counted = (id: string) =>
      Object.defineProperty(
        openGrant({ id, expiresAtMs: T0 + MINUTE }),
        'status',
        counting('OPEN', () => looks++),
      );
    const grants = Array.from({ length: 2000 }, () => counted(newUuid(T0)));
    const { balances, ...head } = emptyHead({ nextDueAtMs: T0 + MINUTE });
    const all = { ...head, balances: { ...balances, availableNano: 200_000n, unrestrictedNano: 200_000n } };
    expect(new Book(all, grants, T0 + MINUTE).entries).toHaveLength(2000);
    expect(looks).toBeLessThan(20 * grants.length);
  });

  test('expires at the very instant, not before', () => {
    const { book, grant } = bookWith({ expiresAtMs: T0 + MINUTE });
    expect(reopened(book, T0 + MINUTE - 1).balances.availableNano).toBe(100n);
    const later = reopened(book, T0 + MINUTE);
    expect(later.balances.availableNano).toBe(0n);
    expect(later.entries).toMatchObject([{ kind: ENTRY_KIND.EXPIRY, creditAccount: ACCOUNT.BREAKAGE }]);
    expect(figures(grant)).toMatchObject({ remaining: 0n, expired: 100n, status: 'EXPIRED' });
  });

  test('never runs backwards along a stream', () => {
    const { book } = bookWith({});
    const later = reopened(book, T0 - MINUTE);
    expect(later.atMs).toBe(T0);
  });

  test('leaves nothing due behind when a grant with an expiry is spent', () => {
    const { book, grant } = bookWith({ expiresAtMs: T0 + MINUTE });
    charge(book, [{ grant, amountNano: 100n }]);
    expect(figures(grant)).toMatchObject({ spent: 100n, status: 'SPENT' });
    expect(book.nextDueAtMs).toBeNull();
  });
});

describe('voiding', () => {
  test.for([
    ['PROMOTIONAL', ACCOUNT.PROMO_EXPENSE],
    ['PREPAID', ACCOUNT.REFUNDS],
  ] as const)('takes what remains of a %s grant out of the books', ([kind, account]) => {
    const { book, grant } = bookWith({ kind });
    charge(book, [{ grant, amountNano: 40n }]);
    book.void(grant, facts);
    expect(figures(grant)).toEqual({ remaining: 0n, spent: 40n, expired: 0n, voided: 60n, status: 'VOIDED' });
    expect(book.entries.at(-1)).toMatchObject({ creditAccount: account, amountNano: 60n, ...facts });
    expect(grant.closedSeq).toBe(book.seq);
    expect(book.balances.availableNano).toBe(0n);
  });

  test('removes a scheduled grant without an entry', () => {
    const { book, grant } = bookWith({ effectiveAtMs: T0 + MINUTE });
    book.void(grant, facts);
    expect(book.entries).toEqual([]);
    expect(grant.status).toBe('VOIDED');
    expect(reopened(book, T0 + 2 * MINUTE).entries).toEqual([]);
  });

  test('is for open and scheduled grants only', () => {
    const { book, grant } = bookWith({});
    book.void(grant, facts);
    expect(() => book.void(grant, facts)).toThrow('only an open or scheduled grant');
  });
});

describe('extending', () => {
  test('an open grant makes no entry', () => {
    const { book, grant } = bookWith({ expiresAtMs: T0 + MINUTE });
    book.extend(grant, T0 + 5 * MINUTE, facts);
    expect(book.entries).toHaveLength(1);
    expect(book.nextDueAtMs).toBe(T0 + 5 * MINUTE);
    book.extend(grant, null, facts);
    expect(book.nextDueAtMs).toBeNull();
  });

  test('an expired grant brings its credit back, as a correction of the expiry', () => {
    const { book, grant } = bookWith({ expiresAtMs: T0 + MINUTE });
    const later = reopened(book, T0 + 2 * MINUTE);
    later.extend(grant, T0 + 5 * MINUTE, facts);
    expect(later.entries.at(-1)).toMatchObject({
      kind: ENTRY_KIND.EXTENSION,
      debitAccount: ACCOUNT.BREAKAGE,
      creditAccount: ACCOUNT.GRANT,
      amountNano: 100n,
      correctsSeq: 2n,
    });
    expect(figures(grant)).toMatchObject({ remaining: 100n, expired: 0n, status: 'OPEN' });
    expect(later.nextDueAtMs).toBe(T0 + 5 * MINUTE);
    expect(reopened(later, T0 + 5 * MINUTE).balances.availableNano).toBe(0n);
  });
});

describe('returned credit', () => {
  test('reopens a spent grant', () => {
    const { book, grant } = bookWith({ expiresAtMs: T0 + MINUTE });
    charge(book, [{ grant, amountNano: 100n }]);
    giveBack(book, grant, 25n);
    expect(figures(grant)).toMatchObject({ remaining: 25n, spent: 75n, status: 'OPEN' });
    expect(grant.closedAtMs).toBeNull();
    expect(book.nextDueAtMs).toBe(T0 + MINUTE);
  });

  test('expires at once when the grant has expired since', () => {
    const { book, grant } = bookWith({ expiresAtMs: T0 + MINUTE });
    charge(book, [{ grant, amountNano: 40n }]);
    const later = reopened(book, T0 + 2 * MINUTE);
    giveBack(later, grant, 40n);
    expect(kinds(later)).toEqual(['EXPIRY', 'REVERSAL', 'EXPIRY']);
    expect(later.entries.at(-1)).toMatchObject({ amountNano: 40n, occurredAtMs: T0 + 2 * MINUTE });
    expect(figures(grant)).toEqual({
      remaining: 0n,
      spent: 0n,
      expired: 100n,
      voided: 0n,
      status: 'EXPIRED',
    });
    later.extend(grant, T0 + 5 * MINUTE, facts);
    expect(figures(grant)).toMatchObject({ remaining: 100n, expired: 0n, status: 'OPEN' });
  });

  test('expires at once when the grant was spent before its expiry', () => {
    const { book, grant } = bookWith({ expiresAtMs: T0 + MINUTE });
    charge(book, [{ grant, amountNano: 100n }]);
    const later = reopened(book, T0 + 2 * MINUTE);
    giveBack(later, grant, 40n);
    expect(figures(grant)).toEqual({
      remaining: 0n,
      spent: 60n,
      expired: 40n,
      voided: 0n,
      status: 'EXPIRED',
    });
    expect(later.balances.availableNano).toBe(0n);
  });

  test('pays debt before anything else uses it when it is prepaid', () => {
    const { book, grant } = bookWith({ kind: 'PREPAID' });
    charge(book, [{ grant, amountNano: 100n }], 30n);
    giveBack(book, grant, 50n);
    expect(kinds(book).slice(-2)).toEqual(['REVERSAL', 'DEBT_PAYMENT']);
    expect(book.balances).toMatchObject({ unpaidNano: 0n, availableNano: 20n });
    expect(figures(grant)).toMatchObject({ remaining: 20n, spent: 80n, status: 'OPEN' });
  });

  test('expires when it is posted, whatever the time of what returns it', () => {
    const { book, grant } = bookWith({ expiresAtMs: T0 + MINUTE });
    charge(book, [{ grant, amountNano: 100n }]);
    const later = reopened(book, T0 + 2 * MINUTE);
    giveBack(later, grant, 40n, { occurredAtMs: T0 });
    expect(later.entries.map((entry) => entry.occurredAtMs)).toEqual([T0, T0 + 2 * MINUTE]);
  });

  test('is voided at once when the grant has been voided since', () => {
    const { book, grant } = bookWith({});
    charge(book, [{ grant, amountNano: 40n }]);
    book.void(grant, facts);
    giveBack(book, grant, 40n);
    expect(kinds(book)).toEqual(['ISSUE', 'CHARGE', 'VOID', 'REVERSAL', 'VOID']);
    expect(figures(grant)).toEqual({ remaining: 0n, spent: 0n, expired: 0n, voided: 100n, status: 'VOIDED' });
  });
});

describe('a posting', () => {
  test('has consecutive entries under one id', () => {
    const { book, grant } = bookWith({});
    const range = charge(book, [{ grant, amountNano: 10n }], 5n);
    expect(range).toEqual({ fromSeq: 2n, toSeq: 3n });
    expect(book.entries[1]?.postingId).toBe(book.entries[2]?.postingId);
    expect(book.entries[1]?.postingId).not.toBe(book.entries[0]?.postingId);
  });

  test.for<[string, (book: Book, grant: GrantAccount) => void]>([
    ['more than a grant has', (book, grant) => charge(book, [{ grant, amountNano: 101n }])],
    ['more back than was spent', (book, grant) => giveBack(book, grant, 1n)],
    ['nothing', (book, grant) => charge(book, [{ grant, amountNano: 0n }])],
    ['a grant of another team', (book) => charge(book, [{ grant: newGrant(), amountNano: 1n }])],
    ['no movement', (book) => book.post(facts, [])],
  ])('is never made of %s', ([, work]) => {
    const { book, grant } = bookWith({});
    expect(() => work(book, grant)).toThrow('Invariant violated');
  });
});
