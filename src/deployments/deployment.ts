import type { ActorRef } from '../actor.ts';
import type { Uuid } from '../id.ts';
import type { Schedule } from './schedule.ts';

/**
 * CREATED: never started. RUNNING: each hour of its replicas is charged when it begins. PAUSED: nothing is charged, and
 * what paused it may bring it back. STOPPED: only a start brings it back.
 */
export const DEPLOYMENT_STATUSES = ['CREATED', 'RUNNING', 'PAUSED', 'STOPPED'] as const;
export type DeploymentStatus = (typeof DEPLOYMENT_STATUSES)[number];

/** Why a deployment is paused. Ended by: a call (USER, SPEND_CAP, BOOT_FAILED), its schedule, new credit if it asked for that. */
export const PAUSE_REASONS = ['USER', 'SCHEDULE', 'OUT_OF_CREDITS', 'SPEND_CAP', 'BOOT_FAILED'] as const;
export type PauseReason = (typeof PAUSE_REASONS)[number];

/** How many replicas run, and between which bounds an autoscaler may change that. */
export interface Size {
  readonly replicas: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
}

/** On whose behalf hours are charged; a member or key of the team, or neither. */
export interface Attribution {
  readonly memberId: Uuid | null;
  readonly apiKeyId: Uuid | null;
}

/** A server that runs by the hour, as it is kept. */
export interface Deployment extends Size, Attribution {
  readonly teamId: Uuid;
  readonly id: Uuid;
  readonly name: string;
  /** The instance type, a model of the catalogue. */
  readonly instanceTypeId: Uuid;
  readonly status: DeploymentStatus;
  /** Null unless paused. */
  readonly pauseReason: PauseReason | null;
  /** Since when it is paused: the boundary of the hour that was not paid, or the time of the call. */
  readonly pausedAt: Date | null;
  /** The newest ledger entry when credit ended; null unless it is paused for that. */
  readonly pausedSeq: bigint | null;
  /** When it last left CREATED or STOPPED. */
  readonly startedAt: Date | null;
  readonly stoppedAt: Date | null;
  /** Whether new credit brings it back when the lack of it paused it. */
  readonly resumeOnTopUp: boolean;
  /** When it runs, in the time zone of the team; null for always. */
  readonly schedule: Schedule | null;
  /** When the schedule next pauses it or brings it back; null for never. */
  readonly scheduleDueAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Who created it. */
  readonly actor: ActorRef;
}

/** A place of a replica as one instance type, with the hour that is paid for it. */
export interface DeploymentSlot {
  readonly teamId: Uuid;
  readonly deploymentId: Uuid;
  /** 1 or more. */
  readonly slot: number;
  readonly instanceTypeId: Uuid;
  /** Whether its next hour is wanted. A paid hour stays paid when it is not. */
  readonly active: boolean;
  /** The hour that was charged last, from and before; null before the first, and when that was given back. */
  readonly hourAt: Date | null;
  readonly paidUntil: Date | null;
  /** The charge of that hour. */
  readonly chargeId: Uuid | null;
  /** The hold for the next hour, when there is one. */
  readonly holdId: Uuid | null;
  /** When the metering loop has to look at it; null for never. */
  readonly dueAt: Date | null;
}
