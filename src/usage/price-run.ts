import type { CatalogModel, CatalogSnapshot, CatalogVersion } from '../catalog/catalog-cache.ts';
import { type Rated, type RateRefusal, rate } from '../catalog/rate.ts';
import type { ChargeRefusal } from '../charging/charge.ts';
import type { RunStep } from '../charging/run.ts';
import { compareDecimal, type Decimal, formatDecimal } from '../decimal.ts';
import { formatCredits, MAX_NANO, type NanoCredits, roundToNano } from '../money.ts';
import type { PlannedStep } from './run-plan.ts';

/** The steps of a job at the prices of an instant. */
export interface PricedPlan {
  readonly steps: readonly RunStep[];
  /** The sum of the steps. */
  readonly totalNano: NanoCredits;
}

/** What a step is expected to cost. */
export interface StepPrice {
  /** Of one time, as it would be charged. */
  readonly once: Rated;
  /** Of one time, before rounding. */
  readonly onceExact: Decimal;
  /** Of all times, exact and rounded once. */
  readonly exact: Decimal;
  readonly amountNano: NanoCredits;
}

const MAX_CREDITS: Decimal = { coefficient: MAX_NANO, scale: 9 };

/** Prices a plan: each step exact and rounded once, the whole their sum. Refused for the first step that has no price. */
export function pricePlan(
  plan: readonly PlannedStep[],
  catalog: CatalogSnapshot,
  at: Date,
): PricedPlan | ChargeRefusal {
  const steps: RunStep[] = [];
  let totalNano = 0n;
  for (const planned of plan) {
    const step = pricedStep(planned, catalog, at);
    if ('code' in step) return step;
    steps.push(step);
    totalNano += step.estimatedNano;
  }
  return totalNano > MAX_NANO ? tooLarge('plan') : { steps, totalNano };
}

/** What `times` times this usage costs under one version of a price. */
export function priceStep(
  { price }: CatalogVersion,
  usage: Parameters<typeof rate>[1],
  times: bigint,
): StepPrice | RateRefusal {
  const once = rate(price, usage);
  if (!once.ok) return once;
  const onceExact = once.minimum ?? once.exact;
  const exact = { coefficient: onceExact.coefficient * times, scale: onceExact.scale };
  if (compareDecimal(exact, MAX_CREDITS) > 0)
    return { ok: false, code: 'AMOUNT_TOO_LARGE', message: TOO_LARGE };
  return { once, onceExact, exact, amountNano: roundToNano(exact) };
}

function pricedStep(planned: PlannedStep, catalog: CatalogSnapshot, at: Date): RunStep | ChargeRefusal {
  const { key, modelKey, quantities, params, times, fields } = planned;
  const model = catalog.modelByKey.get(modelKey);
  if (!model || model.instance) return noModel(fields.model, modelKey, model);
  const version = catalog.priceAt(model.id, at);
  if (!version)
    return { code: 'NOT_PRICED', field: fields.model, message: `Model "${modelKey}" has no price now.` };
  const price = priceStep(version, planned, times);
  if (!('exact' in price)) return rateRefusal(price, fields);
  return {
    key,
    modelId: model.id,
    quantities: Object.fromEntries([...quantities].map(([meter, one]) => [meter, formatDecimal(one)])),
    params: params.size === 0 ? null : Object.fromEntries(params),
    times: times.toString(),
    priceVersionId: version.id,
    estimatedNano: price.amountNano,
  };
}

function noModel(field: string, key: string, model: CatalogModel | undefined): ChargeRefusal {
  const message = model
    ? `"${key}" is an instance type: it is sold by deployments, not by use.`
    : `There is no model "${key}".`;
  return { code: 'MODEL_NOT_FOUND', field, message };
}

function rateRefusal({ code, message }: RateRefusal, fields: PlannedStep['fields']): ChargeRefusal {
  if (code === 'UNPRICED_METER') return { code: 'NOT_PRICED', field: fields.quantities, message };
  return {
    code: 'INVALID_USAGE',
    field: code === 'UNKNOWN_PARAM' ? fields.params : fields.quantities,
    message,
  };
}

const TOO_LARGE = `The amount is above ${formatCredits(MAX_NANO)} credits.`;

function tooLarge(field: string): ChargeRefusal {
  return { code: 'INVALID_USAGE', field, message: TOO_LARGE };
}
