import type { Reader, Tx } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import { COMES_AGAIN, type Due } from '../jobs/due.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import { nextLookAt } from './payment-method.ts';

/** What is remembered of things begun at Stripe, so that no lost answer and no lost event leaves our copy behind. */

/**
 * Notes, before Stripe is asked, that the list of a team's methods may change there until `now + ms`. Stripe will be
 * asked what became of it, whoever hears the answer.
 */
export async function watchMethods(tx: Tx, teamId: Uuid, now: Date, ms: number): Promise<void> {
  const until = new Date(now.getTime() + ms);
  const next = nextLookAt({ begunAt: now, until }, now);
  await tx.sql`
    insert into payment_method_watches as w (team_id, begun_at, until, next_check_at)
    values (${teamId}, ${now.toISOString()}::timestamptz, ${until.toISOString()}::timestamptz, ${iso(next)}::timestamptz)
    on conflict (team_id) do update set begun_at = excluded.begun_at,
      until = greatest(w.until, excluded.until), next_check_at = excluded.next_check_at`;
}

/** The version of a team's copy: to be read before Stripe is asked for the list. */
export async function copyVersion(reader: Reader, teamId: Uuid): Promise<bigint> {
  const [row] = await reader.sql<{ version: bigint }[]>`
    select version from payment_method_watches where team_id = ${teamId}`;
  return row?.version ?? 0n;
}

/**
 * Takes the next version of the copy, and says when Stripe is asked again. Under `lockPayments`. False, and nothing is
 * written, when the copy is not `version` any more: what was listed may be older than what it was made of.
 */
export async function takeVersion(tx: Tx, teamId: Uuid, version: bigint, now: Date): Promise<boolean> {
  const { sql } = tx;
  const at = now.toISOString();
  await sql`
    insert into payment_method_watches (team_id, begun_at, until)
    values (${teamId}, ${at}::timestamptz, ${at}::timestamptz) on conflict do nothing`;
  const [row] = await sql<{ version: bigint; begun_at: Date; until: Date }[]>`
    select version, begun_at, until from payment_method_watches where team_id = ${teamId} for update`;
  if (row?.version !== version) return false;
  const next = nextLookAt({ begunAt: row.begun_at, until: row.until }, now);
  await sql`
    update payment_method_watches set version = version + 1, next_check_at = ${iso(next)}::timestamptz
    where team_id = ${teamId}`;
  return true;
}

/** Has Stripe asked again at `at` at the latest: something could not be done yet. */
export async function lookAgain(tx: Tx, teamId: Uuid, at: Date): Promise<void> {
  await tx.sql`
    update payment_method_watches
    set next_check_at = least(coalesce(next_check_at, ${iso(at)}::timestamptz), ${iso(at)}::timestamptz)
    where team_id = ${teamId}`;
}

const AT_ONCE = 100;
const AGAIN_MS = 10 * 60_000;

/** The teams whose list of methods is to be read anew. */
export function watchedMethods(jobs: JobQueue): Due {
  return {
    name: 'payment methods',
    async nextAt({ sql }) {
      const [row] = await sql<{ at: Date }[]>`
        select next_check_at as at from payment_method_watches
        where next_check_at is not null order by next_check_at limit 1`;
      return row?.at;
    },
    async enqueueDue(tx, now) {
      const again = new Date(now.getTime() + AGAIN_MS);
      const rows = await tx.sql<{ team_id: Uuid }[]>`
        update payment_method_watches w set next_check_at = ${again.toISOString()}::timestamptz
        from (
          select team_id from payment_method_watches where next_check_at <= ${now.toISOString()}::timestamptz
          order by next_check_at limit ${AT_ONCE} for update skip locked
        ) due where w.team_id = due.team_id
        returning w.team_id`;
      for (const { team_id: teamId } of rows)
        await jobs.enqueue(tx, 'payment-methods', { teamId }, COMES_AGAIN);
      return rows.length;
    },
  };
}

function iso(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}
