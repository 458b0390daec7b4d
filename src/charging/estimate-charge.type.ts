import { Field, ObjectType } from 'type-graphql';
import { Inherits } from '../graphql/auth.ts';
import { CreditsScalar } from '../graphql/scalars.ts';
import type { Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { EstimatedCharge } from './estimate-charge.ts';
import { ExplainedPriceObject } from './explanation.type.ts';

/** What usage would cost, and whether the team could pay for it. */
@Inherits()
@ObjectType('ChargeEstimate', {
  description: 'What usage would cost, and whether the team could pay for it now. Nothing is set aside.',
  simpleResolvers: true,
})
export class ChargeEstimate {
  teamUuid: Uuid;

  availableNano: NanoCredits;

  @Field(() => CreditsScalar, { description: 'What it would cost.' })
  amount: NanoCredits;

  @Field(() => ExplainedPriceObject, {
    description: 'How that comes about, line by line, and by which price.',
  })
  price: ExplainedPriceObject;

  @Field(() => Boolean, {
    description:
      'Whether credit that may be spent on it covers the amount now. Caps on spend are not looked at.',
  })
  affordable: boolean;

  static of({ teamId, price, availableNano }: EstimatedCharge): ChargeEstimate {
    const { amountNano: amount } = price.rated;
    return Object.assign(new ChargeEstimate(), {
      teamUuid: teamId,
      availableNano,
      amount,
      price: ExplainedPriceObject.of(price),
      affordable: availableNano >= amount,
    });
  }
}
