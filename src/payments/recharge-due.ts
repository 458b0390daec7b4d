import type { Uuid } from '../id.ts';
import { COMES_AGAIN, type Due } from '../jobs/due.ts';
import type { PaymentDeps } from './payment-deps.ts';
import { recharge } from './recharge-team.ts';

/** After how long a wish is looked at again whose job has not said otherwise. */
const AGAIN_MS = 5 * 60_000;
const AT_ONCE = 100;

/**
 * The teams that want to be recharged, as their wallets say: nothing is lost with the process that was to do it, and what
 * could not be done yet is done in its time.
 */
export function rechargesDue({ jobs }: Pick<PaymentDeps, 'jobs'>): Due {
  return {
    name: 'recharges',
    async nextAt({ sql }) {
      const [row] = await sql<{ at: Date | null }[]>`
        select min(coalesce(a.next_check_at, w.recharge_due_at)) as at
        from wallets w join auto_recharges a on a.team_id = w.team_id where w.recharge_due_at is not null`;
      return row?.at ?? undefined;
    },
    async enqueueDue(tx, now) {
      const again = new Date(now.getTime() + AGAIN_MS);
      const rows = await tx.sql<{ team_id: Uuid }[]>`
        update auto_recharges t set next_check_at = ${again.toISOString()}::timestamptz
        from (
          select a.team_id from wallets w join auto_recharges a on a.team_id = w.team_id
          where w.recharge_due_at is not null
            and coalesce(a.next_check_at, w.recharge_due_at) <= ${now.toISOString()}::timestamptz
          order by w.recharge_due_at limit ${AT_ONCE} for update of a skip locked
        ) due where t.team_id = due.team_id
        returning t.team_id`;
      for (const { team_id: teamId } of rows) await jobs.enqueue(tx, 'recharge', { teamId }, COMES_AGAIN);
      return rows.length;
    },
  };
}

/** Has the jobs of recharges done. */
export function handleRecharges(deps: PaymentDeps): void {
  deps.jobs.handle('recharge', async ({ teamId = '' }) => {
    await recharge(deps, teamId);
  });
}
