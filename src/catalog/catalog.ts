import { desc, eq, sql } from 'drizzle-orm';
import type { ActorRef } from '../actor.ts';
import type { Reader, Tx } from '../db/client.ts';
import { claimKey } from '../db/idempotency.ts';
import { assert, badInput, DomainError, notFound } from '../domain-error.ts';
import { newUuid, type Uuid } from '../id.ts';
import { INSTALLATION } from '../teams/audit.ts';
import { checkIdempotencyKey } from '../teams/text.ts';
import { type ModelRow, modelByKey, type PriceVersionRow } from './catalog-reads.ts';
import { checkInstancePrice } from './instance-price.ts';
import type { InstanceSpec } from './instance-spec.ts';
import { type ModelFacts, NO_FACTS } from './model-facts.ts';
import type { Price } from './price.ts';
import { formatPrice } from './price-json.ts';
import { catalogState, gpuTypes, models, priceVersions, products } from './tables.ts';

/** Who changes the catalogue, why and when. */
export interface CatalogChange {
  readonly actor: ActorRef;
  readonly reason: string;
  readonly now: Date;
}

/** A model's first price holds since then, so that usage reported late has a price. */
export const FIRST_EFFECTIVE_AT = new Date(0);

const MAX_REASON = 500;
const FURTHEST_AHEAD_MS = 2 * 366 * 86_400_000;

/** Takes the lock of the catalogue until the transaction ends: changes of models and prices happen one after another. */
export async function lockCatalog(tx: Tx): Promise<void> {
  await tx.orm.select().from(catalogState).for('update');
}

/** Tells caches that the catalogue changed, in the transaction that changes it. */
export async function bumpRevision(tx: Tx): Promise<void> {
  await tx.orm.update(catalogState).set({ revision: sql`${catalogState.revision} + 1` });
}

export interface CreateModel {
  /** Default: a fresh one. */
  readonly id?: Uuid;
  readonly key: string;
  /** Default: the key. */
  readonly name?: string;
  readonly product: string;
  readonly gpuType?: string;
  readonly supplierLabel: string;
  /** The team that earns from it. */
  readonly supplierTeamId?: Uuid;
  /** The machine, of an instance type. */
  readonly instance?: InstanceSpec;
  readonly facts?: ModelFacts;
  readonly price: Price;
}

/**
 * Adds a model with its first price. The product and the GPU type are added too when they are new.
 * @throws DomainError CONFLICT when the key is taken, BAD_USER_INPUT naming the field.
 */
export async function createModel(
  tx: Tx,
  input: CreateModel,
  change: CatalogChange,
): Promise<{ modelId: Uuid; priceVersionId: Uuid }> {
  await lockCatalog(tx);
  if (await modelByKey(tx, input.key)) {
    throw new DomainError('CONFLICT', `There is a model or an instance type ${input.key} already.`, {
      field: 'key',
    });
  }
  const model = newModelRow(input, change.now);
  const first = firstVersionRow(model.id, input.price, change);
  await insertModels(tx, [model], [first]);
  await bumpRevision(tx);
  return { modelId: model.id, priceVersionId: first.id };
}

export interface SetModelPrice {
  readonly modelKey: string;
  readonly price: Price;
  /** Default now. */
  readonly effectiveAt?: Date;
  readonly reason: string;
  readonly idempotencyKey: string;
}

/** A price version that was set, and whether the idempotency key had set it before. */
export interface PriceSet {
  readonly modelId: Uuid;
  readonly priceVersionId: Uuid;
  readonly replayed: boolean;
}

/**
 * Gives a model or an instance type a new price from `effectiveAt` on. What has been charged keeps the version it was charged by.
 * @throws DomainError NOT_FOUND for the model, BAD_USER_INPUT naming the field (`effectiveAt` in the past or before the
 * newest version's), IDEMPOTENCY_CONFLICT.
 */
export async function setModelPrice(
  tx: Tx,
  input: SetModelPrice,
  actor: ActorRef,
  now: Date,
): Promise<PriceSet> {
  await lockCatalog(tx);
  const model = await modelByKey(tx, input.modelKey);
  if (!model) throw notFound('Model', input.modelKey, 'modelKey');
  return addPriceVersion(tx, { model, keyOf: INSTALLATION, operation: 'setModelPrice' }, input, actor, now);
}

/**
 * Sets the price of a model that the team supplies, as `setModelPrice` does. A model of another supplier is not found,
 * exactly as an unknown one is not.
 * @throws DomainError as `setModelPrice` does.
 */
export async function setSupplierPrice(
  tx: Tx,
  supplierTeamId: Uuid,
  input: SetModelPrice,
  actor: ActorRef,
  now: Date,
): Promise<PriceSet> {
  await lockCatalog(tx);
  const model = await modelByKey(tx, input.modelKey);
  if (!model || model.supplierTeamId !== supplierTeamId) throw notFound('Model', input.modelKey, 'modelKey');
  return addPriceVersion(
    tx,
    { model, keyOf: supplierTeamId, operation: 'setSupplierPrice' },
    input,
    actor,
    now,
  );
}

async function addPriceVersion(
  tx: Tx,
  { model, keyOf, operation }: { model: ModelRow; keyOf: Uuid; operation: string },
  input: SetModelPrice,
  actor: ActorRef,
  now: Date,
): Promise<PriceSet> {
  const { idempotencyKey, price, ...rest } = input;
  const request = { ...rest, price: formatPrice(price) };
  const claim = { teamId: keyOf, operation, key: checkIdempotencyKey(idempotencyKey), request };
  const id = newUuid(now.getTime());
  const first = await claimKey(tx, claim, id, now);
  if (first !== undefined) return { modelId: model.id, priceVersionId: first, replayed: true };
  if (model.instance) checkInstancePrice(price);
  const latest = await latestVersion(tx, model.id);
  const change = { actor, reason: input.reason, now };
  const row = nextVersionRow(latest, price, input.effectiveAt ?? now, change);
  await tx.orm.insert(priceVersions).values({ ...row, id });
  await bumpRevision(tx);
  return { modelId: model.id, priceVersionId: id, replayed: false };
}

/** The row of a new model. @throws DomainError BAD_USER_INPUT naming the field. */
export function newModelRow(input: CreateModel, now: Date): ModelRow {
  const { key, name = key, product, supplierLabel } = input;
  return {
    id: input.id ?? newUuid(now.getTime()),
    key: checkText(key, 200, 'key'),
    name: checkText(name, 200, 'name'),
    product: checkText(product, 100, 'product'),
    gpuType: input.gpuType === undefined ? null : checkText(input.gpuType, 40, 'gpuType'),
    supplierLabel: checkText(supplierLabel, 100, 'supplierLabel'),
    supplierTeamId: input.supplierTeamId ?? null,
    active: true,
    instance: input.instance ?? null,
    facts: input.facts ?? NO_FACTS,
    createdAt: now,
  };
}

/** A model's first version: it holds since ever. */
export function firstVersionRow(modelId: Uuid, price: Price, change: CatalogChange): PriceVersionRow {
  return versionRow({ modelId, version: 1, effectiveAt: FIRST_EFFECTIVE_AT, price }, change);
}

/**
 * The version after `latest`.
 * @throws DomainError BAD_USER_INPUT: a price must not change what has happened, nor go behind the newest version.
 */
export function nextVersionRow(
  latest: Pick<PriceVersionRow, 'modelId' | 'version' | 'effectiveAt'>,
  price: Price,
  effectiveAt: Date,
  change: CatalogChange,
  field = 'effectiveAt',
): PriceVersionRow {
  if (effectiveAt < change.now) throw badInput(field, 'must not be in the past.');
  if (effectiveAt.getTime() > change.now.getTime() + FURTHEST_AHEAD_MS) {
    throw badInput(field, 'must be within two years: until then the price cannot be changed.');
  }
  if (effectiveAt < latest.effectiveAt) {
    const since = latest.effectiveAt.toISOString();
    throw badInput(field, `must not be before that of version ${latest.version}, ${since}.`);
  }
  return versionRow({ modelId: latest.modelId, version: latest.version + 1, effectiveAt, price }, change);
}

function versionRow(
  { price, ...version }: { modelId: Uuid; version: number; effectiveAt: Date; price: Price },
  { actor, reason, now }: CatalogChange,
): PriceVersionRow {
  return {
    ...version,
    id: newUuid(now.getTime()),
    components: formatPrice(price),
    createdAt: now,
    actorKind: actor.kind,
    actorId: actor.id,
    reason: checkText(reason, MAX_REASON, 'reason'),
  };
}

const ROWS_PER_STATEMENT = 1000;

/** Writes new models with their first versions, and the products and GPU types that are new with them. */
export async function insertModels(
  tx: Tx,
  rows: readonly ModelRow[],
  versions: readonly PriceVersionRow[],
): Promise<void> {
  await addProducts(tx, new Set(rows.map(({ product }) => product)));
  await addGpuTypes(tx, new Set(rows.flatMap(({ gpuType }) => gpuType ?? [])));
  for (let i = 0; i < rows.length; i += ROWS_PER_STATEMENT) {
    await tx.orm.insert(models).values(rows.slice(i, i + ROWS_PER_STATEMENT));
    await tx.orm.insert(priceVersions).values(versions.slice(i, i + ROWS_PER_STATEMENT));
  }
}

/** Makes sure that the products exist. A new one is named after its code: `image_generation` → "Image generation". */
export async function addProducts(tx: Tx, codes: ReadonlySet<string>): Promise<void> {
  if (codes.size === 0) return;
  const rows = [...codes].map((code) => ({ code, name: nameOfCode(code) }));
  await tx.orm.insert(products).values(rows).onConflictDoNothing();
}

/** Makes sure that the GPU types exist. */
async function addGpuTypes(tx: Tx, codes: ReadonlySet<string>): Promise<void> {
  if (codes.size === 0) return;
  const rows = [...codes].map((code) => ({ code, name: `GPU ${code}` }));
  await tx.orm.insert(gpuTypes).values(rows).onConflictDoNothing();
}

function nameOfCode(code: string): string {
  const words = code.replaceAll(/[_-]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

async function latestVersion(reader: Reader, modelId: Uuid): Promise<PriceVersionRow> {
  const [latest] = await reader.orm
    .select()
    .from(priceVersions)
    .where(eq(priceVersions.modelId, modelId))
    .orderBy(desc(priceVersions.version))
    .limit(1);
  assert(latest, 'a model has a price since it was created');
  return latest;
}

function checkText(text: string, max: number, field: string): string {
  if (text.trim() === text && text !== '' && text.length <= max && isPrintable(text)) return text;
  throw badInput(field, `must have 1 to ${max} characters, without spaces around it and control characters.`);
}

/** Neither control characters, nor halves of surrogate pairs, which PostgreSQL cannot keep. */
function isPrintable(text: string): boolean {
  return !/\p{Cc}/u.test(text) && text.isWellFormed();
}
