/** The accounts of the books. Team accounts hold what a team has or owes; the others are the platform's. */
export const ACCOUNT = {
  /** One a grant; `ref` is the grant. A liability: a credit adds to it. */
  GRANT: 1,
  /** One a grant: what of it is set aside for work in progress; `ref` is the grant. */
  HELD: 2,
  /** One a grant: what of it a cardholder's bank asks for; `ref` is the grant. */
  DISPUTED: 3,
  /** What the team owes. An asset: a debit adds to it. */
  RECEIVABLE: 4,
  EARNINGS: 5,
  PAYOUT_PENDING: 6,
  IN_TRANSIT: 7,
  /** Stripe clearing. */
  CASH: 20,
  REVENUE: 21,
  /** `ref` is the supplier's team. */
  SUPPLIER_PAYABLE: 22,
  PROMO_EXPENSE: 23,
  BREAKAGE: 24,
  REFUNDS: 25,
} as const;
export type Account = (typeof ACCOUNT)[keyof typeof ACCOUNT];
export type AccountName = keyof typeof ACCOUNT;

/** What an entry records. */
export const ENTRY_KIND = {
  ISSUE: 1,
  CHARGE: 2,
  EXPIRY: 3,
  VOID: 4,
  REVERSAL: 5,
  /** Breakage → grant, after an expired grant was extended. */
  EXTENSION: 6,
  /** Prepaid credit pays what the team owed. */
  DEBT_PAYMENT: 7,
  /** Grant → held: set aside for work in progress. */
  HOLD: 8,
  /** Held → the grant it came from. */
  RELEASE: 9,
  /** Grant → refunds: approved to be paid back, on its way. */
  REFUND: 10,
  /** Refunds → the grant it came from: it could not be paid back. */
  REFUND_RETURN: 11,
  /** Refunds → cash: it has been paid back. Cash → refunds: the bank has sent it back to us. */
  REFUND_PAID: 12,
  /** Grant → disputed: out of reach while the cardholder's bank asks for it. */
  DISPUTE: 13,
  /** Disputed → the grant it came from. */
  DISPUTE_WON: 14,
  /** Disputed → cash: the bank has taken it back. */
  DISPUTE_LOST: 15,
  /** Receivable → cash: the bank has taken back what was spent already. */
  CHARGEBACK: 16,
} as const;
export type EntryKind = (typeof ENTRY_KIND)[keyof typeof ENTRY_KIND];
export type EntryKindName = keyof typeof ENTRY_KIND;

const ACCOUNT_NAMES = new Map<number, AccountName>(nameByCode(ACCOUNT));
const KIND_NAMES = new Map<number, EntryKindName>(nameByCode(ENTRY_KIND));

/** Whether the books have an account of this code. */
export function isAccount(code: number): code is Account {
  return ACCOUNT_NAMES.has(code);
}

export function accountName(code: number): AccountName {
  return named(ACCOUNT_NAMES.get(code), code);
}

export function entryKindName(code: number): EntryKindName {
  return named(KIND_NAMES.get(code), code);
}

function nameByCode<K extends string>(codes: Readonly<Record<K, number>>): [number, K][] {
  // Object.entries widens the keys of a closed record to string.
  return (Object.entries(codes) as [K, number][]).map(([name, code]) => [code, name]);
}

function named<T>(name: T | undefined, code: number): T {
  if (name === undefined) throw new Error(`Unknown code ${code} in the books.`);
  return name;
}
