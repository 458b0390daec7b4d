import { Field, ID, InputType } from 'type-graphql';
import { type Decimal, formatDecimal } from '../decimal.ts';
import { badInput } from '../domain-error.ts';
import { DateTimeScalar, DecimalScalar } from '../graphql/scalars.ts';
import type { SetModelPrice } from './catalog.ts';
import { MeterEnum, UsageParam } from './meter.type.ts';
import type { Meter, MeterUnit } from './meters.ts';
import type { Param } from './params.ts';
import {
  makePrice,
  type ParamValues,
  type Price,
  type PriceComponent,
  type PriceMultiplier,
} from './price.ts';
import { MeterUnitEnum } from './price.type.ts';

@InputType('PriceParamInput', { description: 'A fact of a request that a price asks for.' })
class PriceParamInput {
  @Field(() => UsageParam, { description: 'Which fact.' })
  name: Param;

  @Field(() => String, { description: 'The value it must have.' })
  value: string;
}

@InputType('PriceComponentInput', { description: 'What one unit of a meter costs under some conditions.' })
class PriceComponentInput {
  @Field(() => MeterEnum, { description: 'What is counted.' })
  meter: Meter;

  @Field(() => DecimalScalar, { description: 'Credits for one unit, 0 to 1000000. Zero means free.' })
  unitPrice: Decimal;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'Holds if the request has more input tokens than this, for the whole request then.',
  })
  aboveInputTokens?: Decimal | null;

  @Field(() => DecimalScalar, {
    nullable: true,
    description:
      'Holds for the units of the meter beyond this many in one charge. The units before need a price with the same conditions but this.',
  })
  aboveQuantity?: Decimal | null;

  @Field(() => [PriceParamInput], {
    defaultValue: [],
    description: 'Holds if the request has these parameters, each named once.',
  })
  params: PriceParamInput[];
}

@InputType('PriceMultiplierInput', { description: 'A factor on what the components make.' })
class PriceMultiplierInput {
  @Field(() => DecimalScalar, { description: 'The factor, 0 to 1000.' })
  factor: Decimal;

  @Field(() => [PriceParamInput], { description: 'The parameters of the request it is for, at least one.' })
  params: PriceParamInput[];

  @Field(() => [MeterUnitEnum], {
    nullable: true,
    description: 'Applies to meters counted in these units only; null for all.',
  })
  units?: MeterUnit[] | null;
}

@InputType('PriceInput', { description: 'A whole price list of one model.' })
export class PriceInput {
  @Field(() => [PriceComponentInput], {
    description: 'What things cost: 1 to 200 components, no two with the same meter and conditions.',
  })
  components: PriceComponentInput[];

  @Field(() => [PriceMultiplierInput], {
    defaultValue: [],
    description: 'Factors for some requests, up to 50.',
  })
  multipliers: PriceMultiplierInput[];

  @Field(() => DecimalScalar, { nullable: true, description: 'The least a charge costs, in credits.' })
  minimum?: Decimal | null;
}

@InputType('SetModelPriceInput', { description: 'A new price of a model or an instance type.' })
export class SetModelPriceInput {
  @Field(() => String, { description: 'The key of the model or instance type.' })
  modelKey: string;

  @Field(() => PriceInput, { description: 'The price. It replaces the whole price before it.' })
  price: PriceInput;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Holds for what is used from this instant on: now (also when absent) or later.',
  })
  effectiveAt?: Date | null;

  @Field(() => String, { description: 'Why, for the record: 1 to 500 characters.' })
  reason: string;

  @Field(() => String, {
    description: 'Your own key for this request: a repeat answers the same version. 1 to 255 characters.',
  })
  idempotencyKey: string;
}

@InputType('SetSupplierPriceInput', { description: 'A new price of a model that the team supplies.' })
export class SetSupplierPriceInput extends SetModelPriceInput {
  @Field(() => ID, { description: 'The team that supplies the model.' })
  teamId: string;
}

/**
 * The change of a price that the input asks for.
 * @throws DomainError BAD_USER_INPUT naming the field.
 */
export function priceRequest({ price, effectiveAt, ...rest }: SetModelPriceInput): SetModelPrice {
  return { ...rest, price: priceFromInput(price), ...(effectiveAt ? { effectiveAt } : {}) };
}

/**
 * The price that the input describes.
 * @throws DomainError BAD_USER_INPUT naming the field.
 */
function priceFromInput({ components, multipliers, minimum }: PriceInput): Price {
  return makePrice({
    components: components.map((each, i) => componentFrom(each, `price.components.${i}`)),
    multipliers: multipliers.map((each, i) => multiplierFrom(each, `price.multipliers.${i}`)),
    ...(minimum ? { minimum } : {}),
  });
}

function componentFrom(
  { meter, unitPrice, aboveInputTokens, aboveQuantity, params }: PriceComponentInput,
  path: string,
): PriceComponent {
  const conditions = {
    ...(aboveInputTokens
      ? { aboveInputTokens: wholeNumber(aboveInputTokens, `${path}.aboveInputTokens`) }
      : {}),
    ...(aboveQuantity ? { aboveQuantity: wholeNumber(aboveQuantity, `${path}.aboveQuantity`) } : {}),
    ...(params.length > 0 ? { params: paramsFrom(params, `${path}.params`) } : {}),
  };
  return { meter, unitPrice, conditions };
}

function multiplierFrom({ factor, params, units }: PriceMultiplierInput, path: string): PriceMultiplier {
  return { factor, params: paramsFrom(params, `${path}.params`), ...(units ? { units } : {}) };
}

function paramsFrom(params: readonly PriceParamInput[], path: string): ParamValues {
  const values = Object.fromEntries(params.map(({ name, value }) => [name, value]));
  if (Object.keys(values).length < params.length) throw badInput(path, 'must name each parameter once.');
  return values;
}

function wholeNumber(value: Decimal, path: string): bigint {
  const text = formatDecimal(value);
  if (/^\d+$/.test(text)) return BigInt(text);
  throw badInput(path, 'must be a whole number.');
}
