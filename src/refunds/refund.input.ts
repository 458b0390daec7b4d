import { ArgsType, Field, ID, InputType, registerEnumType } from 'type-graphql';
import { badInput } from '../domain-error.ts';
import { ConnectionArgs } from '../graphql/connection.ts';
import { CreditsScalar } from '../graphql/scalars.ts';
import { parseId } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import { cardCents } from '../payments/amounts.ts';
import type { RefundStatus } from './refund.ts';
import { RefundStatusEnum } from './refund.type.ts';
import type { DecideRefund } from './refund-decision.ts';
import type { RefundList, RefundOrder } from './refund-reads.ts';
import type { RequestRefund } from './refund-request.ts';

const REASON = { description: 'Why, for the record: 1 to 500 characters.' };

@InputType('RequestRefundInput', { description: 'What is to be paid back: a payment, or that of a top-up.' })
export class RequestRefundInput {
  @Field(() => ID, { description: 'The team that paid.' })
  teamId: string;

  @Field(() => ID, { nullable: true, description: 'The payment. Either this or "topUpId".' })
  paymentId?: string | null;

  @Field(() => ID, { nullable: true, description: 'The top-up. Either this or "paymentId".' })
  topUpId?: string | null;

  @Field(() => CreditsScalar, {
    nullable: true,
    description:
      'How many of the credits that it bought, whole cents: no more than are unspent. All that are unspent when absent; of a plan the whole invoice.',
  })
  amount?: NanoCredits | null;

  @Field(() => String, REASON)
  reason: string;

  @Field(() => String, { description: 'Chosen by you: the same key asks once.' })
  idempotencyKey: string;
}

export const RefundDecisionEnum = { APPROVE: 'APPROVE', REJECT: 'REJECT' } as const;
type RefundDecision = keyof typeof RefundDecisionEnum;

registerEnumType(RefundDecisionEnum, {
  name: 'RefundDecision',
  description: 'What an operator decides about a refund.',
  valuesConfig: {
    APPROVE: { description: 'What is unspent of it is paid back.' },
    REJECT: { description: 'Nothing is paid back.' },
  },
});

@InputType('DecideRefundInput', { description: 'What is decided about a refund.' })
export class DecideRefundInput {
  @Field(() => ID, { description: 'The refund.' })
  refundId: string;

  @Field(() => RefundDecisionEnum, { description: 'Whether it is paid.' })
  decision: RefundDecision;

  @Field(() => CreditsScalar, {
    nullable: true,
    description: 'Less than was asked for: how many credits at most, whole cents. For APPROVE only.',
  })
  amount?: NanoCredits | null;

  @Field(() => String, REASON)
  reason: string;

  @Field(() => String, { description: 'Chosen by you: the same key decides once.' })
  idempotencyKey: string;
}

/** @throws DomainError BAD_USER_INPUT naming the member that cannot be used. */
export function requestFrom(input: RequestRefundInput): RequestRefund {
  const { paymentId, topUpId } = input;
  if ((paymentId == null) === (topUpId == null))
    throw badInput('paymentId', 'must name a payment, or "topUpId" a top-up, and not both.');
  return {
    teamId: parseId('team', input.teamId, 'teamId'),
    paymentId: paymentId == null ? null : parseId('payment', paymentId, 'paymentId'),
    topUpId: topUpId == null ? null : parseId('topUp', topUpId, 'topUpId'),
    amountCents: centsOf(input.amount),
    reason: input.reason,
    idempotencyKey: input.idempotencyKey,
  };
}

/** @throws DomainError BAD_USER_INPUT naming the member that cannot be used. */
export function decisionFrom(input: DecideRefundInput): DecideRefund {
  const { decision, amount, reason, idempotencyKey } = input;
  if (decision === 'REJECT' && amount != null) throw badInput('amount', 'must be absent for REJECT.');
  const refundId = parseId('refund', input.refundId, 'refundId');
  return { refundId, decision, amountCents: centsOf(amount), reason, idempotencyKey };
}

function centsOf(amountNano: NanoCredits | null | undefined): bigint | null {
  return amountNano == null ? null : cardCents(amountNano, 1n, 'amount');
}

const RefundOrderEnum = {
  REQUESTED_DESC: 'REQUESTED_DESC',
  REQUESTED_ASC: 'REQUESTED_ASC',
} as const satisfies { readonly [O in RefundOrder]: O };

registerEnumType(RefundOrderEnum, {
  name: 'RefundOrder',
  description: 'How refunds are ordered.',
  valuesConfig: {
    REQUESTED_DESC: { description: 'The last one asked for first.' },
    REQUESTED_ASC: { description: 'The first one asked for first.' },
  },
});

@InputType('RefundFilter', { description: 'Which refunds to list; every condition given must hold.' })
class RefundFilterInput {
  @Field(() => [RefundStatusEnum], { nullable: true, description: 'In one of these states.' })
  statuses?: RefundStatus[] | null;
}

@ArgsType()
export class RefundsArgs extends ConnectionArgs {
  @Field(() => RefundFilterInput, { defaultValue: {}, description: 'Which refunds to list.' })
  filter: RefundFilterInput;

  @Field(() => RefundOrderEnum, {
    defaultValue: RefundOrderEnum.REQUESTED_DESC,
    description: 'In which order.',
  })
  orderBy: RefundOrder;
}

/** The list that arguments ask for. */
export function refundListFrom({ filter, orderBy: order, ...args }: RefundsArgs): RefundList {
  return { statuses: filter.statuses ?? null, order, args };
}
