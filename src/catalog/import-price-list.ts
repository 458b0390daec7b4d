import { desc, eq } from 'drizzle-orm';
import type { Tx } from '../db/client.ts';
import { canonicalJson } from '../db/idempotency.ts';
import { assert, badInput } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import {
  addProducts,
  bumpRevision,
  type CatalogChange,
  firstVersionRow,
  insertModels,
  lockCatalog,
  newModelRow,
  nextVersionRow,
} from './catalog.ts';
import type { ModelRow, PriceVersionRow } from './catalog-reads.ts';
import type { PriceList } from './import-prices.ts';
import type { ListedModel } from './listed-model.ts';
import { formatPrice, parsePrice } from './price-json.ts';
import { models, priceVersions } from './tables.ts';

/** What an import changed, as keys of models. */
export interface ImportOutcome {
  readonly created: readonly string[];
  /** Models that got a new price version. */
  readonly repriced: readonly string[];
  /** Models whose facts, product or supplier changed, whatever became of their price. */
  readonly updated: readonly string[];
  readonly unchanged: readonly string[];
  /** Models whose price is left to the team that supplies them, though the list has another. */
  readonly leftToSupplier: readonly string[];
}

/**
 * Brings models and prices up to a list, as one change. Models that the list does not name stay as they are, and
 * importing a list again changes nothing. A price that a team of the installation sets for its own model stays.
 * @throws DomainError BAD_USER_INPUT when `effectiveAt` (default now) is in the past or before a scheduled price, or
 * when the list names an instance type.
 */
export async function importPriceList(
  tx: Tx,
  list: PriceList,
  change: CatalogChange & { readonly effectiveAt?: Date | undefined },
): Promise<ImportOutcome> {
  await lockCatalog(tx);
  const known = await knownModels(tx);
  const fresh = list.models.filter(({ key }) => !known.has(key));
  await createAll(tx, fresh, change);
  const met = list.models.flatMap((listed) => {
    const existing = known.get(listed.key);
    return existing ? [{ listed, existing }] : [];
  });
  for (const { existing } of met) refuseInstanceType(existing.model);
  const differing = met.filter(({ listed, existing }) => formatPrice(listed.price) !== existing.price);
  const isSupplied = ({ existing }: Met) => existing.model.supplierTeamId !== null;
  const repriced = differing.filter((each) => !isSupplied(each));
  const updated = met.filter(({ listed, existing }) => described(listed) !== described(existing.model));
  await repriceAll(tx, repriced, change);
  await updateAll(tx, updated);
  const changed = new Set([...repriced, ...updated]);
  if (fresh.length + changed.size > 0) await bumpRevision(tx);
  return {
    created: fresh.map(({ key }) => key),
    repriced: repriced.map(({ listed }) => listed.key),
    updated: updated.map(({ listed }) => listed.key),
    unchanged: met.filter((each) => !changed.has(each)).map(({ listed }) => listed.key),
    leftToSupplier: differing.filter(isSupplied).map(({ listed }) => listed.key),
  };
}

function refuseInstanceType({ key, instance }: ModelRow): void {
  if (instance) throw badInput(key, 'is an instance type, whose price a list of models cannot set.');
}

interface Known {
  readonly model: ModelRow;
  readonly latest: PriceVersionRow;
  /** Canonical text of the latest price. */
  readonly price: string;
}
interface Met {
  readonly listed: ListedModel;
  readonly existing: Known;
}

async function knownModels(tx: Tx): Promise<ReadonlyMap<string, Known>> {
  const rows = await tx.orm.select().from(models);
  const versions = await tx.orm
    .selectDistinctOn([priceVersions.modelId])
    .from(priceVersions)
    .orderBy(priceVersions.modelId, desc(priceVersions.version));
  const latestOf = new Map<Uuid, PriceVersionRow>(versions.map((version) => [version.modelId, version]));
  return new Map(
    rows.map((model) => {
      const latest = latestOf.get(model.id);
      assert(latest, 'a model has a price since it was created');
      return [model.key, { model, latest, price: formatPrice(parsePrice(latest.components)) }];
    }),
  );
}

async function createAll(tx: Tx, fresh: readonly ListedModel[], change: CatalogChange): Promise<void> {
  const rows = fresh.map((listed) => newModelRow(listed, change.now));
  const versions = rows.map(({ id }, i) => {
    const listed = fresh[i];
    assert(listed, 'each row stands for one listed model');
    return firstVersionRow(id, listed.price, change);
  });
  await insertModels(tx, rows, versions);
}

async function repriceAll(
  tx: Tx,
  repriced: readonly Met[],
  change: CatalogChange & { readonly effectiveAt?: Date | undefined },
): Promise<void> {
  if (repriced.length === 0) return;
  const effectiveAt = change.effectiveAt ?? change.now;
  const rows = repriced.map(({ listed, existing }) =>
    nextVersionRow(existing.latest, listed.price, effectiveAt, change, `${listed.key}.effectiveAt`),
  );
  await tx.orm.insert(priceVersions).values(rows);
}

async function updateAll(tx: Tx, updated: readonly Met[]): Promise<void> {
  await addProducts(tx, new Set(updated.map(({ listed }) => listed.product)));
  for (const { listed, existing } of updated) {
    const { product, supplierLabel, facts } = listed;
    await tx.orm
      .update(models)
      .set({ product, supplierLabel, facts })
      .where(eq(models.id, existing.model.id));
  }
}

/** Everything a list says of a model but its price. */
function described(model: Pick<ModelRow, 'product' | 'supplierLabel' | 'facts'>): string {
  return canonicalJson([model.product, model.supplierLabel, model.facts]);
}
