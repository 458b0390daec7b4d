import { Field, ID, InputType, Int } from 'type-graphql';
import { type Actor, actorRef } from '../actor.ts';
import { badInput } from '../domain-error.ts';
import { parseId, type Uuid } from '../id.ts';
import type { Attribution } from './deployment.ts';
import { checkedKey, checkedName, checkedReason, firstSize, type SizeChange } from './lifecycle.ts';
import {
  checkedSchedule,
  MAX_WINDOWS,
  type Schedule,
  type ScheduleWindow,
  type Weekday,
} from './schedule.ts';
import { WeekdayEnum } from './schedule.type.ts';
import type {
  CreateDeployment,
  DeploymentCall,
  OneDeployment,
  ReportBootFailure,
  ResizeDeployment,
  ScaleDeployment,
  SetDeploymentSchedule,
  UpdateDeployment,
} from './verbs.ts';

@InputType('DeploymentWindowInput', {
  description: 'A time of the week in which a deployment runs, in the time zone of its team.',
})
class WindowInput implements ScheduleWindow {
  @Field(() => [WeekdayEnum], { description: 'The days on which it opens, each once.' })
  days: Weekday[];

  @Field(() => String, { description: 'When it opens: "00:00" to "23:59".' })
  from: string;

  @Field(() => String, {
    description: 'When it closes: up to "24:00". Earlier than "from": on the next day. Not equal to it.',
  })
  to: string;
}

@InputType('DeploymentScheduleInput', {
  description: 'When a deployment runs; outside of its windows it is paused.',
})
class ScheduleInput implements Schedule {
  @Field(() => [WindowInput], { description: `1 to ${MAX_WINDOWS} windows that do not overlap.` })
  windows: WindowInput[];
}

@InputType()
abstract class CallInput {
  @Field(() => ID, { description: 'The team of the deployment.' })
  teamId: string;

  @Field(() => String, {
    description:
      'Your own key for this request, 1 to 200 characters, unique for the team and the mutation for ever: a repeat does nothing and answers what the first one did.',
  })
  idempotencyKey: string;

  @Field(() => String, { nullable: true, description: 'Why, for the events: up to 500 characters.' })
  reason?: string | null;
}

@InputType()
abstract class OneDeploymentInput extends CallInput {
  @Field(() => ID, { description: 'The deployment.' })
  deploymentId: string;
}

@InputType('CreateDeploymentInput', { description: 'A deployment to create.' })
export class CreateDeploymentInput extends CallInput implements SizeInput {
  @Field(() => String, { description: 'What you call it: 1 to 100 characters.' })
  name: string;

  @Field(() => String, { description: 'The key of the instance type to run on, such as "gpu-s".' })
  instanceType: string;

  @Field(() => Int, {
    nullable: true,
    description: 'How many replicas it has when it runs, 1 to 1,000. "minReplicas" when absent.',
  })
  replicas?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The fewest that scaleDeployment may set. 1 when absent.',
  })
  minReplicas?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The most that scaleDeployment may set. "replicas" when absent.',
  })
  maxReplicas?: number | null;

  @Field(() => ScheduleInput, { nullable: true, description: 'When it runs; always when absent.' })
  schedule?: ScheduleInput | null;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Whether new credit brings it back when it was paused for the lack of it.',
  })
  resumeOnTopUp: boolean;

  @Field(() => ID, {
    nullable: true,
    description:
      'The member on whose behalf its hours are charged. For platform keys: hours of what others create are charged on their own behalf.',
  })
  memberId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The API key on whose behalf its hours are charged. For platform keys.',
  })
  apiKeyId?: string | null;
}

@InputType('StartDeploymentInput', { description: 'A deployment to start.' })
export class StartDeploymentInput extends OneDeploymentInput {}

@InputType('PauseDeploymentInput', { description: 'A deployment to pause.' })
export class PauseDeploymentInput extends OneDeploymentInput {}

@InputType('ResumeDeploymentInput', { description: 'A deployment to resume.' })
export class ResumeDeploymentInput extends OneDeploymentInput {}

@InputType('StopDeploymentInput', { description: 'A deployment to stop.' })
export class StopDeploymentInput extends OneDeploymentInput {}

@InputType('ResizeDeploymentInput', { description: 'What to change of the size of a deployment.' })
export class ResizeDeploymentInput extends OneDeploymentInput implements SizeInput {
  @Field(() => String, { nullable: true, description: 'The key of another instance type to run on.' })
  instanceType?: string | null;

  @Field(() => Int, { nullable: true, description: 'How many replicas it is to have, 1 to 1,000.' })
  replicas?: number | null;

  @Field(() => Int, { nullable: true, description: 'The fewest that scaleDeployment may set.' })
  minReplicas?: number | null;

  @Field(() => Int, { nullable: true, description: 'The most that scaleDeployment may set.' })
  maxReplicas?: number | null;
}

@InputType('ScaleDeploymentInput', { description: 'How many replicas a deployment is to have.' })
export class ScaleDeploymentInput extends OneDeploymentInput {
  @Field(() => Int, { description: 'How many, from "minReplicas" to "maxReplicas".' })
  replicas: number;
}

@InputType('SetDeploymentScheduleInput', { description: 'When a deployment is to run.' })
export class SetDeploymentScheduleInput extends OneDeploymentInput {
  @Field(() => ScheduleInput, {
    nullable: true,
    description: 'The windows of a week. Required: null for a deployment that is to run always.',
  })
  schedule?: ScheduleInput | null;
}

@InputType('UpdateDeploymentInput', { description: 'What to change of a deployment.' })
export class UpdateDeploymentInput extends OneDeploymentInput {
  @Field(() => String, { nullable: true, description: 'What you call it: 1 to 100 characters.' })
  name?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether new credit brings it back when it was paused for the lack of it.',
  })
  resumeOnTopUp?: boolean | null;
}

@InputType('ReportBootFailureInput', { description: 'Replicas of a deployment that did not come up.' })
export class ReportBootFailureInput extends OneDeploymentInput {
  @Field(() => [Int], {
    nullable: true,
    description: 'The slots of the replicas, each once; all of the deployment when absent.',
  })
  slots?: number[] | null;
}

/** @throws DomainError BAD_USER_INPUT naming the member that cannot be used. */
export function creationFrom(input: CreateDeploymentInput, actor: Actor): CreateDeployment {
  return {
    ...callFrom(input),
    ...attributionFrom(input, actor),
    name: checkedName(input.name),
    instanceType: input.instanceType,
    size: firstSize(sizeFrom(input)),
    schedule: input.schedule ? checkedSchedule(input.schedule) : null,
    resumeOnTopUp: input.resumeOnTopUp,
  };
}

/** The call of a mutation that says no more than which deployment. @throws DomainError BAD_USER_INPUT */
export function oneFrom(input: OneDeploymentInput): OneDeployment {
  return {
    ...callFrom(input),
    deploymentId: parseId('deployment', input.deploymentId, 'deploymentId'),
  };
}

/** @throws DomainError BAD_USER_INPUT when nothing is to be changed. */
export function resizeFrom(input: ResizeDeploymentInput): ResizeDeployment {
  const { instanceType } = input;
  const size = sizeFrom(input);
  if (instanceType == null && Object.values(size).every((count) => count === undefined)) {
    throw badInput('replicas', 'give "instanceType", "replicas", "minReplicas" or "maxReplicas".');
  }
  return { ...oneFrom(input), size, instanceType: instanceType ?? undefined };
}

export function scaleFrom(input: ScaleDeploymentInput): ScaleDeployment {
  return { ...oneFrom(input), replicas: input.replicas };
}

/** @throws DomainError BAD_USER_INPUT when nothing is said of the schedule: a slip must not make it run always. */
export function scheduleFrom(input: SetDeploymentScheduleInput): SetDeploymentSchedule {
  const { schedule } = input;
  if (schedule === undefined) throw badInput('schedule', 'must be windows, or null for always.');
  return { ...oneFrom(input), schedule: schedule && checkedSchedule(schedule) };
}

/** @throws DomainError BAD_USER_INPUT when nothing is to be changed. */
export function updateFrom(input: UpdateDeploymentInput): UpdateDeployment {
  const { name, resumeOnTopUp } = input;
  if (name == null && resumeOnTopUp == null) throw badInput('name', 'give "name" or "resumeOnTopUp".');
  return {
    ...oneFrom(input),
    name: name == null ? undefined : checkedName(name),
    resumeOnTopUp: resumeOnTopUp ?? undefined,
  };
}

/** @throws DomainError BAD_USER_INPUT when slots are given, but none, one twice, or what is no number of a slot. */
export function bootFailureFrom(input: ReportBootFailureInput): ReportBootFailure {
  const slots = input.slots ?? null;
  if (slots && (slots.length === 0 || new Set(slots).size < slots.length || slots.some((slot) => slot < 1))) {
    throw badInput('slots', 'must be numbers of slots, each once; absent for all.');
  }
  return { ...oneFrom(input), slots };
}

function callFrom({ teamId, idempotencyKey, reason }: CallInput): DeploymentCall {
  return {
    teamId: parseId('team', teamId, 'teamId'),
    idempotencyKey: checkedKey(idempotencyKey),
    reason: checkedReason(reason),
  };
}

interface SizeInput {
  readonly replicas?: number | null;
  readonly minReplicas?: number | null;
  readonly maxReplicas?: number | null;
}

function sizeFrom({ replicas, minReplicas, maxReplicas }: SizeInput): SizeChange {
  return {
    replicas: replicas ?? undefined,
    minReplicas: minReplicas ?? undefined,
    maxReplicas: maxReplicas ?? undefined,
  };
}

/** Members and keys of a team are charged for what they create; the platform says on whose behalf it does. */
function attributionFrom({ memberId, apiKeyId }: CreateDeploymentInput, actor: Actor): Attribution {
  if (actor.kind === 'KEY' && actor.keyType === 'PLATFORM') {
    return {
      memberId: optionalId('user', memberId, 'memberId'),
      apiKeyId: optionalId('apiKey', apiKeyId, 'apiKeyId'),
    };
  }
  for (const [field, id] of Object.entries({ memberId, apiKeyId })) {
    if (id != null) throw badInput(field, 'must be absent: what you create is charged on your own behalf.');
  }
  const { id } = actorRef(actor);
  return actor.kind === 'USER' ? { memberId: id, apiKeyId: null } : { memberId: null, apiKeyId: id };
}

function optionalId(kind: 'user' | 'apiKey', id: string | null | undefined, field: string): Uuid | null {
  return id == null ? null : parseId(kind, id, field);
}
