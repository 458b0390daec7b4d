import DataLoader from 'dataloader';
import type { Catalog } from '../catalog/catalog-cache.ts';
import { discountAt } from '../catalog/compute-discount.ts';
import { discountsOf } from '../catalog/compute-discounts.ts';
import type { Clock } from '../clock.ts';
import type { Db } from '../db/client.ts';
import { type DomainError, notFound } from '../domain-error.ts';
import { isPermitted, permit } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import type { NodeLoaders } from '../graphql/node.ts';
import { publicId, type Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import { unauthenticated } from '../teams/permissions.ts';
import type { Deployment as StoredDeployment } from './deployment.ts';
import { type Deployment, deploymentNode } from './deployment.type.ts';
import {
  type ChargedPeriod,
  type DeploymentKey,
  deploymentsById,
  paidUntilOf,
  spentOf,
} from './deployment-reads.ts';

/** What the resolvers of this room are made with. */
export interface DeploymentServices {
  readonly db: Db;
  readonly clock: Clock;
  readonly catalog: Catalog;
}

/** What a request reads it reads together, and remembers nothing: a mutation of the same request may come between. */
const AFRESH = { cache: false } as const;

/**
 * The deployment with this id, if the asker may see it.
 * @throws DomainError NOT_FOUND, alike for unknown ids and those of other teams; UNAUTHENTICATED; FORBIDDEN for keys that
 * may see no deployments at all.
 */
export async function loadDeployment(
  ctx: Context,
  services: DeploymentServices,
  id: Uuid,
): Promise<Deployment> {
  const { actor } = ctx;
  if (actor.kind === 'ANONYMOUS') throw unauthenticated();
  if (actor.kind === 'KEY') await permit(ctx, 'deployments:read', actor.teamId);
  const found = await loadAnyDeployment(ctx, services, id);
  if (!(await isPermitted(ctx, 'deployments:read', found.stored.teamId))) throw unknown(id);
  return found;
}

/** The deployment with this id, for whoever may see it. @throws DomainError NOT_FOUND */
export async function loadAnyDeployment(
  ctx: Context,
  { db, catalog }: DeploymentServices,
  id: Uuid,
): Promise<Deployment> {
  const stored = await ctx.once('deployments.deployment', () => deploymentLoader(db)).load(id);
  if (!stored) throw unknown(id);
  return deploymentNode(stored, await catalog.fresh());
}

function unknown(id: Uuid): DomainError {
  return notFound('Deployment', publicId('deployment', id));
}

function deploymentLoader(db: Db): DataLoader<Uuid, StoredDeployment | undefined> {
  return new DataLoader(async (ids) => {
    const found = new Map((await deploymentsById(db, ids)).map((one) => [one.id, one]));
    return ids.map((id) => found.get(id));
  }, AFRESH);
}

/** Until when a deployment is paid; null without a paid hour. */
export function loadPaidUntil(
  ctx: Context,
  { db }: DeploymentServices,
  deployment: StoredDeployment,
): Promise<Date | null> {
  return ctx
    .once('deployments.paidUntil', () => {
      return new DataLoader<DeploymentKey, Date | null>(async (keys) => {
        const found = await paidUntilOf(db, keys);
        return keys.map(({ id }) => found.get(id) ?? null);
      }, AFRESH);
    })
    .load(deployment);
}

/** What the plan of a team takes off the prices of its deployments now, in basis points. */
export function loadDiscount(ctx: Context, { db, clock }: DeploymentServices, teamId: Uuid): Promise<bigint> {
  return ctx
    .once('deployments.discount', () => {
      return new DataLoader<Uuid, bigint>(async (teamIds) => {
        const found = await discountsOf(db, teamIds);
        return teamIds.map((id) => discountAt(found.get(id), clock.now()));
      }, AFRESH);
    })
    .load(teamId);
}

/** What a deployment was charged in a period and was not given back. */
export function loadSpent(
  ctx: Context,
  { db }: DeploymentServices,
  deployment: StoredDeployment,
  period: ChargedPeriod,
): Promise<NanoCredits> {
  const { from, before } = period;
  return ctx
    .once(`deployments.spent ${from?.getTime()} ${before?.getTime()}`, () => {
      return new DataLoader<DeploymentKey, NanoCredits>(async (keys) => {
        const found = await spentOf(db, keys, period);
        return keys.map(({ id }) => found.get(id) ?? 0n);
      }, AFRESH);
    })
    .load(deployment);
}

/** The objects of this room by id: null for what the asker may not see. */
export function deploymentNodes(services: DeploymentServices): NodeLoaders {
  return { deployment: (ctx, id) => loadDeployment(ctx, services, id) };
}
