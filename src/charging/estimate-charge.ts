import type { Catalog, CatalogSnapshot } from '../catalog/catalog-cache.ts';
import { METER_LIST, type Meter } from '../catalog/meters.ts';
import { rate } from '../catalog/rate.ts';
import type { Clock } from '../clock.ts';
import type { Db } from '../db/client.ts';
import type { Decimal } from '../decimal.ts';
import { DomainError, notFound } from '../domain-error.ts';
import { availableFor, type ChargeTarget } from '../grants/drawdown.ts';
import { publicId, type Uuid } from '../id.ts';
import { readBook } from '../ledger/balance.ts';
import type { NanoCredits } from '../money.ts';
import { type ExplainedPrice, explainRated } from './explain-price.ts';
import {
  checkForm,
  checkText,
  FORM_LIMITS,
  type MeteredQuantity,
  type NamedValue,
  paramMap,
  quantityMap,
} from './request-form.ts';

/** Usage that somebody thinks of, as they send it. */
export interface EstimateItem {
  readonly model: string;
  readonly quantities: readonly MeteredQuantity[];
  readonly params?: readonly NamedValue[] | null | undefined;
  readonly occurredAt?: Date | null | undefined;
}

/** What usage would cost, and whether a team could pay for it now. */
export interface EstimatedCharge {
  readonly teamId: Uuid;
  readonly price: ExplainedPrice;
  /** What the team has that may be spent on it. */
  readonly availableNano: NanoCredits;
}

/** What estimates are made with. */
export interface EstimateServices {
  readonly db: Db;
  readonly clock: Clock;
  readonly catalog: Catalog;
}

/**
 * What usage would cost, by the price that holds when it occurs. Writes nothing and sets nothing aside.
 * @throws DomainError BAD_USER_INPUT naming the member of the item that is wrong, NOT_FOUND for an unknown team.
 */
export async function estimateCharge(
  { db, clock, catalog }: EstimateServices,
  teamId: Uuid,
  item: EstimateItem,
): Promise<EstimatedCharge> {
  const now = clock.now();
  const { price, target } = priceOf(item, await catalog.fresh(), now);
  const book = await readBook(db, teamId, now);
  if (!book) throw notFound('Team', publicId('team', teamId));
  return { teamId, price, availableNano: availableFor(book.grants, target, book.atMs) };
}

function priceOf(
  item: EstimateItem,
  catalog: CatalogSnapshot,
  now: Date,
): { price: ExplainedPrice; target: ChargeTarget } {
  const usage = checkForm(() => {
    checkText(item.model, 'model', FORM_LIMITS.modelLength);
    return { quantities: inOrder(quantityMap(item.quantities)), params: paramMap(item.params) };
  });
  if ('code' in usage) throw wrong(usage.field, usage.message);
  const model = catalog.modelByKey.get(item.model);
  if (!model) throw wrong('model', `There is no model "${item.model}".`);
  const version = catalog.priceAt(model.id, item.occurredAt ?? now);
  if (!version) throw wrong('occurredAt', `Model "${model.key}" had no price then.`);
  const rated = rate(version.price, usage);
  if (!rated.ok) throw wrong(rated.code === 'UNKNOWN_PARAM' ? 'params' : 'quantities', rated.message);
  const { id: modelId, product, gpuType } = model;
  return { price: explainRated(rated, version), target: { product, modelId, gpuType } };
}

/** As prices are listed: an estimate reads like the explanation of its charge. */
function inOrder(quantities: ReadonlyMap<Meter, Decimal>): Map<Meter, Decimal> {
  const rank = new Map(METER_LIST.map((meter, index) => [meter, index]));
  return new Map([...quantities].sort(([a], [b]) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0)));
}

function wrong(field: string, message: string): DomainError {
  return new DomainError('BAD_USER_INPUT', message, { field });
}
