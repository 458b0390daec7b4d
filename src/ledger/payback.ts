import type { Uuid } from '../id.ts';
import { minNano, type NanoCredits } from '../money.ts';
import { ACCOUNT, ENTRY_KIND } from './account.ts';
import type { Book, PostingFacts } from './book.ts';
import type { GrantAccount } from './grant-account.ts';
import type { Movement } from './movement.ts';

/** How credit that was paid for goes back to whoever paid: refunds, disputes, and bonuses that go with them. Pure. */

const { GRANT, DISPUTED, RECEIVABLE, CASH, REFUNDS, PROMO_EXPENSE } = ACCOUNT;

/**
 * Takes up to `amountNano` of what remains of an open grant out of the books: a bonus goes with the purchase it came
 * with. Answers how much that was.
 */
export function voidPart(
  book: Book,
  grant: GrantAccount,
  amountNano: NanoCredits,
  facts: PostingFacts,
): NanoCredits {
  const taken = grant.status === 'OPEN' ? minNano(amountNano, grant.remainingNano) : 0n;
  if (taken === 0n) return 0n;
  const credit = grant.kind === 'PREPAID' ? REFUNDS : PROMO_EXPENSE;
  move(book, grant, { kind: ENTRY_KIND.VOID, debit: GRANT, credit, amountNano: taken }, facts);
  return taken;
}

/** Sets aside what is to be paid back. @throws Error when the grant does not have it. */
export function setAsideRefund(
  book: Book,
  grant: GrantAccount,
  amountNano: NanoCredits,
  facts: PostingFacts,
): void {
  move(book, grant, { kind: ENTRY_KIND.REFUND, debit: GRANT, credit: REFUNDS, amountNano }, facts);
}

/** Brings back what could not be paid back; it pays debt first, as all prepaid credit does. */
export function returnRefund(
  book: Book,
  grant: GrantAccount,
  amountNano: NanoCredits,
  facts: PostingFacts,
): void {
  move(book, grant, { kind: ENTRY_KIND.REFUND_RETURN, debit: REFUNDS, credit: GRANT, amountNano }, facts);
}

/** What was set aside has been paid back. */
export function payRefund(book: Book, amountNano: NanoCredits, facts: PostingFacts): void {
  book.post(facts, [{ kind: ENTRY_KIND.REFUND_PAID, debit: REFUNDS, credit: CASH, amountNano }]);
}

/** What had been paid back waits to be paid again, or to return: the bank has sent it back to us. */
export function unpayRefund(book: Book, amountNano: NanoCredits, facts: PostingFacts): void {
  book.post(facts, [{ kind: ENTRY_KIND.REFUND_PAID, debit: CASH, credit: REFUNDS, amountNano }]);
}

/**
 * Takes out of reach what a cardholder's bank asks for: what remains of the grant now and, up to the same amount in
 * all, what returns to it while the dispute is open. Answers what was taken now.
 */
export function openDispute(
  book: Book,
  grant: GrantAccount,
  amountNano: NanoCredits,
  facts: PostingFacts,
): NanoCredits {
  const before = grant.disputedNano;
  grant.freezingNano += amountNano;
  book.touch(grant);
  book.settleGrants([grant.id], facts);
  return grant.disputedNano - before;
}

/** Ends a dispute for the team: what of it was frozen returns. Answers how much that was. */
export function winDispute(
  book: Book,
  grant: GrantAccount,
  amountNano: NanoCredits,
  facts: PostingFacts,
): NanoCredits {
  const frozen = endFreezing(book, grant, amountNano);
  if (frozen > 0n)
    move(
      book,
      grant,
      { kind: ENTRY_KIND.DISPUTE_WON, debit: DISPUTED, credit: GRANT, amountNano: frozen },
      facts,
    );
  return frozen;
}

/** What a payment that is taken back consists of, by what has become of the credit that it bought. */
export interface TakenBack {
  /** It was there still. */
  readonly creditNano: NanoCredits;
  /** An operator had voided it before, and it waited among the refunds. */
  readonly voidedNano: NanoCredits;
  /** It is spent or held: the team owes it. */
  readonly debtNano: NanoCredits;
}

/**
 * Ends a dispute for the bank: what was frozen is gone. Of the rest, up to `voidedNano` is what an operator has voided of
 * the grant and nobody was paid for yet; what remains then was spent and is owed, by other prepaid credit first.
 */
export function loseDispute(
  book: Book,
  grant: GrantAccount,
  { amountNano, voidedNano }: { readonly amountNano: NanoCredits; readonly voidedNano: NanoCredits },
  facts: PostingFacts,
): TakenBack {
  const creditNano = endFreezing(book, grant, amountNano);
  const lost: TakenBack = { creditNano, ...restOf(amountNano - creditNano, voidedNano) };
  if (creditNano > 0n)
    move(
      book,
      grant,
      { kind: ENTRY_KIND.DISPUTE_LOST, debit: DISPUTED, credit: CASH, amountNano: creditNano },
      facts,
    );
  if (lost.voidedNano > 0n) payRefund(book, lost.voidedNano, facts);
  if (lost.debtNano > 0n) chargeBack(book, lost.debtNano, facts);
  return lost;
}

/** How a payment is taken back of which `missingNano` are not there: out of what was voided, then as debt. */
export function restOf(
  missingNano: NanoCredits,
  voidedNano: NanoCredits,
): Pick<TakenBack, 'voidedNano' | 'debtNano'> {
  const fromVoided = minNano(missingNano, voidedNano);
  return { voidedNano: fromVoided, debtNano: missingNano - fromVoided };
}

/** Has the team owe what was taken back from us after it had been spent. Its prepaid credit pays at once. */
export function chargeBack(book: Book, amountNano: NanoCredits, facts: PostingFacts): void {
  book.post(facts, [{ kind: ENTRY_KIND.CHARGEBACK, debit: RECEIVABLE, credit: CASH, amountNano }]);
  book.settleGrants(prepaidOldestFirst(book), facts);
}

/** Posts one movement of a grant, and what follows from it for its state. */
function move(
  book: Book,
  grant: GrantAccount,
  movement: Omit<Movement, 'grantId'>,
  facts: PostingFacts,
): void {
  book.post(facts, [{ ...movement, grantId: grant.id }]);
  book.settleGrants([grant.id], facts);
}

/** How much of `amountNano` of a dispute that ends is frozen; what is not will not be any more. */
function endFreezing(book: Book, grant: GrantAccount, amountNano: NanoCredits): NanoCredits {
  const notYet = minNano(grant.freezingNano, amountNano);
  grant.freezingNano -= notYet;
  book.touch(grant);
  return amountNano - notYet;
}

function prepaidOldestFirst(book: Book): Uuid[] {
  return [...book.grants]
    .filter(({ kind, status }) => kind === 'PREPAID' && status === 'OPEN')
    .sort((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1))
    .map(({ id }) => id);
}
