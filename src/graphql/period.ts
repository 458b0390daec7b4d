import { Field, InputType } from 'type-graphql';
import { DateTimeScalar } from './scalars.ts';

/** An interval of time: from the first instant on, before the second. */
@InputType('PeriodInput', { description: 'An interval of time; an end that is absent is open.' })
export class PeriodInput {
  @Field(() => DateTimeScalar, { nullable: true, description: 'At this instant or later.' })
  from?: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Before this instant.' })
  before?: Date | null;
}
