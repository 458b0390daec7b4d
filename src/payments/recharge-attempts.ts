import type { Tx } from '../db/client.ts';
import { isPaid, type TopUp } from './top-up.ts';

/** What the state of its top-up means for an attempt to recharge. */
function attemptStatus(topUp: TopUp): 'IN_FLIGHT' | 'ACTION_REQUIRED' | 'SUCCEEDED' | 'FAILED' | 'CANCELED' {
  if (isPaid(topUp)) return 'SUCCEEDED';
  if (topUp.status === 'PENDING') return 'IN_FLIGHT';
  if (topUp.status === 'ACTION_REQUIRED') return 'ACTION_REQUIRED';
  return topUp.failureCode === 'expired' ? 'CANCELED' : 'FAILED';
}

/** Brings an attempt to recharge up to date with its top-up, in the transaction that changed that. */
export async function followTopUp(tx: Tx, topUp: TopUp, now: Date): Promise<void> {
  const status = attemptStatus(topUp);
  const isOver = status !== 'IN_FLIGHT' && status !== 'ACTION_REQUIRED';
  await tx.sql`
    update recharge_attempts set status = ${status}, failure_code = ${topUp.failureCode},
      failure_message = ${topUp.failureMessage}, finished_at = ${isOver ? now.toISOString() : null}::timestamptz
    where team_id = ${topUp.teamId} and top_up_id = ${topUp.id}`;
}
