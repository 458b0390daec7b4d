import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { actorRef } from '../actor.ts';
import { type Charge, chargeNode } from '../charging/charge.type.ts';
import { inTransaction } from '../db/client.ts';
import { DomainError } from '../domain-error.ts';
import { inputTeam, isPermitted, Permit } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { parseId } from '../id.ts';
import { toBalance } from '../ledger/balance.type.ts';
import {
  bootFailureFrom,
  CreateDeploymentInput,
  creationFrom,
  oneFrom,
  PauseDeploymentInput,
  ReportBootFailureInput,
  ResizeDeploymentInput,
  ResumeDeploymentInput,
  resizeFrom,
  ScaleDeploymentInput,
  SetDeploymentScheduleInput,
  StartDeploymentInput,
  StopDeploymentInput,
  scaleFrom,
  scheduleFrom,
  UpdateDeploymentInput,
  updateFrom,
} from './deployment.input.ts';
import { deploymentNode } from './deployment.type.ts';
import { seesCost } from './deployment-access.ts';
import { DeploymentEvent } from './deployment-event.type.ts';
import {
  CreateDeploymentPayload,
  type DeploymentPayload,
  PauseDeploymentPayload,
  ReportBootFailurePayload,
  ResizeDeploymentPayload,
  ResumeDeploymentPayload,
  refusedPayload,
  ScaleDeploymentPayload,
  SetDeploymentSchedulePayload,
  StartDeploymentPayload,
  StopDeploymentPayload,
  UpdateDeploymentPayload,
} from './deployment-payload.type.ts';
import { eventBySeq } from './event-reads.ts';
import type { DeploymentServices } from './loaders.ts';
import {
  createDeployment,
  pauseDeployment,
  reportBootFailure,
  resizeDeployment,
  resumeDeployment,
  scaleDeployment,
  setDeploymentSchedule,
  startDeployment,
  stopDeployment,
  updateDeployment,
} from './operate.ts';
import { orRefusalNoted } from './refused-call.ts';
import type { DeploymentVerb, Operated } from './verbs.ts';

const INPUT = { description: 'The deployment, and what is to become of it.' };

/** What may be done to deployments. */
@Resolver()
export class DeploymentResolver {
  constructor(private readonly services: DeploymentServices) {}

  @Permit('deployments:write', inputTeam)
  @Mutation(() => CreateDeploymentPayload, {
    description:
      'Creates a deployment that does not run yet. Refusals: INVALID_INPUT, NOT_FOUND, IDEMPOTENCY_CONFLICT.',
  })
  createDeployment(
    @Ctx() ctx: Context,
    @Arg('input', () => CreateDeploymentInput, { description: 'What it is to be like.' })
    input: CreateDeploymentInput,
  ): Promise<CreateDeploymentPayload> {
    return this.answer(ctx, input, createDeployment, () => creationFrom(input, ctx.actor));
  }

  @Permit('deployments:write', inputTeam)
  @Mutation(() => StartDeploymentPayload, {
    description:
      'Starts a deployment that was never started or was stopped: the first hour of each replica is charged at once, unless it is paid already. While its schedule is closed it is PAUSED until that opens. Refusals: INVALID_INPUT, NOT_FOUND, IDEMPOTENCY_CONFLICT, WRONG_STATE, OUT_OF_CREDITS, SPEND_CAP_EXCEEDED, NOT_PRICED.',
  })
  startDeployment(
    @Ctx() ctx: Context,
    @Arg('input', () => StartDeploymentInput, INPUT) input: StartDeploymentInput,
  ): Promise<StartDeploymentPayload> {
    return this.answer(ctx, input, startDeployment, () => oneFrom(input));
  }

  @Permit('deployments:write', inputTeam)
  @Mutation(() => PauseDeploymentPayload, {
    description:
      'Pauses a deployment until resumeDeployment: no further hour is charged, and hours that are paid stay paid. One that something else has paused no longer comes back by itself. Refusals: INVALID_INPUT, NOT_FOUND, IDEMPOTENCY_CONFLICT, WRONG_STATE.',
  })
  pauseDeployment(
    @Ctx() ctx: Context,
    @Arg('input', () => PauseDeploymentInput, INPUT) input: PauseDeploymentInput,
  ): Promise<PauseDeploymentPayload> {
    return this.answer(ctx, input, pauseDeployment, () => oneFrom(input));
  }

  @Permit('deployments:write', inputTeam)
  @Mutation(() => ResumeDeploymentPayload, {
    description:
      'Ends a pause, whatever its reason: replicas whose hour is still paid run on for nothing, for the others a new hour is charged. While its schedule is closed it runs until that next closes. Refusals: INVALID_INPUT, NOT_FOUND, IDEMPOTENCY_CONFLICT, WRONG_STATE, OUT_OF_CREDITS, SPEND_CAP_EXCEEDED, NOT_PRICED.',
  })
  resumeDeployment(
    @Ctx() ctx: Context,
    @Arg('input', () => ResumeDeploymentInput, INPUT) input: ResumeDeploymentInput,
  ): Promise<ResumeDeploymentPayload> {
    return this.answer(ctx, input, resumeDeployment, () => oneFrom(input));
  }

  @Permit('deployments:write', inputTeam)
  @Mutation(() => StopDeploymentPayload, {
    description:
      'Stops a deployment until startDeployment: no further hour is charged, hours that are paid stay paid, and neither its schedule nor new credit brings it back. Refusals: INVALID_INPUT, NOT_FOUND, IDEMPOTENCY_CONFLICT, WRONG_STATE.',
  })
  stopDeployment(
    @Ctx() ctx: Context,
    @Arg('input', () => StopDeploymentInput, INPUT) input: StopDeploymentInput,
  ): Promise<StopDeploymentPayload> {
    return this.answer(ctx, input, stopDeployment, () => oneFrom(input));
  }

  @Permit('deployments:write', inputTeam)
  @Mutation(() => ResizeDeploymentPayload, {
    description:
      'Sets the instance type, the replicas and their bounds. While it runs, replicas that come are charged an hour at once, and with another instance type all of them are; what goes is not given back. Refusals: INVALID_INPUT, NOT_FOUND, IDEMPOTENCY_CONFLICT, OUT_OF_CREDITS, SPEND_CAP_EXCEEDED, NOT_PRICED.',
  })
  resizeDeployment(
    @Ctx() ctx: Context,
    @Arg('input', () => ResizeDeploymentInput, INPUT) input: ResizeDeploymentInput,
  ): Promise<ResizeDeploymentPayload> {
    return this.answer(ctx, input, resizeDeployment, () => resizeFrom(input));
  }

  @Permit('deployments:write', inputTeam)
  @Mutation(() => ScaleDeploymentPayload, {
    description:
      'Sets the replicas within their bounds, as an autoscaler does. A replica that comes back within its paid hour costs nothing until that ends: going from 1 to 2, back and up again is charged once. Refusals: INVALID_INPUT, NOT_FOUND, IDEMPOTENCY_CONFLICT, WRONG_STATE, OUT_OF_CREDITS, SPEND_CAP_EXCEEDED, NOT_PRICED.',
  })
  scaleDeployment(
    @Ctx() ctx: Context,
    @Arg('input', () => ScaleDeploymentInput, INPUT) input: ScaleDeploymentInput,
  ): Promise<ScaleDeploymentPayload> {
    return this.answer(ctx, input, scaleDeployment, () => scaleFrom(input));
  }

  @Permit('deployments:write', inputTeam)
  @Mutation(() => SetDeploymentSchedulePayload, {
    description:
      'Sets the weekly windows in which a deployment runs, or clears them. It holds at once: what runs outside of the windows is paused, what the schedule had paused runs again. Refusals: INVALID_INPUT (naming the window), NOT_FOUND, IDEMPOTENCY_CONFLICT, OUT_OF_CREDITS, SPEND_CAP_EXCEEDED, NOT_PRICED.',
  })
  setDeploymentSchedule(
    @Ctx() ctx: Context,
    @Arg('input', () => SetDeploymentScheduleInput, INPUT) input: SetDeploymentScheduleInput,
  ): Promise<SetDeploymentSchedulePayload> {
    return this.answer(ctx, input, setDeploymentSchedule, () => scheduleFrom(input));
  }

  @Permit('deployments:write', inputTeam)
  @Mutation(() => UpdateDeploymentPayload, {
    description:
      'Renames a deployment, or sets whether new credit brings it back when it was paused for the lack of it. Refusals: INVALID_INPUT, NOT_FOUND, IDEMPOTENCY_CONFLICT.',
  })
  updateDeployment(
    @Ctx() ctx: Context,
    @Arg('input', () => UpdateDeploymentInput, INPUT) input: UpdateDeploymentInput,
  ): Promise<UpdateDeploymentPayload> {
    return this.answer(ctx, input, updateDeployment, () => updateFrom(input));
  }

  @Permit('usage:write', inputTeam)
  @Mutation(() => ReportBootFailurePayload, {
    description:
      'For the platform: replicas did not come up. The hours of them that run are given back, once, and they go; a deployment of which none is left is paused. Nothing changes when none of their hours runs. Refusals: INVALID_INPUT, NOT_FOUND, IDEMPOTENCY_CONFLICT, WRONG_STATE.',
  })
  reportBootFailure(
    @Ctx() ctx: Context,
    @Arg('input', () => ReportBootFailureInput, { description: 'Which replicas.' })
    input: ReportBootFailureInput,
  ): Promise<ReportBootFailurePayload> {
    return this.answer(ctx, input, reportBootFailure, () => bootFailureFrom(input));
  }

  /** What came of a call, or why it was refused. */
  private async answer<Call>(
    ctx: Context,
    input: { readonly teamId: string },
    verb: DeploymentVerb<Call>,
    callOf: () => Call,
  ): Promise<DeploymentPayload> {
    const { db, clock } = this.services;
    const teamId = parseId('team', input.teamId, 'teamId');
    try {
      const call = callOf();
      const operated = await orRefusalNoted(this.services, teamId, () =>
        inTransaction(db, (tx) => verb(tx, call, actorRef(ctx.actor), clock.now(), this.services)),
      );
      return await this.payloadOf(ctx, operated);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return refusedPayload(error, await isPermitted(ctx, 'billing:read', teamId));
    }
  }

  private async payloadOf(ctx: Context, operated: Operated): Promise<DeploymentPayload> {
    const { deployment, seq, replayed, balance } = operated;
    const { db, catalog } = this.services;
    const [snapshot, event, seesBalance] = await Promise.all([
      catalog.fresh(),
      seq === null ? undefined : eventBySeq(db, deployment.teamId, seq),
      isPermitted(ctx, 'billing:read', deployment.teamId),
    ]);
    const charges: Charge[] = (await seesCost(ctx, deployment))
      ? operated.charges.map((charge) => chargeNode(charge, snapshot))
      : [];
    return {
      deployment: deploymentNode(deployment, snapshot),
      event: event ? new DeploymentEvent(event) : null,
      charges,
      balance: seesBalance ? toBalance(balance) : null,
      replayed,
      userErrors: [],
    };
  }
}
