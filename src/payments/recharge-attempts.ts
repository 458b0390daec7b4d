import type { Tx } from '../db/client.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { AutoRecharge, RechargeAttempt, RechargeAttemptStatus } from './auto-recharge.ts';
import { autoRechargeOf, putAutoRecharge } from './auto-recharge-rows.ts';
import { attemptOfTopUp, updateAttempt } from './recharge-attempt-rows.ts';
import { FAILURES_THAT_SUSPEND } from './recharge-decision.ts';
import { mailActionRequired, mailSuspended } from './recharge-mails.ts';
import { judgeTeam, keepWish, type WishSince } from './recharge-wish.ts';
import { isPaid, type TopUp } from './top-up.ts';

/** What following a top-up needs. */
export interface FollowDeps {
  readonly jobs: Pick<JobQueue, 'enqueue'>;
  /** Where a team is sent that has something to do and no link of its bank. */
  readonly publicUrl: string;
}

/**
 * Draws the consequences that a changed top-up has for auto-recharge, in the transaction that changed it: of any top-up,
 * for what a customer buys ends a suspension, too, and what fails no longer counts as on its way.
 */
export async function followTopUp(tx: Tx, deps: FollowDeps, topUp: TopUp, now: Date): Promise<void> {
  const attempt = topUp.kind === 'AUTO_RECHARGE' ? await followAttempt(tx, topUp, now) : undefined;
  const settings = await autoRechargeOf(tx, topUp.teamId);
  if (!settings) return;
  if (isPaid(topUp)) await settle(tx, afterSuccess(settings, now), now, 'ANEW');
  else if (topUp.status === 'ACTION_REQUIRED') {
    if (attempt) await mailActionRequired(tx, deps, topUp, now);
  } else if (topUp.status === 'FAILED') await afterFailure(tx, deps, settings, attempt, now);
}

/** Brings the attempt up to date with its top-up. */
async function followAttempt(tx: Tx, topUp: TopUp, now: Date): Promise<RechargeAttempt | undefined> {
  const attempt = await attemptOfTopUp(tx, topUp.teamId, topUp.id);
  if (!attempt) return undefined;
  const status = attemptStatus(topUp);
  const isOver = status !== 'IN_FLIGHT' && status !== 'ACTION_REQUIRED';
  const followed: RechargeAttempt = {
    ...attempt,
    status,
    failureCode: topUp.failureCode,
    failureMessage: topUp.failureMessage,
    finishedAt: isOver ? (attempt.finishedAt ?? now) : null,
  };
  await updateAttempt(tx, followed);
  return followed;
}

/** What the state of its top-up means for an attempt to recharge. */
function attemptStatus(topUp: TopUp): RechargeAttemptStatus {
  if (isPaid(topUp)) return 'SUCCEEDED';
  if (topUp.status === 'PENDING') return 'IN_FLIGHT';
  if (topUp.status === 'ACTION_REQUIRED') return 'ACTION_REQUIRED';
  return topUp.failureCode === 'expired' ? 'CANCELED' : 'FAILED';
}

function afterSuccess(settings: AutoRecharge, now: Date): AutoRecharge {
  const cleared = settings.suspendedReason === 'DECLINED' ? NOT_SUSPENDED : {};
  return { ...settings, ...cleared, failures: 0, updatedAt: now };
}

const NOT_SUSPENDED = { suspendedAt: null, suspendedReason: null, suspendedFingerprint: null };

/** An attempt that never came to Stripe says nothing about the card. */
const NOT_THE_CARD = 'unreachable';

async function afterFailure(
  tx: Tx,
  deps: FollowDeps,
  settings: AutoRecharge,
  attempt: RechargeAttempt | undefined,
  now: Date,
): Promise<void> {
  if (!attempt || attempt.failureCode === NOT_THE_CARD) return settle(tx, settings, now, 'KEPT');
  const failures = settings.failures + 1;
  const isSuspended = failures >= FAILURES_THAT_SUSPEND && settings.suspendedReason === null;
  const suspension = {
    suspendedAt: now,
    suspendedReason: 'DECLINED' as const,
    suspendedFingerprint: attempt.fingerprint,
  };
  await settle(tx, { ...settings, failures, ...(isSuspended && suspension), updatedAt: now }, now, 'KEPT');
  if (isSuspended) await mailSuspended(tx, deps, attempt, now);
}

/** Writes how auto-recharge stands, and whether the team wants it. */
async function settle(tx: Tx, settings: AutoRecharge, now: Date, since: WishSince): Promise<void> {
  await putAutoRecharge(tx, settings);
  await keepWish(tx, await judgeTeam(tx, settings, now, since), since);
}
