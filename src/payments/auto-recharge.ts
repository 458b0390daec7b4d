import type { ActorRef } from '../actor.ts';
import type { Uuid } from '../id.ts';
import type {
  RechargeObstacle,
  RechargeTerms,
  RechargeTrigger,
  SuspendedReason,
} from './recharge-decision.ts';

/** How a team wants its credit to be kept up, and what stands in the way of that. */
export interface AutoRecharge extends RechargeTerms {
  readonly teamId: Uuid;
  /** Null: whichever is the default. */
  readonly paymentMethodId: Uuid | null;
  /** Attempts that failed in a row. */
  readonly failures: number;
  readonly suspendedAt: Date | null;
  readonly suspendedReason: SuspendedReason | null;
  /** Of the card that was declined. */
  readonly suspendedFingerprint: string | null;
  /** When a wish that cannot be granted yet is judged again; null: at once. */
  readonly nextCheckAt: Date | null;
  /** Who set it up last. */
  readonly actor: ActorRef;
  readonly updatedAt: Date;
}

export type RechargeAttemptStatus = 'IN_FLIGHT' | 'ACTION_REQUIRED' | 'SUCCEEDED' | 'FAILED' | 'CANCELED';

/** One time that it was tried to recharge a team by itself. */
export interface RechargeAttempt {
  readonly teamId: Uuid;
  readonly id: Uuid;
  readonly trigger: RechargeTrigger;
  readonly status: RechargeAttemptStatus;
  readonly amountCents: bigint;
  readonly topUpId: Uuid;
  /** Of the card. */
  readonly fingerprint: string | null;
  readonly failureCode: string | null;
  readonly failureMessage: string | null;
  readonly startedAt: Date;
  /** Null while it is in flight. */
  readonly finishedAt: Date | null;
}

export type AutoRechargeStatus =
  | 'OFF'
  | 'ACTIVE'
  | 'CHARGING'
  | 'ACTION_REQUIRED'
  | 'BACKING_OFF'
  | 'SUSPENDED';

/** How auto-recharge fares, in one word. */
export function statusOf(
  { enabled, suspendedReason }: Pick<AutoRecharge, 'enabled' | 'suspendedReason'>,
  inFlight: Pick<RechargeAttempt, 'status'> | undefined,
  obstacles: readonly RechargeObstacle[],
): AutoRechargeStatus {
  if (!enabled) return 'OFF';
  if (suspendedReason !== null) return 'SUSPENDED';
  if (inFlight) return inFlight.status === 'ACTION_REQUIRED' ? 'ACTION_REQUIRED' : 'CHARGING';
  return obstacles.includes('BACKING_OFF') ? 'BACKING_OFF' : 'ACTIVE';
}
