import { and, asc, desc, eq, gt, ilike, inArray, isNull, lt, type SQL } from 'drizzle-orm';
import type { Reader } from '../db/client.ts';
import type { Uuid } from '../id.ts';
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
  const { ascending, limit, from } = slice;
  const beyond = from === undefined ? undefined : ascending ? gt(models.key, from) : lt(models.key, from);
  return reader.orm
    .select()
    .from(models)
    .where(and(...conditionsOf(filter), beyond))
    .orderBy(ascending ? asc(models.key) : desc(models.key))
    .limit(limit);
}

/** The models with these ids, in any order. */
export async function modelsById(reader: Reader, ids: readonly Uuid[]): Promise<ModelRow[]> {
  return reader.orm
    .select()
    .from(models)
    .where(inArray(models.id, [...ids]));
}

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

function conditionsOf({ product, supplier, gpuType, keyContains, active }: ModelFilter): (SQL | undefined)[] {
  return [
    isNull(models.instance),
    product == null ? undefined : eq(models.product, product),
    supplier == null ? undefined : eq(models.supplierLabel, supplier),
    gpuType == null ? undefined : eq(models.gpuType, gpuType),
    keyContains == null ? undefined : ilike(models.key, `%${keyContains.replaceAll(/[\\%_]/g, '\\$&')}%`),
    active == null ? undefined : eq(models.active, active),
  ];
}
