import { CHARGE_STATUS } from '../charging/charge.ts';
import { arrayOf, instantArrayOf } from '../db/arrays.ts';
import { type Db, inTransaction, type Reader } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import { readTeamStates, type TeamState } from '../ledger/team-state.ts';
import type { NanoCredits } from '../money.ts';
import { type Period, periodsAt } from './spend-periods.ts';
import { burnWindow, type SpendFigures, SpendTally, type SpendTotals } from './spend-tally.ts';

/** What a team has spent after an entry, and what it has then. */
export interface TeamSpend {
  readonly totals: SpendTotals;
  readonly state: TeamState;
}

/** Credits an hour for those deployments of teams that run now; who has none may be absent. */
export type CommittedRates = (
  reader: Reader,
  teamIds: readonly Uuid[],
) => Promise<ReadonlyMap<Uuid, NanoCredits>>;

/** @see readSpend, for one team, with the figures by now. Undefined: no such team. */
export async function spendOf(
  db: Db,
  teamId: Uuid,
  now: Date,
  committedRates: CommittedRates,
): Promise<(TeamSpend & { readonly figures: SpendFigures }) | undefined> {
  const spend = (await readSpend(db, [teamId], now, committedRates)).get(teamId);
  return spend && { ...spend, figures: new SpendTally(spend.totals).figuresAt(now.getTime()) };
}

/**
 * The spend of teams, exact after the entry that each answer names: buckets, and the charges and reversals that have not
 * been rolled up yet. Usage counts when it occurred, in the team's time zone. Unbilled usage is no spend; a charge that
 * was reversed counts no more. Unknown teams are absent.
 */
export async function readSpend(
  db: Db,
  teamIds: readonly Uuid[],
  now: Date,
  committedRates: CommittedRates,
): Promise<Map<Uuid, TeamSpend>> {
  const [read, rates] = await Promise.all([readAtOnce(db, teamIds, now), committedRates(db, teamIds)]);
  return new Map(
    read.map(({ state, totals }) => {
      const committedNanoPerHour = rates.get(state.teamId) ?? 0n;
      return [state.teamId, { state, totals: { ...totals, committedNanoPerHour } }];
    }),
  );
}

interface SpentSoFar {
  readonly state: TeamState;
  readonly totals: PastTotals;
}

function readAtOnce(db: Db, teamIds: readonly Uuid[], now: Date): Promise<SpentSoFar[]> {
  return inTransaction(db, async (tx) => {
    // The statements must see the same moment: between two of them a roll-up may move charges into buckets.
    await tx.sql`set transaction isolation level repeatable read, read only`;
    const [states, zones] = await Promise.all([readTeamStates(tx, teamIds, now), timeZonesOf(tx, teamIds)]);
    const starts = [...states.values()].map((state) => startOf(state, zones.get(state.teamId) ?? 'UTC', now));
    const totals = await readTotals(tx, starts);
    return [...states.values()].flatMap((state) => {
      const found = totals.get(state.teamId);
      return found ? [{ state, totals: found }] : [];
    });
  });
}

/** What a team has spent on one model, or on one instance type, in a period. */
export interface ModelSpend {
  readonly modelId: Uuid;
  /** Whether it is an instance type, and the charges are hours of deployments. */
  readonly isInstanceType: boolean;
  readonly amountNano: NanoCredits;
  /** Charges made, reversed ones too. */
  readonly charges: bigint;
}

/** The spend of a team by model, highest first. The bounds of the period are starts of buckets. */
export async function spendByModel(reader: Reader, teamId: Uuid, period: Period): Promise<ModelSpend[]> {
  const { startMs, endMs } = period;
  const rows = await reader.sql<
    { model_id: Uuid; is_instance_type: boolean; amount: bigint; charges: bigint }[]
  >`
    select s.model_id, s.model_id in ${instanceTypes(reader)} as is_instance_type,
      sum(s.nano)::int8 as amount, sum(s.charges)::int8 as charges
    from (select ${teamId}::uuid as id, ${iso(startMs)}::timestamptz as from_at) t
    cross join lateral ${spendRows(reader)} s
    where s.at < ${iso(endMs)}::timestamptz
    group by s.model_id having sum(s.charges) > 0 order by amount desc, s.model_id`;
  return rows.map((row) => ({
    modelId: row.model_id,
    isInstanceType: row.is_instance_type,
    amountNano: row.amount,
    charges: row.charges,
  }));
}

/** What is charged by the hour to deployments, and to nothing else: a short list. */
function instanceTypes(reader: Reader) {
  return reader.sql`(select m.id from models m where m.instance is not null)`;
}

/** All spend of team `t.id` from `t.from_at` on: `at` (a bucket), `model_id`, `nano` and `charges`. */
function spendRows(reader: Reader) {
  return reader.sql`(
    select b.bucket_at as at, b.model_id, b.amount_nano as nano, b.charges from spend_buckets b
    where b.team_id = t.id and b.bucket_at >= t.from_at
    union all
    select date_bin('15 minutes', c.occurred_at, 'epoch'), c.model_id, c.amount_nano, 1 from charges c
    where c.team_id = t.id and c.occurred_at >= t.from_at and c.status = ${CHARGE_STATUS.CHARGED}
      and c.id > coalesce((select k.charge_id from spend_cursors k where k.team_id = t.id), ${FIRST_ID}::uuid)
    union all
    select date_bin('15 minutes', c.occurred_at, 'epoch'), c.model_id, -r.amount_nano, 0
    from reversals r join charges c on c.team_id = r.team_id and c.id = r.charge_id
    where r.team_id = t.id and c.occurred_at >= t.from_at
      and r.to_seq > coalesce((select k.reversed_to_seq from spend_cursors k where k.team_id = t.id), 0))`;
}

/** Sorts before every id. */
export const FIRST_ID: Uuid = '00000000-0000-0000-0000-000000000000';

/** What is known of the past alone. */
type PastTotals = Omit<SpendTotals, 'committedNanoPerHour'>;

type Start = Omit<PastTotals, 'hourNano' | 'dayNano' | 'monthNano' | 'recent' | 'recentHours'> & {
  readonly recentMs: number;
};

function startOf({ teamId, seq }: TeamState, timeZone: string, now: Date): Start {
  const asOfMs = now.getTime();
  const periods = periodsAt(asOfMs, timeZone);
  return { teamId, timeZone, seq, asOfMs, periods, recentMs: burnWindow(asOfMs).startMs };
}

interface TotalsRow {
  team_id: Uuid;
  /** Null for everything before the recent buckets. */
  bucket_ms: number | null;
  nano: bigint | null;
  /** The part of `nano` that paid for hours of deployments, in the recent buckets. */
  hours_nano: bigint | null;
  hour: bigint | null;
  day: bigint | null;
  month: bigint | null;
}

async function readTotals(reader: Reader, starts: readonly Start[]): Promise<Map<Uuid, PastTotals>> {
  const rows = await reader.sql<TotalsRow[]>`
    select t.id as team_id, extract(epoch from case when s.at >= t.recent_at then s.at end)::float8 * 1000 as bucket_ms,
      sum(s.nano)::int8 as nano,
      (sum(s.nano) filter (where s.at >= t.recent_at and s.model_id in ${instanceTypes(reader)}))::int8 as hours_nano,
      (sum(s.nano) filter (where s.at >= t.hour_at and s.at < t.hour_end))::int8 as hour,
      (sum(s.nano) filter (where s.at >= t.day_at and s.at < t.day_end))::int8 as day,
      (sum(s.nano) filter (where s.at >= t.month_at and s.at < t.month_end))::int8 as month
    from (select *, least(month_at, recent_at) as from_at from unnest(
      ${arrayOf(starts.map(({ teamId }) => teamId))}::uuid[], ${instants(starts, ({ recentMs }) => recentMs)}::timestamptz[],
      ${instants(starts, ({ periods }) => periods.hour.startMs)}::timestamptz[],
      ${instants(starts, ({ periods }) => periods.hour.endMs)}::timestamptz[],
      ${instants(starts, ({ periods }) => periods.day.startMs)}::timestamptz[],
      ${instants(starts, ({ periods }) => periods.day.endMs)}::timestamptz[],
      ${instants(starts, ({ periods }) => periods.month.startMs)}::timestamptz[],
      ${instants(starts, ({ periods }) => periods.month.endMs)}::timestamptz[]
    ) as u (id, recent_at, hour_at, hour_end, day_at, day_end, month_at, month_end)) t
    left join lateral ${spendRows(reader)} s on true
    group by 1, 2`;
  const byTeam = Map.groupBy(rows, (row) => row.team_id);
  return new Map(starts.map((start) => [start.teamId, totalsOf(start, byTeam.get(start.teamId) ?? [])]));
}

function totalsOf({ recentMs: _, ...start }: Start, rows: readonly TotalsRow[]): PastTotals {
  const sum = (pick: (row: TotalsRow) => bigint | null) =>
    rows.reduce((all, row) => all + (pick(row) ?? 0n), 0n);
  const buckets = (pick: (row: TotalsRow) => bigint | null) =>
    new Map(
      rows.flatMap((row) => (row.bucket_ms === null ? [] : [[Math.round(row.bucket_ms), pick(row) ?? 0n]])),
    );
  return {
    ...start,
    hourNano: sum((row) => row.hour),
    dayNano: sum((row) => row.day),
    monthNano: sum((row) => row.month),
    recent: buckets((row) => row.nano),
    recentHours: buckets((row) => row.hours_nano),
  };
}

async function timeZonesOf(reader: Reader, teamIds: readonly Uuid[]): Promise<Map<Uuid, string>> {
  const rows = await reader.sql<{ id: Uuid; time_zone: string }[]>`
    select m.id, m.time_zone from unnest(${arrayOf(teamIds)}::uuid[]) as t (id) join teams m on m.id = t.id`;
  return new Map(rows.map((row) => [row.id, row.time_zone]));
}

function instants(starts: readonly Start[], pick: (start: Start) => number): string {
  return instantArrayOf(starts.map(pick));
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
