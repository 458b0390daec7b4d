import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import { firstOfCounter, type Uuid } from '../id.ts';
import { type BalancesRow, balancesColumns, balancesOfRow } from '../ledger/entries.ts';
import type { BalancesAfter } from '../ledger/entry.ts';
import type { GrantAccount } from '../ledger/grant-account.ts';
import { type GrantRow, grantColumns, grantOf } from '../ledger/rows.ts';
import type { Charge } from './charge.ts';
import type { PastGrant } from './explain-payment.ts';

/** A grant with one change that an operator made to it since the charge, if there is one. */
interface ChangedGrantRow extends GrantRow {
  change_id: Uuid | null;
  change: 'EXTENDED' | 'VOIDED' | null;
  before_ms: number | null;
  changed_ms: number | null;
}

/** An instant of a team's history, to the order of things within its millisecond. */
export interface Moment {
  readonly teamId: Uuid;
  readonly at: Date;
  /** Whether a grant that was made in the same millisecond was there. */
  hadGrant(grantId: Uuid): boolean;
  /** Whether a change that was made in the same millisecond had been made. */
  hadChange(changeId: Uuid, grantId: Uuid): boolean;
}

/** When a charge was decided: within a millisecond ids tell, for their counter is that of the last charge before them. */
export function momentOfCharge({ teamId, id, postedAt }: Charge): Moment {
  const cameBefore = (other: Uuid): boolean => other < firstOfCounter(id);
  return { teamId, at: postedAt, hadGrant: cameBefore, hadChange: cameBefore };
}

/** The grants that the team had at a moment, with the expiry and the status of then. */
export async function grantsAsOf(reader: Reader, moment: Moment): Promise<PastGrant[]> {
  const at = moment.at.toISOString();
  // One statement: grants and changes of the same moment.
  const rows = await reader.sql<ChangedGrantRow[]>`
    select ${grantColumns(reader)}, c.id as change_id, c.change, extract(epoch from c.expires_at_before)::float8 * 1000 as before_ms,
      extract(epoch from c.at)::float8 * 1000 as changed_ms
    from grants g
    left join grant_changes c on c.team_id = g.team_id and c.grant_id = g.id and c.at >= ${at}::timestamptz
    where g.team_id = ${moment.teamId} and g.created_at <= ${at}::timestamptz`;
  return [...Map.groupBy(rows, ({ id }) => id).values()].flatMap((ofGrant) => {
    const [row] = ofGrant;
    if (!row || !(isEarlier(row.created_ms, moment) || moment.hadGrant(row.id))) return [];
    const later = ofGrant.filter(
      ({ id, change_id, changed_ms }) =>
        change_id && !(isEarlier(changed_ms, moment) || moment.hadChange(change_id, id)),
    );
    return asOf(moment, grantOf(row), later);
  });
}

/** In an earlier millisecond. */
function isEarlier(ms: number | null, { at }: Moment): boolean {
  return Math.round(ms ?? 0) < at.getTime();
}

function asOf({ at }: Moment, grant: GrantAccount, later: readonly ChangedGrantRow[]): PastGrant {
  // Each extension is beyond the one before it, so the earliest expiry is the one of then.
  const expiries = later.flatMap(({ change, before_ms }) =>
    change === 'EXTENDED' && before_ms !== null ? Math.round(before_ms) : [],
  );
  const voidedSince = later.some(({ change }) => change === 'VOIDED');
  const spentBefore = grant.status === 'SPENT' && (grant.closedAtMs ?? 0) < at.getTime();
  return {
    terms: {
      ...grant,
      expiresAtMs: expiries.length > 0 ? Math.min(...expiries) : grant.expiresAtMs,
      status: grant.status === 'VOIDED' && !voidedSince ? 'VOIDED' : 'OPEN',
    },
    heldNano: spentBefore ? 0n : null,
  };
}

const MAX_SEQ = 2n ** 63n - 1n;

/** The number of the last entry before a charge was decided. A charge without entries lies between its neighbours. */
export async function seqBefore(reader: Reader, charge: Charge): Promise<bigint> {
  if (charge.fromSeq !== null) return charge.fromSeq - 1n;
  const { teamId, id, postedAt } = charge;
  const at = postedAt.toISOString();
  const [row] = await reader.sql<{ seq: bigint }[]>`
    with neighbours as (
      select coalesce((select c.to_seq from charges c where c.team_id = ${teamId} and c.id < ${id} and c.to_seq is not null
          order by c.id desc limit 1), 0) as low,
        coalesce((select c.from_seq from charges c where c.team_id = ${teamId} and c.id > ${id} and c.from_seq is not null
          order by c.id limit 1), ${MAX_SEQ}) as high
    )
    select coalesce(max(e.seq), min(n.low)) as seq from neighbours n
    left join entries e on e.team_id = ${teamId} and e.seq > n.low and e.seq < n.high
      and e.posted_at <= ${at}::timestamptz
      and (e.posted_at < ${at}::timestamptz or e.posting_id < ${firstOfCounter(id)})`;
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
