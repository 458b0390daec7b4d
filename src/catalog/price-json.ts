import { z } from 'zod';
import { formatDecimal, parseDecimal } from '../decimal.ts';
import { badInput } from '../domain-error.ts';
import { isMeter, METER_UNITS, type Meter } from './meters.ts';
import { isParam, type Param } from './params.ts';
import {
  makePrice,
  type ParamValues,
  type Price,
  type PriceComponent,
  type PriceMultiplier,
  paramEntries,
} from './price.ts';

const params = z.record(z.string(), z.string());
const unit = z.enum(METER_UNITS);
const component = z.strictObject({
  meter: z.string(),
  unitPrice: z.string(),
  aboveInputTokens: z.string().optional(),
  aboveQuantity: z.string().optional(),
  params: params.optional(),
});
const multiplier = z.strictObject({ factor: z.string(), params, units: z.array(unit).optional() });
const priceShape = z.strictObject({
  components: z.array(component),
  multipliers: z.array(multiplier),
  minimum: z.string().optional(),
});

export type ComponentJson = z.infer<typeof component>;
export type MultiplierJson = z.infer<typeof multiplier>;
/** A price as JSON: exact decimals as strings. */
export type PriceJson = z.infer<typeof priceShape>;

/** The stored text of a price. Equal prices have equal text. */
export function formatPrice(price: Price): string {
  const { components, multipliers, minimum } = makePrice(price);
  return JSON.stringify({
    components: components.map(componentJson),
    multipliers: multipliers.map(multiplierJson),
    ...(minimum ? { minimum: formatDecimal(minimum) } : {}),
  } satisfies PriceJson);
}

/**
 * Reads a price from its JSON text.
 * @throws DomainError BAD_USER_INPUT naming the field that cannot be used.
 */
export function parsePrice(text: string): Price {
  return priceFromJson(parseJson(text));
}

/**
 * Checks a price that came as JSON.
 * @throws DomainError BAD_USER_INPUT naming the field (below `path`) that cannot be used.
 */
export function priceFromJson(json: unknown, path = 'price'): Price {
  const parsed = priceShape.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw badInput([path, ...(issue?.path ?? [])].join('.'), issue?.message ?? 'is no price.');
  }
  const { components, multipliers, minimum } = parsed.data;
  const price: Price = {
    components: components.map((each, i) => componentFrom(each, `${path}.components.${i}`)),
    multipliers: multipliers.map((each, i) => multiplierFrom(each, `${path}.multipliers.${i}`)),
    ...(minimum === undefined ? {} : { minimum: parseDecimal(minimum, `${path}.minimum`) }),
  };
  return makePrice(price, path);
}

function componentJson({ meter, unitPrice, conditions }: PriceComponent): ComponentJson {
  const { aboveInputTokens, aboveQuantity, params: wanted } = conditions;
  const pairs = paramEntries(wanted);
  return {
    meter,
    unitPrice: formatDecimal(unitPrice),
    ...(aboveInputTokens === undefined ? {} : { aboveInputTokens: aboveInputTokens.toString() }),
    ...(aboveQuantity === undefined ? {} : { aboveQuantity: aboveQuantity.toString() }),
    ...(pairs.length === 0 ? {} : { params: Object.fromEntries(pairs) }),
  };
}

function multiplierJson({ factor, params: wanted, units }: PriceMultiplier): MultiplierJson {
  return {
    factor: formatDecimal(factor),
    params: Object.fromEntries(paramEntries(wanted)),
    ...(units ? { units: [...units] } : {}),
  };
}

function componentFrom(json: ComponentJson, path: string): PriceComponent {
  const { aboveInputTokens, aboveQuantity, params: wanted } = json;
  return {
    meter: meterFrom(json.meter, `${path}.meter`),
    unitPrice: parseDecimal(json.unitPrice, `${path}.unitPrice`),
    conditions: {
      ...(aboveInputTokens === undefined
        ? {}
        : { aboveInputTokens: wholeFrom(aboveInputTokens, `${path}.aboveInputTokens`) }),
      ...(aboveQuantity === undefined
        ? {}
        : { aboveQuantity: wholeFrom(aboveQuantity, `${path}.aboveQuantity`) }),
      ...(wanted ? { params: paramsFrom(wanted, `${path}.params`) } : {}),
    },
  };
}

function multiplierFrom(json: MultiplierJson, path: string): PriceMultiplier {
  return {
    factor: parseDecimal(json.factor, `${path}.factor`),
    params: paramsFrom(json.params, `${path}.params`),
    ...(json.units ? { units: json.units } : {}),
  };
}

function meterFrom(text: string, path: string): Meter {
  if (isMeter(text)) return text;
  throw badInput(path, `must be a meter; ${text} is none.`);
}

function paramsFrom(given: Readonly<Record<string, string>>, path: string): ParamValues {
  const pairs = Object.entries(given).map(([param, value]): [Param, string] => {
    if (isParam(param)) return [param, value];
    throw badInput(`${path}.${param}`, 'is no parameter.');
  });
  return Object.fromEntries(pairs);
}

function wholeFrom(text: string, path: string): bigint {
  if (/^\d{1,18}$/.test(text)) return BigInt(text);
  throw badInput(path, 'must be a whole number.');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badInput('price', 'must be JSON.');
  }
}
