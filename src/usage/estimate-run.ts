import type { ActorRef } from '../actor.ts';
import type { Catalog } from '../catalog/catalog-cache.ts';
import type { ChargeRefusal } from '../charging/charge.ts';
import { checkForm } from '../charging/request-form.ts';
import type { Clock } from '../clock.ts';
import { type Db, inTransaction } from '../db/client.ts';
import { newUuid, type Uuid } from '../id.ts';
import { type PricedPlan, pricePlan } from './price-run.ts';
import { type PlanForm, plannedSteps } from './run-plan.ts';
import { insertQuote, QUOTE_LIFE_MS, type RunQuote } from './run-quote.ts';

/** What estimates are made with. */
export interface Estimating {
  readonly db: Db;
  readonly clock: Clock;
  readonly catalog: Catalog;
}

export type EstimateResult =
  | { readonly ok: true; readonly quote: RunQuote }
  | { readonly ok: false; readonly refusal: ChargeRefusal };

/** Prices a plan by what holds now and keeps the quote, whether or not the team can afford it. */
export async function estimateRun(
  { db, clock, catalog }: Estimating,
  { teamId, plan }: { readonly teamId: Uuid; readonly plan: PlanForm },
  actor: ActorRef,
): Promise<EstimateResult> {
  const createdAt = clock.now();
  const priced = await priceOf(catalog, plan, createdAt);
  if ('code' in priced) return { ok: false, refusal: priced };
  const expiresAt = new Date(createdAt.getTime() + QUOTE_LIFE_MS);
  const quote = { teamId, id: newUuid(createdAt.getTime()), ...priced, createdAt, expiresAt, actor };
  const kept = await inTransaction(db, (tx) => insertQuote(tx, quote));
  return kept ? { ok: true, quote } : { ok: false, refusal: noTeam };
}

/** A plan at the prices of an instant, or why it has none. Members are named as in `input.plan`. */
export async function priceOf(
  catalog: Catalog,
  plan: PlanForm,
  at: Date,
): Promise<PricedPlan | ChargeRefusal> {
  const steps = checkForm(() => plannedSteps(plan, 'plan'));
  return 'code' in steps ? steps : pricePlan(steps, await catalog.fresh(), at);
}

const noTeam: ChargeRefusal = {
  code: 'TEAM_NOT_FOUND',
  field: 'teamId',
  message: 'There is no such team.',
};
