import { seedInstanceTypes } from '../src/catalog/instance-types.ts';
import { type Clock, systemClock } from '../src/clock.ts';
import { arrayOf } from '../src/db/arrays.ts';
import { type Metered, meterDue } from '../src/deployments/metering.ts';
import { MeteringLoop } from '../src/deployments/metering-loop.ts';
import { newUuid, type Uuid } from '../src/id.ts';
import { isLedgerPosted } from '../src/ledger/posted.ts';
import { anyOf, proveBooks } from './core.ts';
import { load, percentile } from './load.ts';
import { format, printHeading, printRow } from './report.ts';
import { request, type Setting } from './setting.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const TEAMS_AT_ONCE = 100;

export interface MeteringOptions {
  readonly deployments: number;
  readonly seconds: number;
  /** How often the lag of an idle loop is measured. */
  readonly boundaries: number;
}

/** Hours of deployments that are due at once, held and charged, against plain charges of the same run; and lag when idle. */
export async function benchMetering(setting: Setting, options: MeteringOptions): Promise<void> {
  printHeading('Deployments');
  await seedInstanceTypes(setting.db, systemClock.now());
  const plain = await plainCharges(setting, options.seconds);
  const boundaryMs = systemClock.now().getTime() + 20 * MINUTE_MS;
  await addDeployments(setting, options.deployments, boundaryMs);
  // Holds are placed a quarter of an hour ahead, and hours charged when they begin.
  const held = await pass(setting, boundaryMs - 15 * MINUTE_MS);
  report(`${held.hours.toLocaleString('en-US')} hours held, due at once`, held, plain);
  const charged = await pass(setting, boundaryMs);
  report(`${charged.hours.toLocaleString('en-US')} hours charged from their holds`, charged, plain);
  await checkCharged(setting, options.deployments);
  await proveBooks(setting);
  await idleLag(setting, options.boundaries);
}

interface Pass {
  readonly hours: number;
  readonly perSecond: number;
  readonly longestMs: number;
}

async function plainCharges(setting: Setting, seconds: number): Promise<number> {
  const batcher = setting.batcher();
  const charge = () => batcher.charge([request(anyOf(setting.teams))]);
  await load(256, seconds / 2, charge);
  const { perSecond } = await load(256, seconds, charge);
  await batcher.drain();
  return perSecond;
}

/** Everything that is due at an instant, by two loops as two processes would do it. */
async function pass(setting: Setting, atMs: number): Promise<Pass> {
  const deps = { catalog: setting.catalog, clock: { now: () => new Date(atMs) } };
  let longestMs = 0;
  const meter = async (): Promise<number> => {
    let hours = 0;
    for (let done: Metered | undefined; !done || done.teams > 0; ) {
      const before = performance.now();
      done = await meterDue(setting.db, deps, TEAMS_AT_ONCE);
      longestMs = Math.max(longestMs, performance.now() - before);
      hours += done.hours;
    }
    return hours;
  };
  const start = performance.now();
  const counts = await Promise.all([meter(), meter()]);
  const seconds = (performance.now() - start) / 1000;
  const hours = counts.reduce((sum, count) => sum + count, 0);
  return { hours, perSecond: hours / seconds, longestMs };
}

function report(what: string, { perSecond, longestMs }: Pass, plain: number): void {
  printRow({
    what,
    figure: `${format(perSecond)}/s  longest transaction ${format(longestMs)} ms`,
    ratio: perSecond / plain,
    to: `plain charges by 256 callers (${format(plain)}/s)`,
  });
}

async function checkCharged(setting: Setting, deployments: number): Promise<void> {
  const [row] = await setting.db.sql<{ charged: bigint }[]>`
    select count(*) as charged from charges where deployment_id is not null`;
  if (Number(row?.charged) !== deployments)
    throw new Error(`${row?.charged} hours were charged, not ${deployments}.`);
}

/** Running deployments with one replica each, spread over the teams, whose hour ends at the same instant. */
async function addDeployments(setting: Setting, count: number, boundaryMs: number): Promise<void> {
  const [type] = await setting.db.sql<{ id: Uuid }[]>`select id from models where key = 'cpu-s'`;
  const ids = Array.from({ length: count }, () => newUuid());
  const teams = ids.map((_, i) => setting.teams[i % setting.teams.length] ?? '');
  const hourAt = new Date(boundaryMs - HOUR_MS).toISOString();
  const paidUntil = new Date(boundaryMs).toISOString();
  const holdAt = new Date(boundaryMs - 15 * MINUTE_MS).toISOString();
  const named = setting.ownerDb
    .sql`unnest(${arrayOf(teams)}::uuid[], ${arrayOf(ids)}::uuid[]) as n (team_id, id)`;
  await setting.ownerDb.sql`
    insert into deployment_heads (team_id, event_seq, next_due_at)
    select distinct team_id, 0, ${holdAt}::timestamptz from ${named}
    on conflict (team_id) do update set next_due_at = excluded.next_due_at`;
  await setting.ownerDb.sql`
    insert into deployments (team_id, id, name, instance_type_id, replicas, min_replicas, max_replicas, status, started_at,
      resume_on_top_up, created_at, updated_at, actor_kind)
    select team_id, id, 'bench', ${type?.id ?? ''}::uuid, 1, 1, 1, 'RUNNING', ${hourAt}::timestamptz, false,
      ${hourAt}::timestamptz, ${hourAt}::timestamptz, 0 from ${named}`;
  await setting.ownerDb.sql`
    insert into deployment_slots (team_id, deployment_id, slot, instance_type_id, active, hour_at, paid_until, due_at)
    select team_id, id, 0, ${type?.id ?? ''}::uuid, true, ${hourAt}::timestamptz, ${paidUntil}::timestamptz,
      ${holdAt}::timestamptz from ${named}`;
  await setting.ownerDb.sql`analyze deployment_heads, deployments, deployment_slots`;
}

/** From the instant at which an hour begins to the posting of its charge, in a loop that has nothing else to do. */
async function idleLag(setting: Setting, boundaries: number): Promise<void> {
  const dueMs = (row: { due_ms: number } | undefined) => Math.round(row?.due_ms ?? 0);
  const [first] = await setting.db.sql<{ due_ms: number }[]>`
    select min(extract(epoch from next_due_at) * 1000)::float8 as due_ms from deployment_heads where next_due_at is not null`;
  // Due instants of some teams follow each other at uneven distances, half a second from now on.
  const [teams, gapMs] = [setting.teams.slice(0, boundaries), 37];
  const offsetMs = dueMs(first) - systemClock.now().getTime() - 500;
  const clock: Clock = { now: () => new Date(systemClock.now().getTime() + offsetMs) };
  const dueAt = teams.map((_, i) => new Date(dueMs(first) + i * gapMs).toISOString());
  await setting.ownerDb.sql`update deployment_heads set next_due_at = null`;
  await setting.ownerDb.sql`delete from deployment_slots s using (
      select team_id, min(deployment_id::text)::uuid as id from deployment_slots group by team_id
    ) f where f.team_id = s.team_id and s.deployment_id <> f.id`;
  await setting.ownerDb.sql`
    update deployment_slots s set hold_id = null, due_at = n.at, paid_until = n.at
    from unnest(${arrayOf(teams)}::uuid[], ${arrayOf(dueAt)}::timestamptz[]) as n (id, at) where s.team_id = n.id`;
  await setting.ownerDb.sql`
    update deployment_heads h set next_due_at = n.at
    from unnest(${arrayOf(teams)}::uuid[], ${arrayOf(dueAt)}::timestamptz[]) as n (id, at) where h.team_id = n.id`;
  const lags = await lagsOf(setting, clock, new Map(teams.map((id, i) => [id, Date.parse(dueAt[i] ?? '')])));
  printRow({
    what: `hour begins → charge committed, ${boundaries} boundaries ${gapMs} ms apart`,
    figure: `p50 ${format(percentile(lags, 0.5))} ms  p99 ${format(percentile(lags, 0.99))} ms`,
  });
}

async function lagsOf(
  setting: Setting,
  clock: Clock,
  dueMs: ReadonlyMap<Uuid, number>,
): Promise<readonly number[]> {
  const lags: number[] = [];
  const done = Promise.withResolvers<void>();
  const stopListening = setting.db.onCommitted((facts) => {
    for (const fact of facts) {
      if (!isLedgerPosted(fact) || fact.hours.size === 0) continue;
      lags.push(clock.now().getTime() - (dueMs.get(fact.teamId) ?? 0));
      if (lags.length === dueMs.size) done.resolve();
    }
  });
  const log = {
    warn: (fields: object, message: string) => done.reject(new Error(`${message} ${JSON.stringify(fields)}`)),
  };
  const loop = new MeteringLoop({ db: setting.db, catalog: setting.catalog, clock, log });
  loop.start();
  await done.promise;
  await loop.stop();
  stopListening();
  return lags.sort((a, b) => a - b);
}
