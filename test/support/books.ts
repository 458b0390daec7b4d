import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { ACCOUNT, ENTRY_KIND } from '../../src/ledger/account.ts';
import { Book, type PostedRange, type PostingFacts } from '../../src/ledger/book.ts';
import type { BookHead } from '../../src/ledger/book-head.ts';
import { GENESIS_HASH } from '../../src/ledger/entry.ts';
import type { GrantAccount, GrantScope } from '../../src/ledger/grant-account.ts';
import type { Movement } from '../../src/ledger/movement.ts';

/** A fixed instant, so that tests of the pure rings need no clock. */
export const T0 = Date.UTC(2026, 0, 1);

const TEAM: Uuid = newUuid(T0);

/** The head of a team without entries. */
export function emptyHead(changes: Partial<BookHead> = {}): BookHead {
  return {
    teamId: TEAM,
    version: 0n,
    seq: 0n,
    chargeCount: 0n,
    hash: GENESIS_HASH,
    postedAtMs: T0,
    balances: {
      availableNano: 0n,
      prepaidNano: 0n,
      unrestrictedNano: 0n,
      heldNano: 0n,
      disputedNano: 0n,
      unpaidNano: 0n,
    },
    debtLimitNano: 0n,
    nextDueAtMs: null,
    capped: false,
    rechargeBelowNano: null,
    rechargeDueAtMs: null,
    ...changes,
  };
}

/** An issued, untouched, unrestricted promotional grant of 100 n that never expires. */
export function openGrant(changes: Partial<GrantAccount> = {}): GrantAccount {
  const grantedNano = changes.grantedNano ?? 100n;
  return { ...newGrant({ grantedNano }), remainingNano: grantedNano, status: 'OPEN', ...changes };
}

/** A grant as it is handed to `Book.issue`. */
export function newGrant(changes: Partial<GrantAccount> = {}): GrantAccount {
  return {
    id: newUuid(T0),
    kind: 'PROMOTIONAL',
    source: 'GOODWILL',
    scope: ANYTHING,
    priority: 50,
    grantedNano: 100n,
    costBasisNano: 0n,
    effectiveAtMs: T0,
    createdAtMs: T0,
    actor: SYSTEM_ACTOR,
    reason: 'test',
    expiresAtMs: null,
    remainingNano: 0n,
    spentNano: 0n,
    heldNano: 0n,
    expiredNano: 0n,
    voidedNano: 0n,
    refundedNano: 0n,
    disputedNano: 0n,
    freezingNano: 0n,
    status: 'SCHEDULED',
    closedAtMs: null,
    closedSeq: null,
    ...changes,
  };
}

export const ANYTHING: GrantScope = { product: null, modelId: null, gpuType: null };

/** The book of the same team at a later time: what the next transaction would open. */
export function reopened(book: Book, nowMs: number): Book {
  return new Book(headAfter(book), book.grants, nowMs);
}

/** The head as the wallet row would have it after the book was written. */
export function headAfter(book: Book): BookHead {
  const { seq, chargeCount, hash, balances, nextDueAtMs } = book;
  const postedAtMs = book.changed ? book.atMs : book.head.postedAtMs;
  return { ...book.head, seq, chargeCount, hash, balances, nextDueAtMs, postedAtMs };
}

/** Posts a charge on named grants, as charging does, and what is left over as debt. */
export function charge(
  book: Book,
  draws: readonly { grant: GrantAccount; amountNano: bigint }[],
  debtNano = 0n,
): PostedRange {
  const movements: Movement[] = draws.map(({ grant, amountNano }) => ({
    kind: ENTRY_KIND.CHARGE,
    debit: ACCOUNT.GRANT,
    credit: ACCOUNT.REVENUE,
    grantId: grant.id,
    amountNano,
  }));
  if (debtNano > 0n) {
    const { CHARGE: kind } = ENTRY_KIND;
    movements.push({ kind, debit: ACCOUNT.RECEIVABLE, credit: ACCOUNT.REVENUE, amountNano: debtNano });
  }
  const range = book.post({ actor: SYSTEM_ACTOR }, movements);
  const ids = draws.map(({ grant }) => grant.id);
  book.settleGrants(ids, { actor: SYSTEM_ACTOR });
  return range;
}

/** Gives drawn credit back to its grant, as a reversal does. */
export function giveBack(
  book: Book,
  grant: GrantAccount,
  amountNano: bigint,
  when: Pick<PostingFacts, 'occurredAtMs'> = {},
): PostedRange {
  const facts = { actor: SYSTEM_ACTOR, reason: 'test', ...when };
  const { REVERSAL: kind } = ENTRY_KIND;
  const { REVENUE: debit, GRANT: credit } = ACCOUNT;
  const range = book.post(facts, [{ kind, debit, credit, grantId: grant.id, amountNano }]);
  book.settleGrants([grant.id], facts);
  return range;
}
