import { SYSTEM_ACTOR } from '../actor.ts';
import { inTransaction, type Tx } from '../db/client.ts';
import { assert, DomainError } from '../domain-error.ts';
import { lockPayments } from '../gateway/payment-heads.ts';
import { newUuid, type Uuid } from '../id.ts';
import { autoRechargeOf } from './auto-recharge-rows.ts';
import { bonusFor } from './bonus-tiers.ts';
import type { PaymentDeps } from './payment-deps.ts';
import { pursueTopUp } from './pursue-top-up.ts';
import { insertAttempt } from './recharge-attempt-rows.ts';
import { type JudgedTeam, judgeAgainAt, judgeTeam, keepWish } from './recharge-wish.ts';
import { startTopUp } from './start-top-up.ts';
import type { TopUp } from './top-up.ts';

/**
 * Judges whether a team is to be recharged, and does it. Safe to repeat, by anybody, at any time: of any number at once
 * one begins an attempt. What Stripe does not answer is found out with the top-up.
 */
export async function recharge(deps: PaymentDeps, teamId: Uuid): Promise<TopUp | undefined> {
  const topUp = await inTransaction(deps.db, (tx) => startRecharge(tx, deps, teamId));
  if (!topUp) return undefined;
  try {
    return await pursueTopUp(deps, teamId, topUp.id);
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'UNAVAILABLE') throw error;
    deps.log.warn({ err: error, topUpId: topUp.id }, 'a recharge waits until the payment provider answers');
    return topUp;
  }
}

/**
 * Writes down the attempt and its top-up, where a team is to be recharged now; else when that is judged again. To be
 * committed before Stripe is asked.
 */
export async function startRecharge(
  tx: Tx,
  deps: Pick<PaymentDeps, 'clock'>,
  teamId: Uuid,
): Promise<TopUp | undefined> {
  await lockPayments(tx, teamId);
  const settings = await autoRechargeOf(tx, teamId);
  if (!settings) return undefined;
  const judged = await judgeTeam(tx, settings, deps.clock.now(), 'KEPT');
  const topUp = judged.verdict.obstacles.length === 0 ? await begin(tx, judged) : undefined;
  await keepWish(tx, judged, 'KEPT');
  if (topUp) await judgeAgainAt(tx, settings, new Date(topUp.createdAt.getTime() + HOUR_MS));
  return topUp;
}

const HOUR_MS = 3_600_000;

async function begin(tx: Tx, { settings, verdict, method, now }: JudgedTeam): Promise<TopUp | undefined> {
  const { teamId } = settings;
  const { trigger, amountCents } = verdict;
  assert(trigger && method, 'without obstacles there is a reason and a method');
  const topUpId = newUuid(now.getTime());
  const isOnly = await insertAttempt(tx, {
    teamId,
    id: newUuid(now.getTime()),
    trigger,
    status: 'IN_FLIGHT',
    amountCents,
    topUpId,
    fingerprint: method.fingerprint,
    failureCode: null,
    failureMessage: null,
    startedAt: now,
    finishedAt: null,
  });
  if (!isOnly) return undefined;
  return startTopUp(
    tx,
    {
      teamId,
      id: topUpId,
      kind: 'AUTO_RECHARGE',
      flow: 'SAVED_METHOD',
      amountCents,
      bonusNano: await bonusFor(tx, amountCents, now),
      paymentMethodId: method.id,
      returnUrl: null,
      actor: SYSTEM_ACTOR,
    },
    now,
  );
}
