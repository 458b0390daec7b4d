import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { Node } from '../graphql/node.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import { publicId, type Uuid } from '../id.ts';
import { expiresAt, isExpired } from './expiring-card.ts';
import type { StoredMethod } from './payment-method.ts';

@Inherits()
@ObjectType('PaymentMethod', {
  implements: Node,
  description:
    'A card, plain or in a wallet, that a team pays with. Its number is known to the payment provider alone.',
})
export class PaymentMethod extends Node {
  /** The stored id of its team. */
  teamId: Uuid;

  @Field(() => ID, { description: 'Starts with "pm_". Not the id at the payment provider.' })
  override id: string;

  @Field(() => String, { description: 'What it is, as the payment provider calls it: "card".' })
  type: string;

  @Field(() => String, {
    nullable: true,
    description: 'The brand of the card, such as "visa" or "mastercard"; null for what is no card.',
  })
  brand: string | null;

  @Field(() => String, { nullable: true, description: 'The last four digits; null for what is no card.' })
  last4: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The month, 1 to 12, to the end of which the card is valid; null for what does not expire.',
  })
  expMonth: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The year, of four digits, to which "expMonth" belongs; null for what does not expire.',
  })
  expYear: number | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'The first instant at which the card is no longer valid; null for what does not expire.',
  })
  expiresAt: Date | null;

  @Field(() => Boolean, { description: 'Whether the card is no longer valid.' })
  isExpired: boolean;

  @Field(() => String, {
    nullable: true,
    description:
      'The wallet that the card is in, such as "apple_pay" or "google_pay"; null for a plain card.',
  })
  wallet: string | null;

  @Field(() => Boolean, {
    description:
      'Whether payments that name no method use it, and plans are paid with it. One method of a team is the default, if it has any.',
  })
  isDefault: boolean;

  @Field(() => DateTimeScalar, { description: 'When it was saved.' })
  createdAt: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Since when it cannot be used any more; null while it can.',
  })
  removedAt: Date | null;
}

/** A stored method as the API shows it at `now`. */
export function toPaymentMethod(stored: StoredMethod, now: Date): PaymentMethod {
  const { teamId, type, brand, last4, expMonth, expYear, wallet, isDefault, createdAt, removedAt } = stored;
  return Object.assign(new PaymentMethod(), {
    ...{ teamId, type, brand, last4, expMonth, expYear, wallet, isDefault, createdAt, removedAt },
    id: publicId('paymentMethod', stored.id),
    expiresAt: expiresAt(stored) ?? null,
    isExpired: isExpired(stored, now),
  });
}

export const { Connection: PaymentMethodConnection } = connectionType(
  'PaymentMethod',
  'payment methods',
  () => PaymentMethod,
);
