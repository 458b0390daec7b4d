import type { CatalogSnapshot } from '../catalog/catalog-cache.ts';
import { discountBpsNow } from '../catalog/compute-discounts.ts';
import { hourlyNano } from '../catalog/instance-price.ts';
import { arrayOf } from '../db/arrays.ts';
import { type Db, inTransaction, type Reader } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import { lockHead } from './heads.ts';
import { comeUp } from './obey-schedule.ts';
import type { OpenTeam } from './open-team.ts';
import { writeTeams } from './open-teams.ts';
import { openUpToDate } from './open-up-to-date.ts';
import { isOpenAt } from './schedule.ts';
import type { OperateDeps } from './verbs.ts';

/** A deployment, and its place in the order in which they are looked at. */
interface Waiting {
  readonly teamId: Uuid;
  readonly id: Uuid;
}

/** Deployments that one statement looks for. */
const AT_ONCE = 200;

/**
 * Brings back the deployments that the lack of credit has paused and that asked for it, where the team has been given
 * enough since, and the schedule is open. Any number of processes may do so at once: each is looked at under the lock of
 * its team. Answers how many run again.
 * @throws the first failure, after the others have been looked at.
 */
export async function resumeWaiting(db: Db, deps: OperateDeps): Promise<number> {
  const prices = hourPrices(await deps.catalog.fresh(), deps.clock.now());
  const failures: unknown[] = [];
  let resumed = 0;
  for (let after: Waiting | undefined, isLast = false; !isLast; ) {
    const waiting = await waitingAfter(db, after, prices, deps.clock.now());
    for (const one of waiting) {
      try {
        if (await resume(db, deps, one)) resumed += 1;
      } catch (error) {
        failures.push(error);
      }
    }
    after = waiting.at(-1);
    isLast = waiting.length < AT_ONCE;
  }
  if (failures.length > 0) throw failures[0];
  return resumed;
}

interface HourPrice {
  readonly instanceTypeId: Uuid;
  readonly nano: bigint;
}

function hourPrices(catalog: CatalogSnapshot, now: Date): HourPrice[] {
  return [...catalog.modelById.values()].flatMap(({ id, instance }) => {
    const version = instance === null ? undefined : catalog.priceAt(id, now);
    return version ? [{ instanceTypeId: id, nano: hourlyNano(version.price) }] : [];
  });
}

/**
 * Those whose team has new entries since, and at least as much credit as their first hours cost by its plan, rounded down:
 * whether it may pay for them is found out under the lock.
 */
async function waitingAfter(
  reader: Reader,
  after: Waiting | undefined,
  prices: readonly HourPrice[],
  now: Date,
): Promise<Waiting[]> {
  const { sql } = reader;
  const beyond =
    after === undefined ? sql`` : sql`and (d.team_id, d.id) > (${after.teamId}::uuid, ${after.id}::uuid)`;
  const rows = await sql<{ team_id: Uuid; id: Uuid }[]>`
    select d.team_id, d.id from deployments d
    join unnest(
      ${arrayOf(prices.map(({ instanceTypeId }) => instanceTypeId))}::uuid[], ${arrayOf(prices.map(({ nano }) => nano))}::int8[]
    ) as p (instance_type_id, nano) on p.instance_type_id = d.instance_type_id
    join wallets w on w.team_id = d.team_id
    where d.pause_reason = 'OUT_OF_CREDITS' and d.resume_on_top_up and w.seq > d.paused_seq
      and w.available_nano >= floor(p.nano * (1 - ${discountBpsNow(reader, sql`d.team_id`, now)} / 10000.0)) * (d.replicas - least(d.replicas, (
        select count(*) from deployment_slots s
        where s.team_id = d.team_id and s.deployment_id = d.id and s.instance_type_id = d.instance_type_id
          and s.paid_until > ${now.toISOString()}::timestamptz)))
      ${beyond}
    order by d.team_id, d.id limit ${AT_ONCE}`;
  return rows.map(({ team_id, id }) => ({ teamId: team_id, id }));
}

function resume(db: Db, deps: OperateDeps, { teamId, id }: Waiting): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const head = await lockHead(tx, teamId);
    const now = deps.clock.now();
    const { open, team } = await openUpToDate(tx, head, id, now, deps);
    if (isStillWaiting(team, id)) comeUp(team, team.fleet.get(id), now.getTime());
    await writeTeams(tx, open);
    return team.fleet.get(id).status === 'RUNNING';
  });
}

function isStillWaiting({ fleet }: OpenTeam, id: Uuid): boolean {
  const { pauseReason, resumeOnTopUp, schedule } = fleet.get(id);
  const isWaiting = pauseReason === 'OUT_OF_CREDITS' && resumeOnTopUp;
  return isWaiting && isOpenAt(schedule, fleet.head.timeZone, fleet.nowMs);
}
