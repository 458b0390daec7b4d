import type { Tx } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import { lockHeads, setRecharge } from '../ledger/post.ts';

/**
 * Has a team that wants to be recharged judged again once a card has been saved: it may have waited for one. Ends the
 * suspension of auto-recharge after declines when the card has another fingerprint, and has the team judged anew if its
 * credit is below the threshold by now. Any other suspension stays. Under `lockPayments`.
 */
export async function noteNewCard(
  tx: Tx,
  teamId: Uuid,
  fingerprint: string | null,
  now: Date,
): Promise<void> {
  await tx.sql`
    update auto_recharges set next_check_at = null
    where team_id = ${teamId} and next_check_at is not null and suspended_at is null`;
  const [cleared] = await tx.sql<{ enabled: boolean; threshold_nano: bigint }[]>`
    update auto_recharges
    set suspended_at = null, suspended_reason = null, suspended_fingerprint = null, failures = 0,
      updated_at = ${now.toISOString()}::timestamptz
    where team_id = ${teamId} and suspended_at is not null and suspended_reason = 'DECLINED'
      and suspended_fingerprint is distinct from ${fingerprint}
    returning enabled, threshold_nano`;
  if (cleared?.enabled) await judgeAnew(tx, teamId, cleared.threshold_nano, now);
}

async function judgeAnew(tx: Tx, teamId: Uuid, thresholdNano: bigint, now: Date): Promise<void> {
  const head = (await lockHeads(tx, [teamId])).get(teamId);
  if (!head) return;
  const { unrestrictedNano, heldNano } = head.balances;
  const isBelow = unrestrictedNano + heldNano < thresholdNano;
  const sinceMs = head.rechargeDueAtMs ?? (isBelow ? now.getTime() : null);
  await setRecharge(tx, teamId, {
    belowNano: thresholdNano,
    dueAt: sinceMs === null ? null : new Date(sinceMs),
  });
}
