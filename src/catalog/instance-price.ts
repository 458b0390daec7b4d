import { type Decimal, ONE } from '../decimal.ts';
import { assert, badInput } from '../domain-error.ts';
import type { NanoCredits } from '../money.ts';
import type { CompiledPrice } from './compile-price.ts';
import { checkUnitPrice, describeConditions, makePrice, type Price } from './price.ts';
import { rate } from './rate.ts';

const METER = 'INSTANCE_HOUR';
const MAX_HOURLY_SCALE = 9;

/**
 * The price of an instance type that costs `hourlyPrice` credits for each hour begun.
 * @throws DomainError BAD_USER_INPUT naming `hourlyPrice`: negative, above what a unit may cost, or finer than a nano-credit.
 */
export function priceOfHour(hourlyPrice: Decimal): Price {
  checkScale(hourlyPrice, 'hourlyPrice');
  checkUnitPrice(hourlyPrice, 'hourlyPrice');
  return makePrice({
    components: [{ meter: METER, unitPrice: hourlyPrice, conditions: {} }],
    multipliers: [],
  });
}

/** What an hour is said to cost is what it is charged. */
function checkScale(hourlyPrice: Decimal, field: string): void {
  if (hourlyPrice.scale <= MAX_HOURLY_SCALE) return;
  throw badInput(field, `must have at most ${MAX_HOURLY_SCALE} decimal places.`);
}

/**
 * Makes sure that each hour of an instance type costs the same, in whole nano-credits: an hour has no parameters that
 * conditions could ask for.
 * @throws DomainError BAD_USER_INPUT naming the part (below `path`) that an instance type cannot have.
 */
export function checkInstancePrice({ components, multipliers, minimum }: Price, path = 'price'): void {
  const [only] = components;
  const isPlain = only?.meter === METER && describeConditions(only.conditions) === '';
  if (components.length !== 1 || !isPlain) {
    throw badInput(
      `${path}.components`,
      `must be one price of ${METER}, without conditions: it is an instance type.`,
    );
  }
  checkScale(only.unitPrice, `${path}.components.0.unitPrice`);
  if (multipliers.length > 0) throw badInput(`${path}.multipliers`, 'must be empty: it is an instance type.');
  if (minimum) throw badInput(`${path}.minimum`, 'must be absent: it is an instance type.');
}

/** What each hour begun costs under a price of an instance type. */
export function hourlyNano(price: CompiledPrice): NanoCredits {
  const rated = rate(price, { quantities: new Map([[METER, ONE]]), params: new Map() });
  assert(rated.ok, 'the price of an instance type has a price of hours');
  return rated.amountNano;
}
