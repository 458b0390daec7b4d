import { Field, ObjectType } from 'type-graphql';
import { Charge } from '../charging/charge.type.ts';
import { refusalError, refusalWithoutFigures } from '../charging/refusal.type.ts';
import type { DomainError } from '../domain-error.ts';
import { Inherits } from '../graphql/auth.ts';
import { toUserError, UserError, UserErrorCode } from '../graphql/user-error.ts';
import { Balance } from '../ledger/balance.type.ts';
import type { DeploymentStatus } from './deployment.ts';
import { Deployment, DeploymentActionEnum, DeploymentStatusEnum } from './deployment.type.ts';
import { DeploymentEvent } from './deployment-event.type.ts';
import { type DeploymentAction, WrongState } from './lifecycle.ts';
import { SpendRefused } from './spend-refused.ts';

/** The members of the payloads of the mutations of deployments. */
@Inherits()
@ObjectType({ simpleResolvers: true })
export abstract class DeploymentPayload {
  @Field(() => Deployment, {
    nullable: true,
    description: 'The deployment as it is now, also for a repeat; null when the call was refused.',
  })
  deployment: Deployment | null;

  @Field(() => DeploymentEvent, {
    nullable: true,
    description: 'The event that tells of it; null when nothing changed, and when the call was refused.',
  })
  event: DeploymentEvent | null;

  @Field(() => [Charge], {
    description:
      'The hours that were charged with it, or given back by reportBootFailure: those of them that you may see.',
  })
  charges: Charge[];

  @Field(() => Balance, {
    nullable: true,
    description: 'What the team has now; null for those who may not see that, and when the call was refused.',
  })
  balance: Balance | null;

  @Field(() => Boolean, { description: 'Whether the idempotency key had done it before.' })
  replayed: boolean;

  @Field(() => [UserError], {
    description: 'Why it was refused: the description of the mutation names the codes. Nothing was written.',
  })
  userErrors: UserError[];
}

@Inherits()
@ObjectType('CreateDeploymentPayload', {
  description: 'What came of createDeployment.',
  simpleResolvers: true,
})
export class CreateDeploymentPayload extends DeploymentPayload {}

@Inherits()
@ObjectType('StartDeploymentPayload', {
  description: 'What came of startDeployment.',
  simpleResolvers: true,
})
export class StartDeploymentPayload extends DeploymentPayload {}

@Inherits()
@ObjectType('PauseDeploymentPayload', {
  description: 'What came of pauseDeployment.',
  simpleResolvers: true,
})
export class PauseDeploymentPayload extends DeploymentPayload {}

@Inherits()
@ObjectType('ResumeDeploymentPayload', {
  description: 'What came of resumeDeployment.',
  simpleResolvers: true,
})
export class ResumeDeploymentPayload extends DeploymentPayload {}

@Inherits()
@ObjectType('StopDeploymentPayload', {
  description: 'What came of stopDeployment.',
  simpleResolvers: true,
})
export class StopDeploymentPayload extends DeploymentPayload {}

@Inherits()
@ObjectType('ResizeDeploymentPayload', {
  description: 'What came of resizeDeployment.',
  simpleResolvers: true,
})
export class ResizeDeploymentPayload extends DeploymentPayload {}

@Inherits()
@ObjectType('ScaleDeploymentPayload', {
  description: 'What came of scaleDeployment.',
  simpleResolvers: true,
})
export class ScaleDeploymentPayload extends DeploymentPayload {}

@Inherits()
@ObjectType('SetDeploymentSchedulePayload', {
  description: 'What came of setDeploymentSchedule.',
  simpleResolvers: true,
})
export class SetDeploymentSchedulePayload extends DeploymentPayload {}

@Inherits()
@ObjectType('UpdateDeploymentPayload', {
  description: 'What came of updateDeployment.',
  simpleResolvers: true,
})
export class UpdateDeploymentPayload extends DeploymentPayload {}

@Inherits()
@ObjectType('ReportBootFailurePayload', {
  description: 'What came of reportBootFailure.',
  simpleResolvers: true,
})
export class ReportBootFailurePayload extends DeploymentPayload {}

/** What was asked for is not possible in the state of the deployment. */
@Inherits()
@ObjectType('WrongState', {
  implements: UserError,
  description: 'What was asked for is not possible in the state of the deployment.',
})
export class WrongStateError extends UserError {
  @Field(() => DeploymentStatusEnum, { description: 'The state it is in.' })
  status: DeploymentStatus;

  @Field(() => [DeploymentActionEnum], { description: 'What is possible in it.' })
  allowed: DeploymentAction[];

  constructor({ message, status, allowed }: WrongState) {
    super(UserErrorCode.WRONG_STATE, message, ['deploymentId']);
    this.status = status;
    this.allowed = [...allowed];
  }
}

/** The payload of a call that was refused: it shows the figures of the team only to those who may see them. */
export function refusedPayload(error: DomainError, seesFigures: boolean): DeploymentPayload {
  const userErrors = [refusalOf(error, seesFigures)];
  return { deployment: null, event: null, charges: [], balance: null, replayed: false, userErrors };
}

/** @throws the error itself when it is no refusal but a failure. */
function refusalOf(error: DomainError, seesFigures: boolean): UserError {
  if (error instanceof WrongState) return new WrongStateError(error);
  if (error instanceof SpendRefused) {
    const refusal = { ...error.refusal, field: 'deploymentId' };
    return seesFigures ? refusalError(refusal) : refusalWithoutFigures(refusal);
  }
  const { field } = error.details;
  return toUserError(error, typeof field === 'string' ? field.split('.') : []);
}
