import type { Reader } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import { balanceAt } from '../ledger/balance.ts';
import type { Book } from '../ledger/book.ts';
import type { AutoRecharge, RechargeAttempt } from './auto-recharge.ts';
import type { StoredMethod } from './payment-method.ts';
import { chosenMethod } from './payment-methods.ts';
import { newestAttempt } from './recharge-attempt-rows.ts';
import { type RechargeFacts, utcDay, utcMonth } from './recharge-decision.ts';

/** What the decision rests on, with what it needs of it to be carried out. */
export interface FoundFacts {
  readonly facts: RechargeFacts;
  readonly method: StoredMethod | undefined;
  /** The attempt that is in flight. */
  readonly inFlight: RechargeAttempt | undefined;
}

/** Reads what the decision on a team rests on. Under its locks, or, to look at only, beside the others. */
export async function rechargeFacts(
  reader: Reader,
  settings: AutoRecharge,
  book: Book,
  now: Date,
): Promise<FoundFacts> {
  const { teamId } = settings;
  const { balances } = book;
  const method = await chosenMethod(reader, teamId, settings.paymentMethodId);
  const newest = await newestAttempt(reader, teamId);
  const inFlight = newest?.finishedAt === null ? newest : undefined;
  const facts: RechargeFacts = {
    terms: settings,
    suspended: settings.suspendedReason,
    hasMethod: method !== undefined,
    unrestrictedNano: balances.unrestrictedNano,
    heldNano: balances.heldNano,
    unpaidNano: balances.unpaidNano,
    toppingUpCents: await toppingUpCents(reader, teamId),
    wasRefused: await wasRefused(reader, settings, book),
    inFlight: inFlight !== undefined,
    lastStartedAt: newest?.startedAt ?? null,
    failures: settings.failures,
    lastFailedAt: settings.failures > 0 ? (newest?.finishedAt ?? null) : null,
    usedTodayCents: await usedSince(reader, teamId, utcDay(now)),
    usedThisMonthCents: await usedSince(reader, teamId, utcMonth(now)),
  };
  return { facts, method, inFlight };
}

/** What attempts begun since an instant were for, whatever became of them: each keeps its slot. */
async function usedSince({ sql }: Reader, teamId: Uuid, since: Date): Promise<bigint> {
  const [row] = await sql<{ cents: bigint }[]>`
    select coalesce(sum(amount_cents), 0)::int8 as cents from recharge_attempts
    where team_id = ${teamId} and started_at >= ${since.toISOString()}::timestamptz`;
  return row?.cents ?? 0n;
}

async function toppingUpCents({ sql }: Reader, teamId: Uuid): Promise<bigint> {
  const [row] = await sql<{ cents: bigint }[]>`
    select coalesce(sum(amount_cents), 0)::int8 as cents from top_ups
    where team_id = ${teamId} and finished_at is null and flow = 'SAVED_METHOD'`;
  return row?.cents ?? 0n;
}

/**
 * What marked the wallet: when the credit was at or above the threshold then, it was a refusal. What has come since does
 * not matter, so credit that returns after a crossing is not taken for one.
 */
async function wasRefused(reader: Reader, { thresholdNano }: AutoRecharge, book: Book): Promise<boolean> {
  const { rechargeDueAtMs } = book;
  if (rechargeDueAtMs === null) return false;
  const dueAt = new Date(rechargeDueAtMs);
  const latest = new Date(Math.max(book.atMs, rechargeDueAtMs));
  const then = await balanceAt(reader, book.teamId, dueAt, latest);
  if (!then) return false;
  return then.balances.unrestrictedNano + then.balances.heldNano >= thresholdNano;
}
