import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import { counterOf, type Uuid } from '../id.ts';
import { type BalancesRow, balancesColumns, balancesOfRow } from '../ledger/entries.ts';
import type { BalancesAfter } from '../ledger/entry.ts';
import type { GrantAccount } from '../ledger/grant-account.ts';
import { type GrantRow, grantColumns, grantOf } from '../ledger/rows.ts';
import type { Charge } from './charge.ts';

/** The grants of the charge's team that existed when it was decided, with the expiry and the status of then. */
export async function grantsAsOf(reader: Reader, charge: Charge): Promise<GrantAccount[]> {
  const [rows, changes] = await Promise.all([
    reader.sql<GrantRow[]>`
      select ${grantColumns(reader)} from grants g
      where g.team_id = ${charge.teamId} and g.created_at <= ${charge.postedAt.toISOString()}::timestamptz`,
    changesSince(reader, charge),
  ]);
  return rows
    .map(grantOf)
    .filter(({ id, createdAtMs }) => cameBefore(charge, id, createdAtMs))
    .map((grant) => asOf(grant, changes.get(grant.id) ?? []));
}

interface ChangeRow {
  grant_id: Uuid;
  id: Uuid;
  change: 'EXTENDED' | 'VOIDED';
  before_ms: number | null;
  at_ms: number;
}

/** What operators changed after the charge, by grant. */
async function changesSince(reader: Reader, charge: Charge): Promise<Map<Uuid, ChangeRow[]>> {
  const rows = await reader.sql<ChangeRow[]>`
    select c.grant_id, c.id, c.change, extract(epoch from c.expires_at_before)::float8 * 1000 as before_ms,
      extract(epoch from c.at)::float8 * 1000 as at_ms
    from grant_changes c
    where c.team_id = ${charge.teamId} and c.at >= ${charge.postedAt.toISOString()}::timestamptz`;
  const later = rows.filter(({ id, at_ms }) => !cameBefore(charge, id, Math.round(at_ms)));
  return Map.groupBy(later, (row) => row.grant_id);
}

/** Within a millisecond the ids tell: their counter is that of the last charge before them. */
function cameBefore(charge: Charge, id: Uuid, atMs: number): boolean {
  const postedAtMs = charge.postedAt.getTime();
  return atMs < postedAtMs || (atMs === postedAtMs && counterOf(id) < counterOf(charge.id));
}

function asOf(grant: GrantAccount, later: readonly ChangeRow[]): GrantAccount {
  // Each extension is beyond the one before it, so the earliest expiry is the one of then.
  const expiries = later.flatMap(({ change, before_ms }) =>
    change === 'EXTENDED' && before_ms !== null ? Math.round(before_ms) : [],
  );
  const voidedSince = later.some(({ change }) => change === 'VOIDED');
  return {
    ...grant,
    expiresAtMs: expiries.length > 0 ? Math.min(...expiries) : grant.expiresAtMs,
    status: grant.status === 'VOIDED' && !voidedSince ? 'VOIDED' : 'OPEN',
  };
}

/** The number of the last entry before a charge was decided. A charge without entries lies between its neighbours. */
export async function seqBefore(reader: Reader, charge: Charge): Promise<bigint> {
  if (charge.fromSeq !== null) return charge.fromSeq - 1n;
  const { teamId, id, postedAt } = charge;
  const [row] = await reader.sql<{ seq: bigint }[]>`
    with neighbours as (
      select coalesce((select c.to_seq from charges c where c.team_id = ${teamId} and c.id < ${id} and c.to_seq is not null
          order by c.id desc limit 1), 0) as low,
        (select c.from_seq from charges c where c.team_id = ${teamId} and c.id > ${id} and c.from_seq is not null
          order by c.id limit 1) as high
    )
    select coalesce(max(e.seq), min(n.low)) as seq from neighbours n
    left join entries e on e.team_id = ${teamId} and e.seq > n.low and (n.high is null or e.seq < n.high)
      and e.posted_at <= ${postedAt.toISOString()}::timestamptz`;
  return row?.seq ?? 0n;
}

/** The team's balances after entry `seq`; undefined before the first. */
export async function balancesAt(
  reader: Reader,
  teamId: Uuid,
  seq: bigint,
): Promise<BalancesAfter | undefined> {
  const [row] = await reader.sql<BalancesRow[]>`
    select ${balancesColumns(reader)} from entries e where e.team_id = ${teamId} and e.seq = ${seq}`;
  return row && balancesOfRow(row);
}

/** What each of these grants held after entry `seq`: looks back for the last entry of each, however far that is. */
export async function heldAt(
  reader: Reader,
  teamId: Uuid,
  grantIds: readonly Uuid[],
  seq: bigint,
): Promise<Map<Uuid, bigint>> {
  if (grantIds.length === 0) return new Map();
  const rows = await reader.sql<{ id: Uuid; held: bigint }[]>`
    select g.id, e.held from unnest(${arrayOf(grantIds)}::uuid[]) as g (id)
    cross join lateral (
      select e.grant_after_nano as held from entries e
      where e.team_id = ${teamId} and e.seq <= ${seq} and g.id in (e.debit_ref, e.credit_ref)
      order by e.seq desc limit 1
    ) e`;
  return new Map(rows.map(({ id, held }) => [id, held]));
}
