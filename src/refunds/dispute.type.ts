import { ArgsType, Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { Money, toMoney } from '../gateway/money.type.ts';
import { Inherits } from '../graphql/auth.ts';
import { ConnectionArgs, connectionType } from '../graphql/connection.ts';
import { Node } from '../graphql/node.ts';
import { CreditsScalar, DateTimeScalar } from '../graphql/scalars.ts';
import { publicId } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { DisputeStatus, Dispute as StoredDispute } from './dispute.ts';

const DisputeStatusEnum = {
  OPEN: 'OPEN',
  WON: 'WON',
  LOST: 'LOST',
} as const satisfies { readonly [S in DisputeStatus]: S };

registerEnumType(DisputeStatusEnum, {
  name: 'DisputeStatus',
  description: 'How a dispute stands.',
  valuesConfig: {
    OPEN: { description: 'The bank has not decided. What is left of the credit is withheld.' },
    WON: { description: 'The payment stands. What was withheld has returned.' },
    LOST: {
      description: 'The bank has taken the money back. What was withheld is gone, what was spent is owed.',
    },
  },
});

/** What a cardholder's bank wants back. */
@Inherits()
@ObjectType('Dispute', {
  implements: Node,
  description: "A payment that the cardholder's bank wants back, and what came of it.",
  simpleResolvers: true,
})
export class Dispute extends Node {
  @Field(() => ID, { description: 'The team that paid.' })
  teamId: string;

  @Field(() => ID, { description: 'The payment.' })
  paymentId: string;

  @Field(() => DisputeStatusEnum, { description: 'How it stands.' })
  status: DisputeStatus;

  @Field(() => Money, { description: 'What the bank asks for.' })
  amount: Money;

  @Field(() => CreditsScalar, {
    description:
      'OPEN: the credit that is withheld now. LOST: the credit that is gone. Nothing when it was won.',
  })
  frozen: NanoCredits;

  @Field(() => CreditsScalar, {
    description: 'LOST: what had been spent and became unpaid balance, which prepaid credit pays first.',
  })
  debt: NanoCredits;

  @Field(() => CreditsScalar, { description: 'LOST: what was voided with it of the bonus of the purchase.' })
  bonusVoided: NanoCredits;

  @Field(() => String, {
    description: 'Why the cardholder disputes it, as the bank says: such as "fraudulent".',
  })
  reason: string;

  @Field(() => DateTimeScalar, { description: 'When it began.' })
  openedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was decided; null before that.' })
  closedAt: Date | null;
}

/** The API form of a dispute. */
export function disputeNode(stored: StoredDispute): Dispute {
  return {
    id: publicId('dispute', stored.id),
    teamId: publicId('team', stored.teamId),
    paymentId: publicId('payment', stored.paymentId),
    status: stored.status,
    amount: toMoney(stored.amountCents),
    frozen: stored.frozenNano,
    debt: stored.debtNano,
    bonusVoided: stored.bonusVoidedNano,
    reason: stored.reason,
    openedAt: stored.openedAt,
    closedAt: stored.closedAt,
  };
}

export const { Connection: DisputeConnection } = connectionType('Dispute', 'disputes', () => Dispute);

@InputType('DisputeFilter', { description: 'Which disputes to list; every condition given must hold.' })
class DisputeFilterInput {
  @Field(() => [DisputeStatusEnum], { nullable: true, description: 'In one of these states.' })
  statuses?: DisputeStatus[] | null;
}

@ArgsType()
export class DisputesArgs extends ConnectionArgs {
  @Field(() => DisputeFilterInput, { defaultValue: {}, description: 'Which disputes to list.' })
  filter: DisputeFilterInput;
}
