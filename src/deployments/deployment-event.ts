import type { ActorRef } from '../actor.ts';
import type { Uuid } from '../id.ts';
import type { DeploymentStatus, PauseReason, Size } from './deployment.ts';
import type { Schedule } from './schedule.ts';

/** What happens to deployments. What follows from a kind is said where the API describes it, in `deployment-event.type.ts`. */
export const DEPLOYMENT_EVENT_KINDS = [
  'CREATED',
  'STARTED',
  'PAUSED',
  'RESUMED',
  'STOPPED',
  'RESIZED',
  'SCALED',
  'SCHEDULE_SET',
  'UPDATED',
  'BOOT_FAILED',
  'CREDIT_ENDING',
  'CREDIT_SECURED',
  'HOUR_UNBILLED',
] as const;
export type DeploymentEventKind = (typeof DEPLOYMENT_EVENT_KINDS)[number];

/** The deployment after the event, and what its kind adds; kept as JSON, amounts and instants as text. */
export interface DeploymentEventDetails extends Size {
  readonly name: string;
  readonly status: DeploymentStatus;
  readonly pauseReason: PauseReason | null;
  /** The key of the instance type. */
  readonly instanceType: string;
  readonly resumeOnTopUp: boolean;
  readonly schedule: Schedule | null;
  /** Until when all of its active replicas are paid; null without a paid hour. */
  readonly paidUntil: string | null;
  /** The charges made, or for BOOT_FAILED given back, with it. */
  readonly chargeIds?: readonly Uuid[];
  /** The replica slots that it is about: BOOT_FAILED, HOUR_UNBILLED. */
  readonly slots?: readonly number[];
  /** CREDIT_ENDING: when and why it will be paused, and how many nano-credits are missing. */
  readonly pausesAt?: string;
  readonly pausesFor?: PauseReason;
  readonly shortByNano?: string;
  /** HOUR_UNBILLED: the hour that nobody paid, and its price in nano-credits. */
  readonly hourAt?: string;
  readonly amountNano?: string;
}

/** One event in the log of a team. Never changed. */
export interface DeploymentEvent {
  readonly teamId: Uuid;
  /** 1, 2, 3 … without gaps within the team. */
  readonly seq: bigint;
  readonly deploymentId: Uuid;
  readonly kind: DeploymentEventKind;
  /** When it is true: the boundary of an hour or a window, or the time of the call. */
  readonly at: Date;
  /** When it was written; later than `at` for what was caught up. */
  readonly recordedAt: Date;
  readonly actor: ActorRef;
  readonly reason: string | null;
  readonly details: DeploymentEventDetails;
}
