import type { CatalogVersion } from '../catalog/catalog-cache.ts';
import { discounted, exactAfter } from '../catalog/compute-discount.ts';
import { METER_LIST } from '../catalog/meters.ts';
import { describeConditions } from '../catalog/price.ts';
import { type Rated, type RatedLine, rate } from '../catalog/rate.ts';
import { compareDecimal, type Decimal, formatDecimal, ONE, parseDecimal } from '../decimal.ts';
import { assert } from '../domain-error.ts';
import { formatCredits } from '../money.ts';
import type { Charge } from './charge.ts';

/** How the amount of a charge came about. */
export interface ExplainedPrice {
  readonly version: CatalogVersion;
  readonly rated: Rated;
  /** What the plan of the team took off, in basis points. */
  readonly discountBps: bigint;
  /** The formula with its numbers. */
  readonly formula: string;
}

/**
 * Rates a charge again under the version that it was charged by: versions never change, so the numbers are those of then.
 * The plan's discount of then is kept with the charge. What was charged before, or not at all, is taken off in the end.
 */
export function explainPrice(charge: Charge, version: CatalogVersion): ExplainedPrice {
  const { quantities, params, amountNano, priorNano, shortNano, discountBps } = charge;
  const used = METER_LIST.flatMap((meter) => {
    const quantity = quantities[meter];
    return quantity === undefined ? [] : [[meter, parseDecimal(quantity)] as const];
  });
  const listed = rate(version.price, {
    quantities: new Map(used),
    params: new Map(Object.entries(params ?? {})),
  });
  assert(listed.ok, 'a charge has a price under its version');
  const rated = discounted(listed, discountBps);
  assert(
    rated.amountNano === amountNano + priorNano + shortNano,
    'a charge costs what its price version says',
  );
  const explained = explainRated(rated, version, discountBps);
  return { ...explained, formula: explained.formula + deductions(charge) };
}

/** How usage that was rated under a version comes to its amount. */
export function explainRated(rated: Rated, version: CatalogVersion, discountBps = 0n): ExplainedPrice {
  return { version, rated, discountBps, formula: formulaOf(rated, discountBps) };
}

/** A discount as a part of the price: 0.3 of 3000 basis points. */
export function discountPart(discountBps: bigint): Decimal {
  return { coefficient: discountBps, scale: 4 };
}

/** `1000 × 0.000003 × 0.5 = 0.0015`, for one line. */
export function lineFormula(line: RatedLine): string {
  return `${lineProduct(line)} = ${formatDecimal(line.subtotal)}`;
}

/** What was counted and which price of it held, in words. */
export function lineSummary({ meter, pricedAs, conditions, upTo }: RatedLine): string {
  const price = pricedAs === meter ? `The price of ${meter}` : `No price of its own: that of ${pricedAs}`;
  const held = describeConditions(conditions, upTo);
  return held ? `${price} for ${held}.` : `${price}.`;
}

function formulaOf({ lines, exact, minimum, amountNano }: Rated, discountBps: bigint): string {
  const sum = `${lines.map(lineProduct).join(' + ') || '0'} = ${formatDecimal(exact)}`;
  const raised = minimum ? `, raised to the minimum of ${formatDecimal(minimum)}` : '';
  const charged = { coefficient: amountNano, scale: 9 };
  const net = exactAfter({ exact, ...(minimum && { minimum }) }, discountBps);
  const percent = formatDecimal({ coefficient: discountBps, scale: 2 });
  const reduced = discountBps > 0n ? `, less ${percent}% by the plan = ${formatDecimal(net)}` : '';
  const rounded = compareDecimal(charged, net) !== 0;
  return sum + raised + reduced + (rounded ? `, rounded half-up to ${formatCredits(amountNano)}` : '');
}

/** `, less 0.2 charged before: 0.3` */
function deductions({ amountNano, priorNano, shortNano }: Charge): string {
  if (priorNano + shortNano === 0n) return '';
  const prior = priorNano > 0n ? `, less ${formatCredits(priorNano)} charged before` : '';
  const short = shortNano > 0n ? `, less ${formatCredits(shortNano)} that nothing paid` : '';
  return `${prior}${short}: ${formatCredits(amountNano)}`;
}

function lineProduct({ quantity, unitPrice, factor }: RatedLine): string {
  const product = `${formatDecimal(quantity)} × ${formatDecimal(unitPrice)}`;
  return compareDecimal(factor, ONE) === 0 ? product : `${product} × ${formatDecimal(factor)}`;
}
