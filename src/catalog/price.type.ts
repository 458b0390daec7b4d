import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { type Decimal, formatDecimal, multiplyDecimal } from '../decimal.ts';
import { Inherits } from '../graphql/auth.ts';
import { DecimalScalar } from '../graphql/scalars.ts';
import { MeterEnum, UsageParam } from './meter.type.ts';
import { METERS, type Meter, type MeterUnit } from './meters.ts';
import type { Param } from './params.ts';
import {
  describeConditions,
  type ParamValues,
  type PriceComponent,
  type PriceMultiplier,
  paramEntries,
} from './price.ts';

/** In what a meter counts, as the API has it. */
export const MeterUnitEnum = {
  TOKEN: 'TOKEN',
  CHARACTER: 'CHARACTER',
  IMAGE: 'IMAGE',
  SECOND: 'SECOND',
  MINUTE: 'MINUTE',
  HOUR: 'HOUR',
  CALL: 'CALL',
} as const satisfies Record<MeterUnit, MeterUnit>;

registerEnumType(MeterUnitEnum, {
  name: 'MeterUnit',
  description: 'In what a meter counts.',
  valuesConfig: {
    TOKEN: { description: 'Tokens of text, audio, images or video.' },
    CHARACTER: { description: 'Characters of text.' },
    IMAGE: { description: 'Images.' },
    SECOND: { description: 'Seconds, also parts of them.' },
    MINUTE: { description: 'Minutes, also parts of them.' },
    HOUR: { description: 'Hours that were begun.' },
    CALL: { description: 'Requests, generations or searches.' },
  },
});

/** A fact of a request that a price asks for. */
@Inherits()
@ObjectType('PriceParam', {
  description: 'A fact of a request that a price asks for.',
  simpleResolvers: true,
})
export class PriceParamObject {
  @Field(() => UsageParam, { description: 'Which fact.' })
  name: Param;

  @Field(() => String, { description: 'The value it must have.' })
  value: string;
}

/** What one unit costs under some conditions. */
@Inherits()
@ObjectType('PriceComponent', {
  description:
    'What one unit of a meter costs under some conditions. The most specific component whose conditions hold is applied.',
  simpleResolvers: true,
})
export class PriceComponentObject {
  @Field(() => MeterEnum, { description: 'What is counted.' })
  meter: Meter;

  @Field(() => MeterUnitEnum, { description: 'In what it is counted.' })
  unit: MeterUnit;

  @Field(() => DecimalScalar, { description: 'Credits for one unit, exact.' })
  unitPrice: Decimal;

  @Field(() => String, { description: 'The price for people: "3 credits per million tokens".' })
  display: string;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'Holds if the request has more input tokens than this, for the whole request then.',
  })
  aboveInputTokens: Decimal | null;

  @Field(() => DecimalScalar, {
    nullable: true,
    description:
      'Holds for the units of the meter beyond this many in one charge; the units before cost what else holds for them.',
  })
  aboveQuantity: Decimal | null;

  @Field(() => [PriceParamObject], { description: 'Holds if the request has these parameters.' })
  params: PriceParamObject[];

  static of({ meter, unitPrice, conditions }: PriceComponent): PriceComponentObject {
    const { aboveInputTokens, aboveQuantity } = conditions;
    return Object.assign(new PriceComponentObject(), {
      meter,
      unit: METERS[meter].unit,
      unitPrice,
      display: displayPrice(meter, unitPrice, describeConditions(conditions)),
      aboveInputTokens: wholeOrNull(aboveInputTokens),
      aboveQuantity: wholeOrNull(aboveQuantity),
      params: paramObjects(conditions.params),
    });
  }
}

/** A factor on what the components make. */
@Inherits()
@ObjectType('PriceMultiplier', {
  description:
    'A factor on what the components make, for requests with these parameters. Several are multiplied.',
  simpleResolvers: true,
})
export class PriceMultiplierObject {
  @Field(() => DecimalScalar, { description: 'The factor, such as "1.1".' })
  factor: Decimal;

  @Field(() => [PriceParamObject], { description: 'The parameters of the request it is for.' })
  params: PriceParamObject[];

  @Field(() => [MeterUnitEnum], {
    nullable: true,
    description: 'Applies to meters counted in these units only; null for all.',
  })
  units: readonly MeterUnit[] | null;

  static of({ factor, params, units = undefined }: PriceMultiplier): PriceMultiplierObject {
    const members = { factor, params: paramObjects(params), units: units ?? null };
    return Object.assign(new PriceMultiplierObject(), members);
  }
}

const MILLION: Decimal = { coefficient: 1_000_000n, scale: 0 };

/** The price of one unit for people: tokens and characters by the million. */
export function displayPrice(meter: Meter, unitPrice: Decimal, conditions: string): string {
  const { unit } = METERS[meter];
  const small = unit === 'TOKEN' || unit === 'CHARACTER';
  const amount = formatDecimal(small ? multiplyDecimal(unitPrice, MILLION) : unitPrice);
  const per = small ? `million ${unit.toLowerCase()}s` : unit.toLowerCase();
  return `${amount} credits per ${per}${conditions ? ` (${conditions})` : ''}`;
}

function wholeOrNull(value: bigint | undefined): Decimal | null {
  return value === undefined ? null : { coefficient: value, scale: 0 };
}

function paramObjects(params: ParamValues | undefined): PriceParamObject[] {
  return paramEntries(params).map(([name, value]) => ({ name, value }));
}
