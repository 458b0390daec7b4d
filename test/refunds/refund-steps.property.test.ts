import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { NANO_PER_CENT, type Payment } from '../../src/gateway/payment.ts';
import { drawDown, inDrawdownOrder } from '../../src/grants/drawdown.ts';
import { newUuid } from '../../src/id.ts';
import { ACCOUNT } from '../../src/ledger/account.ts';
import { Book } from '../../src/ledger/book.ts';
import type { Entry } from '../../src/ledger/entry.ts';
import { isUnrestricted } from '../../src/ledger/grant-account.ts';
import { Replay } from '../../src/ledger/replay.ts';
import { minNano } from '../../src/money.ts';
import { countsAgainst, type DisputeStatus } from '../../src/refunds/dispute.ts';
import { followDispute } from '../../src/refunds/dispute-steps.ts';
import { hasLeft, type Refund } from '../../src/refunds/refund.ts';
import { PaidPurchase } from '../../src/refunds/refund-purchase.ts';
import { followRefund } from '../../src/refunds/refund-settle.ts';
import { approveRefund, takeInRefund } from '../../src/refunds/refund-steps.ts';
import { charge, emptyHead, giveBack, newGrant, reopened, T0 } from '../support/books.ts';

const CENTS = 1000n;
const facts = { actor: SYSTEM_ACTOR, reason: 'test' };

interface Step {
  readonly what: 'SPEND' | 'REVERSE' | 'BUY' | 'VOID' | 'REFUND' | 'OUTSIDE' | 'FOLLOW' | 'DISPUTE';
  readonly cents: bigint;
  readonly pick: number;
  readonly status: 'succeeded' | 'pending' | 'failed' | 'canceled';
  readonly outcome: DisputeStatus;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    what: fc.constantFrom<Step['what'][]>(
      'SPEND',
      'SPEND',
      'REVERSE',
      'BUY',
      'VOID',
      'REFUND',
      'REFUND',
      'OUTSIDE',
      'FOLLOW',
      'FOLLOW',
      'DISPUTE',
      'DISPUTE',
    ),
    cents: fc.bigInt({ min: 1n, max: CENTS }),
    pick: fc.nat(100),
    status: fc.constantFrom<Step['status'][]>('succeeded', 'succeeded', 'pending', 'failed', 'canceled'),
    outcome: fc.constantFrom<DisputeStatus[]>('OPEN', 'WON', 'LOST'),
  }),
  { minLength: 1, maxLength: 40 },
);

/** A purchase of ten dollars with a bonus, and what happens to it; in memory. */
class Story {
  purchase: PaidPurchase;
  readonly entries: Entry[] = [];
  private readonly draws: { grantId: string; amountNano: bigint }[] = [];
  private boughtNano = CENTS * NANO_PER_CENT;
  private atMs = T0;

  constructor(bonusNano: bigint) {
    const book = new Book(emptyHead(), [], T0);
    const grant = newGrant({ id: newUuid(), kind: 'PREPAID', grantedNano: this.boughtNano });
    const bonus = newGrant({ id: newUuid(), grantedNano: bonusNano });
    book.issue(grant, facts);
    book.issue(bonus, facts);
    this.purchase = new PaidPurchase(book, paymentOf(grant.id, bonus.id), { refunds: [], disputes: [] });
    this.entries.push(...book.entries);
  }

  play(step: Step): void {
    this.atMs += 1;
    const { purchase } = this;
    const book = reopened(purchase.book, this.atMs);
    this.purchase = new PaidPurchase(book, purchase.payment, purchase);
    this.act(step);
    this.entries.push(...book.entries);
  }

  /** What came in and has not gone back, as refunds and disputes tell it. */
  get cashNano(): bigint {
    const { refunds, disputes } = this.purchase;
    const paidBack = refunds.filter(({ status }) => status === 'SUCCEEDED');
    const lost = disputes.filter(({ status }) => status === 'LOST');
    const cents =
      sum(paidBack, ({ amountCents }) => amountCents ?? 0n) + sum(lost, ({ reversedCents }) => reversedCents);
    return this.boughtNano - cents * NANO_PER_CENT;
  }

  private act(step: Step): void {
    const { purchase } = this;
    const { book } = purchase;
    if (step.what === 'SPEND') this.spend(step);
    else if (step.what === 'REVERSE') this.reverse(step);
    else if (step.what === 'BUY') this.buy(step);
    else if (step.what === 'VOID' && purchase.grant?.status === 'OPEN') book.void(purchase.grant, facts);
    else if (step.what === 'REFUND') this.refund(step);
    else if (step.what === 'OUTSIDE') this.outside(step);
    else if (step.what === 'FOLLOW') this.follow(step);
    else if (step.what === 'DISPUTE') this.dispute(step);
  }

  private spend({ cents }: Step): void {
    const anything = { product: null, modelId: null, gpuType: null };
    const { book } = this.purchase;
    const { draws, shortByNano } = drawDown(
      inDrawdownOrder(book.grants),
      anything,
      cents * 10_000_001n,
      book.atMs,
    );
    if (draws.length + Number(shortByNano > 0n) === 0) return;
    charge(book, draws, shortByNano);
    for (const { grant, amountNano } of draws) this.draws.push({ grantId: grant.id, amountNano });
  }

  private reverse({ pick }: Step): void {
    const [draw] = this.draws.splice(pick % Math.max(1, this.draws.length), 1);
    const grant = draw && this.purchase.book.grant(draw.grantId);
    if (draw && grant) giveBack(this.purchase.book, grant, draw.amountNano);
  }

  private buy({ cents }: Step): void {
    const grantedNano = cents * NANO_PER_CENT;
    this.boughtNano += grantedNano;
    this.purchase.book.issue(
      newGrant({ id: newUuid(), kind: 'PREPAID', grantedNano, createdAtMs: this.atMs }),
      facts,
    );
  }

  private refund({ cents }: Step): void {
    const { purchase } = this;
    const most = minNano(cents, purchase.refundableCents);
    if (most === 0n || purchase.isDisputed) return;
    approveRefund(purchase, asked(purchase), { cents: most, actor: SYSTEM_ACTOR, reason: 'test' });
  }

  private outside({ cents }: Step): void {
    const most = minNano(cents, this.purchase.leftCents);
    if (most > 0n) takeInRefund(this.purchase, { id: newUuid(), stripeRefund: newUuid(), cents: most });
  }

  private follow({ pick, status }: Step): void {
    const left = this.purchase.refunds.filter(hasLeft);
    const refund = left[pick % Math.max(1, left.length)];
    if (!refund) return;
    const id = refund.stripeRefund ?? newUuid();
    followRefund(this.purchase, refund, { id, status, failure_reason: 'lost_or_stolen_card' });
  }

  private dispute({ pick, cents, outcome }: Step): void {
    const stripeId = `dp_${pick % 2}`;
    const known = this.purchase.disputes.find((dispute) => dispute.stripeId === stripeId);
    const amountCents = known?.amountCents ?? cents;
    followDispute(this.purchase, {
      stripeId,
      status: outcome,
      amountCents,
      reason: 'fraudulent',
      openedAt: new Date(T0),
    });
  }
}

function asked({ payment, book }: PaidPurchase): Refund {
  return {
    teamId: book.teamId,
    id: newUuid(),
    paymentId: payment.id,
    status: 'REQUESTED',
    requestedCents: null,
    amountCents: null,
    creditNano: 0n,
    voidedNano: 0n,
    debtNano: 0n,
    bonusVoidedNano: 0n,
    bonusReturnedId: null,
    stripeRefund: null,
    sendAttempt: 0,
    nextCheckAt: null,
    reason: 'test',
    decisionReason: null,
    failureReason: null,
    requestedBy: SYSTEM_ACTOR,
    decidedBy: null,
    requestedAt: new Date(T0),
    decidedAt: null,
    finishedAt: null,
  };
}

function paymentOf(grantId: string, bonusGrantId: string): Payment {
  return {
    teamId: emptyHead().teamId,
    id: newUuid(),
    kind: 'PURCHASE',
    paymentIntent: 'pi_1',
    charge: 'ch_1',
    amountCents: CENTS,
    grantId,
    bonusGrantId,
    topUpId: null,
    subscriptionId: null,
    stripeInvoice: null,
    description: 'test',
    cardBrand: null,
    cardLast4: null,
    refundedCents: 0n,
    disputedCents: 0n,
    receiptNumber: 'DD-1',
    paidAt: new Date(T0),
    actor: SYSTEM_ACTOR,
  };
}

function sum<T>(list: readonly T[], pick: (item: T) => bigint): bigint {
  return list.reduce((total, item) => total + pick(item), 0n);
}

function account(entries: readonly Entry[], which: number): bigint {
  return sum(entries, ({ debitAccount, creditAccount, amountNano }) =>
    debitAccount === which ? -amountNano : creditAccount === which ? amountNano : 0n,
  );
}

function check(story: Story): void {
  const { purchase, entries } = story;
  const { payment, refunds, disputes, grant } = purchase;
  const left = refunds.filter(hasLeft);
  const open = disputes.filter(({ status }) => status === 'OPEN');
  const lost = disputes.filter(({ status }) => status === 'LOST');
  expect(payment.refundedCents).toBe(sum(left, ({ amountCents }) => amountCents ?? 0n));
  expect(payment.disputedCents).toBe(
    sum(disputes.filter(countsAgainst), ({ reversedCents }) => reversedCents),
  );
  expect(payment.refundedCents + payment.disputedCents).toBeLessThanOrEqual(CENTS);
  const asksForMore = disputes.some(
    (dispute) => countsAgainst(dispute) && dispute.reversedCents < dispute.amountCents,
  );
  expect(asksForMore && purchase.leftCents > 0n).toBe(false);
  expect(grant?.refundedNano).toBe(
    sum(left, ({ creditNano }) => creditNano) + sum(lost, ({ frozenNano }) => frozenNano),
  );
  expect((grant?.disputedNano ?? 0n) + (grant?.freezingNano ?? 0n)).toBe(
    sum(open, ({ askedNano }) => askedNano),
  );
  expect(purchase.voidedNano).toBeGreaterThanOrEqual(0n);
  expect(-account(entries, ACCOUNT.CASH)).toBe(story.cashNano);
  const pending = refunds.filter(({ status }) => status === 'PENDING');
  const voidedPaid =
    sum(lost, ({ voidedNano }) => voidedNano) +
    sum(left, ({ status, voidedNano }) => (status === 'SUCCEEDED' ? voidedNano : 0n));
  expect(account(entries, ACCOUNT.REFUNDS)).toBe(
    sum(pending, ({ creditNano }) => creditNano) + (grant?.voidedNano ?? 0n) - voidedPaid,
  );
}

describe('Whatever happens to a purchase', () => {
  test('what was taken back of it, its credit, our cash and the books agree, to the nano-credit', () => {
    const property = fc.property(steps, fc.bigInt({ min: 1n, max: 3_000_000_001n }), (played, bonusNano) => {
      const story = new Story(bonusNano);
      for (const step of played) {
        story.play(step);
        check(story);
      }
      const natures = new Map(
        [...story.purchase.book.grants].map(({ id, kind, scope, grantedNano }) => [
          id,
          { kind, unrestricted: isUnrestricted(scope), grantedNano },
        ]),
      );
      const replay = new Replay(emptyHead().teamId, natures);
      for (const entry of story.entries) expect(replay.take(entry)).toBeUndefined();
    });
    fc.assert(property, { numRuns: 800 });
  });
});
