import type { Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import { ACCOUNT, type Account, ENTRY_KIND, type EntryKind } from './account.ts';
import { type BalancesAfter, type Entry, entryHash, GENESIS_HASH } from './entry.ts';
import type { GrantKind } from './grant-account.ts';

/** What does not fit in a stream. */
export type EntryFault =
  | 'MISSING_ENTRY'
  | 'HASH_MISMATCH'
  | 'TIME_REVERSED'
  | 'BAD_ENTRY'
  | 'BALANCE_MISMATCH'
  | 'GRANT_MISMATCH';

export interface Misfit {
  readonly seq: bigint;
  readonly fault: EntryFault;
  readonly message: string;
}

/** What an entry's balances depend on beside the entries: the nature of the grants. */
export interface GrantNature {
  readonly kind: GrantKind;
  readonly unrestricted: boolean;
  readonly grantedNano: NanoCredits;
}

/** What entries say became of a grant. */
export interface GrantFigures {
  remainingNano: NanoCredits;
  heldNano: NanoCredits;
  spentNano: NanoCredits;
  expiredNano: NanoCredits;
  voidedNano: NanoCredits;
  refundedNano: NanoCredits;
  disputedNano: NanoCredits;
}

/** The accounts that each kind of entry may move credit from and to. */
const MOVES: Readonly<
  Record<EntryKind, { readonly debit: readonly Account[]; readonly credit: readonly Account[] }>
> = {
  [ENTRY_KIND.ISSUE]: { debit: [ACCOUNT.PROMO_EXPENSE, ACCOUNT.CASH], credit: [ACCOUNT.GRANT] },
  [ENTRY_KIND.CHARGE]: {
    debit: [ACCOUNT.GRANT, ACCOUNT.HELD, ACCOUNT.RECEIVABLE],
    credit: [ACCOUNT.REVENUE, ACCOUNT.SUPPLIER_PAYABLE],
  },
  [ENTRY_KIND.EXPIRY]: { debit: [ACCOUNT.GRANT], credit: [ACCOUNT.BREAKAGE] },
  [ENTRY_KIND.VOID]: { debit: [ACCOUNT.GRANT], credit: [ACCOUNT.PROMO_EXPENSE, ACCOUNT.REFUNDS] },
  [ENTRY_KIND.REVERSAL]: {
    debit: [ACCOUNT.REVENUE, ACCOUNT.SUPPLIER_PAYABLE],
    credit: [ACCOUNT.GRANT, ACCOUNT.RECEIVABLE],
  },
  [ENTRY_KIND.EXTENSION]: { debit: [ACCOUNT.BREAKAGE], credit: [ACCOUNT.GRANT] },
  [ENTRY_KIND.DEBT_PAYMENT]: { debit: [ACCOUNT.GRANT], credit: [ACCOUNT.RECEIVABLE] },
  [ENTRY_KIND.HOLD]: { debit: [ACCOUNT.GRANT], credit: [ACCOUNT.HELD] },
  [ENTRY_KIND.RELEASE]: { debit: [ACCOUNT.HELD], credit: [ACCOUNT.GRANT] },
  [ENTRY_KIND.REFUND]: { debit: [ACCOUNT.GRANT], credit: [ACCOUNT.REFUNDS] },
  [ENTRY_KIND.REFUND_RETURN]: { debit: [ACCOUNT.REFUNDS], credit: [ACCOUNT.GRANT] },
  // The other way when the bank has sent it back.
  [ENTRY_KIND.REFUND_PAID]: {
    debit: [ACCOUNT.REFUNDS, ACCOUNT.CASH],
    credit: [ACCOUNT.CASH, ACCOUNT.REFUNDS],
  },
  [ENTRY_KIND.DISPUTE]: { debit: [ACCOUNT.GRANT], credit: [ACCOUNT.DISPUTED] },
  [ENTRY_KIND.DISPUTE_WON]: { debit: [ACCOUNT.DISPUTED], credit: [ACCOUNT.GRANT] },
  [ENTRY_KIND.DISPUTE_LOST]: { debit: [ACCOUNT.DISPUTED], credit: [ACCOUNT.CASH] },
  [ENTRY_KIND.CHARGEBACK]: { debit: [ACCOUNT.RECEIVABLE], credit: [ACCOUNT.CASH] },
};

/**
 * Recomputes a team's stream from its first entry: numbers, hashes, times and every balance. It shares nothing with the
 * code that posts but the canonical text: what an entry claims is compared with the sums of the entries up to it.
 */
export class Replay {
  seq = 0n;
  hash = GENESIS_HASH;
  postedAtMs = Number.NEGATIVE_INFINITY;
  readonly grants = new Map<Uuid, GrantFigures>();
  private available = 0n;
  private prepaid = 0n;
  private unrestricted = 0n;
  private held = 0n;
  private disputed = 0n;
  private unpaid = 0n;

  constructor(
    readonly teamId: Uuid,
    private readonly natures: ReadonlyMap<Uuid, GrantNature>,
  ) {}

  /** The balances after the entries so far. */
  get balances(): BalancesAfter {
    return {
      availableNano: this.available,
      prepaidNano: this.prepaid,
      unrestrictedNano: this.unrestricted,
      heldNano: this.held,
      disputedNano: this.disputed,
      unpaidNano: this.unpaid,
    };
  }

  /** Takes the next entry, or says why it does not fit; then the replay is over. */
  take(entry: Entry): Misfit | undefined {
    const fault = this.chainFault(entry) ?? formFault(entry) ?? this.move(entry) ?? this.balanceFault(entry);
    if (fault) return { seq: entry.seq, ...fault };
    this.seq = entry.seq;
    this.hash = entry.hash;
    this.postedAtMs = entry.postedAtMs;
    return undefined;
  }

  private chainFault(entry: Entry): Fault | undefined {
    const expected = this.seq + 1n;
    if (entry.seq !== expected) return fault('MISSING_ENTRY', `entry ${expected} is missing in front of it`);
    if (entry.teamId !== this.teamId) return fault('BAD_ENTRY', 'it belongs to another team');
    if (entryHash(this.hash, entry) !== entry.hash) {
      return fault('HASH_MISMATCH', 'its hash is not that of its content and of the entry in front of it');
    }
    if (entry.postedAtMs < this.postedAtMs) {
      return fault('TIME_REVERSED', 'it was posted before the entry in front of it');
    }
    return undefined;
  }

  private move(entry: Entry): Fault | undefined {
    this.moveAccount(entry.debitAccount, -entry.amountNano);
    this.moveAccount(entry.creditAccount, entry.amountNano);
    const grantId = grantOfEntry(entry);
    if (grantId === null) {
      return entry.grantAfterNano === null ? undefined : fault('GRANT_MISMATCH', 'it touches no grant');
    }
    const nature = this.natures.get(grantId);
    if (!nature) return fault('GRANT_MISMATCH', `its grant ${grantId} does not exist`);
    return this.moveGrant(entry, grantId, nature);
  }

  private moveAccount(account: Account, amountNano: NanoCredits): void {
    if (account === ACCOUNT.GRANT) this.available += amountNano;
    else if (account === ACCOUNT.HELD) this.held += amountNano;
    else if (account === ACCOUNT.DISPUTED) this.disputed += amountNano;
    else if (account === ACCOUNT.RECEIVABLE) this.unpaid -= amountNano;
  }

  private moveGrant(entry: Entry, grantId: Uuid, nature: GrantNature): Fault | undefined {
    const change = changeOf(entry, ACCOUNT.GRANT);
    if (nature.kind === 'PREPAID') this.prepaid += change;
    if (nature.unrestricted) this.unrestricted += change;
    const figures = this.grants.get(grantId) ?? {
      remainingNano: 0n,
      heldNano: 0n,
      spentNano: 0n,
      expiredNano: 0n,
      voidedNano: 0n,
      refundedNano: 0n,
      disputedNano: 0n,
    };
    this.grants.set(grantId, figures);
    count(figures, entry.kind, {
      remaining: change,
      held: changeOf(entry, ACCOUNT.HELD),
      disputed: changeOf(entry, ACCOUNT.DISPUTED),
    });
    return grantFault(entry, figures, nature);
  }

  private balanceFault({ after }: Entry): Fault | undefined {
    const same =
      after.availableNano === this.available &&
      after.prepaidNano === this.prepaid &&
      after.unrestrictedNano === this.unrestricted &&
      after.heldNano === this.held &&
      after.disputedNano === this.disputed &&
      after.unpaidNano === this.unpaid;
    if (!same) return fault('BALANCE_MISMATCH', `the balances after it are not ${describe(this.balances)}`);
    if (this.available < 0n || this.held < 0n || this.unpaid < 0n) {
      return fault('BALANCE_MISMATCH', `a balance is below zero after it: ${describe(this.balances)}`);
    }
    return undefined;
  }
}

type Fault = Omit<Misfit, 'seq'>;

function fault(code: EntryFault, message: string): Fault {
  return { fault: code, message };
}

function formFault(entry: Entry): Fault | undefined {
  const { kind, debitAccount, creditAccount, debitRef, creditRef, amountNano, correctsSeq, seq } = entry;
  const moves = MOVES[kind];
  if (!moves?.debit.includes(debitAccount) || !moves.credit.includes(creditAccount)) {
    return fault(
      'BAD_ENTRY',
      `kind ${kind} does not move credit from account ${debitAccount} to ${creditAccount}`,
    );
  }
  if (amountNano <= 0n) return fault('BAD_ENTRY', 'its amount is not positive');
  if (!isNamed(debitAccount, debitRef) || !isNamed(creditAccount, creditRef)) {
    return fault(
      'BAD_ENTRY',
      'one of its accounts lacks the grant or supplier it is of, or has one too many',
    );
  }
  if (isOfGrant(debitAccount) && isOfGrant(creditAccount) && debitRef !== creditRef) {
    return fault('BAD_ENTRY', 'what is held of a grant goes back to another');
  }
  if (correctsSeq !== null && correctsSeq >= seq) return fault('BAD_ENTRY', 'it corrects no earlier entry');
  return undefined;
}

function grantOfEntry({ debitAccount, debitRef, creditAccount, creditRef }: Entry): Uuid | null {
  if (isOfGrant(debitAccount)) return debitRef;
  return isOfGrant(creditAccount) ? creditRef : null;
}

function isOfGrant(account: Account): boolean {
  return account === ACCOUNT.GRANT || account === ACCOUNT.HELD || account === ACCOUNT.DISPUTED;
}

function changeOf({ debitAccount, creditAccount, amountNano }: Entry, account: Account): NanoCredits {
  return (creditAccount === account ? amountNano : 0n) - (debitAccount === account ? amountNano : 0n);
}

/** A grant's accounts are named by their grant, a payable by its supplier, and all others by nothing. */
function isNamed(account: Account, ref: Uuid | null): boolean {
  return (isOfGrant(account) || account === ACCOUNT.SUPPLIER_PAYABLE) === (ref !== null);
}

/** What an entry adds to the accounts of its grant. */
interface GrantChange {
  readonly remaining: NanoCredits;
  readonly held: NanoCredits;
  readonly disputed: NanoCredits;
}

const PAID_BACK: readonly EntryKind[] = [
  ENTRY_KIND.REFUND,
  ENTRY_KIND.REFUND_RETURN,
  ENTRY_KIND.DISPUTE_LOST,
];

function count(figures: GrantFigures, kind: EntryKind, { remaining, held, disputed }: GrantChange): void {
  const gone = -(remaining + held + disputed);
  figures.remainingNano += remaining;
  figures.heldNano += held;
  figures.disputedNano += disputed;
  if (kind === ENTRY_KIND.EXPIRY || kind === ENTRY_KIND.EXTENSION) figures.expiredNano += gone;
  else if (kind === ENTRY_KIND.VOID) figures.voidedNano += gone;
  else if (PAID_BACK.includes(kind)) figures.refundedNano += gone;
  else if (kind !== ENTRY_KIND.ISSUE) figures.spentNano += gone;
}

function grantFault(entry: Entry, figures: GrantFigures, nature: GrantNature): Fault | undefined {
  const { remainingNano, ...elsewhere } = figures;
  const amounts = [remainingNano, ...Object.values<NanoCredits>(elsewhere)];
  if (entry.grantAfterNano !== remainingNano) {
    return fault('GRANT_MISMATCH', `what remains of its grant is not ${remainingNano} n`);
  }
  if (amounts.some((amount) => amount < 0n)) {
    return fault('GRANT_MISMATCH', 'it takes more from its grant, or returns more to it, than there was');
  }
  if (amounts.reduce((sum, amount) => sum + amount, 0n) !== nature.grantedNano) {
    return fault(
      'GRANT_MISMATCH',
      `what became of its grant does not make the ${nature.grantedNano} n granted`,
    );
  }
  return undefined;
}

function describe(balances: BalancesAfter): string {
  return Object.entries(balances)
    .map(([figure, amount]) => `${figure.replace('Nano', '')} ${amount} n`)
    .join(', ');
}
