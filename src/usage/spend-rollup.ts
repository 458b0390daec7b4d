import { CHARGE_STATUS } from '../charging/charge.ts';
import { arrayOf } from '../db/arrays.ts';
import { type Db, inTransaction, type Reader, type Tx } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import { FIRST_ID } from './spend.ts';

/** Charges of one team that one transaction takes. */
const TAKE = 20_000;

/**
 * Moves the newest charges and reversals of teams into their buckets: each once, however many processes do it, because
 * the cursor of a team is locked while it moves. A team's charges are committed in the order of their ids, so that what
 * follows the cursor is exactly what is new. Returns whether more is left.
 */
export function rollUpSpend(db: Db, teamIds: readonly Uuid[]): Promise<boolean> {
  const ids = [...new Set(teamIds)].sort();
  return inTransaction(db, async (tx) => {
    await lockCursors(tx, ids);
    // Only now: what the holder of the lock before us has moved is seen by later statements.
    return moveSpend(tx, ids);
  });
}

/** Up to `limit` teams after team `after`, by id, that have something to roll up. */
export async function teamsBehind(reader: Reader, after: Uuid, limit: number): Promise<Uuid[]> {
  const rows = await reader.sql<{ team_id: Uuid }[]>`
    select w.team_id from wallets w left join spend_cursors k on k.team_id = w.team_id
    where w.team_id > ${after} and (
      exists (select 1 from charges c where c.team_id = w.team_id and c.id > coalesce(k.charge_id, ${FIRST_ID}::uuid))
      or exists (select 1 from reversals r where r.team_id = w.team_id and r.to_seq > coalesce(k.reversed_to_seq, 0)))
    order by w.team_id limit ${limit}`;
  return rows.map(({ team_id }) => team_id);
}

async function lockCursors(tx: Tx, ids: readonly Uuid[]): Promise<void> {
  await tx.sql`
    insert into spend_cursors (team_id, charge_id, reversed_to_seq)
    select id, ${FIRST_ID}::uuid, 0 from unnest(${arrayOf(ids)}::uuid[]) as t (id) order by id
    on conflict do nothing`;
  await tx.sql`
    select 1 from unnest(${arrayOf(ids)}::uuid[]) as t (id) join spend_cursors k on k.team_id = t.id
    order by k.team_id for update of k`;
}

async function moveSpend(tx: Tx, ids: readonly Uuid[]): Promise<boolean> {
  const rows = await tx.sql<{ taken: bigint }[]>`
    with made as (
      select c.* from unnest(${arrayOf(ids)}::uuid[]) as t (id) join spend_cursors k on k.team_id = t.id
      cross join lateral (
        select c.team_id, c.id, date_bin('15 minutes', c.occurred_at, 'epoch') as at, c.model_id, c.amount_nano, c.status
        from charges c where c.team_id = k.team_id and c.id > k.charge_id order by c.id limit ${TAKE}
      ) c
    ), reversed as (
      select c.team_id, date_bin('15 minutes', c.occurred_at, 'epoch') as at, c.model_id, r.amount_nano, r.to_seq
      from unnest(${arrayOf(ids)}::uuid[]) as t (id) join spend_cursors k on k.team_id = t.id
      join reversals r on r.team_id = k.team_id and r.to_seq > k.reversed_to_seq
      join charges c on c.team_id = r.team_id and c.id = r.charge_id
    ), moved as (
      insert into spend_buckets (team_id, bucket_at, model_id, amount_nano, charges)
      select team_id, at, model_id, sum(amount_nano), sum(charges) from (
        select team_id, at, model_id, amount_nano, 1 as charges from made where status = ${CHARGE_STATUS.CHARGED}
        union all select team_id, at, model_id, -amount_nano, 0 from reversed
      ) s group by team_id, at, model_id
      on conflict (team_id, bucket_at, model_id) do update
      set amount_nano = spend_buckets.amount_nano + excluded.amount_nano,
        charges = spend_buckets.charges + excluded.charges
    ), ends as (
      select team_id, max(id::text collate "C")::uuid as charge_id, max(to_seq) as to_seq, count(id) as taken from (
        select team_id, id, null::int8 as to_seq from made union all select team_id, null, to_seq from reversed
      ) e group by team_id
    )
    update spend_cursors k
    set charge_id = coalesce(e.charge_id, k.charge_id), reversed_to_seq = coalesce(e.to_seq, k.reversed_to_seq)
    from ends e where k.team_id = e.team_id returning e.taken`;
  return rows.some(({ taken }) => taken >= TAKE);
}
