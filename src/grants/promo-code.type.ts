import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ActorRefObject, toActorRef } from '../graphql/actor.ts';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { Node } from '../graphql/node.ts';
import { CreditsScalar, DateTimeScalar } from '../graphql/scalars.ts';
import { UserError, type UserErrorCode } from '../graphql/user-error.ts';
import { publicId } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import { GrantScopeObject, toGrantScope } from './grant.type.ts';
import type { PromoRefusal, PromoCode as StoredCode } from './promo-code.ts';
import type { Spendables } from './targets.ts';

const PromoCodeRefusalEnum = {
  EXPIRED: 'EXPIRED',
  ALREADY_REDEEMED: 'ALREADY_REDEEMED',
  INVALID: 'INVALID',
  LIMIT_REACHED: 'LIMIT_REACHED',
  NOT_ELIGIBLE: 'NOT_ELIGIBLE',
} as const satisfies { readonly [Refusal in PromoRefusal]: Refusal };

registerEnumType(PromoCodeRefusalEnum, {
  name: 'PromoCodeRefusal',
  description: 'Why a promo code cannot be redeemed.',
  valuesConfig: {
    EXPIRED: { description: 'It can no longer be redeemed.' },
    ALREADY_REDEEMED: { description: 'The team, by whichever member, has redeemed it already.' },
    INVALID: { description: 'There is no such code, or it has not started yet.' },
    LIMIT_REACHED: { description: 'It has been redeemed as often as it may be.' },
    NOT_ELIGIBLE: {
      description: 'It is for teams on other plans, or for teams that have not bought credit yet.',
    },
  },
});

/** A code cannot be redeemed. */
@Inherits()
@ObjectType('PromoCodeRefused', {
  implements: UserError,
  description: 'The promo code cannot be redeemed by this team.',
})
export class PromoCodeRefused extends UserError {
  @Field(() => PromoCodeRefusalEnum, { description: 'Why not.' })
  reason: PromoRefusal;

  constructor(code: UserErrorCode, message: string, path: readonly string[], reason: PromoRefusal) {
    super(code, message, path);
    this.reason = reason;
  }
}

/** A promo code, for operators. */
@Inherits()
@ObjectType('PromoCode', {
  implements: Node,
  description: 'A code that gives credit to each team that redeems it, once.',
  simpleResolvers: true,
})
export class PromoCode extends Node {
  @Field(() => String, { description: 'What people type, in capitals. Case does not matter.' })
  code: string;

  @Field(() => CreditsScalar, { description: 'The credit that a team gets.' })
  credits: NanoCredits;

  @Field(() => GrantScopeObject, {
    nullable: true,
    description: 'What the credit may be spent on; null for anything.',
  })
  scope: GrantScopeObject | null;

  @Field(() => Int, {
    description: '0 to 100: of grants of the same shape, the one with the lower priority pays first.',
  })
  priority: number;

  @Field(() => DateTimeScalar, { description: 'From when on it can be redeemed.' })
  startsAt: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'From when on it can no longer be redeemed; null for never.',
  })
  endsAt: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the credit expires, whenever it was redeemed; null for no such instant.',
  })
  grantExpiresAt: Date | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'How many days after it was redeemed the credit expires, unless "grantExpiresAt" comes first; null for no such limit.',
  })
  grantLastsDays: number | null;

  @Field(() => Int, { nullable: true, description: 'How many teams can redeem it; null for any number.' })
  maxRedemptions: number | null;

  @Field(() => Int, { description: 'How many teams have redeemed it.' })
  redemptions: number;

  @Field(() => [String], {
    description: 'For teams on one of these plans, by their codes; empty for all teams.',
  })
  eligiblePlans: readonly string[];

  @Field(() => Boolean, { description: 'Whether it is only for teams that have never bought credit.' })
  firstPurchaseOnly: boolean;

  @Field(() => DateTimeScalar, { description: 'When it was created.' })
  createdAt: Date;

  @Field(() => ActorRefObject, { description: 'Who created it.' })
  actor: ActorRefObject;

  @Field(() => String, { description: 'Why it was created.' })
  reason: string;
}

/** The API form of a promo code. */
export function toPromoCode(promo: StoredCode, spendables: Spendables): PromoCode {
  const { id, amountNano, scope: _, actor, ...rest } = promo;
  return {
    ...rest,
    id: publicId('promoCode', id),
    credits: amountNano,
    scope: toGrantScope(promo, spendables),
    actor: toActorRef(actor),
  };
}

/** A page of promo codes. */
export const { Connection: PromoCodeConnection } = connectionType(
  'PromoCode',
  'promo codes',
  () => PromoCode,
);
