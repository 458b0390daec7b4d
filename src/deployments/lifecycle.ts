import { badInput, DomainError } from '../domain-error.ts';
import type { Deployment, DeploymentStatus, PauseReason, Size } from './deployment.ts';

/** What may be done to a deployment. SCALE is what an autoscaler does, within the bounds; RESIZE sets them. */
export const DEPLOYMENT_ACTIONS = [
  'START',
  'PAUSE',
  'RESUME',
  'STOP',
  'RESIZE',
  'SCALE',
  'SET_SCHEDULE',
  'UPDATE',
  'REPORT_BOOT_FAILURE',
] as const;
export type DeploymentAction = (typeof DEPLOYMENT_ACTIONS)[number];

/** The state of a deployment: `pauseReason` is null unless it is paused. */
export type DeploymentState = Pick<Deployment, 'status' | 'pauseReason'>;

/** The next state, or what is allowed instead. */
export type Transition =
  | { readonly ok: true; readonly next: DeploymentState }
  | { readonly ok: false; readonly allowed: readonly DeploymentAction[] };

const RUNNING: DeploymentState = { status: 'RUNNING', pauseReason: null };
const STOPPED: DeploymentState = { status: 'STOPPED', pauseReason: null };

/** The state of a deployment that is paused for `pauseReason`. */
export function paused(pauseReason: PauseReason): DeploymentState {
  return { status: 'PAUSED', pauseReason };
}

const CONFIGURED: readonly DeploymentAction[] = ['RESIZE', 'SET_SCHEDULE', 'UPDATE'];

/** What is allowed in each state. REPORT_BOOT_FAILURE after a pause or stop gives back the hour that was begun. */
const ALLOWED: Readonly<Record<DeploymentStatus, readonly DeploymentAction[]>> = {
  CREATED: ['START', ...CONFIGURED],
  RUNNING: ['PAUSE', 'STOP', 'SCALE', 'REPORT_BOOT_FAILURE', ...CONFIGURED],
  PAUSED: ['RESUME', 'STOP', 'SCALE', 'REPORT_BOOT_FAILURE', ...CONFIGURED],
  STOPPED: ['START', 'REPORT_BOOT_FAILURE', ...CONFIGURED],
};

/** What may be done to a deployment in this state. */
export function allowedActions({ status, pauseReason }: DeploymentState): readonly DeploymentAction[] {
  // What something else paused, a user may keep from coming back by itself.
  const keepPaused = status === 'PAUSED' && pauseReason !== 'USER';
  return keepPaused ? ['PAUSE', ...ALLOWED[status]] : ALLOWED[status];
}

/**
 * What `action`, asked for by a caller, makes of a deployment. `isOpen`: whether its schedule lets it run now (true
 * without one). A start outside of the windows waits for the next one; a resume brings it up whatever the schedule says,
 * until the schedule next closes; a new schedule holds at once. REPORT_BOOT_FAILURE is of all its replicas.
 */
export function transition(state: DeploymentState, action: DeploymentAction, isOpen = true): Transition {
  const allowed = allowedActions(state);
  if (!allowed.includes(action)) return { ok: false, allowed };
  return { ok: true, next: nextState(state, action, isOpen) };
}

function nextState(state: DeploymentState, action: DeploymentAction, isOpen: boolean): DeploymentState {
  switch (action) {
    case 'START':
      return isOpen ? RUNNING : paused('SCHEDULE');
    case 'PAUSE':
      return paused('USER');
    case 'RESUME':
      return RUNNING;
    case 'STOP':
      return STOPPED;
    case 'SET_SCHEDULE':
      return scheduled(state, isOpen);
    case 'REPORT_BOOT_FAILURE':
      return state.status === 'RUNNING' ? paused('BOOT_FAILED') : state;
    case 'RESIZE':
    case 'SCALE':
    case 'UPDATE':
      return state;
  }
}

/** What a schedule makes of a deployment when it opens or closes: it ends the pauses that it began, and no other. */
export function scheduled(state: DeploymentState, isOpen: boolean): DeploymentState {
  if (isOpen) return state.pauseReason === 'SCHEDULE' ? RUNNING : state;
  return state.status === 'RUNNING' ? paused('SCHEDULE') : state;
}

/** Something was asked of a deployment that is not possible in its state. A CONFLICT with `reason: WRONG_STATE`. */
export class WrongState extends DomainError {
  constructor(
    readonly status: DeploymentStatus,
    readonly allowed: readonly DeploymentAction[],
  ) {
    super('CONFLICT', `The deployment is ${status}: only ${allowed.join(', ')} is possible now.`, {
      reason: 'WRONG_STATE',
      field: 'deploymentId',
      status,
      allowed,
    });
  }
}

/** The next state, as `transition` tells it. @throws WrongState */
export function demandTransition(
  state: DeploymentState,
  action: DeploymentAction,
  isOpen = true,
): DeploymentState {
  const result = transition(state, action, isOpen);
  if (!result.ok) throw new WrongState(state.status, result.allowed);
  return result.next;
}

export const MAX_REPLICAS = 1000;

/** What a caller wants changed of a size. Absent: as it is. */
export interface SizeChange {
  readonly replicas?: number | undefined;
  readonly minReplicas?: number | undefined;
  readonly maxReplicas?: number | undefined;
}

/**
 * The size of a new deployment: as few replicas as may be unless a number is asked for, and bounds that keep it there.
 * @throws DomainError BAD_USER_INPUT as `sizeAfter` does.
 */
export function firstSize({ replicas, minReplicas = 1, maxReplicas }: SizeChange): Size {
  const first = replicas ?? minReplicas;
  return checkedSize({
    replicas: first,
    minReplicas,
    maxReplicas: maxReplicas ?? Math.max(first, minReplicas),
  });
}

/**
 * The size after a change.
 * @throws DomainError BAD_USER_INPUT naming the member that is not a whole number from 1 to 1,000, or out of the bounds.
 */
export function sizeAfter(size: Size, change: SizeChange): Size {
  return checkedSize({
    replicas: change.replicas ?? size.replicas,
    minReplicas: change.minReplicas ?? size.minReplicas,
    maxReplicas: change.maxReplicas ?? size.maxReplicas,
  });
}

function checkedSize(size: Size): Size {
  const { replicas, minReplicas, maxReplicas } = size;
  checkCount(minReplicas, 'minReplicas');
  checkCount(replicas, 'replicas');
  checkCount(maxReplicas, 'maxReplicas');
  if (minReplicas > maxReplicas) {
    throw badInput('minReplicas', `must not be above maxReplicas, ${maxReplicas}.`);
  }
  if (replicas < minReplicas || replicas > maxReplicas) {
    throw badInput('replicas', `must be from ${minReplicas} to ${maxReplicas}, and is ${replicas}.`);
  }
  return size;
}

function checkCount(count: number, field: string): void {
  if (count === 0) throw badInput(field, 'must not be 0: stop the deployment instead.');
  if (!Number.isSafeInteger(count) || count < 1 || count > MAX_REPLICAS) {
    throw badInput(field, `must be a whole number from 1 to ${MAX_REPLICAS}.`);
  }
}

const MAX_NAME = 100;
const MAX_REASON = 500;
const MAX_KEY = 200;

/** The name as it is kept. @throws DomainError BAD_USER_INPUT when it is empty, too long or has control characters. */
export function checkedName(name: string): string {
  const trimmed = name.trim();
  if (trimmed !== '' && trimmed.length <= MAX_NAME && !/\p{Cc}/u.test(trimmed)) return trimmed;
  throw badInput('name', `must have 1 to ${MAX_NAME} characters and no control characters.`);
}

/** The reason as it is kept; null for none. @throws DomainError BAD_USER_INPUT when it is too long. */
export function checkedReason(reason: string | null | undefined): string | null {
  const trimmed = reason?.trim() ?? '';
  if (trimmed.length > MAX_REASON) throw badInput('reason', `must have at most ${MAX_REASON} characters.`);
  return trimmed === '' ? null : trimmed;
}

/** @throws DomainError BAD_USER_INPUT when an idempotency key is empty or too long. */
export function checkedKey(key: string): string {
  if (key !== '' && key.length <= MAX_KEY) return key;
  throw badInput('idempotencyKey', `must have 1 to ${MAX_KEY} characters.`);
}
