import DataLoader from 'dataloader';
import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import type { Catalog } from '../catalog/catalog-cache.ts';
import { InstanceType } from '../catalog/instance-type.type.ts';
import { loadInstanceType, loadModel } from '../catalog/loaders.ts';
import { Model } from '../catalog/model.type.ts';
import type { Db } from '../db/client.ts';
import { Inherits, Permit, type RuleData, SignedIn, usageScope } from '../graphql/auth.ts';
import { mapPage, type Page, pageOf, pageWindow } from '../graphql/connection.ts';
import type { Context } from '../graphql/context.ts';
import { keyset } from '../graphql/cursor.ts';
import type { NodeLoaders } from '../graphql/node.ts';
import { parseId, publicId, type Uuid } from '../id.ts';
import { Team, thisTeam } from '../teams/team.type.ts';
import type { Charge as StoredCharge } from './charge.ts';
import { Charge, ChargeConnection, ChargeDraw, ChargeReversal, chargeNode } from './charge.type.ts';
import { visibleCharge } from './charge-access.ts';
import { ChargesArgs, chargeFilter } from './charge-list.input.ts';
import { chargeEntries, chargesOf, type Reversal, reversalsOf } from './charge-reads.ts';

/** What the resolvers of charges are made with. */
export interface ChargeServices {
  readonly db: Db;
  readonly catalog: Catalog;
}

/** `charge` and the fields of a charge that need a look-up. */
@Resolver(() => Charge)
export class ChargeResolver {
  constructor(private readonly services: ChargeServices) {}

  @SignedIn()
  @Query(() => Charge, { description: 'A charge that you may see.' })
  charge(
    @Ctx() ctx: Context,
    @Arg('id', () => ID, { description: 'The id of the charge.' }) id: string,
  ): Promise<Charge> {
    return loadCharge(ctx, this.services, parseId('charge', id));
  }

  @Inherits()
  @FieldResolver(() => Model, {
    description:
      'The model that was used. For the hour of a deployment: its instance type, as what has prices.',
  })
  model(@Ctx() ctx: Context, @Root() { stored }: Charge): Promise<Model> {
    return loadModel(ctx, this.services.db, stored.modelId);
  }

  @Inherits()
  @FieldResolver(() => InstanceType, {
    nullable: true,
    description: 'The instance type of the deployment whose hour it paid; null for what was used by request.',
  })
  instanceType(@Ctx() ctx: Context, @Root() { stored }: Charge): Promise<InstanceType | null> {
    return instanceTypeOf(ctx, this.services, stored.modelId);
  }

  @Permit('billing:read', chargedTeam)
  @FieldResolver(() => [ChargeDraw], {
    nullable: true,
    description: 'What each grant paid, in the order in which they were drawn. For those who may see grants.',
  })
  draws(@Ctx() ctx: Context, @Root() { stored }: Charge): Promise<ChargeDraw[]> {
    return ctx.once('charging.draws', () => drawLoader(this.services.db)).load(stored);
  }

  @Inherits()
  @FieldResolver(() => ChargeReversal, {
    nullable: true,
    description: 'How it was given back; null when it was not.',
  })
  reversal(@Ctx() ctx: Context, @Root() { stored }: Charge): Promise<ChargeReversal | null> {
    return ctx.once('charging.reversal', () => reversalLoader(this.services.db)).load(stored);
  }
}

/** The charges of a team. */
@Resolver(() => Team)
export class TeamChargesResolver {
  constructor(private readonly services: ChargeServices) {}

  @Permit('usage:read', thisTeam)
  @FieldResolver(() => ChargeConnection, {
    description: 'What the team was charged for; members and team keys see their own usage only.',
  })
  async charges(
    @Ctx() ctx: Context,
    @Root() team: Team,
    @Args(() => ChargesArgs) { filter, orderBy, ...args }: ChargesArgs,
  ): Promise<Page<Charge>> {
    const { db, catalog } = this.services;
    const order = keyset(`team.charges.${orderBy}`, 'uuid');
    const window = pageWindow(args, order);
    const scope = await usageScope(ctx, team.uuid);
    const wanted = chargeFilter(filter, await catalog.fresh());
    const charges = await chargesOf(db, team.uuid, scope, wanted, orderBy, window);
    const snapshot = await catalog.fresh();
    return mapPage(
      pageOf(charges, window, order, ({ id }) => [id]),
      (charge) => chargeNode(charge, snapshot),
    );
  }
}

/** The charge with this id in the API. @throws DomainError as `visibleCharge` does. */
export async function loadCharge(ctx: Context, services: ChargeServices, id: Uuid): Promise<Charge> {
  const charge = await visibleCharge(ctx, services.db, id);
  return chargeNode(charge, await services.catalog.fresh());
}

/** The instance type that a charge or a hold is for, if it is for one. */
export async function instanceTypeOf(
  ctx: Context,
  { db, catalog }: ChargeServices,
  modelId: Uuid,
): Promise<InstanceType | null> {
  const { modelById } = await ctx.once('charging.catalog', () => catalog.fresh());
  return modelById.get(modelId)?.instance ? loadInstanceType(ctx, db, modelId) : null;
}

/** The objects of this room by id. */
export function chargeNodeLoaders(services: ChargeServices): NodeLoaders {
  return { charge: (ctx, id) => loadCharge(ctx, services, id) };
}

function chargedTeam({ root }: RuleData<Charge, unknown>): Uuid {
  return root.stored.teamId;
}

function drawLoader(db: Db): DataLoader<StoredCharge, ChargeDraw[]> {
  return new DataLoader(async (charges) => {
    const byCharge = Map.groupBy(await chargeEntries(db, charges), ({ postingId }) => postingId);
    return charges.map(({ id }) =>
      (byCharge.get(id) ?? []).flatMap(({ debitRef, amountNano }) =>
        debitRef ? { grantId: publicId('grant', debitRef), amount: amountNano } : [],
      ),
    );
  });
}

function reversalLoader(db: Db): DataLoader<StoredCharge, ChargeReversal | null> {
  return new DataLoader(async (charges) => {
    const found = new Map((await reversalsOf(db, charges)).map((reversal) => [reversal.chargeId, reversal]));
    return charges.map(({ id }) => toReversal(found.get(id)));
  });
}

function toReversal(reversal: Reversal | undefined): ChargeReversal | null {
  if (!reversal) return null;
  return { amount: reversal.amountNano, at: reversal.postedAt, reason: reversal.reason };
}
