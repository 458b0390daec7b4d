import type { Tx } from '../db/client.ts';
import { lockPayments } from '../gateway/payment-heads.ts';
import type { Uuid } from '../id.ts';
import { setRecharge } from '../ledger/post.ts';

/**
 * Stops auto-recharge because a payment of the team is disputed. Only an admin turns it on again, once no dispute is
 * open: no payment and no new card does. A team that has never set it up, or turned it off, keeps it as it is. Takes the
 * lock of the team's payments, then writes its wallet.
 */
export async function suspendForDispute(tx: Tx, teamId: Uuid, now: Date): Promise<void> {
  await lockPayments(tx, teamId);
  const suspended = await tx.sql`
    update auto_recharges set suspended_reason = 'DISPUTED', next_check_at = null,
      suspended_at = ${now.toISOString()}::timestamptz, updated_at = ${now.toISOString()}::timestamptz
    where team_id = ${teamId} and enabled and suspended_reason is distinct from 'DISPUTED' returning 1`;
  // What is suspended wants nothing: the wallet marks nothing until the suspension ends.
  if (suspended.length > 0) await setRecharge(tx, teamId, { belowNano: null, dueAt: null });
}
