import type { Db } from '../db/client.ts';
import { type ConnectionArgs, type Page, pageOf, pageWindow } from '../graphql/connection.ts';
import { keyset } from '../graphql/cursor.ts';
import type { Uuid } from '../id.ts';
import type { InstanceTypeFilter, ModelFilter, ModelRow, PriceVersionRow } from './catalog-reads.ts';
import { instanceTypesBy, modelsBy, versionsOf } from './catalog-reads.ts';

/** How models are ordered. */
export type ModelOrder = 'KEY_ASC' | 'KEY_DESC';

/** The page of models that `args` ask for. */
export async function modelPage(
  db: Db,
  filter: ModelFilter,
  orderBy: ModelOrder,
  args: ConnectionArgs,
): Promise<Page<ModelRow>> {
  const order = keyset(`models.${orderBy}`, 'text');
  const window = pageWindow(args, order);
  const ascending = (orderBy === 'KEY_ASC') === (window.direction === 'FORWARD');
  const rows = await modelsBy(db, filter, { ascending, limit: window.limit, from: window.from?.[0] });
  return pageOf(rows, window, order, ({ key }) => [key]);
}

/** The page of instance types that `args` ask for, by key. */
export async function instanceTypePage(
  db: Db,
  filter: InstanceTypeFilter,
  args: ConnectionArgs,
): Promise<Page<ModelRow>> {
  const order = keyset('instanceTypes', 'text');
  const window = pageWindow(args, order);
  const slice = { ascending: window.direction === 'FORWARD', limit: window.limit, from: window.from?.[0] };
  return pageOf(await instanceTypesBy(db, filter, slice), window, order, ({ key }) => [key]);
}

/** The page of a model's price versions that `args` ask for, newest first. */
export async function versionPage(
  db: Db,
  modelId: Uuid,
  args: ConnectionArgs,
): Promise<Page<PriceVersionRow>> {
  const order = keyset('model.priceVersions', 'int8');
  const window = pageWindow(args, order);
  const ascending = window.direction === 'BACKWARD';
  const rows = await versionsOf(db, modelId, { ascending, limit: window.limit, from: window.from?.[0] });
  return pageOf(rows, window, order, ({ version }) => [BigInt(version)]);
}
