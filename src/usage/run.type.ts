import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Tag, tagsOf } from '../charging/charge.type.ts';
import type { RunStatus, Run as StoredRun } from '../charging/run.ts';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { Node } from '../graphql/node.ts';
import { CreditsScalar, DateTimeScalar } from '../graphql/scalars.ts';
import { publicId } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { ModelCost, RunCost } from './run-cost.ts';

/** What became of a run. */
export const RunStatusEnum = {
  RUNNING: 'RUNNING',
  FINISHED: 'FINISHED',
  CANCELED: 'CANCELED',
} as const satisfies Record<RunStatus, RunStatus>;

registerEnumType(RunStatusEnum, {
  name: 'RunStatus',
  description: 'What became of a run.',
  valuesConfig: {
    RUNNING: { description: 'It takes usage.' },
    FINISHED: { description: 'It has ended.' },
    CANCELED: { description: 'It was broken off. What had been used by then stays charged.' },
  },
});

/** A run in the API. What it has cost is read when it is selected, all of it at one moment. */
@Inherits()
@ObjectType('Run', {
  implements: Node,
  simpleResolvers: true,
  description: 'A job made of steps, each charged on its own: a pipeline of models, or a benchmark.',
})
export class Run implements Node {
  @Field(() => String, { nullable: true, description: 'What the caller named it.' })
  readonly name: string | null;

  @Field(() => RunStatusEnum, { description: 'What became of it.' })
  readonly status: RunStatus;

  @Field(() => CreditsScalar, { description: 'What its steps were expected to cost, together.' })
  readonly estimated: NanoCredits;

  @Field(() => DateTimeScalar, { description: 'When it was started.' })
  readonly startedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ended; null while it is running.' })
  readonly endedAt: Date | null;

  @Field(() => String, { nullable: true, description: 'Why it was cancelled.' })
  readonly reason: string | null;

  /** Kept with the object, so that all fields of one answer tell of the same moment. */
  cost?: Promise<RunCost>;

  constructor(
    /** The run as it is kept. */
    readonly stored: StoredRun,
  ) {
    this.name = stored.name;
    this.status = stored.status;
    this.estimated = stored.estimatedNano;
    this.startedAt = stored.startedAt;
    this.endedAt = stored.endedAt;
    this.reason = stored.reason;
  }

  get id(): string {
    return publicId('run', this.stored.id);
  }

  @Field(() => ID, { description: 'The team that pays.' })
  get teamId(): string {
    return publicId('team', this.stored.teamId);
  }

  @Field(() => ID, { nullable: true, description: 'The quote that it was started from.' })
  get quoteId(): string | null {
    return this.stored.quoteId && publicId('quote', this.stored.quoteId);
  }

  @Field(() => ID, { nullable: true, description: 'The hold that was placed for it.' })
  get holdId(): string | null {
    return this.stored.holdId && publicId('hold', this.stored.holdId);
  }

  @Field(() => ID, { nullable: true, description: 'The member who runs it, when the caller said so.' })
  get memberId(): string | null {
    return this.stored.memberId && publicId('user', this.stored.memberId);
  }

  @Field(() => ID, { nullable: true, description: 'The API key it runs with, when the caller said so.' })
  get apiKeyId(): string | null {
    return this.stored.apiKeyId && publicId('apiKey', this.stored.apiKeyId);
  }

  @Field(() => [Tag], { description: 'The labels that the caller attached, by name.' })
  get tags(): Tag[] {
    return tagsOf(this.stored.tags);
  }
}

/** What one model has cost in a run. */
@Inherits()
@ObjectType('RunModelCost', { simpleResolvers: true, description: 'What one model has cost in a run.' })
export class RunModelCost {
  @Field(() => String, { description: 'The key of the model.' })
  readonly modelKey: string;

  @Field(() => CreditsScalar, { description: 'What its steps were expected to cost.' })
  readonly estimated: NanoCredits;

  @Field(() => CreditsScalar, {
    description: 'What has been charged for it; what was reversed counts no more.',
  })
  readonly spent: NanoCredits;

  @Field(() => Int, { description: 'How many charges were made for it, reversed and unbilled ones too.' })
  readonly charges: number;

  constructor(
    /** What it cost. */
    readonly stored: ModelCost,
    modelKey: string,
  ) {
    this.modelKey = modelKey;
    this.estimated = stored.estimatedNano;
    this.spent = stored.spentNano;
    this.charges = Number(stored.charges);
  }
}

export const { Connection: RunConnection } = connectionType('Run', 'runs', () => Run);
