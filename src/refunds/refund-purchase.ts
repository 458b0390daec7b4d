import { assert } from '../domain-error.ts';
import type { Payment } from '../gateway/payment.ts';
import type { Uuid } from '../id.ts';
import type { Book, PostingFacts } from '../ledger/book.ts';
import type { GrantAccount } from '../ledger/grant-account.ts';
import { voidPart } from '../ledger/payback.ts';
import type { NanoCredits } from '../money.ts';
import { countsAgainst, type Dispute } from './dispute.ts';
import { type Refund, refundableOf, shareOf } from './refund.ts';

/**
 * A payment with the credit that it bought and all that was taken back of it, while the locks of the team's payments and
 * of its wallet are held. Refunds and disputes change it here in memory; `savePurchase` writes it.
 */
export class PaidPurchase {
  payment: Payment;
  readonly changedRefunds = new Set<Uuid>();
  readonly changedDisputes = new Set<Uuid>();
  private readonly refundsById: Map<Uuid, Refund>;
  private readonly disputesById: Map<Uuid, Dispute>;

  constructor(
    readonly book: Book,
    payment: Payment,
    /** What was and is taken back of it. */
    taken: { readonly refunds: readonly Refund[]; readonly disputes: readonly Dispute[] },
  ) {
    this.payment = payment;
    this.refundsById = new Map(taken.refunds.map((refund) => [refund.id, refund]));
    this.disputesById = new Map(taken.disputes.map((dispute) => [dispute.id, dispute]));
  }

  /** The time of what is posted in it. */
  get now(): Date {
    return new Date(this.book.atMs);
  }

  get refunds(): readonly Refund[] {
    return [...this.refundsById.values()];
  }

  get disputes(): readonly Dispute[] {
    return [...this.disputesById.values()];
  }

  /** The prepaid credit that was bought; undefined for a plan that gives none. */
  get grant(): GrantAccount | undefined {
    return this.grantOf(this.payment.grantId);
  }

  /** What of the payment has not been taken back, and is not being. */
  get leftCents(): bigint {
    return this.payment.amountCents - this.payment.refundedCents - this.payment.disputedCents;
  }

  /** What could be paid back now. */
  get refundableCents(): bigint {
    const { grant, leftCents, payment } = this;
    if (!grant) return 0n;
    const { grantedNano, remainingNano } = grant;
    return refundableOf({ ...payment, leftCents, grantedNano, remainingNano });
  }

  /** What an operator has voided of the credit and nobody was paid for yet. */
  get voidedNano(): NanoCredits {
    const paid = [...this.refunds, ...this.disputes].reduce((sum, { voidedNano }) => sum + voidedNano, 0n);
    return (this.grant?.voidedNano ?? 0n) - paid;
  }

  /** The credit that a part of the payment has bought, after what was taken back of it before. */
  creditOf(cents: bigint): NanoCredits {
    const { amountCents } = this.payment;
    return shareOf(this.grant?.grantedNano ?? 0n, amountCents - this.leftCents, cents, amountCents);
  }

  refund(id: Uuid): Refund {
    const refund = this.refundsById.get(id);
    assert(refund, 'a refund is read with its payment');
    return refund;
  }

  dispute(id: Uuid): Dispute {
    const dispute = this.disputesById.get(id);
    assert(dispute, 'a dispute is read with its payment');
    return dispute;
  }

  putRefund(refund: Refund): Refund {
    this.refundsById.set(refund.id, refund);
    this.changedRefunds.add(refund.id);
    return refund;
  }

  putDispute(dispute: Dispute): Dispute {
    this.disputesById.set(dispute.id, dispute);
    this.changedDisputes.add(dispute.id);
    return dispute;
  }

  /** Counts what is taken back of the payment, or less of it. @throws Error when it would be more than was paid. */
  count(by: { readonly refundedCents?: bigint; readonly disputedCents?: bigint }): void {
    const { payment } = this;
    const refundedCents = payment.refundedCents + (by.refundedCents ?? 0n);
    const disputedCents = payment.disputedCents + (by.disputedCents ?? 0n);
    assert(
      refundedCents >= 0n && disputedCents >= 0n && refundedCents + disputedCents <= payment.amountCents,
      'no more is taken back of a payment than was paid',
    );
    this.payment = { ...payment, refundedCents, disputedCents };
  }

  /**
   * Voids the part of the bonus that goes with `cents`, as far as it is there. To be called before they are counted as
   * refunded or lost. Answers how much that was.
   */
  voidBonus(cents: bigint, facts: PostingFacts): NanoCredits {
    const [bonus] = this.bonuses;
    if (!bonus) return 0n;
    const lostCents = this.disputes.reduce(
      (sum, { status, reversedCents }) => sum + (status === 'LOST' ? reversedCents : 0n),
      0n,
    );
    const { refundedCents, amountCents } = this.payment;
    const share = shareOf(bonus.grantedNano, refundedCents + lostCents, cents, amountCents);
    let left = share;
    for (const grant of this.bonuses) left -= voidPart(this.book, grant, left, facts);
    return share - left;
  }

  /** The bonus that came with the payment, and what of it came back since. */
  get bonuses(): readonly GrantAccount[] {
    const returned = [...this.refunds, ...this.disputes].map(({ bonusReturnedId }) => bonusReturnedId);
    return [this.payment.bonusGrantId, ...returned].flatMap((id) => this.grantOf(id) ?? []);
  }

  /** Whether a dispute has, or may get, a part of the money. */
  get isDisputed(): boolean {
    return this.disputes.some(countsAgainst);
  }

  private grantOf(id: Uuid | null): GrantAccount | undefined {
    return id === null ? undefined : this.book.grant(id);
  }
}
