import { createHash } from 'node:crypto';
import { expectedAmount, expectedPayment, type PricedModel } from './expected-payment.ts';
import {
  isRestricted,
  KIND,
  RECEIVABLE,
  replayLedger,
  type StateThen,
  sumOf,
  type TermsChange,
} from './replayed-ledger.ts';
import type { ChargeRecord, EntryRecord, TeamRecord } from './team-record.ts';

/** What a test knows beside what is stored. */
export interface AuditFacts {
  readonly models: ReadonlyMap<string, PricedModel>;
  readonly changes: readonly TermsChange[];
}

export interface Audited {
  /** Everything that does not fit; empty when the books are right. */
  readonly faults: readonly string[];
  /** The state after each entry. */
  readonly states: readonly StateThen[];
}

/** Recomputes everything that can be said of a team's money, without any code of the product. */
export function audit(record: TeamRecord, facts: AuditFacts): Audited {
  const { states, faults } = replayLedger(record, facts.changes);
  const last = states.at(-1);
  if (!last) throw new Error('there is a state before the first entry');
  return {
    states,
    faults: [
      ...faults,
      ...faultsOfChain(record),
      ...record.entries.flatMap((entry, i) => faultsOfFigures(entry, states[i + 1])),
      ...faultsOfOrder(record, states),
      ...faultsOfCharges(record, states, facts),
      ...faultsOfReversals(record),
      ...faultsOfReturns(record, states),
      ...faultsOfGrants(record, last),
      ...faultsOfWallet(record, last),
    ],
  };
}

function faultsOfChain({ teamId, wallet, entries }: TeamRecord): string[] {
  const faults: string[] = [];
  let hash: Buffer = Buffer.alloc(32);
  entries.forEach((entry, i) => {
    if (entry.seq !== BigInt(i + 1)) faults.push(`entry ${entry.seq} is number ${i + 1}`);
    if (entry.posted_at < (entries[i - 1]?.posted_at ?? entry.posted_at))
      faults.push(`entry ${entry.seq} was posted before the one before it`);
    hash = createHash('sha256')
      .update(hash.toString('hex') + canonical(teamId, entry))
      .digest();
    if (!hash.equals(entry.hash)) faults.push(`entry ${entry.seq} breaks the hash chain`);
    hash = entry.hash;
  });
  if (!hash.equals(wallet.head_hash)) faults.push('the wallet has another hash than the last entry');
  if (wallet.seq !== BigInt(entries.length))
    faults.push(`${entries.length} entries, the wallet says ${wallet.seq}`);
  return faults;
}

function canonical(teamId: string, e: EntryRecord): string {
  const fields = [
    ...[
      'v1',
      teamId,
      e.seq,
      e.posting_id,
      e.kind,
      e.debit_account,
      e.debit_ref,
      e.credit_account,
      e.credit_ref,
    ],
    ...[e.amount_nano, e.available_after_nano, e.prepaid_after_nano, e.unrestricted_after_nano],
    ...[e.held_after_nano ?? 0n, e.disputed_after_nano ?? 0n, e.unpaid_after_nano ?? 0n, e.grant_after_nano],
    ...[e.posted_at.getTime(), e.occurred_at.getTime(), e.actor_kind, e.actor_id],
    ...[e.reason === null ? null : JSON.stringify(e.reason), e.corrects_seq],
  ];
  return fields.map((field) => field ?? '').join('|');
}

/** The figures that a team has at one place of the stream. */
export function figuresOf(state: StateThen) {
  return {
    available: sumOf(state, () => true),
    prepaid: sumOf(state, ({ kind }) => kind === 'PREPAID'),
    unrestricted: sumOf(state, (grant) => !isRestricted(grant)),
    held: state.held,
    disputed: state.disputed,
    unpaid: state.unpaid,
  };
}

function faultsOfFigures(entry: EntryRecord, state: StateThen | undefined): string[] {
  const stored = {
    available: entry.available_after_nano,
    prepaid: entry.prepaid_after_nano,
    unrestricted: entry.unrestricted_after_nano,
    held: entry.held_after_nano ?? 0n,
    disputed: entry.disputed_after_nano ?? 0n,
    unpaid: entry.unpaid_after_nano ?? 0n,
  };
  return state ? differences(`after entry ${entry.seq}`, stored, figuresOf(state)) : [];
}

function differences(
  where: string,
  stored: Record<string, unknown>,
  right: Record<string, unknown>,
): string[] {
  return Object.keys(right)
    .filter((name) => stored[name] !== right[name])
    .map((name) => `${where}: ${name} is stored as ${stored[name]}, and is ${right[name]}`);
}

/** Nothing is spent, returned or extended while something is due, ended or owed that comes first. */
function faultsOfOrder({ entries }: TeamRecord, states: readonly StateThen[]): string[] {
  const faults: string[] = [];
  entries.forEach((entry, i) => {
    const startsPosting = entries[i - 1]?.posting_id !== entry.posting_id;
    const state = states[i];
    if (!state || !startsPosting || ![KIND.CHARGE, KIND.REVERSAL, KIND.EXTENSION].includes(entry.kind))
      return;
    const say = (text: string) => faults.push(`entry ${entry.seq}: ${text}`);
    for (const { terms, issued, voided, remaining, expiresAt } of state.grants.values()) {
      const isDue = !issued && terms.status !== 'VOIDED' && terms.effective_at <= entry.posted_at;
      if (isDue && terms.created_at < terms.effective_at) say(`grant ${terms.id} should have started`);
      if (remaining > 0n && expiresAt && expiresAt <= entry.posted_at)
        say(`grant ${terms.id} should have expired`);
      if (remaining > 0n && voided) say(`grant ${terms.id} has been voided and has credit`);
    }
    if (entry.kind === KIND.CHARGE && state.unpaid > 0n && figuresOf(state).prepaid > 0n)
      say('debt comes first');
  });
  return faults;
}

function faultsOfCharges(record: TeamRecord, states: readonly StateThen[], { models }: AuditFacts): string[] {
  const posted = record.charges.filter(({ from_seq }) => from_seq !== null);
  const covered = new Set(posted.flatMap((charge) => entriesOf(record, charge).map(({ seq }) => seq)));
  const keys = new Set(record.charges.map(({ key_digest }) => key_digest.toString('hex')));
  const inStream = posted.toSorted((a, b) => Number((a.from_seq ?? 0n) - (b.from_seq ?? 0n)));
  return [
    ...(keys.size < record.charges.length ? ['a key was charged twice'] : []),
    ...record.entries
      .filter(({ kind, seq }) => kind === KIND.CHARGE && !covered.has(seq))
      .map(({ seq }) => `entry ${seq} charges for nothing`),
    ...inStream
      .filter(({ id }, i) => id < (inStream[i - 1]?.id ?? ''))
      .map(({ id }) => `charge ${id} has an id that sorts before an earlier one`),
    ...record.charges.flatMap((charge) => {
      const model = models.get(charge.model_id);
      const faults = model ? faultsOfCharge(record, charge, model, states) : ['is for an unknown model'];
      return faults.map((fault) => `charge ${charge.id} ${fault}`);
    }),
  ];
}

function entriesOf({ entries }: TeamRecord, { from_seq, to_seq }: Pick<ChargeRecord, 'from_seq' | 'to_seq'>) {
  return from_seq === null || to_seq === null ? [] : entries.slice(Number(from_seq) - 1, Number(to_seq));
}

const CHARGED = 1;

function faultsOfCharge(
  record: TeamRecord,
  charge: ChargeRecord,
  model: PricedModel,
  states: readonly StateThen[],
): string[] {
  const amount = expectedAmount(model.unitPrices, charge.quantities);
  const faults = charge.amount_nano === amount ? [] : [`costs ${charge.amount_nano}, not ${amount}`];
  const entries = entriesOf(record, charge);
  if (charge.status !== CHARGED || amount === 0n) {
    return entries.length === 0 ? faults : [...faults, 'was posted although there is nothing to pay'];
  }
  const state = states[Number(charge.from_seq) - 1];
  if (entries.length === 0 || !state) return [...faults, 'was not posted'];
  const expected = expectedPayment(state, model, amount, charge.posted_at);
  const debt = expected.short > 0n ? [`debt: ${expected.short}`] : [];
  const drawn = entries.map(({ debit_account, debit_ref, amount_nano }) =>
    debit_account === RECEIVABLE ? `debt: ${amount_nano}` : `${debit_ref}: ${amount_nano}`,
  );
  const right = [...expected.draws, ...debt];
  if (drawn.join() !== right.join()) faults.push(`was paid by [${drawn}], not by [${right}]`);
  if ((charge.debt_nano ?? 0n) !== expected.short) faults.push(`says its debt is ${charge.debt_nano}`);
  if (expected.short > 0n && state.unpaid + expected.short > record.wallet.debt_limit_nano)
    faults.push('makes more debt than the team may have');
  const [account, ref] = model.supplierTeamId ? [22, model.supplierTeamId] : [21, null];
  const isOwn = (e: EntryRecord) =>
    e.kind === KIND.CHARGE &&
    e.posting_id === charge.id &&
    e.credit_account === account &&
    e.credit_ref === ref;
  return entries.every(isOwn) ? faults : [...faults, 'names entries that are not its own'];
}

function faultsOfReversals(record: TeamRecord): string[] {
  const charges = new Map(record.charges.map((charge) => [charge.id, charge]));
  const covered = new Set(record.reversals.flatMap((one) => entriesOf(record, one).map(({ seq }) => seq)));
  const stray = record.entries.filter(({ kind, seq }) => kind === KIND.REVERSAL && !covered.has(seq));
  const faults = stray.map(({ seq }) => `entry ${seq} returns credit without a reversal`);
  for (const reversal of record.reversals) {
    const charge = charges.get(reversal.charge_id);
    const returned = entriesOf(record, reversal);
    const say = (text: string) => faults.push(`reversal ${reversal.id} ${text}`);
    if (!charge) say('is of no charge');
    else if (charge.from_seq === null) returned.length > 0 && say('returns what was never paid');
    else {
      const sum = returned.reduce((total, { amount_nano }) => total + amount_nano, 0n);
      if (sum !== charge.amount_nano) say(`returns ${sum} of ${charge.amount_nano}`);
      for (const draw of entriesOf(record, charge).filter(
        ({ debit_account }) => debit_account !== RECEIVABLE,
      )) {
        const back = returned.filter(({ corrects_seq }) => corrects_seq === draw.seq);
        const fits = back[0]?.credit_ref === draw.debit_ref && back[0]?.amount_nano === draw.amount_nano;
        if (back.length !== 1 || !fits) say(`does not return entry ${draw.seq} to where it came from`);
      }
    }
  }
  return faults;
}

/** What comes back to a grant that has ended ends at once, before anything else happens. */
function faultsOfReturns({ entries }: TeamRecord, states: readonly StateThen[]): string[] {
  return entries.flatMap((entry, i) => {
    const isLast = entries[i + 1]?.posting_id !== entry.posting_id;
    if (entry.kind !== KIND.REVERSAL || !isLast) return [];
    const ended = [...(states[i + 1]?.grants.values() ?? [])].filter(
      ({ remaining, voided, expiresAt }) =>
        remaining > 0n && (voided || (expiresAt !== null && expiresAt <= entry.posted_at)),
    );
    const next = entries.slice(i + 1, i + 1 + ended.length);
    const isDrained = (id: string) =>
      next.some(
        ({ kind, debit_ref, occurred_at }) =>
          (kind === KIND.EXPIRY || kind === KIND.VOID) &&
          debit_ref === id &&
          occurred_at.getTime() === entry.posted_at.getTime(),
      );
    return ended
      .filter(({ terms }) => !isDrained(terms.id))
      .map(
        ({ terms }) => `entry ${entry.seq} returns credit to grant ${terms.id}, which has ended and keeps it`,
      );
  });
}

function faultsOfGrants({ grants }: TeamRecord, last: StateThen): string[] {
  return grants.flatMap((grant) => {
    const then = last.grants.get(grant.id);
    if (!then) return [`grant ${grant.id} is new`];
    const stored = {
      remaining: grant.remaining_nano,
      spent: grant.spent_nano,
      expired: grant.expired_nano,
      voided: grant.voided_nano,
      expiresAt: grant.expires_at?.getTime(),
      closed: grant.closed,
      isOpen: grant.status === 'OPEN',
      isScheduled: grant.status === 'SCHEDULED',
    };
    return differences(`grant ${grant.id} (${grant.status})`, stored, {
      remaining: then.remaining,
      spent: then.spent,
      expired: then.expired,
      voided: then.lost,
      expiresAt: then.expiresAt?.getTime(),
      closed: !['OPEN', 'SCHEDULED'].includes(grant.status),
      isOpen: then.remaining > 0n,
      isScheduled: !then.issued && grant.status !== 'VOIDED',
    });
  });
}

function faultsOfWallet({ wallet, grants, charges, entries }: TeamRecord, last: StateThen): string[] {
  const stored = {
    available: wallet.available_nano,
    prepaid: wallet.prepaid_nano,
    unrestricted: wallet.unrestricted_nano,
    held: wallet.held_nano,
    disputed: wallet.disputed_nano,
    unpaid: wallet.unpaid_nano,
    charges: wallet.charge_count,
    nextDueAt: wallet.next_due_at?.getTime(),
  };
  const due = grants.flatMap(({ status, effective_at, expires_at }) => {
    if (status === 'SCHEDULED') return [effective_at.getTime()];
    return status === 'OPEN' && expires_at ? [expires_at.getTime()] : [];
  });
  const right = {
    ...figuresOf(last),
    charges: BigInt(charges.length),
    nextDueAt: due.length > 0 ? Math.min(...due) : undefined,
  };
  const faults = differences('the wallet', stored, right);
  const lastPosted = entries.at(-1)?.posted_at;
  if (lastPosted && lastPosted > wallet.head_posted_at)
    faults.push('the wallet is older than its last entry');
  return faults;
}
