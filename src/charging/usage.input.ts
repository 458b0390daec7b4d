import { Field, InputType } from 'type-graphql';
import { MeterEnum, UsageParam } from '../catalog/meter.type.ts';
import type { Meter } from '../catalog/meters.ts';
import type { Decimal } from '../decimal.ts';
import { DecimalScalar } from '../graphql/scalars.ts';
import type { MeteredQuantity, NamedValue } from './request-form.ts';

@InputType({ description: 'How much was used of one thing.' })
export class UsageQuantityInput implements MeteredQuantity {
  @Field(() => MeterEnum, { description: 'What was counted.' })
  meter: Meter;

  @Field(() => DecimalScalar, { description: 'How many units: 0 or more, up to 9 decimal places.' })
  quantity: Decimal;
}

@InputType({ description: 'A fact about the request that may change its price.' })
export class UsageParamInput implements NamedValue {
  @Field(() => UsageParam, { description: 'Which fact.' })
  name: string;

  @Field(() => String, { description: 'Its value, such as "batch" for SERVICE_TIER.' })
  value: string;
}

@InputType({ description: 'A label of your own to find and group charges by.' })
export class TagInput implements NamedValue {
  @Field(() => String, { description: 'The name, 1 to 64 characters, once an item.' })
  name: string;

  @Field(() => String, { description: 'The value, up to 256 characters.' })
  value: string;
}
