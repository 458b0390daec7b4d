import DataLoader from 'dataloader';
import { Arg, Args, Ctx, Field, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import { actorRef } from '../actor.ts';
import { type Db, inTransaction } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import { Inherits, isPermitted, Permit } from '../graphql/auth.ts';
import { mapPage, type Page } from '../graphql/connection.ts';
import type { Context } from '../graphql/context.ts';
import type { NodeLoaders } from '../graphql/node.ts';
import { orRefused, type Refused } from '../graphql/refusals.ts';
import { UserError } from '../graphql/user-error.ts';
import type { Uuid } from '../id.ts';
import type { GrantServices } from './loaders.ts';
import { CreatePromoCodeInput, PromoCodesArgs, promoCodeFrom } from './promo-code.input.ts';
import { normalCode, type PromoCode as StoredCode } from './promo-code.ts';
import { PromoCode, PromoCodeConnection, toPromoCode } from './promo-code.type.ts';
import { promoCodePage, promoCodesById } from './promo-code-reads.ts';
import { createPromoCode } from './promo-create.ts';

@Inherits()
@ObjectType('CreatePromoCodePayload', { description: 'What came of createPromoCode.', simpleResolvers: true })
class CreatePromoCodePayload {
  @Field(() => PromoCode, { nullable: true, description: 'The code; null when it was refused.' })
  promoCode?: PromoCode;

  @Field(() => Boolean, { description: 'Whether the idempotency key had created it before.' })
  replayed: boolean;

  @Field(() => [UserError], {
    description:
      'Why it was refused: INVALID_INPUT, CONFLICT when there is such a code, IDEMPOTENCY_CONFLICT.',
  })
  userErrors: UserError[];
}

/** Promo codes, as operators make them and look at them. */
@Resolver(() => PromoCode)
export class PromoCodeResolver {
  constructor(private readonly services: GrantServices) {}

  @Permit('inspect')
  @Query(() => PromoCodeConnection, {
    description: 'The promo codes, the newest first, and how often each was redeemed. For operators.',
  })
  async promoCodes(
    @Args(() => PromoCodesArgs) { filter, ...args }: PromoCodesArgs,
  ): Promise<Page<PromoCode>> {
    const { db, catalog } = this.services;
    // What can be no code is none of them.
    const code = filter.code == null ? undefined : (normalCode(filter.code) ?? '');
    const page = await promoCodePage(db, args, code);
    const spendables = await catalog.fresh();
    return mapPage(page, (promo) => toPromoCode(promo, spendables));
  }

  @Permit('operate')
  @Mutation(() => CreatePromoCodePayload, {
    description: 'Creates a code that gives credit to each team that redeems it, once. For operators.',
  })
  createPromoCode(
    @Ctx() ctx: Context,
    @Arg('input', () => CreatePromoCodeInput, { description: 'The code to create.' })
    input: CreatePromoCodeInput,
  ): Promise<CreatePromoCodePayload | Refused> {
    const { db, clock, catalog } = this.services;
    return orRefused(async () => {
      const spendables = await catalog.fresh();
      const create = promoCodeFrom(input, spendables);
      const { promoCodeId, replayed } = await inTransaction(db, (tx) =>
        createPromoCode(tx, create, actorRef(ctx.actor), clock.now()),
      );
      const [promo] = await promoCodesById(db, [promoCodeId]);
      assert(promo, 'a code that was created is there');
      return { promoCode: toPromoCode(promo, spendables), replayed, userErrors: [] };
    });
  }
}

/** Promo codes by id, for operators. */
export function promoCodeNodes({ db, catalog }: GrantServices): NodeLoaders {
  return {
    promoCode: async (ctx, id) => {
      if (!(await isPermitted(ctx, 'inspect'))) return null;
      const promo = await ctx.once('grants.promoCode', () => promoCodeLoader(db)).load(id);
      return promo ? toPromoCode(promo, await catalog.fresh()) : null;
    },
  };
}

function promoCodeLoader(db: Db): DataLoader<Uuid, StoredCode | undefined> {
  return new DataLoader(async (ids) => {
    const found = new Map((await promoCodesById(db, ids)).map((promo) => [promo.id, promo]));
    return ids.map((id) => found.get(id));
  });
}
