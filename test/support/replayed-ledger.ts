import type { EntryRecord, GrantRecord, TeamRecord } from './team-record.ts';

/** An extension, and the last entry before it took effect. */
export interface TermsChange {
  readonly grantId: string;
  readonly afterSeq: bigint;
  readonly expiresAt: Date | null;
}

/** One grant at one place of the stream. */
export interface GrantThen {
  readonly terms: GrantRecord;
  readonly expiresAt: Date | null;
  readonly issued: boolean;
  readonly voided: boolean;
  readonly remaining: bigint;
  readonly spent: bigint;
  readonly expired: bigint;
  readonly lost: bigint;
}

/** A team at one place of the stream. */
export interface StateThen {
  readonly grants: ReadonlyMap<string, GrantThen>;
  readonly held: bigint;
  readonly disputed: bigint;
  readonly unpaid: bigint;
}

const GRANT = 1;
export const RECEIVABLE = 4;
export const KIND = { ISSUE: 1, CHARGE: 2, EXPIRY: 3, VOID: 4, REVERSAL: 5, EXTENSION: 6, DEBT_PAYMENT: 7 };

/**
 * A second book-keeper: makes a team's state after each entry from the entries alone, in their order, and knows none of
 * the product's code. `states[n]` is the state after entry n.
 */
export function replayLedger(record: TeamRecord, changes: readonly TermsChange[]) {
  const faults: string[] = [];
  let state: StateThen = {
    grants: new Map(record.grants.map((terms) => [terms.id, untouched(terms)])),
    held: 0n,
    disputed: 0n,
    unpaid: 0n,
  };
  state = withTerms(state, changes, 0n);
  const states = [state];
  for (const entry of record.entries) {
    state = applied(state, entry, (fault) => faults.push(`entry ${entry.seq}: ${fault}`));
    state = withTerms(state, changes, entry.seq);
    states.push(state);
  }
  return { states, faults };
}

function untouched(terms: GrantRecord): GrantThen {
  const nothing = { remaining: 0n, spent: 0n, expired: 0n, lost: 0n };
  return { terms, expiresAt: terms.first_expires_at, issued: false, voided: false, ...nothing };
}

function withTerms(state: StateThen, changes: readonly TermsChange[], seq: bigint): StateThen {
  const now = changes.filter(({ afterSeq }) => afterSeq === seq);
  if (now.length === 0) return state;
  const grants = new Map(state.grants);
  for (const { grantId, expiresAt } of now) {
    const grant = grants.get(grantId);
    // Two extensions between the same entries: each one is later than the one before.
    if (grant && isLater(expiresAt, grant.expiresAt)) grants.set(grantId, { ...grant, expiresAt });
  }
  return { ...state, grants };
}

function isLater(a: Date | null, b: Date | null): boolean {
  return b !== null && (a === null || a > b);
}

function applied(state: StateThen, entry: EntryRecord, fault: (text: string) => void): StateThen {
  const sign = (account: number) =>
    (entry.credit_account === account ? entry.amount_nano : 0n) -
    (entry.debit_account === account ? entry.amount_nano : 0n);
  const id = entry.debit_account === GRANT ? entry.debit_ref : entry.credit_ref;
  const touchesGrant = entry.debit_account === GRANT || entry.credit_account === GRANT;
  const grants = new Map(state.grants);
  if (touchesGrant) {
    const grant = grants.get(id ?? '');
    if (!grant) fault(`no grant ${id}`);
    else grants.set(grant.terms.id, moved(grant, entry, sign(GRANT), fault));
  }
  return {
    grants,
    held: state.held + sign(2),
    disputed: state.disputed + sign(3),
    unpaid: state.unpaid - sign(4),
  };
}

function moved(
  grant: GrantThen,
  entry: EntryRecord,
  delta: bigint,
  fault: (text: string) => void,
): GrantThen {
  const { kind } = entry;
  const drained = kind === KIND.EXPIRY || kind === KIND.VOID;
  if (drained && -delta !== grant.remaining) fault('takes a part of a grant that has ended');
  if (kind === KIND.EXPIRY && (!grant.expiresAt || grant.expiresAt > entry.posted_at))
    fault('expires too soon');
  if (kind === KIND.ISSUE) judgeIssue(grant, entry, fault);
  else if (!grant.issued) fault('moves a grant that was not issued');
  const remaining = grant.remaining + delta;
  if (remaining < 0n) fault('takes a grant below zero');
  if (remaining > grant.terms.granted_nano) fault('takes a grant above what was granted');
  if (entry.grant_after_nano !== remaining) fault(`says ${entry.grant_after_nano} remain, ${remaining} do`);
  const isSpending = kind === KIND.CHARGE || kind === KIND.REVERSAL || kind === KIND.DEBT_PAYMENT;
  return {
    ...grant,
    remaining,
    issued: true,
    voided: grant.voided || kind === KIND.VOID,
    spent: grant.spent - (isSpending ? delta : 0n),
    expired: grant.expired - (kind === KIND.EXPIRY || kind === KIND.EXTENSION ? delta : 0n),
    lost: grant.lost - (kind === KIND.VOID ? delta : 0n),
  };
}

function judgeIssue({ issued, terms }: GrantThen, entry: EntryRecord, fault: (text: string) => void): void {
  if (issued) fault('issues a grant twice');
  if (entry.amount_nano !== terms.granted_nano) fault('issues another amount than was granted');
  if (terms.effective_at > entry.posted_at) fault('issues a grant before it is effective');
}

/** Σ over what grants have at this place of the stream. */
export function sumOf(state: StateThen, which: (grant: GrantRecord) => boolean): bigint {
  let sum = 0n;
  for (const { terms, remaining } of state.grants.values()) if (which(terms)) sum += remaining;
  return sum;
}

export function isRestricted(grant: GrantRecord): boolean {
  return grant.scope_product !== null || grant.scope_model_id !== null || grant.scope_gpu_type !== null;
}
