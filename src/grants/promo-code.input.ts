import { ArgsType, Field, ID, InputType, Int } from 'type-graphql';
import { ConnectionArgs } from '../graphql/connection.ts';
import { CreditsScalar, DateTimeScalar } from '../graphql/scalars.ts';
import { parseId, type Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import { GrantScopeInput } from './grant.input.ts';
import type { CreatePromoCode } from './promo-create.ts';
import type { RedeemPromoCode } from './promo-redeem.ts';
import { type Spendables, scopeNamed } from './targets.ts';

@InputType('CreatePromoCodeInput', { description: 'A promo code to create.' })
export class CreatePromoCodeInput {
  @Field(() => String, {
    nullable: true,
    description:
      'What people type: 3 to 40 letters of A to Z, digits, "-" and "_"; case does not matter. When absent, one that nobody guesses is made.',
  })
  code?: string | null;

  @Field(() => CreditsScalar, { description: 'The credit that a team gets.' })
  credits: NanoCredits;

  @Field(() => GrantScopeInput, {
    nullable: true,
    description: 'What the credit may be spent on; anything when absent.',
  })
  scope?: GrantScopeInput | null;

  @Field(() => Int, {
    defaultValue: 50,
    description: '0 to 100: of grants of the same shape, the one with the lower priority pays first.',
  })
  priority: number;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'From when on it can be redeemed; at once when absent.',
  })
  startsAt?: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'From when on it can no longer be redeemed; never when absent.',
  })
  endsAt?: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the credit expires, whenever it was redeemed.',
  })
  grantExpiresAt?: Date | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'How many days after it was redeemed the credit expires: 1 to 3650. With "grantExpiresAt", whatever is earlier; with neither, the credit does not expire.',
  })
  grantLastsDays?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'How many teams can redeem it, from 1 on; any number when absent.',
  })
  maxRedemptions?: number | null;

  @Field(() => [String], {
    defaultValue: [],
    description: 'For teams on one of these plans, by their codes; empty for all teams.',
  })
  eligiblePlans: string[];

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Whether it is only for teams that have never bought credit.',
  })
  firstPurchaseOnly: boolean;

  @Field(() => String, { description: 'Why, for the record: 1 to 400 characters.' })
  reason: string;

  @Field(() => String, {
    description: 'Your own key for this request: a repeat answers the same code. 1 to 255 characters.',
  })
  idempotencyKey: string;
}

@InputType('RedeemPromoCodeInput', { description: 'A promo code to redeem for a team.' })
export class RedeemPromoCodeInput {
  @Field(() => ID, { description: 'The team that gets the credit.' })
  teamId: string;

  @Field(() => String, { description: 'The code. Case, and blanks around it, do not matter.' })
  code: string;

  @Field(() => String, {
    description: 'Your own key for this request: a repeat answers the same grant. 1 to 255 characters.',
  })
  idempotencyKey: string;
}

@InputType('PromoCodeFilter', { description: 'Which promo codes to list.' })
class PromoCodeFilter {
  @Field(() => String, { nullable: true, description: 'Only this code. Case does not matter.' })
  code?: string | null;
}

@ArgsType()
export class PromoCodesArgs extends ConnectionArgs {
  @Field(() => PromoCodeFilter, { defaultValue: {}, description: 'Which promo codes to list.' })
  filter: PromoCodeFilter;
}

/** What the input asks for. @throws DomainError BAD_USER_INPUT naming the member of `scope` that cannot be used. */
export function promoCodeFrom(input: CreatePromoCodeInput, spendables: Spendables): CreatePromoCode {
  return {
    code: input.code ?? null,
    amountNano: input.credits,
    scope: scopeNamed(input.scope ?? {}, spendables),
    priority: input.priority,
    startsAt: input.startsAt ?? null,
    endsAt: input.endsAt ?? null,
    grantExpiresAt: input.grantExpiresAt ?? null,
    grantLastsDays: input.grantLastsDays ?? null,
    maxRedemptions: input.maxRedemptions ?? null,
    eligiblePlans: input.eligiblePlans,
    firstPurchaseOnly: input.firstPurchaseOnly,
    reason: input.reason,
    idempotencyKey: input.idempotencyKey,
  };
}

/** What the input asks for, by this user. */
export function redemptionFrom(input: RedeemPromoCodeInput, userId: Uuid | null): RedeemPromoCode {
  const { code, idempotencyKey } = input;
  return { teamId: parseId('team', input.teamId, 'teamId'), code, userId, idempotencyKey };
}
