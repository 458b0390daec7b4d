import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { CatalogSnapshot } from '../catalog/catalog-cache.ts';
import { assert } from '../domain-error.ts';
import { ActorRefObject, toActorRef } from '../graphql/actor.ts';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { Node } from '../graphql/node.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import { publicId, type Uuid } from '../id.ts';
import type { DeploymentStatus, PauseReason, Deployment as StoredDeployment } from './deployment.ts';
import { allowedActions, type DeploymentAction } from './lifecycle.ts';
import type { Schedule } from './schedule.ts';
import { DeploymentSchedule } from './schedule.type.ts';

export const DeploymentStatusEnum = {
  CREATED: 'CREATED',
  RUNNING: 'RUNNING',
  PAUSED: 'PAUSED',
  STOPPED: 'STOPPED',
} as const satisfies { readonly [Status in DeploymentStatus]: Status };

registerEnumType(DeploymentStatusEnum, {
  name: 'DeploymentStatus',
  description: 'Whether a deployment runs.',
  valuesConfig: {
    CREATED: { description: 'It has never been started.' },
    RUNNING: { description: 'Each hour of each replica is charged when it begins.' },
    PAUSED: { description: 'Nothing is charged; "pauseReason" says why, and what ends it.' },
    STOPPED: { description: 'Nothing is charged, and only startDeployment brings it back.' },
  },
});

export const PauseReasonEnum = {
  USER: 'USER',
  SCHEDULE: 'SCHEDULE',
  OUT_OF_CREDITS: 'OUT_OF_CREDITS',
  SPEND_CAP: 'SPEND_CAP',
  BOOT_FAILED: 'BOOT_FAILED',
} as const satisfies { readonly [Reason in PauseReason]: Reason };

registerEnumType(PauseReasonEnum, {
  name: 'DeploymentPauseReason',
  description: 'Why a deployment is paused. resumeDeployment ends every pause, if the hour can be paid.',
  valuesConfig: {
    USER: { description: 'pauseDeployment was called. Only resumeDeployment ends it.' },
    SCHEDULE: { description: 'Its schedule closed. It runs again when the schedule opens.' },
    OUT_OF_CREDITS: {
      description: 'The hour that began could not be paid. New credit ends it if "resumeOnTopUp" is set.',
    },
    SPEND_CAP: { description: 'A spend cap left no room for the hour that began.' },
    BOOT_FAILED: { description: 'The platform reported that no replica came up.' },
  },
});

export const DeploymentActionEnum = {
  START: 'START',
  PAUSE: 'PAUSE',
  RESUME: 'RESUME',
  STOP: 'STOP',
  RESIZE: 'RESIZE',
  SCALE: 'SCALE',
  SET_SCHEDULE: 'SET_SCHEDULE',
  UPDATE: 'UPDATE',
  REPORT_BOOT_FAILURE: 'REPORT_BOOT_FAILURE',
} as const satisfies { readonly [Action in DeploymentAction]: Action };

registerEnumType(DeploymentActionEnum, {
  name: 'DeploymentAction',
  description: 'What may be done to a deployment.',
  valuesConfig: {
    START: { description: 'startDeployment' },
    PAUSE: { description: 'pauseDeployment' },
    RESUME: { description: 'resumeDeployment' },
    STOP: { description: 'stopDeployment' },
    RESIZE: { description: 'resizeDeployment' },
    SCALE: { description: 'scaleDeployment' },
    SET_SCHEDULE: { description: 'setDeploymentSchedule' },
    UPDATE: { description: 'updateDeployment' },
    REPORT_BOOT_FAILURE: { description: 'reportBootFailure' },
  },
});

/** A deployment in the API. Fields that need a look-up are in `deployment-fields.resolver.ts`. */
@Inherits()
@ObjectType('Deployment', {
  implements: Node,
  simpleResolvers: true,
  description: 'A server that runs by the hour, with a number of replicas.',
})
export class Deployment implements Node {
  @Field(() => String, { description: 'What the team calls it.' })
  readonly name: string;

  @Field(() => String, { description: 'The key of the instance type that its replicas run on.' })
  readonly instanceTypeKey: string;

  @Field(() => Int, { description: 'How many replicas it has when it runs.' })
  readonly replicas: number;

  @Field(() => Int, { description: 'The fewest that scaleDeployment may set.' })
  readonly minReplicas: number;

  @Field(() => Int, { description: 'The most that scaleDeployment may set.' })
  readonly maxReplicas: number;

  @Field(() => DeploymentStatusEnum, { description: 'Whether it runs.' })
  readonly status: DeploymentStatus;

  @Field(() => PauseReasonEnum, { nullable: true, description: 'Why it is paused; null when it is not.' })
  readonly pauseReason: PauseReason | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'Since when it is paused, exactly: the boundary of the hour that was not paid, or the time of the call. Null when it is not.',
  })
  readonly pausedAt: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was last started; null for never.' })
  readonly startedAt: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was last stopped; null for never.' })
  readonly stoppedAt: Date | null;

  @Field(() => Boolean, {
    description: 'Whether new credit brings it back when it was paused for the lack of it.',
  })
  readonly resumeOnTopUp: boolean;

  @Field(() => DeploymentSchedule, {
    nullable: true,
    description: 'The weekly windows in which it runs, in the time zone of the team; null for always.',
  })
  readonly schedule: Schedule | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'When the schedule next pauses it or brings it back. Null when it cannot: there is none, or the deployment was not started, was stopped, or was paused for another reason.',
  })
  readonly nextScheduleChangeAt: Date | null;

  @Field(() => DateTimeScalar, { description: 'When it was created.' })
  readonly createdAt: Date;

  @Field(() => DateTimeScalar, { description: 'When it was last changed.' })
  readonly updatedAt: Date;

  constructor(
    /** The deployment as it is kept. */
    readonly stored: StoredDeployment,
    instanceTypeKey: string,
  ) {
    this.name = stored.name;
    this.instanceTypeKey = instanceTypeKey;
    this.replicas = stored.replicas;
    this.minReplicas = stored.minReplicas;
    this.maxReplicas = stored.maxReplicas;
    this.status = stored.status;
    this.pauseReason = stored.pauseReason;
    this.pausedAt = stored.pausedAt;
    this.startedAt = stored.startedAt;
    this.stoppedAt = stored.stoppedAt;
    this.resumeOnTopUp = stored.resumeOnTopUp;
    this.schedule = stored.schedule;
    this.nextScheduleChangeAt = stored.scheduleDueAt;
    this.createdAt = stored.createdAt;
    this.updatedAt = stored.updatedAt;
  }

  get id(): string {
    return publicId('deployment', this.stored.id);
  }

  @Field(() => ID, { description: 'The team that pays.' })
  get teamId(): string {
    return publicId('team', this.stored.teamId);
  }

  @Field(() => ID, { nullable: true, description: 'The member on whose behalf its hours are charged.' })
  get memberId(): string | null {
    return this.stored.memberId && publicId('user', this.stored.memberId);
  }

  @Field(() => ID, { nullable: true, description: 'The API key on whose behalf its hours are charged.' })
  get apiKeyId(): string | null {
    return this.stored.apiKeyId && publicId('apiKey', this.stored.apiKeyId);
  }

  @Field(() => ActorRefObject, { description: 'Who created it.' })
  get createdBy(): ActorRefObject {
    return toActorRef(this.stored.actor);
  }

  @Field(() => [DeploymentActionEnum], { description: 'What may be done to it in its state.' })
  get allowedActions(): readonly DeploymentAction[] {
    return allowedActions(this.stored);
  }
}

/** A stored deployment as the API answers it. `catalog`: no older than the deployment. */
export function deploymentNode(deployment: StoredDeployment, catalog: CatalogSnapshot): Deployment {
  return new Deployment(deployment, instanceTypeKeyOf(deployment, catalog));
}

/** The key of the instance type of a deployment or slot. @throws Error when the snapshot is older than that. */
export function instanceTypeKeyOf(
  { instanceTypeId }: { readonly instanceTypeId: Uuid },
  { modelById }: CatalogSnapshot,
): string {
  const model = modelById.get(instanceTypeId);
  assert(model, 'a deployment runs on an instance type of the catalogue');
  return model.key;
}

export const { Connection: DeploymentConnection } = connectionType(
  'Deployment',
  'deployments',
  () => Deployment,
);
