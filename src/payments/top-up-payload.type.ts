import { Field, ObjectType } from 'type-graphql';
import { Inherits } from '../graphql/auth.ts';
import { UserError } from '../graphql/user-error.ts';
import { Balance } from '../ledger/balance.type.ts';
import { TopUp } from './top-up.type.ts';

/** The members of the payloads of purchases. */
@Inherits()
@ObjectType({ simpleResolvers: true })
abstract class TopUpPayload {
  @Field(() => TopUp, {
    nullable: true,
    description: 'The top-up as it is now, also for a repeat; null when the call was refused.',
  })
  topUp: TopUp | null;

  @Field(() => Balance, {
    nullable: true,
    description: 'What the team has now; null when the call was refused.',
  })
  balance: Balance | null;

  @Field(() => Boolean, { description: 'Whether the idempotency key had been used before.' })
  replayed: boolean;

  @Field(() => [UserError], {
    description: 'Why it was refused: the description of the mutation names the codes. Nothing was charged.',
  })
  userErrors: UserError[];
}

@Inherits()
@ObjectType('PurchaseCreditsPayload', { description: 'What came of purchaseCredits.', simpleResolvers: true })
export class PurchaseCreditsPayload extends TopUpPayload {}

@Inherits()
@ObjectType('CreateCheckoutSessionPayload', {
  description: 'What came of createCheckoutSession.',
  simpleResolvers: true,
})
export class CreateCheckoutSessionPayload extends TopUpPayload {
  @Field(() => String, {
    nullable: true,
    description:
      'The page to send the payer to; null when the payment provider has not answered yet ("topUpChanged" tells), and when the call was refused.',
  })
  url: string | null;
}
