import type { CatalogVersion } from '../catalog/catalog-cache.ts';
import { METER_LIST } from '../catalog/meters.ts';
import { type ExplainedPrice, explainRated } from '../charging/explain-price.ts';
import type { RunStep } from '../charging/run.ts';
import { compareDecimal, formatDecimal, parseDecimal } from '../decimal.ts';
import { assert } from '../domain-error.ts';
import { formatCredits } from '../money.ts';
import { priceStep, type StepPrice } from './price-run.ts';

/** How the expected cost of a step came about. */
export interface ExplainedStep {
  /** What one time costs. */
  readonly once: ExplainedPrice;
  /** What all times cost, with the numbers. */
  readonly formula: string;
}

/** Prices a step again under the version that it was priced by: versions never change. */
export function explainStep(step: RunStep, version: CatalogVersion): ExplainedStep {
  const quantities = METER_LIST.flatMap((meter) => {
    const quantity = step.quantities[meter];
    return quantity === undefined ? [] : [[meter, parseDecimal(quantity)] as const];
  });
  const usage = { quantities: new Map(quantities), params: new Map(Object.entries(step.params ?? {})) };
  const price = priceStep(version, usage, BigInt(step.times));
  assert('exact' in price && price.amountNano === step.estimatedNano, 'a step costs what its version says');
  return { once: explainRated(price.once, version), formula: formulaOf(step, price) };
}

/** `500 × 0.005 = 2.5` */
function formulaOf({ times }: RunStep, { onceExact, exact, amountNano }: StepPrice): string {
  const product = `${times} × ${formatDecimal(onceExact)} = ${formatDecimal(exact)}`;
  const isRounded = compareDecimal({ coefficient: amountNano, scale: 9 }, exact) !== 0;
  return isRounded ? `${product}, rounded half-up to ${formatCredits(amountNano)}` : product;
}
