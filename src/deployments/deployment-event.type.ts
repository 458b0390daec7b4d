import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ActorRefObject, toActorRef } from '../graphql/actor.ts';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { DateTimeScalar, SequenceScalar } from '../graphql/scalars.ts';
import { publicId } from '../id.ts';
import type { DeploymentStatus, PauseReason } from './deployment.ts';
import { DeploymentStatusEnum, PauseReasonEnum } from './deployment.type.ts';
import type { DeploymentEventKind, DeploymentEvent as StoredEvent } from './deployment-event.ts';
import type { Schedule } from './schedule.ts';
import { DeploymentSchedule } from './schedule.type.ts';

export const DeploymentEventKindEnum = {
  CREATED: 'CREATED',
  STARTED: 'STARTED',
  PAUSED: 'PAUSED',
  RESUMED: 'RESUMED',
  STOPPED: 'STOPPED',
  RESIZED: 'RESIZED',
  SCALED: 'SCALED',
  SCHEDULE_SET: 'SCHEDULE_SET',
  UPDATED: 'UPDATED',
  BOOT_FAILED: 'BOOT_FAILED',
  CREDIT_ENDING: 'CREDIT_ENDING',
  CREDIT_SECURED: 'CREDIT_SECURED',
  HOUR_UNBILLED: 'HOUR_UNBILLED',
} as const satisfies { readonly [Kind in DeploymentEventKind]: Kind };

registerEnumType(DeploymentEventKindEnum, {
  name: 'DeploymentEventKind',
  description:
    'What happened to a deployment. Whoever runs the machines does what "status", "instanceTypeKey" and "replicas" of the event say. New kinds may be added.',
  valuesConfig: {
    CREATED: { description: 'It was created, and does not run yet.' },
    STARTED: { description: 'It was started; PAUSED with reason SCHEDULE when its schedule is closed.' },
    PAUSED: { description: 'It is paused: its machines must stop.' },
    RESUMED: { description: 'It runs again.' },
    STOPPED: { description: 'It was stopped: its machines must stop.' },
    RESIZED: { description: 'Its instance type, its replicas or their bounds were set.' },
    SCALED: { description: 'Its replicas were set within the bounds.' },
    SCHEDULE_SET: {
      description: 'Its schedule was set or cleared; its status follows the schedule at once.',
    },
    UPDATED: { description: 'Its name, or whether new credit brings it back, was set.' },
    BOOT_FAILED: {
      description: 'Replicas did not come up: their hours were given back, and "replicas" is what is left.',
    },
    CREDIT_ENDING: {
      description:
        'The next hour cannot be paid so far: at "pausesAt" it will be paused. A countdown may tell it again.',
    },
    CREDIT_SECURED: { description: 'The next hour can be paid after all.' },
    HOUR_UNBILLED: {
      description:
        'An hour that nobody paid had run before that was noticed; it is recorded, and not charged.',
    },
  },
});

/** An event in the API, complete in itself: what it shows of the deployment is what was true after it. */
@Inherits()
@ObjectType('DeploymentEvent', {
  simpleResolvers: true,
  description: 'Something that happened to a deployment, and what it was like after that.',
})
export class DeploymentEvent {
  @Field(() => SequenceScalar, { description: 'Its number in the log of the team: 1, 2, 3 … without gaps.' })
  readonly seq: bigint;

  @Field(() => DeploymentEventKindEnum, { description: 'What happened.' })
  readonly kind: DeploymentEventKind;

  @Field(() => DateTimeScalar, {
    description:
      'Since when it is true: the boundary of an hour or of the schedule, or the time of the call.',
  })
  readonly at: Date;

  @Field(() => DateTimeScalar, { description: 'When it was written, which may be later.' })
  readonly recordedAt: Date;

  @Field(() => String, { nullable: true, description: 'Why, as the caller said.' })
  readonly reason: string | null;

  @Field(() => String, { description: 'What the team calls the deployment.' })
  readonly name: string;

  @Field(() => DeploymentStatusEnum, { description: 'Whether it runs.' })
  readonly status: DeploymentStatus;

  @Field(() => PauseReasonEnum, { nullable: true, description: 'Why it is paused; null when it is not.' })
  readonly pauseReason: PauseReason | null;

  @Field(() => String, { description: 'The key of the instance type that its replicas run on.' })
  readonly instanceTypeKey: string;

  @Field(() => Int, { description: 'How many replicas it has when it runs.' })
  readonly replicas: number;

  @Field(() => Int, { description: 'The fewest that scaleDeployment may set.' })
  readonly minReplicas: number;

  @Field(() => Int, { description: 'The most that scaleDeployment may set.' })
  readonly maxReplicas: number;

  @Field(() => Boolean, { description: 'Whether new credit brings it back.' })
  readonly resumeOnTopUp: boolean;

  @Field(() => DeploymentSchedule, { nullable: true, description: 'When it runs; null for always.' })
  readonly schedule: Schedule | null;

  constructor(
    /** The event as it is kept. */
    readonly stored: StoredEvent,
  ) {
    const { seq, kind, at, recordedAt, reason, details } = stored;
    this.seq = seq;
    this.kind = kind;
    this.at = at;
    this.recordedAt = recordedAt;
    this.reason = reason;
    this.name = details.name;
    this.status = details.status;
    this.pauseReason = details.pauseReason;
    this.instanceTypeKey = details.instanceType;
    this.replicas = details.replicas;
    this.minReplicas = details.minReplicas;
    this.maxReplicas = details.maxReplicas;
    this.resumeOnTopUp = details.resumeOnTopUp;
    this.schedule = details.schedule;
  }

  @Field(() => ID, { description: 'The team of the deployment.' })
  get teamId(): string {
    return publicId('team', this.stored.teamId);
  }

  @Field(() => ID, { description: 'The deployment.' })
  get deploymentId(): string {
    return publicId('deployment', this.stored.deploymentId);
  }

  @Field(() => ActorRefObject, { description: 'Who did it.' })
  get actor(): ActorRefObject {
    return toActorRef(this.stored.actor);
  }

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Until when all of its replicas are paid; null without a paid hour.',
  })
  get paidUntil(): Date | null {
    return instant(this.stored.details.paidUntil);
  }

  @Field(() => [ID], { description: 'The charges that were made with it, or for BOOT_FAILED given back.' })
  get chargeIds(): string[] {
    return (this.stored.details.chargeIds ?? []).map((id) => publicId('charge', id));
  }

  @Field(() => [Int], {
    description: 'The replica slots that it is about: of BOOT_FAILED and HOUR_UNBILLED.',
  })
  get slots(): readonly number[] {
    return this.stored.details.slots ?? [];
  }

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Of CREDIT_ENDING: when it will be paused unless credit comes before.',
  })
  get pausesAt(): Date | null {
    return instant(this.stored.details.pausesAt);
  }

  @Field(() => PauseReasonEnum, {
    nullable: true,
    description: 'Of CREDIT_ENDING: why it will be paused then: OUT_OF_CREDITS or SPEND_CAP.',
  })
  get pausesFor(): PauseReason | null {
    return this.stored.details.pausesFor ?? null;
  }

  @Field(() => DateTimeScalar, { nullable: true, description: 'Of HOUR_UNBILLED: when the hour began.' })
  get hourAt(): Date | null {
    return instant(this.stored.details.hourAt);
  }
}

function instant(text: string | null | undefined): Date | null {
  return text == null ? null : new Date(text);
}

export const { Connection: DeploymentEventConnection } = connectionType(
  'DeploymentEvent',
  'events',
  () => DeploymentEvent,
);
