import { Field, ObjectType } from 'type-graphql';
import type { Decimal } from '../decimal.ts';
import { Inherits } from '../graphql/auth.ts';
import { DecimalScalar } from '../graphql/scalars.ts';

/** Money of the world outside, as cards are charged it. */
@Inherits()
@ObjectType('Money', {
  description: 'An amount of money, as cards are charged it. Credit is told as Credits.',
  simpleResolvers: true,
})
export class Money {
  @Field(() => DecimalScalar, {
    description: 'The amount, exact, such as "50" or "12.34"; negative for what was paid back.',
  })
  amount: Decimal;

  @Field(() => String, { description: 'The currency: always "USD".' })
  currency: string;
}

/** The API form of US cents. */
export function toMoney(cents: bigint): Money {
  return { amount: { coefficient: cents, scale: 2 }, currency: 'USD' };
}
