import { arrayOf } from '../db/arrays.ts';
import type { Reader, Tx } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import { INSTALLATION } from '../teams/audit.ts';
import type { DiscountHistory, DiscountSince } from './compute-discount.ts';

/** The discounts of teams by team. */
export type Discounts = ReadonlyMap<Uuid, DiscountHistory>;

/**
 * What plans take off the prices of deployments of these teams, from when to when. Teams that never had a plan of their own
 * have what holds for the installation.
 */
export async function discountsOf(reader: Reader, teamIds: readonly Uuid[]): Promise<Discounts> {
  const rows = await reader.sql<{ team_id: Uuid; since_ms: number; discount_bps: bigint | null }[]>`
    select d.team_id, extract(epoch from d.since)::float8 * 1000 as since_ms, d.discount_bps
    from unnest(${arrayOf([INSTALLATION, ...teamIds])}::uuid[]) as t (id)
    cross join lateral (select * from compute_discounts d where d.team_id = t.id offset 0) d
    order by d.team_id, d.since`;
  if (rows.length === 0) return NO_DISCOUNTS;
  const common = rows.filter(({ team_id }) => team_id === INSTALLATION).map(toRow);
  return new Map(
    teamIds.map((teamId) => [
      teamId,
      historyOf(rows.filter(({ team_id }) => team_id === teamId).map(toRow), common),
    ]),
  );
}

const NO_DISCOUNTS: Discounts = new Map();

/** A row: null where what is common to all holds. */
interface Row {
  readonly sinceMs: number;
  readonly discountBps: bigint | null;
}

function toRow(row: { since_ms: number; discount_bps: bigint | null }): Row {
  return { sinceMs: Math.round(row.since_ms), discountBps: row.discount_bps };
}

/** A team's own discounts, with the common ones wherever it has none of its own. */
function historyOf(own: readonly Row[], common: readonly Row[]): DiscountSince[] {
  const at = (rows: readonly Row[], ms: number) => rows.findLast(({ sinceMs }) => sinceMs <= ms)?.discountBps;
  const instants = [...new Set([...own, ...common].map(({ sinceMs }) => sinceMs))].sort((a, b) => a - b);
  return instants.map((sinceMs) => ({ sinceMs, discountBps: at(own, sinceMs) ?? at(common, sinceMs) ?? 0n }));
}

/** Sets what is taken off from an instant on; null: what holds for the installation. The same again changes nothing. */
export async function recordDiscount(
  tx: Tx,
  teamId: Uuid,
  discountBps: bigint | null,
  since: Date,
): Promise<void> {
  const [last] = await tx.sql<{ discount_bps: bigint | null }[]>`
    select discount_bps from compute_discounts where team_id = ${teamId} order by since desc limit 1`;
  if ((last?.discount_bps ?? null) === discountBps) return;
  await tx.sql`
    insert into compute_discounts (team_id, since, discount_bps)
    values (${teamId}, ${since.toISOString()}::timestamptz, ${discountBps})
    on conflict (team_id, since) do update set discount_bps = excluded.discount_bps`;
}

/** In SQL: the discount, in basis points, that holds at `now` for the team that `team` is the column of. */
export function discountBpsNow({ sql }: Reader, team: Fragment, now: Date): Fragment {
  const last = (of: Fragment) => sql`(
    select terms.discount_bps from compute_discounts terms
    where terms.team_id = ${of} and terms.since <= ${now.toISOString()}::timestamptz order by terms.since desc limit 1)`;
  return sql`coalesce(${last(team)}, ${last(sql`${INSTALLATION}::uuid`)}, 0)`;
}

type Fragment = ReturnType<Reader['sql']>;
