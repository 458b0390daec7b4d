import { Field, ID, InputType, Int } from 'type-graphql';
import { TagInput, UsageParamInput, UsageQuantityInput } from '../charging/usage.input.ts';
import { OneOf } from '../graphql/one-of.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import type { EndForm } from './end-run.ts';
import type { RunUsageItem } from './record-run-usage.ts';
import type { BenchmarkForm, PlanForm, StepForm } from './run-plan.ts';
import type { StartForm } from './start-run.ts';

const PARAMS = { nullable: true, description: 'Facts that may change the price.' } as const;

@InputType({ description: 'One part of a job: usage of one model, once or many times.' })
export class RunStepInput implements StepForm {
  @Field(() => String, {
    description: 'What usage will be reported for: 1 to 200 characters, unique among the steps.',
  })
  key: string;

  @Field(() => String, { description: 'The key of the model, such as "gpt-5".' })
  model: string;

  @Field(() => [UsageQuantityInput], { description: 'What is expected to be used each time.' })
  quantities: UsageQuantityInput[];

  @Field(() => [UsageParamInput], PARAMS)
  params?: UsageParamInput[] | null;

  @Field(() => Int, {
    nullable: true,
    description: 'How many times the model is expected to be used, up to 1,000,000,000. Absent: once.',
  })
  times?: number | null;
}

@InputType({ description: 'The same usage of several models, once for each record of a data set.' })
export class RunBenchmarkInput implements BenchmarkForm {
  @Field(() => [String], { description: 'The keys of 1 to 200 models. Each becomes a step of that key.' })
  models: string[];

  @Field(() => [UsageQuantityInput], { description: 'What each model is expected to use for one record.' })
  quantities: UsageQuantityInput[];

  @Field(() => [UsageParamInput], PARAMS)
  params?: UsageParamInput[] | null;

  @Field(() => Int, { description: 'How many records the data set has, up to 1,000,000,000.' })
  records: number;
}

const STEPS = { nullable: true, description: '1 to 200 steps.' } as const;
const BENCHMARK = { nullable: true, description: 'Several models on one data set.' } as const;

@OneOf()
@InputType({ description: 'A job: its steps, or a benchmark.' })
export class RunPlanInput implements PlanForm {
  @Field(() => [RunStepInput], STEPS)
  steps?: RunStepInput[] | null;

  @Field(() => RunBenchmarkInput, BENCHMARK)
  benchmark?: RunBenchmarkInput | null;
}

@InputType({ description: 'A job whose cost is to be estimated.' })
export class EstimateRunInput {
  @Field(() => ID, { description: 'The team that would pay.' })
  teamId: string;

  @Field(() => RunPlanInput, { description: 'What is to be done.' })
  plan: RunPlanInput;
}

@OneOf()
@InputType({ description: 'A job that was quoted, its steps, or a benchmark.' })
export class StartRunPlanInput implements PlanForm {
  @Field(() => ID, { nullable: true, description: 'A quote of the team that has not expired.' })
  quoteId?: string | null;

  @Field(() => [RunStepInput], STEPS)
  steps?: RunStepInput[] | null;

  @Field(() => RunBenchmarkInput, BENCHMARK)
  benchmark?: RunBenchmarkInput | null;
}

@InputType({ description: 'A job that begins.' })
export class StartRunInput implements StartForm {
  @Field(() => String, {
    description:
      'Your key for this run, 1 to 200 characters, unique among the runs of the team for ever. The same key with the same input starts it once.',
  })
  idempotencyKey: string;

  @Field(() => ID, { description: 'The team that pays.' })
  teamId: string;

  @Field(() => String, { nullable: true, description: 'A name for people, 1 to 200 characters.' })
  name?: string | null;

  @Field(() => StartRunPlanInput, { description: 'What is to be done.' })
  plan: StartRunPlanInput;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether to hold what it is expected to cost: of credit that may pay for every model in it. Its usage is paid from that first. Absent: no.',
  })
  hold?: boolean | null;

  @Field(() => Int, {
    nullable: true,
    description: 'When the rest of the hold returns at the latest: in 10 to 86,400 seconds. Absent: in 900.',
  })
  holdSeconds?: number | null;

  @Field(() => ID, { nullable: true, description: 'The member of the team who runs it.' })
  memberId?: string | null;

  @Field(() => ID, { nullable: true, description: 'The API key of the team it runs with.' })
  apiKeyId?: string | null;

  @Field(() => [TagInput], { nullable: true, description: 'Up to 16 labels of your own.' })
  tags?: TagInput[] | null;
}

@InputType({ description: 'One thing that a step of a run used.' })
export class RunUsageItemInput implements RunUsageItem {
  @Field(() => String, {
    description:
      'Your key for this item, 1 to 200 characters, unique for the team for ever, with those of recordUsage. The same key with the same item is charged once and answers the first result.',
  })
  idempotencyKey: string;

  @Field(() => ID, { description: 'The team that pays.' })
  teamId: string;

  @Field(() => ID, { description: 'The run.' })
  runId: string;

  @Field(() => String, { description: 'The key of the step: it says which model was used.' })
  step: string;

  @Field(() => [UsageQuantityInput], { description: 'What was used, each meter at most once.' })
  quantities: UsageQuantityInput[];

  @Field(() => [UsageParamInput], PARAMS)
  params?: UsageParamInput[] | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'When it was used; the price of that instant holds. At most 35 days (by default) in the past and 5 minutes ahead. Absent: now.',
  })
  occurredAt?: Date | null;

  @Field(() => [TagInput], { nullable: true, description: 'Up to 16 labels of your own.' })
  tags?: TagInput[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'The work is done already: what credit cannot pay becomes debt up to the limit of the team, and beyond it the usage is kept as UNBILLED. Absent or false: refused with OUT_OF_CREDITS.',
  })
  afterTheFact?: boolean | null;
}

@InputType({ description: 'What runs used.' })
export class RecordRunUsageInput {
  @Field(() => [RunUsageItemInput], { description: '1 to 1,000 items, of any runs.' })
  items: RunUsageItemInput[];
}

@InputType({ description: 'A run that is done.' })
export class FinishRunInput implements EndForm {
  @Field(() => ID, { description: 'The team of the run.' })
  teamId: string;

  @Field(() => ID, { description: 'The run.' })
  runId: string;
}

@InputType({ description: 'A run that is broken off.' })
export class CancelRunInput extends FinishRunInput implements EndForm {
  @Field(() => String, { description: 'Why, for the record: 1 to 500 characters.' })
  reason: string;
}
