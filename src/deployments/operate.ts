import { newUuid } from '../id.ts';
import { giveBackHours } from './boot-failure.ts';
import { type Decided, type Desk, deploymentOf, runCall } from './call.ts';
import { changed, isOpenNow, stateAt } from './change-deployment.ts';
import { checkAttribution, instanceTypeOf } from './chosen.ts';
import type { Deployment } from './deployment.ts';
import type { DeploymentEventKind } from './deployment-event.ts';
import { type DeploymentAction, demandTransition, sizeAfter } from './lifecycle.ts';
import type {
  CreateDeployment,
  DeploymentVerb,
  OneDeployment,
  ReportBootFailure,
  ResizeDeployment,
  ScaleDeployment,
  SetDeploymentSchedule,
  UpdateDeployment,
} from './verbs.ts';

/** Creates a deployment that does not run yet. */
export const createDeployment: DeploymentVerb<CreateDeployment> = (tx, input, actor, now, deps) =>
  runCall(tx, { operation: 'createDeployment', input, actor, now, deps }, null, async (desk) => {
    await checkAttribution(tx, input);
    const { idempotencyKey: _, reason, instanceType, size, ...rest } = input;
    const at = new Date(desk.atMs);
    const deployment: Deployment = {
      ...rest,
      ...size,
      id: newUuid(desk.atMs),
      instanceTypeId: instanceTypeOf(desk.catalog, instanceType),
      ...{ status: 'CREATED', pauseReason: null, pausedAt: null, pausedSeq: null },
      ...{ startedAt: null, stoppedAt: null, scheduleDueAt: null },
      ...{ createdAt: at, updatedAt: at, actor },
    };
    return changed(desk, deployment, 'CREATED', reason);
  });

/** Starts a deployment that was created or stopped: each replica's first hour is charged, or nothing is done. */
export const startDeployment = verb<OneDeployment>('startDeployment', (desk, deployment, { reason }) => {
  const started = stateAfter(desk, deployment, 'START');
  return changed(desk, { ...started, startedAt: new Date(desk.atMs), stoppedAt: null }, 'STARTED', reason);
});

/** Pauses a deployment: hours that are paid stay paid, and no other begins. */
export const pauseDeployment = verb<OneDeployment>('pauseDeployment', moves('PAUSE', 'PAUSED'));

/** Resumes a paused deployment: free while its hours are paid, else each replica's first hour is charged, or none. */
export const resumeDeployment = verb<OneDeployment>('resumeDeployment', moves('RESUME', 'RESUMED'));

/** Stops a deployment until it is started again. */
export const stopDeployment = verb<OneDeployment>('stopDeployment', (desk, deployment, { reason }) => {
  const stopped = stateAfter(desk, deployment, 'STOP');
  return changed(desk, { ...stopped, stoppedAt: new Date(desk.atMs) }, 'STOPPED', reason);
});

/** Changes the instance type, the replicas and their bounds. Hours of a new type, and of new replicas, are charged. */
export const resizeDeployment = verb<ResizeDeployment>('resizeDeployment', (desk, deployment, input) => {
  demandTransition(deployment, 'RESIZE');
  const { instanceType, size, reason } = input;
  const instanceTypeId =
    instanceType === undefined ? deployment.instanceTypeId : instanceTypeOf(desk.catalog, instanceType);
  const resized = { ...deployment, ...sizeAfter(deployment, size), instanceTypeId };
  return changed(desk, resized, 'RESIZED', reason);
});

/** Changes the number of replicas within the bounds: what an autoscaler calls. */
export const scaleDeployment = verb<ScaleDeployment>('scaleDeployment', (desk, deployment, input) => {
  demandTransition(deployment, 'SCALE');
  const { replicas, reason } = input;
  return changed(desk, { ...deployment, ...sizeAfter(deployment, { replicas }) }, 'SCALED', reason);
});

/** Sets or clears the weekly windows, which hold at once. */
export const setDeploymentSchedule = verb<SetDeploymentSchedule>(
  'setDeploymentSchedule',
  (desk, deployment, { schedule, reason }) => {
    const scheduled = { ...deployment, schedule };
    return changed(desk, stateAfter(desk, scheduled, 'SET_SCHEDULE'), 'SCHEDULE_SET', reason);
  },
);

/** Renames a deployment, or sets whether new credit brings it back. */
export const updateDeployment = verb<UpdateDeployment>('updateDeployment', (desk, deployment, input) => {
  demandTransition(deployment, 'UPDATE');
  const { name = deployment.name, resumeOnTopUp = deployment.resumeOnTopUp, reason } = input;
  return changed(desk, { ...deployment, name, resumeOnTopUp }, 'UPDATED', reason);
});

/** Gives back the hours that run in slots whose machines did not come up, once. */
export const reportBootFailure = verb<ReportBootFailure>('reportBootFailure', (desk, deployment, input) => {
  demandTransition(deployment, 'REPORT_BOOT_FAILURE');
  return giveBackHours(desk, deployment, input);
});

/** A call about one deployment of the team. */
function verb<Input extends OneDeployment>(
  operation: string,
  decide: (desk: Desk, deployment: Deployment, input: Input) => Decided | Promise<Decided>,
): DeploymentVerb<Input> {
  return (tx, input, actor, now, deps) =>
    runCall(tx, { operation, input, actor, now, deps }, input.deploymentId, (desk) =>
      decide(desk, deploymentOf(desk, input), input),
    );
}

/** A call that does nothing but change the state. */
function moves(action: DeploymentAction, kind: DeploymentEventKind) {
  return (desk: Desk, deployment: Deployment, { reason }: OneDeployment): Decided =>
    changed(desk, stateAfter(desk, deployment, action), kind, reason);
}

function stateAfter(desk: Desk, deployment: Deployment, action: DeploymentAction): Deployment {
  return stateAt(deployment, demandTransition(deployment, action, isOpenNow(desk, deployment)), desk.atMs);
}
