import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { Money, toMoney } from '../gateway/money.type.ts';
import { NANO_PER_CENT } from '../gateway/payment.ts';
import { ActorRefObject, toActorRef } from '../graphql/actor.ts';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { Node } from '../graphql/node.ts';
import { CreditsScalar, DateTimeScalar } from '../graphql/scalars.ts';
import { publicId } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { TopUp as StoredTopUp, TopUpFlow, TopUpKind, TopUpStatus } from './top-up.ts';

export const TopUpKindEnum = {
  PURCHASE: 'PURCHASE',
  AUTO_RECHARGE: 'AUTO_RECHARGE',
  DEBT_INVOICE: 'DEBT_INVOICE',
} as const satisfies { readonly [K in TopUpKind]: K };

const TopUpFlowEnum = {
  SAVED_METHOD: 'SAVED_METHOD',
  CHECKOUT: 'CHECKOUT',
} as const satisfies { readonly [F in TopUpFlow]: F };

export const TopUpStatusEnum = {
  PENDING: 'PENDING',
  ACTION_REQUIRED: 'ACTION_REQUIRED',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED',
  REFUNDED: 'REFUNDED',
  DISPUTED: 'DISPUTED',
} as const satisfies { readonly [S in TopUpStatus]: S };

registerEnumType(TopUpKindEnum, {
  name: 'TopUpKind',
  description: 'What a top-up is made for.',
  valuesConfig: {
    PURCHASE: { description: 'Somebody bought credit.' },
    AUTO_RECHARGE: { description: 'The credit fell below the threshold that the team has set.' },
    DEBT_INVOICE: { description: 'What the team owed when a month ended.' },
  },
});
registerEnumType(TopUpFlowEnum, {
  name: 'TopUpFlow',
  description: 'How a top-up is paid.',
  valuesConfig: {
    SAVED_METHOD: { description: 'With a payment method that the team has saved.' },
    CHECKOUT: { description: 'On a page of the payment provider, at "actionUrl".' },
  },
});
registerEnumType(TopUpStatusEnum, {
  name: 'TopUpStatus',
  description: 'How far a top-up has come.',
  valuesConfig: {
    PENDING: { description: 'Nothing is known yet. It is found out, whatever happens.' },
    ACTION_REQUIRED: {
      description: 'The bank wants the payer to confirm: at "actionUrl", or with "clientSecret".',
    },
    SUCCEEDED: { description: 'Paid; the credit is there.' },
    FAILED: { description: 'Nothing was charged: "failure" says why.' },
    REFUNDED: { description: 'All of it was paid back.' },
    DISPUTED: { description: "The cardholder's bank asks for it, or has taken it back." },
  },
});

/** Why nothing came of a top-up. */
@Inherits()
@ObjectType('TopUpFailure', { description: 'Why nothing came of a top-up.', simpleResolvers: true })
export class TopUpFailureObject {
  @Field(() => String, {
    description:
      'For programs: the code of the payment provider, such as "insufficient_funds", or "expired", "canceled", "unreachable".',
  })
  code: string;

  @Field(() => String, { description: 'For people.' })
  message: string;
}

/** A purchase of credit on its way, and what came of it. */
@Inherits()
@ObjectType('TopUp', {
  implements: Node,
  description: 'A purchase of credit on its way, and what came of it.',
  simpleResolvers: true,
})
export class TopUp extends Node {
  /** Not a field: what resolvers go by. */
  stored: StoredTopUp;

  @Field(() => TopUpKindEnum, { description: 'What it is made for.' })
  kind: TopUpKind;

  @Field(() => TopUpFlowEnum, { description: 'How it is paid.' })
  flow: TopUpFlow;

  @Field(() => TopUpStatusEnum, { description: 'How far it has come.' })
  status: TopUpStatus;

  @Field(() => Money, { description: 'What the card is charged.' })
  amount: Money;

  @Field(() => CreditsScalar, { description: 'The prepaid credit it buys.' })
  credits: NanoCredits;

  @Field(() => CreditsScalar, { description: 'The promotional credit that comes with it, by its size.' })
  bonus: NanoCredits;

  @Field(() => String, {
    nullable: true,
    description:
      'Where the payer has to go: the page of the checkout, or of the bank. Null when nothing is to be done.',
  })
  actionUrl: string | null;

  @Field(() => TopUpFailureObject, { nullable: true, description: 'Why it failed; null unless it has.' })
  failure: TopUpFailureObject | null;

  @Field(() => DateTimeScalar, { description: 'When it was asked for.' })
  createdAt: Date;

  @Field(() => DateTimeScalar, { description: 'When something of it last changed.' })
  updatedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was decided; null before that.' })
  finishedAt: Date | null;

  @Field(() => ActorRefObject, { description: 'Who asked for it.' })
  actor: ActorRefObject;
}

/** The API form of a top-up. */
export function topUpNode(stored: StoredTopUp): TopUp {
  const { failureCode: code, failureMessage: message } = stored;
  return {
    id: publicId('topUp', stored.id),
    stored,
    kind: stored.kind,
    flow: stored.flow,
    status: stored.status,
    amount: toMoney(stored.amountCents),
    credits: stored.amountCents * NANO_PER_CENT,
    bonus: stored.bonusNano,
    actionUrl: stored.actionUrl,
    failure: stored.status === 'FAILED' && code !== null ? { code, message: message ?? code } : null,
    createdAt: stored.createdAt,
    updatedAt: stored.updatedAt,
    finishedAt: stored.finishedAt,
    actor: toActorRef(stored.actor),
  };
}

export const { Connection: TopUpConnection } = connectionType('TopUp', 'top-ups', () => TopUp);
