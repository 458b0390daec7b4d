import { Field, InputType, ObjectType } from 'type-graphql';
import type { Decimal } from '../decimal.ts';
import { Money, toMoney } from '../gateway/money.type.ts';
import { Inherits } from '../graphql/auth.ts';
import { CreditsScalar, DateTimeScalar, DecimalScalar } from '../graphql/scalars.ts';
import type { NanoCredits } from '../money.ts';
import { cardCents } from './amounts.ts';
import { basisPointsOf, percentOf, type BonusTier as Tier } from './bonus.ts';
import type { BonusTierSet, SetBonusTiers } from './bonus-tiers.ts';

@Inherits()
@ObjectType('BonusTier', {
  description: 'From this size of purchase on, so much more.',
  simpleResolvers: true,
})
export class BonusTier {
  @Field(() => Money, { description: 'The smallest purchase that gets it.' })
  fromAmount: Money;

  @Field(() => DecimalScalar, { description: 'How much more credit, in percent of the whole purchase.' })
  percent: Decimal;
}

/** The bonus tiers that hold from an instant on. */
@Inherits()
@ObjectType('BonusTiers', {
  description:
    'Bonus credit by size of purchase. The highest tier that a purchase reaches counts for all of it.',
  simpleResolvers: true,
})
export class BonusTiers {
  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Since when, or from when on, they hold; null when none were ever set.',
  })
  effectiveAt: Date | null;

  @Field(() => [BonusTier], { description: 'The tiers, the smallest first; none: there is no bonus.' })
  tiers: BonusTier[];
}

/** The API form of tiers; undefined: none were ever set. */
export function toBonusTiers(set: BonusTierSet | undefined): BonusTiers {
  const tiers = (set?.tiers ?? []).map(({ fromCents, basisPoints }) => ({
    fromAmount: toMoney(fromCents),
    percent: percentOf(basisPoints),
  }));
  return { effectiveAt: set?.effectiveAt ?? null, tiers };
}

@InputType('BonusTierInput', { description: 'From this size of purchase on, so much more.' })
class BonusTierInput {
  @Field(() => CreditsScalar, {
    description: 'The smallest purchase that gets it, in US dollars and whole cents, such as "50".',
  })
  fromAmount: NanoCredits;

  @Field(() => DecimalScalar, {
    description: 'How much more credit, in percent: 0 to 100 with at most 2 decimal places.',
  })
  percent: Decimal;
}

@InputType('SetBonusTiersInput', { description: 'Bonus credit by size of purchase.' })
export class SetBonusTiersInput {
  @Field(() => [BonusTierInput], {
    description: 'All tiers, at most 50; they replace those before. None: there is no bonus.',
  })
  tiers: BonusTierInput[];

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'From when on they hold; at once when absent.',
  })
  effectiveAt?: Date | null;

  @Field(() => String, { description: 'Why, for the record: 1 to 500 characters.' })
  reason: string;

  @Field(() => String, {
    description: 'Your own key for this request: a repeat changes nothing. 1 to 255 characters.',
  })
  idempotencyKey: string;
}

/** What the input asks for. @throws DomainError BAD_USER_INPUT naming the member. */
export function bonusTiersFrom({ tiers, effectiveAt, ...rest }: SetBonusTiersInput): SetBonusTiers {
  return { ...rest, effectiveAt: effectiveAt ?? null, tiers: tiers.map(tierFrom) };
}

function tierFrom({ fromAmount, percent }: BonusTierInput, place: number): Tier {
  return {
    fromCents: cardCents(fromAmount, 1n, `tiers.${place}.fromAmount`),
    basisPoints: basisPointsOf(percent, `tiers.${place}.percent`),
  };
}
