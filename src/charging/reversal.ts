import { inDrawdownOrder } from '../grants/drawdown.ts';
import type { Uuid } from '../id.ts';
import { ACCOUNT, ENTRY_KIND } from '../ledger/account.ts';
import type { Book, PostedRange, PostingFacts } from '../ledger/book.ts';
import type { Entry } from '../ledger/entry.ts';
import type { Movement } from '../ledger/movement.ts';
import { minNano, type NanoCredits } from '../money.ts';

/** What prepaid credit has paid of the debt of one charge: `seq` is the paying entry. */
export interface DebtPart {
  readonly grantId: Uuid;
  readonly seq: bigint;
  readonly amountNano: NanoCredits;
}

/** What has become of the debt of one charge. */
export interface DebtFate {
  readonly unpaidNano: NanoCredits;
  readonly paid: readonly DebtPart[];
}

/**
 * What has become of the debt that the entry `debt` booked. Debt is paid oldest first, so which grant paid whose debt
 * follows from the order of entries. `later`: the entries after `debt` that took from the receivable, in their order:
 * payments by prepaid credit, and reversals that cancelled the debt of other charges.
 */
export function debtFate(debt: Entry, later: readonly Entry[]): DebtFate {
  let olderNano = debt.after.unpaidNano - debt.amountNano;
  let unpaidNano = debt.amountNano;
  const paid: DebtPart[] = [];
  for (const { kind, seq, amountNano, debitRef, correctsSeq } of later) {
    if (kind === ENTRY_KIND.REVERSAL) {
      if (correctsSeq !== null && correctsSeq < debt.seq) olderNano -= amountNano;
      continue;
    }
    const toOlder = minNano(olderNano, amountNano);
    const toThis = minNano(unpaidNano, amountNano - toOlder);
    olderNano -= toOlder;
    unpaidNano -= toThis;
    if (debitRef !== null && toThis > 0n) paid.push({ grantId: debitRef, seq, amountNano: toThis });
  }
  return { unpaidNano, paid };
}

/**
 * Gives a charge back, all of it: cancels what is still owed for it, returns what prepaid credit has paid of its debt to
 * the grants that paid, and each draw to the grant it came from. Returned credit then follows the fate of its grant, and
 * prepaid credit that stays pays what else is owed. `charged` are the charge's entries, `later` as for `debtFate`.
 */
export function postReversal(
  book: Book,
  charged: readonly Entry[],
  later: readonly Entry[],
  facts: PostingFacts & { readonly id: Uuid },
): PostedRange | undefined {
  const movements = [
    ...charged.filter(isDebt).flatMap((entry) => returnDebt(entry, debtFate(entry, later))),
    ...charged.filter((entry) => !isDebt(entry)).map(returnDraw),
  ];
  if (movements.length === 0) return undefined;
  const range = book.post(facts, movements);
  const { actor, reason = null } = facts;
  const returned = new Set(movements.map(({ grantId }) => grantId));
  const grants = inDrawdownOrder(book.grants).filter(({ id }) => returned.has(id));
  book.settleGrants(
    grants.map(({ id }) => id),
    { actor, reason },
  );
  return range;
}

function isDebt({ debitAccount }: Entry): boolean {
  return debitAccount === ACCOUNT.RECEIVABLE;
}

function returnDebt(entry: Entry, { unpaidNano, paid }: DebtFate): Movement[] {
  const cancelled: Movement = {
    ...fromEarner(entry),
    credit: ACCOUNT.RECEIVABLE,
    amountNano: unpaidNano,
    correctsSeq: entry.seq,
  };
  const returned = paid.map(
    ({ grantId, seq, amountNano }): Movement => ({
      ...fromEarner(entry),
      credit: ACCOUNT.GRANT,
      grantId,
      amountNano,
      correctsSeq: seq,
    }),
  );
  return unpaidNano > 0n ? [cancelled, ...returned] : returned;
}

function returnDraw(entry: Entry): Movement {
  const { amountNano, seq, debitRef } = entry;
  return {
    ...fromEarner(entry),
    credit: ACCOUNT.GRANT,
    ...(debitRef && { grantId: debitRef }),
    amountNano,
    correctsSeq: seq,
  };
}

/** Whoever earned from the charge gives it back: the platform, or the supplier that the entry names. */
function fromEarner({ creditAccount, creditRef }: Entry) {
  return { kind: ENTRY_KIND.REVERSAL, debit: creditAccount, supplierTeamId: creditRef };
}
