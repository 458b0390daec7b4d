import { ArgsType, Field, ID, InputType, registerEnumType } from 'type-graphql';
import { ConnectionArgs } from '../graphql/connection.ts';
import { OneOf } from '../graphql/one-of.ts';
import { CreditsScalar } from '../graphql/scalars.ts';
import { parseId } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { CreateCheckout, PurchaseCredits } from './purchase.ts';
import type { TopUpKind, TopUpStatus } from './top-up.ts';
import { TopUpKindEnum, TopUpStatusEnum } from './top-up.type.ts';
import type { TopUpFilter, TopUpOrder } from './top-up-reads.ts';

@OneOf()
@InputType('PurchaseAmountInput', { description: 'How much is bought: exactly one of the two.' })
class PurchaseAmountInput {
  @Field(() => ID, { nullable: true, description: 'One of "creditPacks".' })
  pack?: string | null;

  @Field(() => CreditsScalar, {
    nullable: true,
    description:
      'Credits, each of which costs 1 US dollar: whole cents, such as "25" or "12.50", from the minimum of "creditPacks" up.',
  })
  custom?: NanoCredits | null;
}

@InputType('CreateCheckoutSessionInput', { description: 'What is bought on a page of the payment provider.' })
export class CreateCheckoutSessionInput {
  @Field(() => ID, { description: 'The team that buys.' })
  teamId: string;

  @Field(() => PurchaseAmountInput, { description: 'How much.' })
  amount: PurchaseAmountInput;

  @Field(() => String, {
    nullable: true,
    description: 'Where the payer comes back to from pages of the payment provider or the bank.',
  })
  returnUrl?: string | null;

  @Field(() => String, { description: 'Chosen by you: the same key buys once.' })
  idempotencyKey: string;
}

@InputType('PurchaseCreditsInput', { description: 'What is bought with a saved payment method.' })
export class PurchaseCreditsInput extends CreateCheckoutSessionInput {
  @Field(() => ID, { nullable: true, description: 'The payment method; the default one when absent.' })
  paymentMethodId?: string | null;
}

/** @throws DomainError BAD_USER_INPUT when an id is none. */
export function checkoutFrom(input: CreateCheckoutSessionInput): CreateCheckout {
  const { pack, custom } = input.amount;
  return {
    teamId: parseId('team', input.teamId, 'teamId'),
    pack: pack ?? null,
    amountNano: custom ?? null,
    returnUrl: input.returnUrl ?? null,
    idempotencyKey: input.idempotencyKey,
  };
}

/** @throws DomainError BAD_USER_INPUT when an id is none. */
export function purchaseFrom(input: PurchaseCreditsInput): PurchaseCredits {
  const { paymentMethodId: method } = input;
  return {
    ...checkoutFrom(input),
    paymentMethodId: method == null ? null : parseId('paymentMethod', method, 'paymentMethodId'),
  };
}

const TopUpOrderEnum = {
  CREATED_DESC: 'CREATED_DESC',
  CREATED_ASC: 'CREATED_ASC',
} as const satisfies { readonly [Order in TopUpOrder]: Order };

registerEnumType(TopUpOrderEnum, {
  name: 'TopUpOrder',
  description: 'How top-ups are ordered.',
  valuesConfig: {
    CREATED_DESC: { description: 'The last one asked for first.' },
    CREATED_ASC: { description: 'The first one asked for first.' },
  },
});

@InputType('TopUpFilter', { description: 'Which top-ups to list; every condition given must hold.' })
class TopUpFilterInput implements TopUpFilter {
  @Field(() => [TopUpKindEnum], { nullable: true, description: 'Of one of these kinds.' })
  kinds?: TopUpKind[] | null;

  @Field(() => [TopUpStatusEnum], { nullable: true, description: 'In one of these states.' })
  statuses?: TopUpStatus[] | null;
}

@ArgsType()
export class TopUpsArgs extends ConnectionArgs {
  @Field(() => TopUpFilterInput, { defaultValue: {}, description: 'Which top-ups to list.' })
  filter: TopUpFilterInput;

  @Field(() => TopUpOrderEnum, { defaultValue: TopUpOrderEnum.CREATED_DESC, description: 'In which order.' })
  orderBy: TopUpOrder;
}
