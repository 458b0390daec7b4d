import type { Clock } from '../clock.ts';
import type { Db, Reader } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import { Loop, type LoopLog } from '../loop.ts';
import type { Batcher } from './batcher.ts';
import { HOLD_STATUS, type HoldResult } from './hold.ts';

/** A transaction that began before the mark may place a hold that has expired by then; none takes this long. */
const OVERLAP_MS = 5 * 60_000;
/** Nearly all such holds are seen within this time. */
const SHORT_OVERLAP_MS = 15_000;
const THOROUGH_EVERY_MS = 60_000;
const BATCH = 500;
const LONGEST_REST_MS = 5_000;
/** What is due and cannot be resolved must not be tried without a pause. */
const SHORTEST_REST_MS = 250;

/**
 * Expires holds when their time is over: rests until the next one is due, at most 5 s. Once a minute it looks back as
 * far as any hold may have been overlooked, in between only a little: all that were placed are there, resolved or not.
 * `wake` it when the clock was moved: what this process placed just before that may have expired long before the mark
 * that others have left, so it looks back to its last look but one.
 */
export function holdSweepLoop(db: Db, batcher: Batcher, clock: Clock, log: LoopLog): Loop {
  let thoroughAtMs = Number.NEGATIVE_INFINITY;
  let lastLooks: readonly Date[] = [];
  const step = async (): Promise<number> => {
    const now = clock.now();
    const isThorough = now.getTime() >= thoroughAtMs + THOROUGH_EVERY_MS;
    const more = isThorough
      ? await sweepHolds(db, batcher, clock, BATCH, lastLooks[0])
      : (await expireHolds(db, batcher, { from: new Date(thoroughAtMs - SHORT_OVERLAP_MS), to: now }, BATCH))
          .isFull;
    if (more) return 0;
    if (isThorough) {
      thoroughAtMs = now.getTime();
      lastLooks = [...lastLooks, now].slice(-2);
    }
    const until = new Date(now.getTime() + LONGEST_REST_MS);
    const next = await nextHoldExpiryAt(db, { from: now, to: until });
    return next ? Math.max(next.getTime() - clock.now().getTime(), SHORTEST_REST_MS) : LONGEST_REST_MS;
  };
  return new Loop(step, { name: 'hold expiry', restMs: LONGEST_REST_MS, log });
}

/**
 * Settles up to `limit` holds whose time is over by their last reports, longest due first. Safe with any number of
 * processes, and with callers who settle the same holds. `since`: looks back as far as this, if the mark is later.
 * Returns whether more may be due.
 * @throws DomainError as `Batcher.holds` does; what was not resolved then is found again.
 */
export async function sweepHolds(
  db: Db,
  batcher: Batcher,
  clock: Clock,
  limit: number,
  since?: Date,
): Promise<boolean> {
  const to = clock.now();
  const unswept = await firstExpiryUnswept(db);
  const from = since && since < unswept ? since : unswept;
  const { isFull, resolvedTo } = await expireHolds(db, batcher, { from, to }, limit);
  if (!resolvedTo) return false;
  await db.sql`
    update hold_sweeps set swept_to = ${resolvedTo.toISOString()}::timestamptz
    where swept_to < ${resolvedTo.toISOString()}::timestamptz`;
  return isFull;
}

/** Every hold that expired earlier has been resolved. */
export async function firstExpiryUnswept(reader: Reader): Promise<Date> {
  const [row] = await reader.sql<{ swept_ms: number }[]>`
    select extract(epoch from swept_to)::float8 * 1000 as swept_ms from hold_sweeps`;
  assert(row, 'hold_sweeps has its row');
  return new Date(Math.round(row.swept_ms) - OVERLAP_MS);
}

/** The next instant at which an open hold expires, or did; undefined for never. Within an interval if there is one. */
export async function nextHoldExpiryAt(reader: Reader, interval?: ExpiryInterval): Promise<Date | undefined> {
  const from = interval?.from ?? (await firstExpiryUnswept(reader));
  const to = interval?.to.toISOString() ?? 'infinity';
  const [row] = await reader.sql<{ expires_ms: number }[]>`
    select extract(epoch from expires_at)::float8 * 1000 as expires_ms from holds
    where expires_at >= ${from.toISOString()}::timestamptz and expires_at <= ${to}::timestamptz
      and status = ${HOLD_STATUS.HELD}
    order by expires_at limit 1`;
  return row && new Date(Math.round(row.expires_ms));
}

/** Both ends belong to it. */
interface ExpiryInterval {
  readonly from: Date;
  readonly to: Date;
}

interface Due {
  readonly teamId: Uuid;
  readonly holdId: Uuid;
  readonly expiresAt: Date;
}

/** `resolvedTo`: up to when all that expired in the interval are resolved; undefined when one of them was not. */
async function expireHolds(
  db: Db,
  batcher: Batcher,
  interval: ExpiryInterval,
  limit: number,
): Promise<{ readonly isFull: boolean; readonly resolvedTo: Date | undefined }> {
  const due = await dueHolds(db, interval, limit);
  const requests = due.map(({ teamId, holdId }) => ({ what: 'EXPIRE_HOLD', teamId, holdId }) as const);
  const results = await batcher.holds(requests);
  const isFull = due.length === limit;
  const last = isFull ? due.at(-1)?.expiresAt : undefined;
  const isDone = results.every((result) => isOver(result, interval.to));
  return { isFull: isFull && isDone, resolvedTo: isDone ? (last ?? interval.to) : undefined };
}

/** Resolved, or extended meanwhile. */
function isOver(result: HoldResult, now: Date): boolean {
  return result.ok && (result.hold.status !== 'HELD' || result.hold.expiresAt > now);
}

async function dueHolds(reader: Reader, { from, to }: ExpiryInterval, limit: number): Promise<Due[]> {
  const rows = await reader.sql<{ team_id: Uuid; id: Uuid; expires_ms: number }[]>`
    select team_id, id, extract(epoch from expires_at)::float8 * 1000 as expires_ms from holds
    where expires_at >= ${from.toISOString()}::timestamptz and expires_at <= ${to.toISOString()}::timestamptz
      and status = ${HOLD_STATUS.HELD}
    order by expires_at limit ${limit}`;
  return rows.map(({ team_id, id, expires_ms }) => ({
    teamId: team_id,
    holdId: id,
    expiresAt: new Date(Math.round(expires_ms)),
  }));
}
