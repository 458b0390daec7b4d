import { arrayOf } from '../db/arrays.ts';
import type { Reader, Tx } from '../db/client.ts';
import { notFound } from '../domain-error.ts';
import { publicId, type Uuid } from '../id.ts';
import type { FleetHead } from './fleet.ts';

/*
 * The head of a team's deployments is the lock of everything about them. It is taken before the lock of the wallet: who
 * holds a wallet never waits for a head.
 */

interface HeadRow {
  team_id: Uuid;
  event_seq: bigint;
  time_zone: string;
}

/**
 * Locks the deployments of a team; waits for who else works on them. The first call for a team makes its head.
 * @throws DomainError NOT_FOUND when there is no such team.
 */
export async function lockHead(tx: Tx, teamId: Uuid): Promise<FleetHead> {
  const [head] = await lock(tx, teamId);
  if (head) return headOf(head);
  await tx.sql`
    insert into deployment_heads (team_id, event_seq) select t.id, 0 from teams t where t.id = ${teamId}
    on conflict do nothing`;
  const [made] = await lock(tx, teamId);
  if (!made) throw notFound('Team', publicId('team', teamId));
  return headOf(made);
}

function lock(tx: Tx, teamId: Uuid) {
  return tx.sql<HeadRow[]>`
    select h.team_id, h.event_seq, t.time_zone from deployment_heads h join teams t on t.id = h.team_id
    where h.team_id = ${teamId} for update of h`;
}

/** Locks up to `limit` teams that have something due, the longest due first, but for those that somebody works on. */
export async function lockDueHeads(tx: Tx, now: Date, limit: number): Promise<FleetHead[]> {
  const rows = await tx.sql<HeadRow[]>`
    select h.team_id, h.event_seq, t.time_zone from deployment_heads h
    cross join lateral (select t.time_zone from teams t where t.id = h.team_id offset 0) t
    where h.next_due_at <= ${now.toISOString()}::timestamptz
    order by h.next_due_at limit ${limit} for update of h skip locked`;
  return rows.map(headOf);
}

/** Locks those of these teams that still have something due, but for those that somebody works on. */
export async function lockHeadsStillDue(tx: Tx, now: Date, teamIds: readonly Uuid[]): Promise<FleetHead[]> {
  const rows = await tx.sql<HeadRow[]>`
    select h.team_id, h.event_seq, t.time_zone
    from unnest(${arrayOf(teamIds)}::uuid[]) as n (id) join deployment_heads h on h.team_id = n.id
    join teams t on t.id = h.team_id
    where h.next_due_at <= ${now.toISOString()}::timestamptz
    for update of h skip locked`;
  return rows.map(headOf);
}

/** The next instant at which something is due for a deployment of any team, also one in the past; undefined for never. */
export async function nextMeteringDueAt(reader: Reader): Promise<Date | undefined> {
  const [row] = await reader.sql<{ next_due_at: Date }[]>`
    select next_due_at from deployment_heads where next_due_at is not null order by next_due_at limit 1`;
  return row?.next_due_at;
}

/** Lets the loop look at teams that have something due at `until` and not before, because they cannot be metered now. */
export async function putOff(tx: Tx, teamIds: readonly Uuid[], now: Date, until: Date): Promise<void> {
  await tx.sql`
    update deployment_heads h set next_due_at = ${until.toISOString()}::timestamptz
    from unnest(${arrayOf(teamIds)}::uuid[]) as n (id)
    where h.team_id = n.id and h.next_due_at <= ${now.toISOString()}::timestamptz`;
}

/** Writes the numbers of the last events, and when the loop has to look again: after their slots were written. */
export async function writeHeads(
  tx: Tx,
  heads: readonly { readonly teamId: Uuid; readonly eventSeq: bigint }[],
): Promise<void> {
  await tx.sql`
    update deployment_heads h set event_seq = n.event_seq, next_due_at = least(
      (select min(s.due_at) from deployment_slots s where s.team_id = h.team_id),
      (select min(d.schedule_due_at) from deployments d where d.team_id = h.team_id))
    from unnest(
      ${arrayOf(heads.map(({ teamId }) => teamId))}::uuid[], ${arrayOf(heads.map(({ eventSeq }) => eventSeq))}::int8[]
    ) as n (team_id, event_seq)
    where h.team_id = n.team_id`;
}

function headOf(row: HeadRow): FleetHead {
  return { teamId: row.team_id, eventSeq: row.event_seq, timeZone: row.time_zone };
}
