import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { drawDown, inDrawdownOrder } from '../../src/grants/drawdown.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { ACCOUNT, type Account } from '../../src/ledger/account.ts';
import { Book } from '../../src/ledger/book.ts';
import { type Entry, entryHash, GENESIS_HASH } from '../../src/ledger/entry.ts';
import type { GrantAccount } from '../../src/ledger/grant-account.ts';
import { ANYTHING, charge, emptyHead, giveBack, newGrant, reopened, T0 } from '../support/books.ts';
import { GrantModel } from '../support/grant-model.ts';

const MINUTE = 60_000;
const facts = { actor: SYSTEM_ACTOR, reason: 'test' };

interface Step {
  readonly what: 'ISSUE' | 'CHARGE' | 'VOID' | 'EXTEND' | 'REVERSE' | 'NOTHING';
  /** Minutes since the step before. */
  readonly pause: number;
  /** Chooses among what is there. */
  readonly pick: number;
  readonly amountNano: bigint;
  readonly prepaid: boolean;
  readonly product: string | null;
  readonly startsIn: number;
  readonly lasts: number | null;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    what: fc.constantFrom(
      'ISSUE' as const,
      'ISSUE' as const,
      'CHARGE' as const,
      'CHARGE' as const,
      'VOID' as const,
      'EXTEND' as const,
      'REVERSE' as const,
      'NOTHING' as const,
    ),
    pause: fc.constantFrom(0, 0, 1, 2, 7),
    pick: fc.nat(1000),
    amountNano: fc.bigInt({ min: 1n, max: 300n }),
    prepaid: fc.boolean(),
    product: fc.constantFrom(null, 'chat', 'image'),
    startsIn: fc.constantFrom(0, 0, 0, 1, 4),
    lasts: fc.constantFrom(null, 1, 3, 6, 20),
  }),
  { minLength: 1, maxLength: 40 },
);

/** Plays a history, a transaction a step, beside the model of its grants. */
class History {
  book: Book;
  readonly entries: Entry[] = [];
  readonly grants = new Map<Uuid, { grant: GrantAccount; model: GrantModel }>();
  private readonly draws: { grant: GrantAccount; amountNano: bigint; reversed: boolean }[] = [];
  private debtNano = 0n;
  private nowMs = T0;

  constructor(private readonly withDebt: boolean) {
    this.book = new Book(emptyHead(), [], T0);
  }

  play(step: Step): void {
    this.nowMs += step.pause * MINUTE;
    this.book = reopened(this.book, this.nowMs);
    if (step.what === 'ISSUE') this.issue(step);
    else if (step.what === 'CHARGE') this.charge(step);
    else if (step.what === 'REVERSE') this.reverse(step);
    else if (step.what !== 'NOTHING') this.change(step);
    this.entries.push(...this.book.entries);
  }

  get atMs(): number {
    return this.nowMs;
  }

  private issue(step: Step): void {
    const effectiveAtMs = this.nowMs + step.startsIn * MINUTE;
    const grant = newGrant({
      id: newUuid(this.nowMs),
      kind: step.prepaid ? 'PREPAID' : 'PROMOTIONAL',
      grantedNano: step.amountNano,
      scope: step.prepaid ? ANYTHING : { ...ANYTHING, product: step.product },
      createdAtMs: this.nowMs,
      effectiveAtMs,
      expiresAtMs: step.prepaid || step.lasts === null ? null : effectiveAtMs + step.lasts * MINUTE,
    });
    const { grantedNano: amountNano, createdAtMs, expiresAtMs } = grant;
    this.book.issue(grant, facts);
    const model = new GrantModel(grant.id, { amountNano, createdAtMs, effectiveAtMs, expiresAtMs });
    this.grants.set(grant.id, { grant, model });
  }

  private charge(step: Step): void {
    const target = { product: step.product, modelId: null, gpuType: null };
    const { draws, shortByNano } = drawDown(
      inDrawdownOrder(this.book.grants),
      target,
      step.amountNano,
      this.book.atMs,
    );
    const debtNano = this.withDebt ? shortByNano : 0n;
    if (draws.length === 0 && debtNano === 0n) return;
    charge(this.book, draws, debtNano);
    this.debtNano += debtNano;
    for (const { grant, amountNano } of draws) {
      this.draws.push({ grant, amountNano, reversed: false });
      this.model(grant).events.push({ what: 'DRAWN', atMs: this.nowMs, amountNano });
    }
  }

  private reverse(step: Step): void {
    const open = this.draws.filter((draw) => !draw.reversed);
    const draw = open[step.pick % open.length];
    if (!draw) return;
    draw.reversed = true;
    giveBack(this.book, draw.grant, draw.amountNano);
    this.model(draw.grant).events.push({
      what: 'RETURNED',
      atMs: this.nowMs,
      amountNano: draw.amountNano,
    });
  }

  private change(step: Step): void {
    const all = [...this.grants.values()];
    const chosen = all[step.pick % all.length];
    if (!chosen) return;
    const { grant, model } = chosen;
    if (step.what === 'VOID' && (grant.status === 'OPEN' || grant.status === 'SCHEDULED')) {
      this.book.void(grant, facts);
      model.events.push({ what: 'VOIDED', atMs: this.nowMs });
    }
    if (step.what === 'EXTEND' && grant.status !== 'VOIDED' && grant.expiresAtMs !== null) {
      const later = Math.max(this.nowMs, grant.expiresAtMs) + MINUTE;
      const expiresAtMs = step.lasts === null ? null : later + step.lasts * MINUTE;
      this.book.extend(grant, expiresAtMs, facts);
      model.events.push({ what: 'EXTENDED', atMs: this.nowMs, expiresAtMs });
    }
  }

  private model(grant: GrantAccount): GrantModel {
    const known = this.grants.get(grant.id);
    if (!known) throw new Error('a grant that was never issued');
    return known.model;
  }
}

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

function checkInvariants(history: History): void {
  const { book, entries } = history;
  const grants = [...history.grants.values()].map(({ grant }) => grant);
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

describe('any history of a team', () => {
  test('keeps every invariant of the books, entry by entry', () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (history, withDebt) => {
        const played = new History(withDebt);
        for (const step of history) {
          played.play(step);
          checkInvariants(played);
        }
        checkChain(played.entries);
        expect(played.book.seq).toBe(BigInt(played.entries.length));
      }),
      { numRuns: 300 },
    );
  });

  test('leaves in each grant what was granted, less what was done to it', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const played = new History(false);
        for (const step of history) {
          played.play(step);
          for (const { grant, model } of played.grants.values()) {
            expect(grant.remainingNano).toBe(model.remainingAt(played.atMs));
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
