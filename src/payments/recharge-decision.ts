import { NANO_PER_CENT } from '../gateway/payment.ts';
import type { NanoCredits } from '../money.ts';

/** How a team wants its credit to be kept up. */
export interface RechargeTerms {
  readonly enabled: boolean;
  /** It fires below this. */
  readonly thresholdNano: NanoCredits;
  /** What is charged. */
  readonly amountCents: bigint;
  /** With it, as many times the amount as reach the threshold may be charged at once, up to this. */
  readonly maxPerChargeCents: bigint | null;
  readonly dailyCapCents: bigint | null;
  readonly monthlyCapCents: bigint | null;
}

export type SuspendedReason = 'DECLINED' | 'DISPUTED';

/** Everything that the decision rests on, as of one instant. */
export interface RechargeFacts {
  readonly terms: RechargeTerms;
  readonly suspended: SuspendedReason | null;
  /** Whether there is a payment method that may be charged. */
  readonly hasMethod: boolean;
  readonly unrestrictedNano: NanoCredits;
  readonly heldNano: NanoCredits;
  /** What the team owes: a payment pays that first. */
  readonly unpaidNano: NanoCredits;
  /** Of all top-ups that may still succeed, whatever began them. */
  readonly toppingUpCents: bigint;
  /** Whether a charge or hold was refused for lack of credit, and nothing came of that yet. */
  readonly wasRefused: boolean;
  /** Whether an attempt is in flight. */
  readonly inFlight: boolean;
  /** When the newest attempt was begun, whatever became of it. */
  readonly lastStartedAt: Date | null;
  /** Attempts that failed in a row. */
  readonly failures: number;
  /** When the last of these failed. */
  readonly lastFailedAt: Date | null;
  /** What attempts that were begun in the present UTC day were for, whatever became of them. */
  readonly usedTodayCents: bigint;
  /** The same in the present UTC month. */
  readonly usedThisMonthCents: bigint;
}

export type RechargeTrigger = 'THRESHOLD' | 'REFUSED';

/** Why a team is not recharged now. */
export type RechargeObstacle =
  | 'OFF'
  | 'NOT_NEEDED'
  | 'TOP_UP_IN_FLIGHT'
  | 'SUSPENDED'
  | 'NO_PAYMENT_METHOD'
  | 'ATTEMPT_IN_FLIGHT'
  | 'BACKING_OFF'
  | 'HOURLY_LIMIT'
  | 'DAILY_CAP'
  | 'MONTHLY_CAP';

/** Whether a team is to be recharged. */
export interface RechargeVerdict {
  /** What asks for it; null: nothing. */
  readonly trigger: RechargeTrigger | null;
  /** What would be charged, now or as soon as nothing is in the way. */
  readonly amountCents: bigint;
  /** What is in the way; it fires when nothing is. */
  readonly obstacles: readonly RechargeObstacle[];
  /** When it may fire at the earliest if it is wanted then; null while only somebody can make that possible. */
  readonly nextPossibleAt: Date | null;
  /** Until when what has failed is backed off from; null when that is over. */
  readonly backingOffUntil: Date | null;
  /** Whether the credit itself falls short, whatever is on its way, or was refused. */
  readonly isWanted: boolean;
}

const HOUR_MS = 3_600_000;
/** After one decline, two, and more. */
const BACK_OFF_MS = [HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS] as const;

/** Declines in a row that suspend it. */
export const FAILURES_THAT_SUSPEND = 3;

/** Decides whether a team is to be recharged now, and with how much. */
export function judgeRecharge(facts: RechargeFacts, now: Date): RechargeVerdict {
  const { terms, unrestrictedNano, heldNano, toppingUpCents, wasRefused } = facts;
  const hasNano = unrestrictedNano + heldNano;
  const isBelow = hasNano < terms.thresholdNano;
  const isBelowWithAll = hasNano + toppingUpCents * NANO_PER_CENT < terms.thresholdNano;
  const trigger = isBelowWithAll ? 'THRESHOLD' : wasRefused ? 'REFUSED' : null;
  const amountCents = amountOf(facts);
  const waits = waitsOf(facts, amountCents, now);
  const standing = standingObstacles(facts);
  const unwanted: RechargeObstacle[] =
    trigger !== null ? [] : isBelow ? ['TOP_UP_IN_FLIGHT'] : ['NOT_NEEDED'];
  const obstacles = [...standing, ...unwanted, ...waits.map(({ obstacle }) => obstacle)];
  return {
    trigger,
    amountCents,
    obstacles,
    nextPossibleAt: standing.some((one) => one !== 'ATTEMPT_IN_FLIGHT') ? null : latest(waits, now),
    backingOffUntil: waits.find(({ obstacle }) => obstacle === 'BACKING_OFF')?.until ?? null,
    isWanted: isBelow || wasRefused,
  };
}

/** The first instant of the UTC day that `at` is in. */
export function utcDay(at: Date): Date {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()));
}

/** The first instant of the UTC month that `at` is in. */
export function utcMonth(at: Date): Date {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth()));
}

/** What time alone does not change. */
function standingObstacles({ terms, suspended, hasMethod, inFlight }: RechargeFacts): RechargeObstacle[] {
  const all: readonly (readonly [RechargeObstacle, boolean])[] = [
    ['OFF', !terms.enabled],
    ['SUSPENDED', suspended !== null],
    ['NO_PAYMENT_METHOD', !hasMethod],
    ['ATTEMPT_IN_FLIGHT', inFlight],
  ];
  return all.flatMap(([obstacle, holds]) => (holds ? [obstacle] : []));
}

interface Wait {
  readonly obstacle: RechargeObstacle;
  /** It is over then. */
  readonly until: Date;
}

/** What passes with time. */
function waitsOf(facts: RechargeFacts, amountCents: bigint, now: Date): Wait[] {
  const { terms, lastStartedAt, lastFailedAt, failures } = facts;
  const backOffMs = BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length) - 1];
  const nextDay = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1));
  const nextMonth = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1));
  const exceeds = (usedCents: bigint, capCents: bigint | null) =>
    capCents !== null && usedCents + amountCents > capCents;
  const all: readonly (readonly [RechargeObstacle, Date | null])[] = [
    ['BACKING_OFF', backOffMs !== undefined ? plus(lastFailedAt, backOffMs) : null],
    ['HOURLY_LIMIT', plus(lastStartedAt, HOUR_MS)],
    ['DAILY_CAP', exceeds(facts.usedTodayCents, terms.dailyCapCents) ? nextDay : null],
    ['MONTHLY_CAP', exceeds(facts.usedThisMonthCents, terms.monthlyCapCents) ? nextMonth : null],
  ];
  return all.flatMap(([obstacle, until]) => (until && until > now ? [{ obstacle, until }] : []));
}

function plus(at: Date | null, ms: number): Date | null {
  return at && new Date(at.getTime() + ms);
}

function latest(waits: readonly Wait[], now: Date): Date {
  return new Date(Math.max(now.getTime(), ...waits.map(({ until }) => until.getTime())));
}

/** The amount, or, where a greatest charge is allowed, the smallest multiple that reaches the threshold and is allowed. */
function amountOf(facts: RechargeFacts): bigint {
  const { amountCents, maxPerChargeCents } = facts.terms;
  if (maxPerChargeCents === null) return amountCents;
  const most = roomCents(facts, maxPerChargeCents) / amountCents;
  let times = ceilDivide(missingNano(facts), amountCents * NANO_PER_CENT);
  if (times > most) times = most;
  return amountCents * (times > 1n ? times : 1n);
}

/** What a payment has to bring so that the threshold is reached. */
function missingNano({
  terms,
  unrestrictedNano,
  heldNano,
  unpaidNano,
  toppingUpCents,
}: RechargeFacts): bigint {
  return terms.thresholdNano + unpaidNano - unrestrictedNano - heldNano - toppingUpCents * NANO_PER_CENT;
}

function roomCents({ terms, usedTodayCents, usedThisMonthCents }: RechargeFacts, mostCents: bigint): bigint {
  const rooms = [
    terms.dailyCapCents === null ? mostCents : terms.dailyCapCents - usedTodayCents,
    terms.monthlyCapCents === null ? mostCents : terms.monthlyCapCents - usedThisMonthCents,
  ];
  return rooms.reduce((least, room) => (room < least ? room : least), mostCents);
}

function ceilDivide(amount: bigint, by: bigint): bigint {
  return amount <= 0n ? 0n : (amount + by - 1n) / by;
}
