import type { Uuid } from '../id.ts';
import { ENTRY_KIND } from '../ledger/account.ts';
import type { Entry } from '../ledger/entry.ts';
import type { NanoCredits } from '../money.ts';
import { BUCKET_MS, bucketOf, isIn, type Period, periodsAt, type SpendPeriods } from './spend-periods.ts';

/** What a team has spent, by when the usage occurred. */
export interface SpendFigures {
  readonly hourNano: NanoCredits;
  readonly dayNano: NanoCredits;
  readonly monthNano: NanoCredits;
  /** Credits an hour of usage, by the last hour: see `burnWindow`. Hours of deployments are no part of it. */
  readonly usageNanoPerHour: NanoCredits;
  /** Credits an hour for the deployments that run now. */
  readonly deploymentNanoPerHour: NanoCredits;
  /** Both: what is spent an hour if all goes on as it is. */
  readonly burnNanoPerHour: NanoCredits;
}

/** The spend of a team after entry `seq`, as it is read: sums of the periods around `asOfMs`, and the last buckets. */
export interface SpendTotals {
  readonly teamId: Uuid;
  readonly timeZone: string;
  readonly seq: bigint;
  readonly asOfMs: number;
  readonly periods: SpendPeriods;
  readonly hourNano: NanoCredits;
  readonly dayNano: NanoCredits;
  readonly monthNano: NanoCredits;
  /** Spend by bucket, from the start of `burnWindow` on. */
  readonly recent: ReadonlyMap<number, NanoCredits>;
  /** The part of `recent` that paid for hours of deployments. */
  readonly recentHours: ReadonlyMap<number, NanoCredits>;
  /** Credits an hour for the deployments that run. */
  readonly committedNanoPerHour: NanoCredits;
}

const HOUR_MS = 3_600_000;

/**
 * What the rate of usage is taken from: the last four whole quarters of an hour and the one that passes, 60 to 75 minutes.
 * A team that began to use something within it uses more than the rate says.
 */
export function burnWindow(nowMs: number): Period {
  return { startMs: bucketOf(nowMs) - HOUR_MS, endMs: nowMs };
}

/** Seconds until `availableNano` is gone at a burn rate: rounded down, null when nothing burns. */
export function runwaySeconds(availableNano: NanoCredits, burnNanoPerHour: NanoCredits): bigint | null {
  return burnNanoPerHour > 0n ? (availableNano * 3_600n) / burnNanoPerHour : null;
}

/** The spend of one team, kept up to date with its journal. Pure but for itself. */
export class SpendTally {
  private atSeq: bigint;
  private periods: SpendPeriods;
  private readonly sums: { hour: NanoCredits; day: NanoCredits; month: NanoCredits };
  private readonly buckets: Map<number, NanoCredits>;
  private readonly hourBuckets: Map<number, NanoCredits>;
  /** Credits an hour for the deployments that run: what they were charged says it too late. */
  committedNanoPerHour: NanoCredits;

  constructor(private readonly start: SpendTotals) {
    this.atSeq = start.seq;
    this.periods = start.periods;
    this.sums = { hour: start.hourNano, day: start.dayNano, month: start.monthNano };
    this.buckets = new Map(start.recent);
    this.hourBuckets = new Map(start.recentHours);
    this.committedNanoPerHour = start.committedNanoPerHour;
  }

  /** The entry up to which everything is counted. */
  get seq(): bigint {
    return this.atSeq;
  }

  /**
   * Counts the entries that follow; `hours` are the postings among them that charge hours of deployments. False, and
   * nothing counted, when they do not tell enough: one is missing, or a charge was reversed, which counts against the
   * time at which it occurred. What is set aside, or comes back from there, is no spend.
   */
  apply(entries: readonly Entry[], hours: ReadonlySet<Uuid>): boolean {
    const follows = entries[0]?.seq === this.atSeq + 1n;
    if (!follows || entries.some(({ kind }) => kind === ENTRY_KIND.REVERSAL)) return false;
    for (const { kind, postingId, occurredAtMs, amountNano, seq } of entries) {
      if (kind === ENTRY_KIND.CHARGE) this.add(bucketOf(occurredAtMs), amountNano, hours.has(postingId));
      this.atSeq = seq;
    }
    return true;
  }

  /** The figures by now; `nowMs` never goes back. */
  figuresAt(nowMs: number): SpendFigures {
    if (nowMs >= this.periods.hour.endMs) this.turnTo(periodsAt(nowMs, this.start.timeZone));
    const { hour, day, month } = this.sums;
    const { startMs, endMs } = burnWindow(nowMs);
    const window = { startMs, endMs: bucketOf(endMs) + BUCKET_MS };
    const used = sumIn(this.buckets, window) - sumIn(this.hourBuckets, window);
    const usageNanoPerHour = (used * BigInt(HOUR_MS)) / BigInt(endMs - startMs);
    const deploymentNanoPerHour = this.committedNanoPerHour;
    const burnNanoPerHour = usageNanoPerHour + deploymentNanoPerHour;
    const rates = { usageNanoPerHour, deploymentNanoPerHour, burnNanoPerHour };
    return { hourNano: hour, dayNano: day, monthNano: month, ...rates };
  }

  private add(bucket: number, amountNano: NanoCredits, isHour: boolean): void {
    const { hour, day, month } = this.periods;
    if (isIn(hour, bucket)) this.sums.hour += amountNano;
    if (isIn(day, bucket)) this.sums.day += amountNano;
    if (isIn(month, bucket)) this.sums.month += amountNano;
    if (bucket < burnWindow(this.start.asOfMs).startMs) return;
    addTo(this.buckets, bucket, amountNano);
    if (isHour) addTo(this.hourBuckets, bucket, amountNano);
  }

  /** A period that began after the totals were read has all of its spend in the buckets kept since. */
  private turnTo(periods: SpendPeriods): void {
    const before = this.periods;
    this.periods = periods;
    this.sums.hour = sumIn(this.buckets, periods.hour);
    if (periods.day.startMs !== before.day.startMs) this.sums.day = sumIn(this.buckets, periods.day);
    if (periods.month.startMs !== before.month.startMs) this.sums.month = sumIn(this.buckets, periods.month);
  }
}

function addTo(buckets: Map<number, NanoCredits>, bucket: number, amountNano: NanoCredits): void {
  buckets.set(bucket, (buckets.get(bucket) ?? 0n) + amountNano);
}

function sumIn(buckets: ReadonlyMap<number, NanoCredits>, period: Period): NanoCredits {
  let sum = 0n;
  for (const [bucket, amountNano] of buckets) if (isIn(period, bucket)) sum += amountNano;
  return sum;
}
