import type { Reader } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import type { Uuid } from '../id.ts';

/**
 * The number of the last entry posted by an instant, 0 for none. `postedAt` never falls along a stream, so numbers are
 * halved until one is left, one index look-up a step, among those up to `headSeq`.
 */
export async function lastSeqAt(
  reader: Reader,
  teamId: Uuid,
  headSeq: bigint,
  atMs: number,
): Promise<bigint> {
  const [found] = await reader.sql<{ seq: bigint }[]>`
    with recursive search (low, high) as (
      select 0::int8, ${headSeq}::int8
      union all
      select case when posted then middle else low end, case when posted then high else middle - 1 end
      from (
        select low, high, (low + high + 1) / 2 as middle,
          (select e.posted_at <= ${new Date(atMs).toISOString()}::timestamptz from entries e
            where e.team_id = ${teamId} and e.seq = (low + high + 1) / 2) as posted
        from search where low < high
        -- Keeps the planner from looking up each entry twice.
        offset 0
      ) step
    )
    select low as seq from search where low = high`;
  assert(found, 'a stream has an entry for every number up to its head');
  return found.seq;
}
