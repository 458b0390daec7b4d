import { inDrawdownOrder } from '../grants/drawdown.ts';
import type { Uuid } from '../id.ts';
import type { TeamBalance } from '../ledger/balance.ts';
import type { Book } from '../ledger/book.ts';
import type { GrantAccount } from '../ledger/grant-account.ts';
import { type Cap, CapSheet } from './cap.ts';
import type { Charge, KeyedCharge } from './charge.ts';
import type { Hold, KeyedHold } from './hold.ts';
import type { KeyedRun, Run } from './run.ts';

const NOTHING: ReadonlySet<string> = new Set();

/**
 * One team's part of a transaction that spends: what was read of it, as it is after each decision, and what has to be
 * written. Pure but for itself.
 */
export class TeamWork {
  readonly freshCharges: KeyedCharge[] = [];
  readonly caps: CapSheet;
  private readonly charges = new Map<string, KeyedCharge>();
  private readonly chargeById = new Map<Uuid, Charge>();
  private readonly holds = new Map<Uuid, Hold>();
  private readonly holdByKey = new Map<string, KeyedHold>();
  private readonly newHolds = new Map<Uuid, KeyedHold>();
  private readonly changedHolds = new Set<Uuid>();
  private readonly runs = new Map<Uuid, Run>();
  private readonly runByKey = new Map<string, KeyedRun>();
  private readonly newRuns = new Map<Uuid, KeyedRun>();
  private readonly changedRuns = new Set<Uuid>();
  private inOrder: GrantAccount[] | undefined;

  constructor(
    readonly book: Book,
    caps: readonly Cap[],
    /** Members and keys that belong to the team, of those that are named. */
    readonly attributable: ReadonlySet<string> = NOTHING,
  ) {
    this.caps = new CapSheet(caps);
  }

  /** The grants in drawdown order: terms do not change while the lock is held. */
  get ordered(): readonly GrantAccount[] {
    this.inOrder ??= inDrawdownOrder(this.book.grants);
    return this.inOrder;
  }

  get balance(): TeamBalance {
    const { teamId, balances, seq, nextDueAtMs, atMs } = this.book;
    return { teamId, balances, seq, nextDueAtMs, asOfMs: atMs };
  }

  chargeOfKey(keyDigest: string): KeyedCharge | undefined {
    return this.charges.get(keyDigest);
  }

  charge(id: Uuid | null): Charge | null {
    return id === null ? null : (this.chargeById.get(id) ?? null);
  }

  knowCharge(keyed: KeyedCharge): void {
    this.charges.set(keyed.keyDigest, keyed);
    this.chargeById.set(keyed.charge.id, keyed.charge);
  }

  /** Of a hold that was resolved before. */
  knowResolution(charge: Charge): void {
    this.chargeById.set(charge.id, charge);
  }

  addCharge(keyed: KeyedCharge): void {
    this.knowCharge(keyed);
    this.freshCharges.push(keyed);
  }

  hold(id: Uuid): Hold | undefined {
    return this.holds.get(id);
  }

  /** The hold that was placed with a key, as it is by now. */
  holdOfKey(keyDigest: string): KeyedHold | undefined {
    const placed = this.holdByKey.get(keyDigest);
    return placed && { ...placed, hold: this.holds.get(placed.hold.id) ?? placed.hold };
  }

  knowHold(hold: Hold): void {
    this.holds.set(hold.id, hold);
  }

  knowHoldKey(keyed: KeyedHold): void {
    this.holdByKey.set(keyed.keyDigest, keyed);
    this.holds.set(keyed.hold.id, keyed.hold);
  }

  addHold(keyed: KeyedHold): void {
    this.knowHoldKey(keyed);
    this.newHolds.set(keyed.hold.id, keyed);
    this.book.markChanged();
  }

  changeHold(hold: Hold): void {
    this.holds.set(hold.id, hold);
    if (!this.newHolds.has(hold.id)) this.changedHolds.add(hold.id);
    this.book.markChanged();
  }

  run(id: Uuid): Run | undefined {
    return this.runs.get(id);
  }

  runOfKey(keyDigest: string): KeyedRun | undefined {
    const started = this.runByKey.get(keyDigest);
    return started && { ...started, run: this.runs.get(started.run.id) ?? started.run };
  }

  knowRun(run: Run): void {
    this.runs.set(run.id, run);
  }

  knowRunKey(keyed: KeyedRun): void {
    this.runByKey.set(keyed.keyDigest, keyed);
    this.runs.set(keyed.run.id, keyed.run);
  }

  addRun(keyed: KeyedRun): void {
    this.knowRunKey(keyed);
    this.newRuns.set(keyed.run.id, keyed);
    this.book.markChanged();
  }

  changeRun(run: Run): void {
    this.runs.set(run.id, run);
    if (!this.newRuns.has(run.id)) this.changedRuns.add(run.id);
    this.book.markChanged();
  }

  /** What has to be written beside the book, each thing once, as it is in the end. */
  get writes(): TeamWrites {
    return {
      charges: this.freshCharges,
      newHolds: [...this.newHolds.values()].map((keyed) => latest(keyed, this.holds)),
      holds: [...this.changedHolds].flatMap((id) => this.holds.get(id) ?? []),
      newRuns: [...this.newRuns.values()].map((keyed) => ({
        ...keyed,
        run: this.runs.get(keyed.run.id) ?? keyed.run,
      })),
      runs: [...this.changedRuns].flatMap((id) => this.runs.get(id) ?? []),
      caps: [...this.caps.changed],
    };
  }
}

/** What a team's part of a transaction writes beside its book. */
export interface TeamWrites {
  readonly charges: readonly KeyedCharge[];
  readonly newHolds: readonly KeyedHold[];
  readonly holds: readonly Hold[];
  readonly newRuns: readonly KeyedRun[];
  readonly runs: readonly Run[];
  readonly caps: readonly Cap[];
}

function latest(keyed: KeyedHold, holds: ReadonlyMap<Uuid, Hold>): KeyedHold {
  return { ...keyed, hold: holds.get(keyed.hold.id) ?? keyed.hold };
}
