import { Field, ID, InputType } from 'type-graphql';
import { CreditsScalar } from '../graphql/scalars.ts';
import { parseId } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { ConfigureAutoRecharge } from './auto-recharge-settings.ts';

@InputType('ConfigureAutoRechargeInput', {
  description: 'How the credit of a team is to be kept up. Amounts to charge are US dollars in whole cents.',
})
export class ConfigureAutoRechargeInput {
  @Field(() => ID, { description: 'The team.' })
  teamId: string;

  @Field(() => Boolean, {
    description: 'Whether it is on. Off, all else is kept as it was, and nothing but this turns it on again.',
  })
  enabled: boolean;

  @Field(() => CreditsScalar, {
    nullable: true,
    description:
      'Below this it charges; 0: only when something was refused. As it was when absent; must be given the first time.',
  })
  threshold?: NanoCredits | null;

  @Field(() => CreditsScalar, {
    nullable: true,
    description:
      'What it charges, such as "25": at least the minimum of "creditPacks". As it was when absent; must be given the first time.',
  })
  amount?: NanoCredits | null;

  @Field(() => CreditsScalar, {
    nullable: true,
    description:
      'Allows the smallest multiple of the amount that reaches the threshold, up to this. Absent: always the amount.',
  })
  maxPerCharge?: NanoCredits | null;

  @Field(() => CreditsScalar, {
    nullable: true,
    description: 'The most it may try to charge in a UTC day, at least the amount. Absent: no cap.',
  })
  dailyCap?: NanoCredits | null;

  @Field(() => CreditsScalar, {
    nullable: true,
    description: 'The most it may try to charge in a UTC month, at least the amount. Absent: no cap.',
  })
  monthlyCap?: NanoCredits | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The payment method; absent: whichever is the default when it charges.',
  })
  paymentMethodId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Your own key for this request: a repeat changes nothing. 1 to 255 characters.',
  })
  idempotencyKey?: string | null;
}

/** What the input asks for. @throws DomainError BAD_USER_INPUT when an id is none. */
export function settingsFrom(input: ConfigureAutoRechargeInput): ConfigureAutoRecharge {
  const { paymentMethodId } = input;
  return {
    teamId: parseId('team', input.teamId, 'teamId'),
    enabled: input.enabled,
    thresholdNano: input.threshold ?? null,
    amountNano: input.amount ?? null,
    maxPerChargeNano: input.maxPerCharge ?? null,
    dailyCapNano: input.dailyCap ?? null,
    monthlyCapNano: input.monthlyCap ?? null,
    paymentMethodId:
      paymentMethodId == null ? null : parseId('paymentMethod', paymentMethodId, 'paymentMethodId'),
    idempotencyKey: input.idempotencyKey ?? undefined,
  };
}
