import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { Money, toMoney } from '../gateway/money.type.ts';
import { ActorRefObject, toActorRef } from '../graphql/actor.ts';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { Node } from '../graphql/node.ts';
import { CreditsScalar, DateTimeScalar } from '../graphql/scalars.ts';
import { publicId } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { RefundStatus, Refund as StoredRefund } from './refund.ts';
import type { PurchaseFigures } from './refund-reads.ts';

export const RefundStatusEnum = {
  REQUESTED: 'REQUESTED',
  REJECTED: 'REJECTED',
  PENDING: 'PENDING',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED',
} as const satisfies { readonly [S in RefundStatus]: S };

registerEnumType(RefundStatusEnum, {
  name: 'RefundStatus',
  description: 'How far a refund has come.',
  valuesConfig: {
    REQUESTED: { description: 'Asked for; an operator has not decided yet. Nothing has moved.' },
    REJECTED: { description: 'An operator decided against it: "decisionReason" says why.' },
    PENDING: { description: 'Approved: the credit has left its grant, the money is on its way.' },
    SUCCEEDED: { description: 'Paid back. It can still come back from the bank, and is FAILED then.' },
    FAILED: { description: 'It could not be paid back: "failureReason" says why. The credit has returned.' },
  },
});

/** A purchase as it is now: what a refund of it is decided by. */
@Inherits()
@ObjectType('RefundedPurchase', {
  description: 'A purchase as it is now: what a refund of it is decided by.',
  simpleResolvers: true,
})
export class RefundedPurchase {
  @Field(() => ID, { nullable: true, description: 'The top-up that was paid; null for a plan.' })
  topUpId: string | null;

  @Field(() => Money, { description: 'What was paid.' })
  paid: Money;

  @Field(() => Money, { description: 'What of it was refunded, or is being.' })
  refunded: Money;

  @Field(() => Money, { description: 'What of it banks ask for, or have taken back.' })
  disputed: Money;

  @Field(() => Money, {
    description:
      'What could be refunded now: what is unspent, rounded down to the cent; of a plan all of it, or nothing.',
  })
  refundable: Money;

  @Field(() => CreditsScalar, { description: 'What of the credit that it bought is unspent.' })
  unspent: NanoCredits;

  @Field(() => CreditsScalar, { description: 'What of that credit is set aside for work in progress.' })
  held: NanoCredits;

  @Field(() => CreditsScalar, { description: 'What of that credit is spent.' })
  spent: NanoCredits;

  @Field(() => CreditsScalar, { description: 'The bonus that came with it.' })
  bonus: NanoCredits;

  @Field(() => CreditsScalar, {
    description: 'What of the bonus is unspent: a refund voids its share of it.',
  })
  bonusUnspent: NanoCredits;

  @Field(() => CreditsScalar, { description: 'What of the bonus is spent already: a refund leaves it so.' })
  bonusSpent: NanoCredits;
}

/** A request to be paid back, its decision, and what became of it. */
@Inherits()
@ObjectType('Refund', {
  implements: Node,
  description: 'A request to be paid back for credit that is not spent, its decision, and what became of it.',
  simpleResolvers: true,
})
export class Refund extends Node {
  /** Not a field: what resolvers go by. */
  stored: StoredRefund;

  @Field(() => ID, { description: 'The team that paid.' })
  teamId: string;

  @Field(() => ID, { description: 'The payment.' })
  paymentId: string;

  @Field(() => RefundStatusEnum, { description: 'How far it has come.' })
  status: RefundStatus;

  @Field(() => Money, {
    nullable: true,
    description: 'What was asked for; null for all that is unspent when it is decided.',
  })
  requestedAmount: Money | null;

  @Field(() => Money, { nullable: true, description: 'What was approved; null before, or without, that.' })
  amount: Money | null;

  @Field(() => CreditsScalar, { description: 'The prepaid credit that left its grant with it.' })
  credits: NanoCredits;

  @Field(() => CreditsScalar, { description: 'What was voided with it of the bonus of the purchase.' })
  bonusVoided: NanoCredits;

  @Field(() => CreditsScalar, {
    description:
      'What had been spent and became unpaid balance: only of a refund that was made at the payment provider directly.',
  })
  debt: NanoCredits;

  @Field(() => String, { description: 'Why it was asked for.' })
  reason: string;

  @Field(() => String, { nullable: true, description: 'Why it was decided so; null before that.' })
  decisionReason: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Why it could not be paid back; null unless it has failed.',
  })
  failureReason: string | null;

  @Field(() => ActorRefObject, {
    description:
      'Who asked for it; the server itself for one that was made at the payment provider directly.',
  })
  requestedBy: ActorRefObject;

  @Field(() => ActorRefObject, { nullable: true, description: 'Who decided it; null before that.' })
  decidedBy: ActorRefObject | null;

  @Field(() => DateTimeScalar, { description: 'When it was asked for.' })
  requestedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was decided; null before that.' })
  decidedAt: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it was paid back, had failed or was rejected; null before that.',
  })
  finishedAt: Date | null;
}

/** The API form of a refund. */
export function refundNode(stored: StoredRefund): Refund {
  return {
    id: publicId('refund', stored.id),
    stored,
    teamId: publicId('team', stored.teamId),
    paymentId: publicId('payment', stored.paymentId),
    status: stored.status,
    requestedAmount: moneyOrNull(stored.requestedCents),
    amount: moneyOrNull(stored.amountCents),
    credits: stored.creditNano,
    bonusVoided: stored.bonusVoidedNano,
    debt: stored.debtNano,
    reason: stored.reason,
    decisionReason: stored.decisionReason,
    failureReason: stored.failureReason,
    requestedBy: toActorRef(stored.requestedBy),
    decidedBy: stored.decidedBy && toActorRef(stored.decidedBy),
    requestedAt: stored.requestedAt,
    decidedAt: stored.decidedAt,
    finishedAt: stored.finishedAt,
  };
}

/** The API form of a purchase that a refund is of. */
export function toRefundedPurchase(figures: PurchaseFigures): RefundedPurchase {
  return {
    topUpId: figures.topUpId && publicId('topUp', figures.topUpId),
    paid: toMoney(figures.amountCents),
    refunded: toMoney(figures.refundedCents),
    disputed: toMoney(figures.disputedCents),
    refundable: toMoney(figures.refundableCents),
    unspent: figures.unspentNano,
    held: figures.heldNano,
    spent: figures.spentNano,
    bonus: figures.bonusNano,
    bonusUnspent: figures.bonusUnspentNano,
    bonusSpent: figures.bonusSpentNano,
  };
}

function moneyOrNull(cents: bigint | null): Money | null {
  return cents === null ? null : toMoney(cents);
}

export const { Connection: RefundConnection } = connectionType('Refund', 'refunds', () => Refund);
