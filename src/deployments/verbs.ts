import type { ActorRef } from '../actor.ts';
import type { Catalog } from '../catalog/catalog-cache.ts';
import type { Charge } from '../charging/charge.ts';
import type { Clock } from '../clock.ts';
import type { Tx } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { TeamBalance } from '../ledger/balance.ts';
import type { Attribution, Deployment, Size } from './deployment.ts';
import type { SizeChange } from './lifecycle.ts';
import type { Schedule } from './schedule.ts';

/** What every call says. Texts are checked for form; `reason` is kept with the event. */
export interface DeploymentCall {
  readonly teamId: Uuid;
  readonly idempotencyKey: string;
  readonly reason: string | null;
}

/** A call about a deployment of the team. */
export interface OneDeployment extends DeploymentCall {
  readonly deploymentId: Uuid;
}

/** Creates a deployment that does not run yet. `size` and `schedule` are valid. */
export interface CreateDeployment extends DeploymentCall, Attribution {
  readonly name: string;
  /** The key of the instance type. */
  readonly instanceType: string;
  readonly size: Size;
  readonly schedule: Schedule | null;
  readonly resumeOnTopUp: boolean;
}

/** Sets the instance type, the number of replicas and their bounds; what is absent stays as it is. */
export interface ResizeDeployment extends OneDeployment {
  /** The key of the instance type. */
  readonly instanceType?: string | undefined;
  readonly size: SizeChange;
}

/** Sets the number of replicas within the bounds. */
export interface ScaleDeployment extends OneDeployment {
  readonly replicas: number;
}

/** Sets the weekly windows, or clears them. `schedule` is valid. */
export interface SetDeploymentSchedule extends OneDeployment {
  readonly schedule: Schedule | null;
}

/** Renames it, or sets whether new credit brings it back; what is absent stays as it is. */
export interface UpdateDeployment extends OneDeployment {
  readonly name?: string | undefined;
  readonly resumeOnTopUp?: boolean | undefined;
}

/** Gives back the hours that run in these slots, or in all; a deployment of which no replica is left is paused. */
export interface ReportBootFailure extends OneDeployment {
  readonly slots: readonly number[] | null;
}

/** What the verbs work with. */
export interface OperateDeps {
  readonly catalog: Catalog;
  readonly clock: Clock;
}

/** What came of a call. */
export interface Operated {
  /** As it is now, also when the call is a repeat. */
  readonly deployment: Deployment;
  /** The event that tells of it; null when nothing changed. */
  readonly seq: bigint | null;
  readonly replayed: boolean;
  /** What was charged by the first call with this key; what was given back for `reportBootFailure`. */
  readonly charges: readonly Charge[];
  /** What the team has now. */
  readonly balance: TeamBalance;
}

/**
 * A verb of `operate.ts`: locks the head of the team, answers a known key, judges, charges and writes one event.
 * @throws DomainError, which rolls everything back and leaves the key free: NOT_FOUND; BAD_USER_INPUT naming the field;
 * IDEMPOTENCY_CONFLICT; `WrongState`; `SpendRefused` when an hour that begins now is not paid.
 */
export type DeploymentVerb<Input> = (
  tx: Tx,
  input: Input,
  actor: ActorRef,
  now: Date,
  deps: OperateDeps,
) => Promise<Operated>;
