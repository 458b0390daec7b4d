import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Inherits } from '../graphql/auth.ts';
import { CreditsScalar, DateTimeScalar, SequenceScalar } from '../graphql/scalars.ts';
import { publicId } from '../id.ts';
import type { TeamState } from '../ledger/team-state.ts';
import type { NanoCredits } from '../money.ts';
import type { ModelSpend as StoredModelSpend } from './spend.ts';
import type { SpendFigures } from './spend-tally.ts';

/** What a team spends. */
@Inherits()
@ObjectType('Spend', {
  simpleResolvers: true,
  description:
    "What a team spends, by when its usage occurred, in the team's time zone. Unbilled usage is no spend, and a charge that was reversed counts no more.",
})
export class Spend {
  @Field(() => SequenceScalar, {
    description: 'The last ledger entry that is counted; every entry up to it is.',
  })
  readonly seq: bigint;

  @Field(() => DateTimeScalar, { description: 'The instant that "this hour" and "today" are about.' })
  readonly asOf: Date;

  @Field(() => CreditsScalar, { description: 'Spent in the present hour.' })
  readonly thisHour: NanoCredits;

  @Field(() => CreditsScalar, { description: 'Spent today.' })
  readonly today: NanoCredits;

  @Field(() => CreditsScalar, { description: 'Spent in the present month.' })
  readonly thisMonth: NanoCredits;

  @Field(() => CreditsScalar, {
    description:
      'What is spent in an hour if all goes on as it is: "usageRatePerHour" and "deploymentRatePerHour" together.',
  })
  readonly burnRatePerHour: NanoCredits;

  @Field(() => CreditsScalar, {
    description:
      'Credits an hour for usage, at the pace of the last four whole quarters of an hour and the one under way. Hours of deployments are left out.',
  })
  readonly usageRatePerHour: NanoCredits;

  @Field(() => CreditsScalar, {
    description:
      'Credits an hour for the deployments that run now: the price of an hour of each of their replicas. It changes when they start, pause or change their size, not when an hour is charged.',
  })
  readonly deploymentRatePerHour: NanoCredits;

  constructor(
    /** What the team has, after the same entry. */
    readonly team: TeamState,
    figures: SpendFigures,
    asOfMs: number,
  ) {
    this.seq = team.seq;
    this.asOf = new Date(asOfMs);
    this.thisHour = figures.hourNano;
    this.today = figures.dayNano;
    this.thisMonth = figures.monthNano;
    this.burnRatePerHour = figures.burnNanoPerHour;
    this.usageRatePerHour = figures.usageNanoPerHour;
    this.deploymentRatePerHour = figures.deploymentNanoPerHour;
  }
}

@Inherits()
@ObjectType('ModelSpend', {
  simpleResolvers: true,
  description: 'What a team has spent on one model, or on one instance type, in a period.',
})
export class ModelSpend {
  @Field(() => ID, { description: 'The model, or the instance type of deployments.' })
  modelId: string;

  @Field(() => CreditsScalar, { description: 'What was spent on it.' })
  amount: NanoCredits;

  @Field(() => Int, { description: 'How many charges were made for it, reversed ones too.' })
  charges: number;
}

export function toModelSpend(spend: StoredModelSpend): ModelSpend {
  const { modelId, isInstanceType, amountNano, charges } = spend;
  const id = publicId(isInstanceType ? 'instanceType' : 'model', modelId);
  return { modelId: id, amount: amountNano, charges: Number(charges) };
}

/** The periods that spend can be asked for by model. */
export const SpendPeriodEnum = { HOUR: 'hour', DAY: 'day', MONTH: 'month' } as const;
export type SpendPeriodName = (typeof SpendPeriodEnum)[keyof typeof SpendPeriodEnum];

registerEnumType(SpendPeriodEnum, {
  name: 'SpendPeriod',
  description: "A present period in the team's time zone.",
  valuesConfig: {
    HOUR: { description: 'The present hour.' },
    DAY: { description: 'Today.' },
    MONTH: { description: 'The present month.' },
  },
});
