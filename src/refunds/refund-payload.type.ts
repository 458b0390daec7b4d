import { Field, ObjectType } from 'type-graphql';
import { Inherits } from '../graphql/auth.ts';
import { UserError } from '../graphql/user-error.ts';
import { Balance } from '../ledger/balance.type.ts';
import { Refund } from './refund.type.ts';

/** The members of the payloads of requestRefund and decideRefund. */
@Inherits()
@ObjectType({ simpleResolvers: true })
abstract class RefundPayload {
  @Field(() => Refund, {
    nullable: true,
    description: 'The refund as it is now, also for a repeat; null when the call was refused.',
  })
  refund: Refund | null;

  @Field(() => Balance, {
    nullable: true,
    description: 'What the team has now; null when the call was refused.',
  })
  balance: Balance | null;

  @Field(() => Boolean, { description: 'Whether the idempotency key had been used before.' })
  replayed: boolean;

  @Field(() => [UserError], {
    description: 'Why it was refused: the description of the mutation names the codes. Nothing was changed.',
  })
  userErrors: UserError[];
}

@Inherits()
@ObjectType('RequestRefundPayload', { description: 'What came of requestRefund.', simpleResolvers: true })
export class RequestRefundPayload extends RefundPayload {}

@Inherits()
@ObjectType('DecideRefundPayload', { description: 'What came of decideRefund.', simpleResolvers: true })
export class DecideRefundPayload extends RefundPayload {}
