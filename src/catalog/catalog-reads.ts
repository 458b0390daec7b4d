import { and, asc, desc, eq, gt, ilike, inArray, isNotNull, isNull, lt, type SQL, sql } from 'drizzle-orm';
import type { Reader } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { InstanceKind } from './instance-spec.ts';
import { models, priceVersions } from './tables.ts';

export type ModelRow = typeof models.$inferSelect;
export type PriceVersionRow = typeof priceVersions.$inferSelect;

/** Which models a list shows. */
export interface ModelFilter {
  readonly product?: string | null;
  readonly supplier?: string | null;
  readonly gpuType?: string | null;
  /** Part of the key, in any case. */
  readonly keyContains?: string | null;
  readonly active?: boolean | null;
  /** The team that earns from it. */
  readonly supplierTeamId?: Uuid;
}

/** Which instance types a list shows. */
export interface InstanceTypeFilter {
  readonly kind?: InstanceKind | null;
  readonly gpuType?: string | null;
  readonly active?: boolean | null;
}

/** Which rows of an ordered list to read: `limit` rows beyond `from`. */
export interface Slice<K> {
  readonly ascending: boolean;
  readonly limit: number;
  readonly from: K | undefined;
}

/** Models by key, without instance types. */
export async function modelsBy(
  reader: Reader,
  filter: ModelFilter,
  slice: Slice<string>,
): Promise<ModelRow[]> {
  return rowsByKey(reader, conditionsOf(filter), slice);
}

/** Instance types by key. */
export async function instanceTypesBy(
  reader: Reader,
  { kind, gpuType, active }: InstanceTypeFilter,
  slice: Slice<string>,
): Promise<ModelRow[]> {
  const conditions = [
    isNotNull(models.instance),
    kind == null ? undefined : sql`${models.instance} ->> 'kind' = ${kind}`,
    gpuType == null ? undefined : eq(models.gpuType, gpuType),
    active == null ? undefined : eq(models.active, active),
  ];
  return rowsByKey(reader, conditions, slice);
}

async function rowsByKey(
  reader: Reader,
  conditions: readonly (SQL | undefined)[],
  { ascending, limit, from }: Slice<string>,
): Promise<ModelRow[]> {
  const beyond = from === undefined ? undefined : ascending ? gt(models.key, from) : lt(models.key, from);
  return reader.orm
    .select()
    .from(models)
    .where(and(...conditions, beyond))
    .orderBy(ascending ? asc(models.key) : desc(models.key))
    .limit(limit);
}

/** The models and instance types with these ids, in any order. */
export async function modelsById(reader: Reader, ids: readonly Uuid[]): Promise<ModelRow[]> {
  return reader.orm
    .select()
    .from(models)
    .where(inArray(models.id, [...ids]));
}

/** The instance types with these ids, in any order. */
export async function instanceTypesById(reader: Reader, ids: readonly Uuid[]): Promise<ModelRow[]> {
  return (await modelsById(reader, ids)).filter(({ instance }) => instance !== null);
}

/** The model or instance type with this key. */
export async function modelByKey(reader: Reader, key: string): Promise<ModelRow | undefined> {
  const [model] = await reader.orm.select().from(models).where(eq(models.key, key));
  return model;
}

/** Versions of a model by number. */
export async function versionsOf(
  reader: Reader,
  modelId: Uuid,
  slice: Slice<bigint>,
): Promise<PriceVersionRow[]> {
  const { ascending, limit, from } = slice;
  const number = from === undefined ? undefined : Number(from);
  const beyond =
    number === undefined
      ? undefined
      : ascending
        ? gt(priceVersions.version, number)
        : lt(priceVersions.version, number);
  return reader.orm
    .select()
    .from(priceVersions)
    .where(and(eq(priceVersions.modelId, modelId), beyond))
    .orderBy(ascending ? asc(priceVersions.version) : desc(priceVersions.version))
    .limit(limit);
}

/** The price versions with these ids, in any order. */
export async function versionsById(reader: Reader, ids: readonly Uuid[]): Promise<PriceVersionRow[]> {
  return reader.orm
    .select()
    .from(priceVersions)
    .where(inArray(priceVersions.id, [...ids]));
}

function conditionsOf(filter: ModelFilter): (SQL | undefined)[] {
  const { product, supplier, gpuType, keyContains, active, supplierTeamId } = filter;
  return [
    isNull(models.instance),
    product == null ? undefined : eq(models.product, product),
    supplier == null ? undefined : eq(models.supplierLabel, supplier),
    gpuType == null ? undefined : eq(models.gpuType, gpuType),
    keyContains == null ? undefined : ilike(models.key, `%${keyContains.replaceAll(/[\\%_]/g, '\\$&')}%`),
    active == null ? undefined : eq(models.active, active),
    supplierTeamId === undefined ? undefined : eq(models.supplierTeamId, supplierTeamId),
  ];
}
