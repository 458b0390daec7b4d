import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { discountedHour } from '../catalog/compute-discount.ts';
import { InstanceType } from '../catalog/instance-type.type.ts';
import { loadHourlyPrice, loadInstanceType } from '../catalog/loaders.ts';
import { type Charge, ChargeConnection, chargeNode } from '../charging/charge.type.ts';
import { Inherits, Permit, type RuleData, SignedIn } from '../graphql/auth.ts';
import { ConnectionArgs, mapPage, type Page } from '../graphql/connection.ts';
import type { Context } from '../graphql/context.ts';
import { PeriodInput } from '../graphql/period.ts';
import { CreditsScalar, DateTimeScalar } from '../graphql/scalars.ts';
import { parseId, type Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import { Deployment } from './deployment.type.ts';
import { seesCost } from './deployment-access.ts';
import { DeploymentEvent, DeploymentEventConnection } from './deployment-event.type.ts';
import { EventListArgs } from './deployment-list.input.ts';
import { deploymentChargePage, slotPage } from './deployment-reads.ts';
import { type DeploymentSlot, DeploymentSlotConnection, toDeploymentSlot } from './deployment-slot.type.ts';
import { eventPage } from './event-reads.ts';
import {
  type DeploymentServices,
  loadDeployment,
  loadDiscount,
  loadPaidUntil,
  loadSpent,
} from './loaders.ts';

/** `deployment`, and the fields of a deployment that need a look-up. */
@Resolver(() => Deployment)
export class DeploymentFieldsResolver {
  constructor(private readonly services: DeploymentServices) {}

  @SignedIn()
  @Query(() => Deployment, { description: 'A deployment that you may see.' })
  deployment(
    @Ctx() ctx: Context,
    @Arg('id', () => ID, { description: 'The id of the deployment.' }) id: string,
  ): Promise<Deployment> {
    return loadDeployment(ctx, this.services, parseId('deployment', id));
  }

  @Inherits()
  @FieldResolver(() => InstanceType, { description: 'What its replicas run on.' })
  instanceType(@Ctx() ctx: Context, @Root() { stored }: Deployment): Promise<InstanceType> {
    return loadInstanceType(ctx, this.services.db, stored.instanceTypeId);
  }

  @Inherits()
  @FieldResolver(() => DateTimeScalar, {
    nullable: true,
    description:
      'Until when all of its active replicas are paid: when the first of their next hours begins. Null without a paid hour.',
  })
  paidUntil(@Ctx() ctx: Context, @Root() { stored }: Deployment): Promise<Date | null> {
    return loadPaidUntil(ctx, this.services, stored);
  }

  @Inherits()
  @FieldResolver(() => DeploymentSlotConnection, {
    description: 'The places of replicas that are wanted, or whose hour is paid, by number.',
  })
  async slots(
    @Root() { stored }: Deployment,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
  ): Promise<Page<DeploymentSlot>> {
    const { db, clock, catalog } = this.services;
    const page = await slotPage(db, stored, clock.now(), args);
    const snapshot = await catalog.fresh();
    return mapPage(page, (slot) => toDeploymentSlot(slot, snapshot));
  }

  @Inherits()
  @FieldResolver(() => CreditsScalar, {
    description:
      'What an hour of all its replicas costs at the price that holds now, less what the plan of the team takes off.',
  })
  async hourlyCost(@Ctx() ctx: Context, @Root() { stored }: Deployment): Promise<NanoCredits> {
    const each = await loadHourlyPrice(ctx, this.services, stored.instanceTypeId);
    const discountBps = await loadDiscount(ctx, this.services, stored.teamId);
    return discountedHour(each, discountBps) * BigInt(stored.replicas);
  }

  @Permit('usage:read', teamOfDeployment)
  @FieldResolver(() => CreditsScalar, {
    nullable: true,
    description:
      'What its hours were charged, without what was given back. Members and team keys: null unless it is charged on their behalf.',
  })
  async spent(
    @Ctx() ctx: Context,
    @Root() { stored }: Deployment,
    @Arg('chargedAt', () => PeriodInput, { defaultValue: {}, description: 'When they were charged.' })
    chargedAt: PeriodInput,
  ): Promise<NanoCredits | null> {
    return (await seesCost(ctx, stored)) ? loadSpent(ctx, this.services, stored, chargedAt) : null;
  }

  @Permit('usage:read', teamOfDeployment)
  @FieldResolver(() => ChargeConnection, {
    nullable: true,
    description:
      'The charges of its hours, the last one posted first. Members and team keys: null unless it is charged on their behalf.',
  })
  async charges(
    @Ctx() ctx: Context,
    @Root() { stored }: Deployment,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
  ): Promise<Page<Charge> | null> {
    if (!(await seesCost(ctx, stored))) return null;
    const { db, catalog } = this.services;
    const page = await deploymentChargePage(db, stored, args);
    const snapshot = await catalog.fresh();
    return mapPage(page, (charge) => chargeNode(charge, snapshot));
  }

  @Inherits()
  @FieldResolver(() => DeploymentEventConnection, { description: 'What happened to it.' })
  async events(
    @Root() { stored }: Deployment,
    @Args(() => EventListArgs) { orderBy: order, ...args }: EventListArgs,
  ): Promise<Page<DeploymentEvent>> {
    const { teamId, id: deploymentId } = stored;
    const page = await eventPage(this.services.db, teamId, { filter: { deploymentId }, order, args });
    return mapPage(page, (event) => new DeploymentEvent(event));
  }
}

/** The team of a deployment, for rules of its fields. */
function teamOfDeployment({ root }: RuleData<Deployment, unknown>): Uuid {
  return root.stored.teamId;
}
