import { Field, ID, InputType } from 'type-graphql';
import { DateTimeScalar } from '../graphql/scalars.ts';
import type { EstimateItem } from './estimate-charge.ts';
import { UsageParamInput, UsageQuantityInput } from './usage.input.ts';

@InputType({ description: 'Usage whose price is to be known.' })
export class EstimateChargeInput implements EstimateItem {
  @Field(() => ID, { description: 'The team that would pay.' })
  teamId: string;

  @Field(() => String, { description: 'The key of a model, such as "gpt-5", or of an instance type.' })
  model: string;

  @Field(() => [UsageQuantityInput], { description: 'What would be used, each meter at most once.' })
  quantities: UsageQuantityInput[];

  @Field(() => [UsageParamInput], { nullable: true, description: 'Facts that may change the price.' })
  params?: UsageParamInput[] | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'When it would be used: the price of that instant, past or to come, as far as it is set. Absent: now.',
  })
  occurredAt?: Date | null;
}
