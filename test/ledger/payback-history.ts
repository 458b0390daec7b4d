import fc from 'fast-check';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { drawDown, inDrawdownOrder } from '../../src/grants/drawdown.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { ACCOUNT, ENTRY_KIND } from '../../src/ledger/account.ts';
import { Book } from '../../src/ledger/book.ts';
import type { Entry } from '../../src/ledger/entry.ts';
import type { GrantAccount } from '../../src/ledger/grant-account.ts';
import {
  loseDispute,
  openDispute,
  payRefund,
  returnRefund,
  setAsideRefund,
  unpayRefund,
  voidPart,
  winDispute,
} from '../../src/ledger/payback.ts';
import { minNano } from '../../src/money.ts';
import { charge, emptyHead, giveBack, newGrant, reopened, T0 } from '../support/books.ts';

const VERBS = [
  'BUY',
  'BUY',
  'GIFT',
  'CHARGE',
  'CHARGE',
  'HOLD',
  'SETTLE',
  'RELEASE',
  'REVERSE',
  'REFUND',
  'PAY',
  'RETURN',
  'DISPUTE',
  'WIN',
  'LOSE',
  'VOID',
  'VOID_BONUS',
] as const;

/** One thing done to a team that buys credit and is paid back. */
export interface PaybackStep {
  readonly what: (typeof VERBS)[number];
  readonly pick: number;
  readonly amountNano: bigint;
  readonly withDebt: boolean;
}

export const paybackSteps: fc.Arbitrary<PaybackStep[]> = fc.array(
  fc.record({
    what: fc.constantFrom(...VERBS),
    pick: fc.nat(1000),
    amountNano: fc.bigInt({ min: 1n, max: 120n }),
    withDebt: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60 },
);

interface Part {
  readonly grantId: Uuid;
  readonly amountNano: bigint;
}

/** What a payment bought, and how much of it is being or was taken back. */
interface Purchase {
  readonly grantId: Uuid;
  readonly paidNano: bigint;
  reversedNano: bigint;
  voidedPaidNano: bigint;
}

const facts = { actor: SYSTEM_ACTOR, reason: 'test' };
const ANY = { product: null, modelId: null, gpuType: null };

/** Plays steps on a book in memory, and keeps beside it what moved between us and the world. */
export class PaybackHistory {
  book = new Book(emptyHead(), [], T0);
  readonly entries: Entry[] = [];
  readonly purchases: Purchase[] = [];
  readonly disputes: (Part & { purchase: Purchase })[] = [];
  readonly refunds: (Part & { purchase: Purchase; paid: boolean })[] = [];
  /** What has come in from customers and not gone back. */
  cashNano = 0n;
  private readonly holds: Part[][] = [];
  private readonly draws: Part[] = [];
  private atMs = T0;

  play(step: PaybackStep): Book {
    this.atMs += 1;
    this.book = reopened(this.book, this.atMs);
    this.act(step);
    this.entries.push(...this.book.entries);
    return this.book;
  }

  grant(id: Uuid): GrantAccount {
    const grant = this.book.grant(id);
    if (!grant) throw new Error('a grant that was never issued');
    return grant;
  }

  private act(step: PaybackStep): void {
    const does: Readonly<Record<PaybackStep['what'], () => void>> = {
      BUY: () => this.buy(step.amountNano),
      GIFT: () => this.give(step.amountNano),
      CHARGE: () => this.charge(step),
      HOLD: () => this.hold(step),
      SETTLE: () => this.resolve(step, true),
      RELEASE: () => this.resolve(step, false),
      REVERSE: () => this.reverse(step),
      REFUND: () => this.refund(step),
      PAY: () => this.pay(step),
      RETURN: () => this.returned(step),
      DISPUTE: () => this.dispute(step),
      WIN: () => this.end(step, true),
      LOSE: () => this.end(step, false),
      VOID: () => this.void(step),
      VOID_BONUS: () => this.void(step),
    };
    does[step.what]();
  }

  private give(grantedNano: bigint): void {
    this.book.issue(newGrant({ id: newUuid(), grantedNano, createdAtMs: this.atMs }), facts);
  }

  private buy(amountNano: bigint): void {
    const grant = newGrant({
      id: newUuid(),
      kind: 'PREPAID',
      source: 'PURCHASE',
      grantedNano: amountNano,
      costBasisNano: amountNano,
      createdAtMs: this.atMs,
    });
    this.book.issue(grant, facts);
    this.cashNano += amountNano;
    this.purchases.push({ grantId: grant.id, paidNano: amountNano, reversedNano: 0n, voidedPaidNano: 0n });
  }

  private charge({ amountNano, withDebt }: PaybackStep): void {
    const { draws, shortByNano } = drawDown(
      inDrawdownOrder(this.book.grants),
      ANY,
      amountNano,
      this.book.atMs,
    );
    const debtNano = withDebt ? shortByNano : 0n;
    if (draws.length === 0 && debtNano === 0n) return;
    charge(this.book, draws, debtNano);
    this.draws.push(
      ...draws.map(({ grant, amountNano: drawn }) => ({ grantId: grant.id, amountNano: drawn })),
    );
  }

  private hold({ amountNano }: PaybackStep): void {
    const { draws } = drawDown(inDrawdownOrder(this.book.grants), ANY, amountNano, this.book.atMs);
    const parts = draws.map(({ grant, amountNano: drawn }) => ({ grantId: grant.id, amountNano: drawn }));
    if (parts.length === 0) return;
    const { GRANT: debit, HELD: credit } = ACCOUNT;
    this.move(parts.map((part) => ({ ...part, kind: ENTRY_KIND.HOLD, debit, credit })));
    this.holds.push(parts);
  }

  private resolve(step: PaybackStep, settles: boolean): void {
    const [parts] = taken(this.holds, step);
    if (!parts) return;
    const { HELD: debit, REVENUE, GRANT } = ACCOUNT;
    const to = settles
      ? { kind: ENTRY_KIND.CHARGE, credit: REVENUE }
      : { kind: ENTRY_KIND.RELEASE, credit: GRANT };
    this.move(parts.map((part) => ({ ...part, ...to, debit })));
    if (settles) this.draws.push(...parts);
  }

  private move(movements: Parameters<Book['post']>[1]): void {
    this.book.post(facts, movements);
    this.book.settleGrants(
      movements.flatMap(({ grantId }) => grantId ?? []),
      facts,
    );
  }

  private reverse(step: PaybackStep): void {
    const [draw] = taken(this.draws, step);
    if (draw) giveBack(this.book, this.grant(draw.grantId), draw.amountNano);
  }

  private refund(step: PaybackStep): void {
    const purchase = picked(this.purchases, step);
    if (!purchase) return;
    const grant = this.grant(purchase.grantId);
    const left = purchase.paidNano - purchase.reversedNano;
    const amountNano = minNano(minNano(step.amountNano, grant.remainingNano), left);
    if (amountNano <= 0n) return;
    setAsideRefund(this.book, grant, amountNano, facts);
    purchase.reversedNano += amountNano;
    this.refunds.push({ purchase, grantId: purchase.grantId, amountNano, paid: false });
  }

  private pay(step: PaybackStep): void {
    const refund = picked(
      this.refunds.filter(({ paid }) => !paid),
      step,
    );
    if (!refund) return;
    payRefund(this.book, refund.amountNano, facts);
    refund.paid = true;
    this.cashNano -= refund.amountNano;
  }

  private returned(step: PaybackStep): void {
    const [refund] = taken(this.refunds, step);
    if (!refund) return;
    const { purchase, grantId, amountNano, paid } = refund;
    if (paid) unpayRefund(this.book, amountNano, facts);
    if (paid) this.cashNano += amountNano;
    returnRefund(this.book, this.grant(grantId), amountNano, facts);
    purchase.reversedNano -= amountNano;
  }

  private dispute(step: PaybackStep): void {
    const purchase = picked(this.purchases, step);
    if (!purchase) return;
    const left = purchase.paidNano - purchase.reversedNano;
    const amountNano = minNano(step.amountNano, left);
    if (amountNano <= 0n) return;
    openDispute(this.book, this.grant(purchase.grantId), amountNano, facts);
    purchase.reversedNano += amountNano;
    this.disputes.push({ purchase, grantId: purchase.grantId, amountNano });
  }

  private end(step: PaybackStep, won: boolean): void {
    const [dispute] = taken(this.disputes, step);
    if (!dispute) return;
    const { purchase, amountNano, grantId } = dispute;
    const grant = this.grant(grantId);
    if (won) {
      winDispute(this.book, grant, amountNano, facts);
      purchase.reversedNano -= amountNano;
      return;
    }
    const voidedNano = grant.voidedNano - purchase.voidedPaidNano;
    const lost = loseDispute(this.book, grant, { amountNano, voidedNano }, facts);
    purchase.voidedPaidNano += lost.voidedNano;
    this.cashNano -= amountNano;
  }

  private void(step: PaybackStep): void {
    const prepaid = step.what === 'VOID';
    const grant = picked(
      [...this.book.grants].filter(
        ({ kind, status }) => (kind === 'PREPAID') === prepaid && status === 'OPEN',
      ),
      step,
    );
    if (!grant) return;
    if (prepaid) this.book.void(grant, facts);
    else voidPart(this.book, grant, step.amountNano, facts);
  }
}

function picked<T>(among: readonly T[], { pick }: PaybackStep): T | undefined {
  return among[pick % Math.max(1, among.length)];
}

function taken<T>(among: T[], { pick }: PaybackStep): T[] {
  return among.splice(pick % Math.max(1, among.length), 1);
}
