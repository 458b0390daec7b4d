import DataLoader from 'dataloader';
import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { InstanceType } from '../catalog/instance-type.type.ts';
import { loadModel } from '../catalog/loaders.ts';
import { Model } from '../catalog/model.type.ts';
import { Inherits, Permit, type RuleData, SignedIn, usageScope } from '../graphql/auth.ts';
import { mapPage, type Page, pageOf, pageWindow } from '../graphql/connection.ts';
import type { Context } from '../graphql/context.ts';
import { keyset } from '../graphql/cursor.ts';
import type { NodeLoaders } from '../graphql/node.ts';
import { parseId, publicId, type Uuid } from '../id.ts';
import { Team, thisTeam } from '../teams/team.type.ts';
import { Charge, chargeNode } from './charge.type.ts';
import { findCharges } from './charge-reads.ts';
import { type ChargeServices, instanceTypeOf } from './charges.resolver.ts';
import { Hold, HoldConnection, HoldDraw, holdNode } from './hold.type.ts';
import { visibleHold } from './hold-access.ts';
import { HoldsArgs, holdFilter } from './hold-list.input.ts';
import { holdsOf } from './hold-reads.ts';

/** `hold` and the fields of a hold that need a look-up or a right of their own. */
@Resolver(() => Hold)
export class HoldResolver {
  constructor(private readonly services: ChargeServices) {}

  @SignedIn()
  @Query(() => Hold, { description: 'A hold that you may see, as it is now.' })
  hold(
    @Ctx() ctx: Context,
    @Arg('id', () => ID, { description: 'The id of the hold.' }) id: string,
  ): Promise<Hold> {
    return loadHold(ctx, this.services, parseId('hold', id));
  }

  @Inherits()
  @FieldResolver(() => Model, {
    nullable: true,
    description: 'The model that it is for; null for the hold of a run, which is for all of its models.',
  })
  model(@Ctx() ctx: Context, @Root() { stored: { modelId } }: Hold): Promise<Model> | null {
    return modelId === null ? null : loadModel(ctx, this.services.db, modelId);
  }

  @Inherits()
  @FieldResolver(() => InstanceType, {
    nullable: true,
    description: 'The instance type of the deployment whose next hour it is for.',
  })
  instanceType(
    @Ctx() ctx: Context,
    @Root() { stored: { modelId } }: Hold,
  ): Promise<InstanceType | null> | null {
    return modelId === null ? null : instanceTypeOf(ctx, this.services, modelId);
  }

  @Permit('billing:read', heldTeam)
  @FieldResolver(() => [HoldDraw], {
    nullable: true,
    description:
      'What of each grant is still set aside, in the order in which it will be drawn. For those who may see grants.',
  })
  draws(@Root() { stored: { draws } }: Hold): HoldDraw[] {
    return draws.map(({ grantId, amountNano }) => ({
      grantId: publicId('grant', grantId),
      amount: amountNano,
    }));
  }

  @Inherits()
  @FieldResolver(() => Charge, {
    nullable: true,
    description:
      'The charge it was settled by, also when it expired; null while it is open and when all returned. Charges of a run are listed there.',
  })
  charge(@Ctx() ctx: Context, @Root() { stored: { chargeId } }: Hold): Promise<Charge | null> | null {
    return chargeId === null ? null : this.loadCharge(ctx, chargeId);
  }

  @Inherits()
  @FieldResolver(() => Charge, {
    nullable: true,
    description: 'The charge for what a settlement after its expiry told beyond the last report.',
  })
  lateCharge(@Ctx() ctx: Context, @Root() { stored: { lateChargeId } }: Hold): Promise<Charge | null> | null {
    return lateChargeId === null ? null : this.loadCharge(ctx, lateChargeId);
  }

  /** Charges of a hold are attributed as it is: who sees it sees them. */
  private loadCharge(ctx: Context, id: Uuid): Promise<Charge | null> {
    return ctx.once('charging.chargeOfHold', () => chargeLoader(this.services)).load(id);
  }
}

/** The holds of a team. */
@Resolver(() => Team)
export class TeamHoldsResolver {
  constructor(private readonly services: ChargeServices) {}

  @Permit('usage:read', thisTeam)
  @FieldResolver(() => HoldConnection, {
    description: 'The credit that was ever set aside; members and team keys see what is for them only.',
  })
  async holds(
    @Ctx() ctx: Context,
    @Root() team: Team,
    @Args(() => HoldsArgs) { filter, orderBy, ...args }: HoldsArgs,
  ): Promise<Page<Hold>> {
    const { db, catalog } = this.services;
    const order = keyset(`team.holds.${orderBy}`, 'uuid');
    const window = pageWindow(args, order);
    const scope = await usageScope(ctx, team.uuid);
    const wanted = holdFilter(filter, await catalog.fresh());
    const holds = await holdsOf(db, team.uuid, scope, wanted, orderBy, window);
    const snapshot = await catalog.fresh();
    return mapPage(
      pageOf(holds, window, order, ({ id }) => [id]),
      (hold) => holdNode(hold, snapshot),
    );
  }
}

/** The holds by id: for `node`. */
export function holdNodeLoaders(services: ChargeServices): NodeLoaders {
  return { hold: (ctx, id) => loadHold(ctx, services, id) };
}

async function loadHold(ctx: Context, { db, catalog }: ChargeServices, id: Uuid): Promise<Hold> {
  const hold = await visibleHold(ctx, db, id);
  return holdNode(hold, await catalog.fresh());
}

function heldTeam({ root }: RuleData<Hold, unknown>): Uuid {
  return root.stored.teamId;
}

function chargeLoader({ db, catalog }: ChargeServices): DataLoader<Uuid, Charge | null> {
  return new DataLoader(async (ids) => {
    const charges = await findCharges(db, ids, { kind: 'ANY_TEAM' });
    const snapshot = await catalog.fresh();
    const found = new Map(charges.map((charge) => [charge.id, chargeNode(charge, snapshot)]));
    return ids.map((id) => found.get(id) ?? null);
  });
}
