import { SYSTEM_ACTOR } from '../actor.ts';
import type { Tx } from '../db/client.ts';
import { lockPayments } from '../gateway/payment-heads.ts';
import type { Uuid } from '../id.ts';
import { startSubscription } from './change-subscription.ts';
import { planToTake } from './subscribe-to-plan.ts';
import { liveSubscription } from './subscription-rows.ts';

/**
 * Puts a team on a plan that nobody pays for, as the demo's is, unless it has one of the family. The plan must exist.
 * @throws DomainError NOT_FOUND for the plan.
 */
export async function givePlan(tx: Tx, teamId: Uuid, planCode: string, now: Date): Promise<void> {
  await lockPayments(tx, teamId);
  const plan = await planToTake(tx, planCode);
  if (await liveSubscription(tx, teamId, plan.family)) return;
  await startSubscription(tx, { teamId, plan, actor: SYSTEM_ACTOR, status: 'ACTIVE' }, now);
}
