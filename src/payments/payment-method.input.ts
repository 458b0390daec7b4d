import { Field, ID, InputType } from 'type-graphql';
import { parseId } from '../id.ts';
import type { MethodRef } from './payment-method-changes.ts';
import type { SetupRequest } from './setup-request.ts';

@InputType('SetupPaymentMethodInput', { description: 'How a payment method is to be saved.' })
export class SetupPaymentMethodInput {
  @Field(() => ID, { description: 'The id of the team.' })
  teamId: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description:
      'Whether it is to be entered on a page of the payment provider: go to "hostedUrl" then. Otherwise it is entered on a page of yours, with the "clientSecret" and Stripe.js.',
  })
  hostedPage: boolean;

  @Field(() => String, {
    nullable: true,
    description:
      'Where the holder comes back to from a hosted page or from their bank: an absolute http or https address. Naming one asks for the hosted page, unless there is a "sandboxCard".',
  })
  returnUrl?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'In sandbox mode: one of Stripe\'s test cards, such as "pm_card_visa", which is saved at once without a page. Refused where real money is at stake.',
  })
  sandboxCard?: string | null;
}

@InputType()
class MethodInput {
  @Field(() => ID, { description: 'The id of the team.' })
  teamId: string;

  @Field(() => ID, { description: 'The id of the payment method.' })
  paymentMethodId: string;
}

@InputType('SetDefaultPaymentMethodInput', { description: 'Which method is to be the default.' })
export class SetDefaultPaymentMethodInput extends MethodInput {}

@InputType('RemovePaymentMethodInput', { description: 'Which method is to be removed.' })
export class RemovePaymentMethodInput extends MethodInput {}

/** @throws DomainError BAD_USER_INPUT */
export function setupFrom(input: SetupPaymentMethodInput): SetupRequest {
  return {
    teamId: parseId('team', input.teamId, 'teamId'),
    hostedPage: input.hostedPage,
    returnUrl: input.returnUrl ?? undefined,
    sandboxCard: input.sandboxCard ?? undefined,
  };
}

/** @throws DomainError BAD_USER_INPUT */
export function methodFrom({ teamId, paymentMethodId }: MethodInput): MethodRef {
  return {
    teamId: parseId('team', teamId, 'teamId'),
    id: parseId('paymentMethod', paymentMethodId, 'paymentMethodId'),
  };
}
