import { Field, ID, ObjectType } from 'type-graphql';
import { Inherits } from '../graphql/auth.ts';
import { UserError } from '../graphql/user-error.ts';
import { PaymentMethod } from './payment-method.type.ts';

@Inherits()
@ObjectType('SetupPaymentMethodPayload', { description: 'What came of setupPaymentMethod.' })
export class SetupPaymentMethodPayload {
  @Field(() => String, {
    nullable: true,
    description:
      'What Stripe.js confirms the setup with, in the browser of the holder. Null with a hosted page, when it is done, and when it was refused.',
  })
  clientSecret?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The key that Stripe.js is opened with; null where none is configured, as in the sandbox.',
  })
  publishableKey?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The page that the holder has to go to; null when there is none.',
  })
  hostedUrl?: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'The setup at the payment provider, "seti_…". Null when it was refused, and as long as a hosted page has none.',
  })
  setupIntentId?: string | null;

  @Field(() => PaymentMethod, {
    nullable: true,
    description:
      'The method that was saved at once, as a "sandboxCard" is. Null otherwise: it is among the methods of the team once its holder is done.',
  })
  paymentMethod?: PaymentMethod | null;

  @Field(() => [UserError], { description: 'Why it was refused: INVALID_INPUT, CARD_DECLINED, CONFLICT.' })
  userErrors: UserError[];
}

@Inherits()
@ObjectType()
class MethodPayload {
  @Field(() => PaymentMethod, {
    nullable: true,
    description: 'The method as it is now; null when it was refused.',
  })
  paymentMethod?: PaymentMethod | null;

  @Field(() => PaymentMethod, {
    nullable: true,
    description: 'The default of the team as it is now; null when it has none, and when it was refused.',
  })
  defaultPaymentMethod?: PaymentMethod | null;
}

@Inherits()
@ObjectType('SetDefaultPaymentMethodPayload', { description: 'What came of setDefaultPaymentMethod.' })
export class SetDefaultPaymentMethodPayload extends MethodPayload {
  @Field(() => [UserError], { description: 'Why it was refused: INVALID_INPUT, NOT_FOUND.' })
  userErrors: UserError[];
}

@Inherits()
@ObjectType('RemovePaymentMethodPayload', { description: 'What came of removePaymentMethod.' })
export class RemovePaymentMethodPayload extends MethodPayload {
  @Field(() => [UserError], {
    description: 'Why it was refused: INVALID_INPUT, NOT_FOUND, PAYMENT_METHOD_IN_USE.',
  })
  userErrors: UserError[];
}
