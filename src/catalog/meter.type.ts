import { registerEnumType } from 'type-graphql';
import { METER_LIST, METERS, type Meter } from './meters.ts';
import { PARAM_LIST, PARAMS, type Param } from './params.ts';

/** The meters and parameters as enums of the schema. */

/** GraphQL's form of the closed list of meters. */
export const MeterEnum = Object.fromEntries(METER_LIST.map((meter) => [meter, meter])) as Record<
  Meter,
  Meter
>;

registerEnumType(MeterEnum, {
  name: 'Meter',
  description:
    'A kind of quantity. Quantities are disjoint: what one meter counts, no other meter of the same charge counts again.',
  valuesConfig: Object.fromEntries(
    METER_LIST.map((meter) => [meter, { description: METERS[meter].description }]),
  ),
});

/** GraphQL's form of the closed list of parameters: `SERVICE_TIER` stands for `serviceTier`. */
export const UsageParam = Object.fromEntries(
  PARAM_LIST.map((param) => [constantCase(param), param]),
) as Record<string, Param>;

registerEnumType(UsageParam, {
  name: 'UsageParam',
  description: 'A fact about a request that may change its price.',
  valuesConfig: Object.fromEntries(
    PARAM_LIST.map((param) => [constantCase(param), { description: paramDescription(param) }]),
  ),
});

function paramDescription(param: Param): string {
  const { description, values } = PARAMS[param];
  return values ? `${description} One of: ${values.join(', ')}.` : description;
}

function constantCase(name: string): string {
  return name.replace(/[A-Z]/g, '_$&').toUpperCase();
}
