import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { ActorRefObject, toActorRef } from '../graphql/actor.ts';
import { Inherits } from '../graphql/auth.ts';
import { Node } from '../graphql/node.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import { publicId, type Uuid } from '../id.ts';
import { Money, toMoney } from './money.type.ts';
import { type PaymentKind, type Payment as StoredPayment } from './payment.ts';

/** The kinds of payments, as the API has them. */
export const PaymentKindEnum = {
  PURCHASE: 'PURCHASE',
  AUTO_RECHARGE: 'AUTO_RECHARGE',
  DEBT_INVOICE: 'DEBT_INVOICE',
  SUBSCRIPTION: 'SUBSCRIPTION',
} as const satisfies Record<PaymentKind, PaymentKind>;

registerEnumType(PaymentKindEnum, {
  name: 'PaymentKind',
  description: 'What was paid for.',
  valuesConfig: {
    PURCHASE: { description: 'Credit that somebody bought.' },
    AUTO_RECHARGE: { description: 'Credit that was bought by itself, as the team had set it.' },
    DEBT_INVOICE: { description: 'What the team owed.' },
    SUBSCRIPTION: { description: 'A period of a plan.' },
  },
});

/** The card of a payment, as far as receipts show it. */
@Inherits()
@ObjectType('PaymentCard', { description: 'The card that paid.', simpleResolvers: true })
export class PaymentCard {
  @Field(() => String, { description: 'The brand, such as "visa".' })
  brand: string;

  @Field(() => String, { description: 'The last four digits.' })
  last4: string;
}

/** A payment in the API. Its receipt is a field that the room of payments adds. */
@ObjectType('Payment', { implements: Node, description: 'A payment that has succeeded.' })
export class Payment extends Node {
  /** As it is stored. */
  stored: StoredPayment;

  @Inherits()
  @Field(() => ID, { description: 'Starts with "payment_".' })
  override id: string;

  @Inherits()
  @Field(() => ID, { description: 'The team that paid.' })
  teamId: string;

  @Inherits()
  @Field(() => PaymentKindEnum, { description: 'What was paid for.' })
  kind: PaymentKind;

  @Inherits()
  @Field(() => Money, { description: 'What was paid.' })
  amount: Money;

  @Inherits()
  @Field(() => Money, { description: 'What of it was paid back, or is on its way back.' })
  refunded: Money;

  @Inherits()
  @Field(() => Money, {
    description: 'What of it the bank has asked back, in disputes that are open or lost.',
  })
  disputed: Money;

  @Inherits()
  @Field(() => String, { description: 'What was paid for, for people.' })
  description: string;

  @Inherits()
  @Field(() => PaymentCard, { nullable: true, description: 'The card; null for other means of payment.' })
  card: PaymentCard | null;

  @Inherits()
  @Field(() => String, { description: 'The number of its receipt.' })
  receiptNumber: string;

  @Inherits()
  @Field(() => DateTimeScalar, { description: 'When it was recorded, and its credit was there.' })
  paidAt: Date;

  @Inherits()
  @Field(() => ID, { nullable: true, description: 'The grant it bought; null for a plan that grants none.' })
  grantId: string | null;

  @Inherits()
  @Field(() => ID, { nullable: true, description: 'The grant of the bonus that came with it.' })
  bonusGrantId: string | null;

  @Inherits()
  @Field(() => ID, { nullable: true, description: 'The top-up it was made for.' })
  topUpId: string | null;

  @Inherits()
  @Field(() => ID, { nullable: true, description: 'The subscription it was made for.' })
  subscriptionId: string | null;

  @Inherits()
  @Field(() => ActorRefObject, { description: 'Who had it made.' })
  actor: ActorRefObject;
}

/** The API form of a payment. */
export function toPayment(stored: StoredPayment): Payment {
  const { cardBrand, cardLast4 } = stored;
  const idOrNull = (kind: 'grant' | 'topUp' | 'subscription', id: Uuid | null) =>
    id === null ? null : publicId(kind, id);
  return Object.assign(new Payment(), {
    stored,
    id: publicId('payment', stored.id),
    teamId: publicId('team', stored.teamId),
    kind: stored.kind,
    amount: toMoney(stored.amountCents),
    refunded: toMoney(stored.refundedCents),
    disputed: toMoney(stored.disputedCents),
    description: stored.description,
    card: cardBrand === null || cardLast4 === null ? null : { brand: cardBrand, last4: cardLast4 },
    receiptNumber: stored.receiptNumber,
    paidAt: stored.paidAt,
    grantId: idOrNull('grant', stored.grantId),
    bonusGrantId: idOrNull('grant', stored.bonusGrantId),
    topUpId: idOrNull('topUp', stored.topUpId),
    subscriptionId: idOrNull('subscription', stored.subscriptionId),
    actor: toActorRef(stored.actor),
  });
}
