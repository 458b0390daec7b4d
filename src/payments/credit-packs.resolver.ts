import { Arg, Ctx, Field, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import { actorRef } from '../actor.ts';
import type { Clock } from '../clock.ts';
import { type Db, inTransaction } from '../db/client.ts';
import type { Decimal } from '../decimal.ts';
import { Money, toMoney } from '../gateway/money.type.ts';
import { Inherits, Permit, Public } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { orRefused, type Refused } from '../graphql/refusals.ts';
import { CreditsScalar, DecimalScalar } from '../graphql/scalars.ts';
import { UserError } from '../graphql/user-error.ts';
import type { NanoCredits } from '../money.ts';
import { BonusTiers, bonusTiersFrom, SetBonusTiersInput, toBonusTiers } from './bonus-tier.type.ts';
import { bonusTierSet, bonusTiersAt, setBonusTiers } from './bonus-tiers.ts';
import { type CreditOptions, creditPacks, type CreditPack as Pack } from './credit-packs.ts';

@Inherits()
@ObjectType('CreditPack', { description: 'A size of purchase that is offered.', simpleResolvers: true })
class CreditPack {
  @Field(() => String, { description: 'Name it by this to "purchaseCredits" and "createCheckoutSession".' })
  id: string;

  @Field(() => Money, { description: 'What it costs.' })
  price: Money;

  @Field(() => CreditsScalar, { description: 'The credit it buys.' })
  credits: NanoCredits;

  @Field(() => CreditsScalar, { description: 'The credit that is given on top of it now.' })
  bonus: NanoCredits;

  @Field(() => DecimalScalar, {
    description: 'Credit and bonus in the unit that people are to see: times "creditsPerUsd".',
  })
  displayCredits: Decimal;

  static of({ id, priceCents, creditsNano, bonusNano, display }: Pack): CreditPack {
    return {
      id,
      price: toMoney(priceCents),
      credits: creditsNano,
      bonus: bonusNano,
      displayCredits: display,
    };
  }
}

@Inherits()
@ObjectType('CreditPacks', { description: 'How credit can be bought.', simpleResolvers: true })
class CreditPacks {
  @Field(() => [CreditPack], { description: 'The packs, the smallest first.' })
  packs: CreditPack[];

  @Field(() => Money, { description: 'The smallest purchase of any other amount, in whole cents.' })
  minimum: Money;

  @Field(() => DecimalScalar, {
    description:
      'How many credits people are to see for one US dollar. All amounts of this API are without it.',
  })
  creditsPerUsd: Decimal;
}

@Inherits()
@ObjectType('SetBonusTiersPayload', { description: 'What came of setBonusTiers.', simpleResolvers: true })
class SetBonusTiersPayload {
  @Field(() => BonusTiers, { nullable: true, description: 'What was set; null when it was refused.' })
  bonusTiers?: BonusTiers;

  @Field(() => Boolean, { description: 'Whether the idempotency key had set it before.' })
  replayed: boolean;

  @Field(() => [UserError], { description: 'Why it was refused: INVALID_INPUT or IDEMPOTENCY_CONFLICT.' })
  userErrors: UserError[];
}

/** What this resolver is made with. */
export interface CreditPackServices {
  readonly db: Db;
  readonly clock: Clock;
  readonly creditOptions: CreditOptions;
}

/** What purchases are offered and what bonus comes with them. */
@Resolver()
export class CreditPackResolver {
  constructor(private readonly services: CreditPackServices) {}

  @Public()
  @Query(() => CreditPacks, { description: 'The packs of credit, with the bonus that each gets now.' })
  async creditPacks(): Promise<CreditPacks> {
    const { db, clock, creditOptions } = this.services;
    const tiers = (await bonusTiersAt(db, clock.now()))?.tiers ?? [];
    return {
      packs: creditPacks(tiers, creditOptions).map(CreditPack.of),
      minimum: toMoney(creditOptions.minPurchaseCents),
      creditsPerUsd: creditOptions.creditsPerUsd,
    };
  }

  @Public()
  @Query(() => BonusTiers, { description: 'The bonus by size of purchase, as it holds now.' })
  async bonusTiers(): Promise<BonusTiers> {
    const { db, clock } = this.services;
    return toBonusTiers(await bonusTiersAt(db, clock.now()));
  }

  @Permit('operate')
  @Mutation(() => SetBonusTiersPayload, {
    description:
      'Sets the bonus by size of purchase, now or from a later instant on. Purchases that have begun keep what they were promised. For operators.',
  })
  setBonusTiers(
    @Ctx() ctx: Context,
    @Arg('input', () => SetBonusTiersInput, { description: 'The tiers.' }) input: SetBonusTiersInput,
  ): Promise<SetBonusTiersPayload | Refused> {
    const { db, clock } = this.services;
    return orRefused(async () => {
      const { id, replayed } = await inTransaction(db, (tx) =>
        setBonusTiers(tx, bonusTiersFrom(input), actorRef(ctx.actor), clock.now()),
      );
      return { bonusTiers: toBonusTiers(await bonusTierSet(db, id)), replayed, userErrors: [] };
    });
  }
}
