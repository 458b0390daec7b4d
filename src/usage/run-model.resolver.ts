import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { loadModel } from '../catalog/loaders.ts';
import { Model } from '../catalog/model.type.ts';
import type { Db } from '../db/client.ts';
import { Inherits } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { RunModelCost } from './run.type.ts';
import { QuotedStep, RunStep } from './run-step.type.ts';

/** What the resolvers of this file are made with. */
interface Models {
  readonly db: Db;
}

/** The model of a step of a quote. */
@Resolver(() => QuotedStep)
export class QuotedStepResolver {
  constructor(private readonly models: Models) {}

  @Inherits()
  @FieldResolver(() => Model, { description: 'The model.' })
  model(@Ctx() ctx: Context, @Root() { stored }: QuotedStep): Promise<Model> {
    return loadModel(ctx, this.models.db, stored.modelId);
  }
}

/** The model of a step of a run. */
@Resolver(() => RunStep)
export class RunStepResolver {
  constructor(private readonly models: Models) {}

  @Inherits()
  @FieldResolver(() => Model, { description: 'The model.' })
  model(@Ctx() ctx: Context, @Root() { stored }: RunStep): Promise<Model> {
    return loadModel(ctx, this.models.db, stored.modelId);
  }
}

/** The model whose cost is told. */
@Resolver(() => RunModelCost)
export class RunModelCostResolver {
  constructor(private readonly models: Models) {}

  @Inherits()
  @FieldResolver(() => Model, { description: 'The model.' })
  model(@Ctx() ctx: Context, @Root() { stored }: RunModelCost): Promise<Model> {
    return loadModel(ctx, this.models.db, stored.modelId);
  }
}
