import { type ActorRef, SYSTEM_ACTOR } from '../actor.ts';
import { assert } from '../domain-error.ts';
import { orderedUuid, type Uuid } from '../id.ts';
import { minNano } from '../money.ts';
import { ACCOUNT, ENTRY_KIND } from './account.ts';
import type { BookHead } from './book-head.ts';
import { dueBy, nextDueOf } from './due.ts';
import { type BalancesAfter, type Entry, entryHash } from './entry.ts';
import { emptyStatus, type GrantAccount, type GrantStatus, staysEmpty } from './grant-account.ts';
import { applyMovement, type Movement, refOf } from './movement.ts';

/** Who, why and when of a posting; `occurredAtMs` defaults to the posting time. */
export interface PostingFacts {
  readonly id?: Uuid;
  readonly actor: ActorRef;
  readonly reason?: string | null;
  readonly occurredAtMs?: number;
  /** It charges the hour of a deployment: who counts spend tells those from usage. */
  readonly isHour?: boolean;
}

export interface PostedRange {
  readonly fromSeq: bigint;
  readonly toSeq: bigint;
}

/**
 * A team's wallet and open grants while their lock is held: postings are applied here in memory and written together by
 * `writeBooks`. Pure: it reads no clock and no database. Opening a book books what fell due before anything else can happen.
 */
export class Book {
  /** Posting time: the time the lock was got, never before the previous entry's. */
  readonly atMs: number;
  readonly entries: Entry[] = [];
  readonly changedGrants = new Set<GrantAccount>();
  readonly newGrants = new Set<GrantAccount>();
  /** The postings that charge hours of deployments. */
  readonly hours = new Set<Uuid>();
  seq: bigint;
  chargeCount: bigint;
  hash: string;
  balances: BalancesAfter;
  nextDueAtMs: number | null;
  rechargeDueAtMs: number | null;
  private readonly accounts = new Map<Uuid, GrantAccount>();
  private touched = false;

  constructor(
    readonly head: BookHead,
    grants: Iterable<GrantAccount>,
    nowMs: number,
  ) {
    this.atMs = Math.max(nowMs, head.postedAtMs);
    this.seq = head.seq;
    this.chargeCount = head.chargeCount;
    this.hash = head.hash;
    this.balances = head.balances;
    this.nextDueAtMs = head.nextDueAtMs;
    this.rechargeDueAtMs = head.rechargeDueAtMs;
    for (const grant of grants) this.accounts.set(grant.id, grant);
    if (this.nextDueAtMs !== null && this.nextDueAtMs <= this.atMs) this.bookDue();
  }

  get teamId(): Uuid {
    return this.head.teamId;
  }

  /** Whether anything has to be written. */
  get changed(): boolean {
    return (
      this.touched ||
      this.entries.length > 0 ||
      this.changedGrants.size > 0 ||
      this.newGrants.size > 0 ||
      this.chargeCount !== this.head.chargeCount ||
      this.nextDueAtMs !== this.head.nextDueAtMs ||
      this.rechargeDueAtMs !== this.head.rechargeDueAtMs
    );
  }

  /** Whether what has been done here makes a team want to be recharged that did not before. */
  get wantsRecharge(): boolean {
    return this.rechargeDueAtMs !== null && this.head.rechargeDueAtMs === null;
  }

  /** Every grant that was read or made under the lock. */
  get grants(): Iterable<GrantAccount> {
    return this.accounts.values();
  }

  grant(id: Uuid): GrantAccount | undefined {
    return this.accounts.get(id);
  }

  /**
   * Makes the wallet another version although nothing is posted: what else belongs to the team (a hold's report, a
   * run) changes with it, and who decided on what was before must decide again.
   */
  markChanged(): void {
    this.touched = true;
  }

  /** Notes that something was refused for lack of credit: auto-recharge, where it is on, is wanted then. */
  noteRefusal(): void {
    if (this.head.rechargeBelowNano !== null) this.rechargeDueAtMs ??= this.atMs;
  }

  /** Notes whether credit has fallen below the threshold of auto-recharge, in the transaction that made it fall. */
  noteCrossing(): void {
    const { rechargeBelowNano } = this.head;
    if (rechargeBelowNano === null || this.rechargeDueAtMs !== null) return;
    const { unrestrictedNano, heldNano } = this.balances;
    if (unrestrictedNano + heldNano < rechargeBelowNano) this.rechargeDueAtMs = this.atMs;
  }

  /** Posts one business event: all of `movements`, in order, as consecutive entries. */
  post(facts: PostingFacts, movements: readonly Movement[]): PostedRange {
    assert(movements.length > 0, 'a posting has at least one movement');
    // Ids of postings tell which charge of the same millisecond came before them.
    const postingId = facts.id ?? orderedUuid(this.atMs, this.chargeCount);
    const fromSeq = this.seq + 1n;
    if (facts.isHour) this.hours.add(postingId);
    for (const movement of movements) this.append(postingId, facts, movement);
    return { fromSeq, toSeq: this.seq };
  }

  /** Opens a grant: in the books at once, or scheduled when it becomes effective later. Prepaid credit pays debt first. */
  issue(grant: GrantAccount, facts: PostingFacts): void {
    this.accounts.set(grant.id, grant);
    this.newGrants.add(grant);
    if (grant.effectiveAtMs <= this.atMs) this.open(grant, facts);
    else grant.status = 'SCHEDULED';
    this.refreshNextDue();
  }

  /** Takes what remains of a grant out of the books for good. A scheduled grant leaves without an entry. */
  void(grant: GrantAccount, facts: PostingFacts): void {
    assert(
      grant.status === 'SCHEDULED' || grant.status === 'OPEN',
      'only an open or scheduled grant is voided',
    );
    this.drain(grant, ENTRY_KIND.VOID, facts);
    this.close(grant, 'VOIDED');
    this.refreshNextDue();
  }

  /** Gives a grant a later expiry (null: none); credit that has expired comes back as a correcting entry. */
  extend(grant: GrantAccount, expiresAtMs: number | null, facts: PostingFacts): void {
    grant.expiresAtMs = expiresAtMs;
    this.touch(grant);
    if (grant.status === 'EXPIRED') {
      const amountNano = grant.expiredNano;
      reopen(grant);
      if (amountNano > 0n) {
        this.post(facts, [
          {
            kind: ENTRY_KIND.EXTENSION,
            debit: ACCOUNT.BREAKAGE,
            credit: ACCOUNT.GRANT,
            grantId: grant.id,
            amountNano,
            ...(grant.closedSeq === null ? {} : { correctsSeq: grant.closedSeq }),
          },
        ]);
        grant.closedSeq = null;
      }
      // What was held of it when it expired may have been all it had, and spent since.
      this.settleGrants([grant.id], facts);
    }
    this.refreshNextDue();
  }

  /**
   * Settles the state of grants after movements, as entries of their own: spent ones close, returned credit follows the
   * fate of a grant that has expired or been voided since, and prepaid credit that stays pays what the team owes before
   * anything else can use it, in the order of `ids`.
   */
  settleGrants(ids: readonly Uuid[], facts: PostingFacts): void {
    let closedSome = false;
    for (const id of ids) closedSome = this.settleGrant(this.account(id), facts) || closedSome;
    if (closedSome) this.refreshNextDue();
    if (this.balances.unpaidNano === 0n) return;
    for (const id of ids) this.payDebt(this.account(id), facts);
  }

  private settleGrant(grant: GrantAccount, facts: PostingFacts): boolean {
    if (grant.freezingNano > 0n) this.freeze(grant, facts);
    if (grant.remainingNano === 0n) {
      if (staysEmpty(grant)) return false;
      const status = emptyStatus(grant);
      if (grant.status === status) return false;
      this.close(grant, status);
      return true;
    }
    if (grant.status === 'OPEN') return false;
    if (grant.status === 'VOIDED') this.drain(grant, ENTRY_KIND.VOID, facts);
    else if (grant.expiresAtMs !== null && grant.expiresAtMs <= this.atMs) {
      this.drain(grant, ENTRY_KIND.EXPIRY, { ...facts, occurredAtMs: this.atMs });
      this.close(grant, 'EXPIRED');
    } else reopen(grant);
    return true;
  }

  private freeze(grant: GrantAccount, facts: PostingFacts): void {
    const amountNano = minNano(grant.freezingNano, grant.remainingNano);
    if (amountNano === 0n) return;
    grant.freezingNano -= amountNano;
    const { GRANT: debit, DISPUTED: credit } = ACCOUNT;
    this.post(facts, [{ kind: ENTRY_KIND.DISPUTE, debit, credit, grantId: grant.id, amountNano }]);
  }

  /** Books activations and expiries up to the posting time, in order of their instants. */
  private bookDue(): void {
    for (const { grant, from, atMs } of dueBy(this.atMs, this.accounts.values())) {
      // It may have paid debt with all it had meanwhile.
      if (grant.status !== from) continue;
      const facts = { actor: SYSTEM_ACTOR, occurredAtMs: atMs };
      if (from === 'SCHEDULED') {
        this.touch(grant);
        this.open(grant, { ...facts, actor: grant.actor, reason: grant.reason });
      } else {
        this.drain(grant, ENTRY_KIND.EXPIRY, facts);
        this.close(grant, 'EXPIRED');
      }
    }
    this.refreshNextDue();
  }

  private refreshNextDue(): void {
    this.nextDueAtMs = nextDueOf(this.accounts.values());
  }

  private open(grant: GrantAccount, facts: PostingFacts): void {
    grant.status = 'OPEN';
    const debit = grant.kind === 'PREPAID' ? ACCOUNT.CASH : ACCOUNT.PROMO_EXPENSE;
    const { id: grantId, grantedNano: amountNano } = grant;
    this.post(facts, [{ kind: ENTRY_KIND.ISSUE, debit, credit: ACCOUNT.GRANT, grantId, amountNano }]);
    this.payDebt(grant, facts);
  }

  private payDebt(grant: GrantAccount, facts: PostingFacts): void {
    if (grant.kind !== 'PREPAID' || grant.status !== 'OPEN') return;
    const amountNano = minNano(this.balances.unpaidNano, grant.remainingNano);
    if (amountNano === 0n) return;
    const { GRANT: debit, RECEIVABLE: credit } = ACCOUNT;
    this.post(facts, [{ kind: ENTRY_KIND.DEBT_PAYMENT, debit, credit, grantId: grant.id, amountNano }]);
    this.settleGrants([grant.id], facts);
  }

  private drain(
    grant: GrantAccount,
    kind: typeof ENTRY_KIND.EXPIRY | typeof ENTRY_KIND.VOID,
    facts: PostingFacts,
  ): void {
    if (grant.status === 'SCHEDULED' || grant.remainingNano === 0n) return;
    const voidTo = grant.kind === 'PREPAID' ? ACCOUNT.REFUNDS : ACCOUNT.PROMO_EXPENSE;
    const credit = kind === ENTRY_KIND.EXPIRY ? ACCOUNT.BREAKAGE : voidTo;
    const range = this.post(facts, [
      { kind, debit: ACCOUNT.GRANT, credit, grantId: grant.id, amountNano: grant.remainingNano },
    ]);
    grant.closedSeq = range.toSeq;
  }

  private close(grant: GrantAccount, status: Exclude<GrantStatus, 'SCHEDULED' | 'OPEN'>): void {
    grant.status = status;
    grant.closedAtMs = this.atMs;
    this.touch(grant);
  }

  /** What of a grant is stored has changed. */
  touch(grant: GrantAccount): void {
    if (!this.newGrants.has(grant)) this.changedGrants.add(grant);
  }

  private account(id: Uuid): GrantAccount {
    const grant = this.accounts.get(id);
    assert(grant, `grant ${id} was read under the lock of its team`);
    return grant;
  }

  private append(postingId: Uuid, facts: PostingFacts, movement: Movement): void {
    assert(movement.amountNano > 0n, 'an entry has a positive amount');
    const grant = movement.grantId === undefined ? undefined : this.account(movement.grantId);
    this.balances = applyMovement(this.balances, movement, grant);
    if (grant) this.touch(grant);
    this.seq += 1n;
    const entry: Omit<Entry, 'hash'> = {
      teamId: this.head.teamId,
      seq: this.seq,
      postingId,
      kind: movement.kind,
      debitAccount: movement.debit,
      debitRef: refOf(movement.debit, movement),
      creditAccount: movement.credit,
      creditRef: refOf(movement.credit, movement),
      amountNano: movement.amountNano,
      after: this.balances,
      grantAfterNano: grant ? grant.remainingNano : null,
      postedAtMs: this.atMs,
      occurredAtMs: facts.occurredAtMs ?? this.atMs,
      actor: facts.actor,
      reason: facts.reason ?? null,
      correctsSeq: movement.correctsSeq ?? null,
    };
    this.hash = entryHash(this.hash, entry);
    this.entries.push({ ...entry, hash: this.hash });
  }
}

function reopen(grant: GrantAccount): void {
  grant.status = 'OPEN';
  grant.closedAtMs = null;
}
