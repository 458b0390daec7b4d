import {
  Arg,
  Args,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Mutation,
  ObjectType,
  Resolver,
  Root,
} from 'type-graphql';
import { actorRef } from '../actor.ts';
import { inTransaction, type Tx } from '../db/client.ts';
import { Inherits, inputTeam, Permit } from '../graphql/auth.ts';
import { ConnectionArgs, mapPage, type Page } from '../graphql/connection.ts';
import type { Context } from '../graphql/context.ts';
import { orRefused } from '../graphql/refusals.ts';
import { UserError } from '../graphql/user-error.ts';
import { parseId, type Uuid } from '../id.ts';
import { Team, thisTeam } from '../teams/team.type.ts';
import type { CatalogServices } from './catalog.resolver.ts';
import { setSupplierPrice } from './catalog.ts';
import { modelPage } from './catalog-pages.ts';
import type { EntitlementGate } from './entitlements.ts';
import { loadModel, loadPriceVersion } from './loaders.ts';
import { Model, ModelConnection } from './model.type.ts';
import { setModelSupplier } from './model-supplier.ts';
import { priceRequest, SetSupplierPriceInput } from './price.input.ts';
import { PricePayload } from './price.resolver.ts';

@Inherits()
@ObjectType('SetSupplierPricePayload', {
  description: 'What came of setSupplierPrice.',
  simpleResolvers: true,
})
class SetSupplierPricePayload extends PricePayload {}

@InputType('SetModelSupplierInput', { description: 'Who supplies a model from now on.' })
class SetModelSupplierInput {
  @Field(() => String, { description: 'The key of the model.' })
  modelKey: string;

  @Field(() => ID, {
    nullable: true,
    description: 'The team that sets its price and earns from it; null for none of this installation.',
  })
  teamId?: string | null;

  @Field(() => String, { description: 'Why, for the record: 1 to 500 characters.' })
  reason: string;
}

@Inherits()
@ObjectType('SetModelSupplierPayload', {
  description: 'What came of setModelSupplier.',
  simpleResolvers: true,
})
class SetModelSupplierPayload {
  @Field(() => Model, { nullable: true, description: 'The model; null when it was refused.' })
  model?: Model;

  @Field(() => [UserError], { description: 'Why it was refused: INVALID_INPUT, NOT_FOUND or NOT_ENTITLED.' })
  userErrors: UserError[];
}

/** Teams that supply models, and the prices that they set. */
@Resolver(() => Team)
export class SupplierResolver {
  constructor(
    private readonly services: CatalogServices & { readonly demandEntitlement?: EntitlementGate },
  ) {}

  @Permit('billing:read', thisTeam)
  @FieldResolver(() => ModelConnection, {
    description: 'The models that the team supplies: it sets their prices and earns from them.',
  })
  async suppliedModels(
    @Root() team: Team,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
  ): Promise<Page<Model>> {
    const { db } = this.services;
    return mapPage(await modelPage(db, { supplierTeamId: team.uuid }, 'KEY_ASC', args), Model.of);
  }

  @Permit('prices:write', inputTeam)
  @Mutation(() => SetSupplierPricePayload, {
    description:
      'Gives a model that the team supplies a new price, from now or from a later instant on. What has been charged keeps its version. For owners and admins of the team, whose plan must entitle it to monetization (NOT_ENTITLED).',
  })
  setSupplierPrice(
    @Ctx() ctx: Context,
    @Arg('input', () => SetSupplierPriceInput, { description: 'The new price.' })
    { teamId, ...input }: SetSupplierPriceInput,
  ): Promise<SetSupplierPricePayload> {
    const { db, clock } = this.services;
    const team = parseId('team', teamId, 'teamId');
    return orRefused(async () => {
      const request = priceRequest(input);
      const set = await inTransaction(db, async (tx) => {
        const done = await setSupplierPrice(tx, team, request, actorRef(ctx.actor), clock.now());
        if (!done.replayed) await this.demandMonetization(tx, team);
        return done;
      });
      const model = await loadModel(ctx, db, set.modelId);
      const priceVersion = await loadPriceVersion(ctx, db, set.priceVersionId);
      return { model, priceVersion, replayed: set.replayed, userErrors: [] };
    });
  }

  @Permit('operate')
  @Mutation(() => SetModelSupplierPayload, {
    description:
      'Makes a team the supplier of a model: it sets the price and earns from what is charged from now on. For operators.',
  })
  setModelSupplier(
    @Ctx() ctx: Context,
    @Arg('input', () => SetModelSupplierInput, { description: 'The model and its supplier.' })
    { modelKey, teamId, reason }: SetModelSupplierInput,
  ): Promise<SetModelSupplierPayload> {
    const { db, clock } = this.services;
    return orRefused(async () => {
      const supplier = teamId == null ? null : parseId('team', teamId, 'teamId');
      const { modelId } = await inTransaction(db, async (tx) => {
        const change = { modelKey, teamId: supplier, reason };
        const done = await setModelSupplier(tx, change, actorRef(ctx.actor), clock.now());
        if (supplier) await this.demandMonetization(tx, supplier);
        return done;
      });
      return { model: await loadModel(ctx, db, modelId), userErrors: [] };
    });
  }

  /** What has been set stays when the plan ends; what is new needs one. */
  private async demandMonetization(tx: Tx, teamId: Uuid): Promise<void> {
    await this.services.demandEntitlement?.(tx, teamId, 'monetization');
  }
}
