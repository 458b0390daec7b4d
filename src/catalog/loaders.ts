import DataLoader from 'dataloader';
import type { Clock } from '../clock.ts';
import type { Db } from '../db/client.ts';
import { assert, notFound } from '../domain-error.ts';
import type { Context } from '../graphql/context.ts';
import type { NodeLoaders } from '../graphql/node.ts';
import { publicId, type Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { Catalog, CatalogVersion } from './catalog-cache.ts';
import { instanceTypesById, modelByKey, modelsById, versionsById } from './catalog-reads.ts';
import { hourlyNano } from './instance-price.ts';
import { InstanceType } from './instance-type.type.ts';
import { Model } from './model.type.ts';
import { PriceVersion } from './price-version.type.ts';

/**
 * The model with this id. An instance type is one, too, for the charges and prices that name it.
 * @throws DomainError NOT_FOUND
 */
export async function loadModel(ctx: Context, db: Db, id: Uuid): Promise<Model> {
  const loader = ctx.once('catalog.model', () => byId((ids) => modelsById(db, ids), Model.of));
  const model = await loader.load(id);
  if (!model) throw notFound('Model', publicId('model', id));
  return model;
}

/** @throws DomainError NOT_FOUND, also for an instance type. */
export async function loadModelByKey(db: Db, key: string): Promise<Model> {
  const row = await modelByKey(db, key);
  if (!row || row.instance) throw notFound('Model', key);
  return Model.of(row);
}

/** @throws DomainError NOT_FOUND, also for a model. */
export async function loadInstanceType(ctx: Context, db: Db, id: Uuid): Promise<InstanceType> {
  const loader = ctx.once('catalog.instanceType', () =>
    byId((ids) => instanceTypesById(db, ids), InstanceType.of),
  );
  const type = await loader.load(id);
  if (!type) throw notFound('Instance type', publicId('instanceType', id));
  return type;
}

/** @throws DomainError NOT_FOUND, also for a model. */
export async function loadInstanceTypeByKey(db: Db, key: string): Promise<InstanceType> {
  const row = await modelByKey(db, key);
  if (!row?.instance) throw notFound('Instance type', key);
  return InstanceType.of(row);
}

/** @throws DomainError NOT_FOUND */
export async function loadPriceVersion(ctx: Context, db: Db, id: Uuid): Promise<PriceVersion> {
  const loader = ctx.once('catalog.priceVersion', () =>
    byId((ids) => versionsById(db, ids), PriceVersion.of),
  );
  const version = await loader.load(id);
  if (!version) throw notFound('Price version', publicId('priceVersion', id));
  return version;
}

/** The price that holds now, also when another process has just set it. */
export async function loadCurrentPrice(
  ctx: Context,
  services: CatalogReads,
  modelId: Uuid,
): Promise<PriceVersion> {
  return loadPriceVersion(ctx, services.db, (await currentVersion(ctx, services, modelId)).id);
}

/** What an hour of an instance type costs now, also when another process has just set it. */
export async function loadHourlyPrice(
  ctx: Context,
  services: CatalogReads,
  instanceTypeId: Uuid,
): Promise<NanoCredits> {
  return hourlyNano((await currentVersion(ctx, services, instanceTypeId)).price);
}

interface CatalogReads {
  readonly db: Db;
  readonly clock: Clock;
  readonly catalog: Catalog;
}

function currentVersion(ctx: Context, services: CatalogReads, modelId: Uuid): Promise<CatalogVersion> {
  return ctx.once('catalog.currentPrice', () => currentVersions(services)).load(modelId);
}

/** Remembers nothing: a later mutation of the same request may set a price. */
function currentVersions({ clock, catalog }: CatalogReads): DataLoader<Uuid, CatalogVersion> {
  const read = async (modelIds: readonly Uuid[]) => {
    const snapshot = await catalog.fresh();
    return modelIds.map((modelId) => {
      const version = snapshot.priceAt(modelId, clock.now());
      assert(version, 'a model has a price since ever');
      return version;
    });
  };
  return new DataLoader(read, { cache: false });
}

/** The objects of this room by id; everybody may see them. */
export function catalogNodes(db: Db): NodeLoaders {
  return {
    model: (ctx, id) => loadModel(ctx, db, id),
    instanceType: (ctx, id) => loadInstanceType(ctx, db, id),
    priceVersion: (ctx, id) => loadPriceVersion(ctx, db, id),
  };
}

function byId<Row extends { id: Uuid }, T>(
  read: (ids: readonly Uuid[]) => Promise<Row[]>,
  toObject: (row: Row) => T,
): DataLoader<Uuid, T | undefined> {
  return new DataLoader(async (ids) => {
    const found = new Map((await read(ids)).map((row) => [row.id, toObject(row)]));
    return ids.map((id) => found.get(id));
  });
}
