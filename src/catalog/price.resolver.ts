import { Arg, Ctx, Field, FieldResolver, Mutation, ObjectType, Resolver, Root } from 'type-graphql';
import { actorRef } from '../actor.ts';
import { inTransaction } from '../db/client.ts';
import { ActorRefObject, toActorRef } from '../graphql/actor.ts';
import { Inherits, Permit } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { orRefused } from '../graphql/refusals.ts';
import { UserError } from '../graphql/user-error.ts';
import type { CatalogServices } from './catalog.resolver.ts';
import { setModelPrice } from './catalog.ts';
import { loadModel, loadPriceVersion } from './loaders.ts';
import { Model } from './model.type.ts';
import { priceRequest, SetModelPriceInput } from './price.input.ts';
import { PriceVersion } from './price-version.type.ts';

/** What mutations that set a price answer. */
@Inherits()
@ObjectType()
export class PricePayload {
  @Field(() => Model, { nullable: true, description: 'The model; null when it was refused.' })
  model?: Model;

  @Field(() => PriceVersion, { nullable: true, description: 'The new version; null when it was refused.' })
  priceVersion?: PriceVersion;

  @Field(() => Boolean, { description: 'Whether the idempotency key had set it before.' })
  replayed: boolean;

  @Field(() => [UserError], {
    description: 'Why it was refused: INVALID_INPUT, NOT_FOUND or IDEMPOTENCY_CONFLICT.',
  })
  userErrors: UserError[];
}

@Inherits()
@ObjectType('SetModelPricePayload', { description: 'What came of setModelPrice.', simpleResolvers: true })
class SetModelPricePayload extends PricePayload {}

/** Price versions, and how operators set them. */
@Resolver(() => PriceVersion)
export class PriceResolver {
  constructor(private readonly services: CatalogServices) {}

  @Inherits()
  @FieldResolver(() => Model, { description: 'The model whose price it is.' })
  model(@Ctx() ctx: Context, @Root() { row }: PriceVersion): Promise<Model> {
    return loadModel(ctx, this.services.db, row.modelId);
  }

  @Permit('inspect')
  @FieldResolver(() => String, { nullable: true, description: 'Why it was set. For operators.' })
  reason(@Root() { row }: PriceVersion): string | null {
    return row.reason;
  }

  @Permit('inspect')
  @FieldResolver(() => ActorRefObject, { description: 'Who set it. For operators.' })
  setBy(@Root() { row }: PriceVersion): ActorRefObject {
    return toActorRef({ kind: row.actorKind, id: row.actorId });
  }

  @Permit('operate')
  @Mutation(() => SetModelPricePayload, {
    description:
      'Gives a model or an instance type a new price, from now or from a later instant on. What has been charged keeps its version. For operators.',
  })
  setModelPrice(
    @Ctx() ctx: Context,
    @Arg('input', () => SetModelPriceInput, { description: 'The new price.' }) input: SetModelPriceInput,
  ): Promise<SetModelPricePayload> {
    const { db, clock } = this.services;
    return orRefused(async () => {
      const request = priceRequest(input);
      const set = await inTransaction(db, (tx) =>
        setModelPrice(tx, request, actorRef(ctx.actor), clock.now()),
      );
      return {
        model: await loadModel(ctx, db, set.modelId),
        priceVersion: await loadPriceVersion(ctx, db, set.priceVersionId),
        replayed: set.replayed,
        userErrors: [],
      };
    });
  }
}
