import {
  Arg,
  Args,
  ArgsType,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Query,
  Resolver,
  Root,
  registerEnumType,
} from 'type-graphql';
import type { Clock } from '../clock.ts';
import type { Db } from '../db/client.ts';
import { badInput } from '../domain-error.ts';
import { Inherits, Permit, Public } from '../graphql/auth.ts';
import { ConnectionArgs, mapPage, type Page } from '../graphql/connection.ts';
import type { Context } from '../graphql/context.ts';
import { parseId, publicId } from '../id.ts';
import type { Catalog } from './catalog-cache.ts';
import { type ModelOrder, modelPage, versionPage } from './catalog-pages.ts';
import type { ModelFilter } from './catalog-reads.ts';
import { loadCurrentPrice, loadModel, loadModelByKey } from './loaders.ts';
import { Model, ModelConnection } from './model.type.ts';
import { PriceVersion, PriceVersionConnection } from './price-version.type.ts';

const ModelOrderEnum = { KEY_ASC: 'KEY_ASC', KEY_DESC: 'KEY_DESC' } as const satisfies Record<
  ModelOrder,
  ModelOrder
>;

registerEnumType(ModelOrderEnum, {
  name: 'ModelOrder',
  description: 'How models are ordered.',
  valuesConfig: {
    KEY_ASC: { description: 'By key, forwards.' },
    KEY_DESC: { description: 'By key, backwards.' },
  },
});

@InputType('ModelFilter', { description: 'Which models to list; every condition given must hold.' })
class ModelFilterInput implements ModelFilter {
  @Field(() => String, { nullable: true, description: 'The product, such as "chat".' })
  product?: string | null;

  @Field(() => String, { nullable: true, description: 'The label of the supplier.' })
  supplier?: string | null;

  @Field(() => String, { nullable: true, description: 'The GPU type.' })
  gpuType?: string | null;

  @Field(() => String, { nullable: true, description: 'Part of the key, in any case.' })
  keyContains?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether it is still sold.' })
  active?: boolean | null;
}

@ArgsType()
class ModelsArgs extends ConnectionArgs {
  @Field(() => ModelFilterInput, { defaultValue: {}, description: 'Which models to list.' })
  filter: ModelFilterInput;

  @Field(() => ModelOrderEnum, { defaultValue: ModelOrderEnum.KEY_ASC, description: 'In which order.' })
  orderBy: ModelOrder;
}

/** What the resolvers of this room are made with. */
export interface CatalogServices {
  readonly db: Db;
  readonly clock: Clock;
  readonly catalog: Catalog;
}

/** Models and their prices, for everybody to look at. */
@Resolver(() => Model)
export class ModelResolver {
  constructor(private readonly services: CatalogServices) {}

  @Public()
  @Query(() => ModelConnection, { description: 'The models that are or were sold, without instance types.' })
  async models(@Args(() => ModelsArgs) { filter, orderBy, ...args }: ModelsArgs): Promise<Page<Model>> {
    return mapPage(await modelPage(this.services.db, filter, orderBy, args), Model.of);
  }

  @Public()
  @Query(() => Model, { description: 'One model, by its id or its key.' })
  model(
    @Ctx() ctx: Context,
    @Arg('id', () => ID, { nullable: true, description: 'The id of the model.' }) id?: string | null,
    @Arg('key', () => String, { nullable: true, description: 'The key of the model.' }) key?: string | null,
  ): Promise<Model> {
    const { db } = this.services;
    if (id != null && key == null) return loadModel(ctx, db, parseId('model', id));
    if (key != null && id == null) return loadModelByKey(db, key);
    throw badInput('id', 'give either "id" or "key".');
  }

  @Inherits()
  @FieldResolver(() => PriceVersion, { description: 'The price that holds now.' })
  currentPrice(@Ctx() ctx: Context, @Root() model: Model): Promise<PriceVersion> {
    return loadCurrentPrice(ctx, this.services, model.row.id);
  }

  @Inherits()
  @FieldResolver(() => PriceVersionConnection, {
    description: 'All its prices, the newest first: what held, what holds and what is scheduled.',
  })
  async priceVersions(
    @Root() model: Model,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
  ): Promise<Page<PriceVersion>> {
    return mapPage(await versionPage(this.services.db, model.row.id, args), PriceVersion.of);
  }

  @Permit('inspect')
  @FieldResolver(() => ID, {
    nullable: true,
    description: 'The team that earns from it, when it is one of this installation. For operators.',
  })
  supplierTeamId(@Root() { row }: Model): string | null {
    return row.supplierTeamId && publicId('team', row.supplierTeamId);
  }
}
