import { asc } from 'drizzle-orm';
import type { Db, Reader } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import { type CompiledPrice, compilePrice } from './compile-price.ts';
import type { InstanceSpec } from './instance-spec.ts';
import { parsePrice } from './price-json.ts';
import { catalogState, models, priceVersions } from './tables.ts';

/** What charging needs to know of a model or an instance type. */
export interface CatalogModel {
  readonly id: Uuid;
  readonly key: string;
  readonly name: string;
  readonly product: string;
  readonly gpuType: string | null;
  readonly supplierLabel: string;
  readonly supplierTeamId: Uuid | null;
  /** False once the model is no longer sold; late usage of it can still be charged. */
  readonly active: boolean;
  /** What the machine is like, of an instance type; null for a model. */
  readonly instance: InstanceSpec | null;
}

/** A price list of one model from `effectiveAt` on, ready for `rate(version.price, usage)`. */
export interface CatalogVersion {
  readonly id: Uuid;
  readonly modelId: Uuid;
  readonly version: number;
  readonly effectiveAt: Date;
  readonly price: CompiledPrice;
}

/** All models, instance types and prices as of one revision. Never changes. */
export interface CatalogSnapshot {
  readonly revision: bigint;
  readonly modelByKey: ReadonlyMap<string, CatalogModel>;
  readonly modelById: ReadonlyMap<Uuid, CatalogModel>;
  readonly versionById: ReadonlyMap<Uuid, CatalogVersion>;
  /** The version that holds at an instant; undefined before the first one and for unknown models. */
  priceAt(modelId: Uuid, at: Date): CatalogVersion | undefined;
}

/** The number that grows with every change of models or prices: one cheap read in the caller's transaction. */
export async function catalogRevision(reader: Reader): Promise<bigint> {
  const [state] = await reader.orm.select({ revision: catalogState.revision }).from(catalogState);
  assert(state, 'catalog_state has its row');
  return state.revision;
}

/**
 * The catalogue in memory. Nobody is told of changes: who reads `catalogRevision` in its own transaction and finds
 * another number than the snapshot's calls `refresh`, so no timer can leave a stale price behind.
 */
export class Catalog {
  #current: CatalogSnapshot | undefined;
  #running: Promise<CatalogSnapshot> | undefined;
  #next: Promise<CatalogSnapshot> | undefined;

  constructor(private readonly db: Db) {}

  /** The last snapshot, loaded at first use. */
  async snapshot(): Promise<CatalogSnapshot> {
    return this.#current ?? this.refresh();
  }

  /** The last snapshot if the database has nothing newer, else the one that is there now. */
  async fresh(): Promise<CatalogSnapshot> {
    const revision = await catalogRevision(this.db);
    return this.#current?.revision === revision ? this.#current : this.refresh();
  }

  /**
   * A snapshot at least as new as this call. Concurrent calls share loads: one that runs and one that starts after it,
   * because a load that began earlier may have missed what the caller saw. Give the caller's transaction as `reader`,
   * so that nobody waits for a second connection while holding one.
   */
  refresh(reader: Reader = this.db): Promise<CatalogSnapshot> {
    if (!this.#running) return this.#start(reader);
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#running ?? this.#start(reader);
      });
    return this.#next;
  }

  #start(reader: Reader): Promise<CatalogSnapshot> {
    const load = loadSnapshot(reader, this.#current)
      .then((snapshot) => {
        this.#current = snapshot;
        return snapshot;
      })
      .finally(() => {
        this.#running = undefined;
      });
    this.#running = load;
    return load;
  }
}

/** Reads the revision before the rest: what is read later is at least as new as the number says. */
async function loadSnapshot(reader: Reader, previous: CatalogSnapshot | undefined): Promise<CatalogSnapshot> {
  const revision = await catalogRevision(reader);
  const modelRows = await reader.orm.select().from(models);
  const versionRows = await reader.orm.select().from(priceVersions).orderBy(asc(priceVersions.version));
  const versions = versionRows.map(
    (row): CatalogVersion => previous?.versionById.get(row.id) ?? compileRow(row),
  );
  const byModel = new Map<Uuid, CatalogVersion[]>(modelRows.map(({ id }) => [id, []]));
  for (const version of versions) byModel.get(version.modelId)?.push(version);
  return {
    revision,
    modelByKey: new Map(modelRows.map((model) => [model.key, model])),
    modelById: new Map(modelRows.map((model) => [model.id, model])),
    versionById: new Map(versions.map((version) => [version.id, version])),
    priceAt: (modelId, at) => byModel.get(modelId)?.findLast(({ effectiveAt }) => effectiveAt <= at),
  };
}

function compileRow(row: typeof priceVersions.$inferSelect): CatalogVersion {
  const { id, modelId, version, effectiveAt, components } = row;
  return { id, modelId, version, effectiveAt, price: compilePrice(parsePrice(components)) };
}
