import {
  Arg,
  Args,
  Ctx,
  Field,
  FieldResolver,
  ID,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { actorRef } from '../actor.ts';
import { inTransaction } from '../db/client.ts';
import { badInput } from '../domain-error.ts';
import { Inherits, Permit, Public } from '../graphql/auth.ts';
import { ConnectionArgs, mapPage, type Page } from '../graphql/connection.ts';
import type { Context } from '../graphql/context.ts';
import { orRefused } from '../graphql/refusals.ts';
import { CreditsScalar } from '../graphql/scalars.ts';
import { UserError } from '../graphql/user-error.ts';
import { parseId } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { CatalogServices } from './catalog.resolver.ts';
import { instanceTypePage, versionPage } from './catalog-pages.ts';
import { CreateInstanceTypeInput, InstanceTypesArgs, instanceTypeFromInput } from './instance-type.input.ts';
import { InstanceType, InstanceTypeConnection } from './instance-type.type.ts';
import { createInstanceType } from './instance-types.ts';
import { loadCurrentPrice, loadHourlyPrice, loadInstanceType, loadInstanceTypeByKey } from './loaders.ts';
import { PriceVersion, PriceVersionConnection } from './price-version.type.ts';

@Inherits()
@ObjectType('CreateInstanceTypePayload', {
  description: 'What came of createInstanceType.',
  simpleResolvers: true,
})
class CreateInstanceTypePayload {
  @Field(() => InstanceType, { nullable: true, description: 'The new type; null when it was refused.' })
  instanceType?: InstanceType;

  @Field(() => Boolean, { description: 'Whether the idempotency key had created it before.' })
  replayed: boolean;

  @Field(() => [UserError], {
    description:
      'Why it was refused: INVALID_INPUT, CONFLICT when the key is taken, or IDEMPOTENCY_CONFLICT.',
  })
  userErrors: UserError[];
}

/** What deployments run on and what it costs, for everybody to look at. */
@Resolver(() => InstanceType)
export class InstanceTypeResolver {
  constructor(private readonly services: CatalogServices) {}

  @Public()
  @Query(() => InstanceTypeConnection, {
    description: 'The kinds of machines that are or were sold by the hour, by key.',
  })
  async instanceTypes(
    @Args(() => InstanceTypesArgs) { filter, ...args }: InstanceTypesArgs,
  ): Promise<Page<InstanceType>> {
    return mapPage(await instanceTypePage(this.services.db, filter, args), InstanceType.of);
  }

  @Public()
  @Query(() => InstanceType, { description: 'One instance type, by its id or its key.' })
  instanceType(
    @Ctx() ctx: Context,
    @Arg('id', () => ID, { nullable: true, description: 'The id of the instance type.' }) id?: string | null,
    @Arg('key', () => String, { nullable: true, description: 'The key of the instance type.' })
    key?: string | null,
  ): Promise<InstanceType> {
    const { db } = this.services;
    if (id != null && key == null) return loadInstanceType(ctx, db, parseId('instanceType', id));
    if (key != null && id == null) return loadInstanceTypeByKey(db, key);
    throw badInput('id', 'give either "id" or "key".');
  }

  @Inherits()
  @FieldResolver(() => CreditsScalar, { description: 'What each hour begun of one instance costs now.' })
  hourlyPrice(@Ctx() ctx: Context, @Root() { row }: InstanceType): Promise<NanoCredits> {
    return loadHourlyPrice(ctx, this.services, row.id);
  }

  @Inherits()
  @FieldResolver(() => PriceVersion, { description: 'The price that holds now.' })
  currentPrice(@Ctx() ctx: Context, @Root() { row }: InstanceType): Promise<PriceVersion> {
    return loadCurrentPrice(ctx, this.services, row.id);
  }

  @Inherits()
  @FieldResolver(() => PriceVersionConnection, {
    description: 'All its prices, the newest first: what held, what holds and what is scheduled.',
  })
  async priceVersions(
    @Root() { row }: InstanceType,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
  ): Promise<Page<PriceVersion>> {
    return mapPage(await versionPage(this.services.db, row.id, args), PriceVersion.of);
  }

  @Permit('operate')
  @Mutation(() => CreateInstanceTypePayload, {
    description:
      'Adds a kind of machine that deployments can run on. Its price is changed by setModelPrice with its key. For operators.',
  })
  createInstanceType(
    @Ctx() ctx: Context,
    @Arg('input', () => CreateInstanceTypeInput, { description: 'The new type.' })
    input: CreateInstanceTypeInput,
  ): Promise<CreateInstanceTypePayload> {
    const { db, clock } = this.services;
    return orRefused(async () => {
      const change = { actor: actorRef(ctx.actor), reason: input.reason, now: clock.now() };
      const created = await inTransaction(db, (tx) =>
        createInstanceType(tx, instanceTypeFromInput(input), change),
      );
      const instanceType = await loadInstanceType(ctx, db, created.modelId);
      return { instanceType, replayed: created.replayed, userErrors: [] };
    });
  }
}
