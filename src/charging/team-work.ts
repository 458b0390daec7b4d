import { inDrawdownOrder } from '../grants/drawdown.ts';
import type { Uuid } from '../id.ts';
import type { TeamBalance } from '../ledger/balance.ts';
import type { Book } from '../ledger/book.ts';
import type { GrantAccount } from '../ledger/grant-account.ts';
import { type Cap, CapSheet } from './cap.ts';
import type { Charge, KeyedCharge } from './charge.ts';
import type { Hold } from './hold.ts';
import type { Run } from './run.ts';

const NOTHING: ReadonlySet<string> = new Set();
const NO_CAPS = new CapSheet([]);

/**
 * One team's part of a transaction that spends: what was read of it, as it is after each decision, and what has to be
 * written. Pure but for itself. A batch has one for each of its teams, so what a plain charge does not need is made
 * when something else does.
 */
export class TeamWork {
  readonly freshCharges: KeyedCharge[] = [];
  readonly caps: CapSheet;
  private readonly charges = new Map<string, KeyedCharge>();
  private resolutions: Map<Uuid, Charge> | undefined;
  private holdShelf: Shelf<Hold> | undefined;
  private runShelf: Shelf<Run> | undefined;
  private inOrder: GrantAccount[] | undefined;

  constructor(
    readonly book: Book,
    caps: readonly Cap[],
    /** Members and keys that belong to the team, of those that are named. */
    readonly attributable: ReadonlySet<string> = NOTHING,
  ) {
    this.caps = caps.length === 0 ? NO_CAPS : new CapSheet(caps);
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

  knowCharge(keyed: KeyedCharge): void {
    this.charges.set(keyed.keyDigest, keyed);
  }

  addCharge(keyed: KeyedCharge): void {
    this.knowCharge(keyed);
    this.freshCharges.push(keyed);
    if (keyed.charge.holdId !== null) this.knowResolution(keyed.charge);
  }

  /** The charge that resolved a hold. */
  resolution({ chargeId }: Hold): Charge | null {
    return chargeId === null ? null : (this.resolutions?.get(chargeId) ?? null);
  }

  knowResolution(charge: Charge): void {
    this.resolutions ??= new Map();
    this.resolutions.set(charge.id, charge);
  }

  get holds(): Shelf<Hold> {
    this.holdShelf ??= new Shelf(this.book);
    return this.holdShelf;
  }

  get runs(): Shelf<Run> {
    this.runShelf ??= new Shelf(this.book);
    return this.runShelf;
  }

  /** Whether there may be anything to write but charges. */
  get hasShelves(): boolean {
    return this.holdShelf !== undefined || this.runShelf !== undefined;
  }
}

/** Something with the digests that make it idempotent. */
export interface Keyed<T> {
  readonly value: T;
  readonly keyDigest: string;
  readonly requestDigest: string;
}

/** Things of one kind that a team has: those that were read, and those that are new or have changed. */
export class Shelf<T extends { readonly id: Uuid }> {
  private readonly byId = new Map<Uuid, T>();
  private readonly byKey = new Map<string, Keyed<T>>();
  private readonly fresh = new Map<Uuid, Keyed<T>>();
  private readonly touched = new Set<Uuid>();
  private readonly touchedAgain = new Set<Uuid>();

  constructor(private readonly book: Book) {}

  get(id: Uuid | null): T | undefined {
    return id === null ? undefined : this.byId.get(id);
  }

  /** What was made with a key, as it is by now. */
  ofKey(keyDigest: string): Keyed<T> | undefined {
    const made = this.byKey.get(keyDigest);
    return made && this.latest(made);
  }

  know(value: T): void {
    this.byId.set(value.id, value);
  }

  knowKey(keyed: Keyed<T>): void {
    this.byKey.set(keyed.keyDigest, keyed);
    this.know(keyed.value);
  }

  add(keyed: Keyed<T>): void {
    this.knowKey(keyed);
    this.fresh.set(keyed.value.id, keyed);
    this.book.markChanged();
  }

  change(value: T): void {
    this.know(value);
    if (this.touched.has(value.id)) this.touchedAgain.add(value.id);
    this.touched.add(value.id);
    this.book.markChanged();
  }

  /** All that is known, as it is by now. */
  get all(): Iterable<T> {
    return this.byId.values();
  }

  /** What is new, as it was made. */
  get added(): Keyed<T>[] {
    return [...this.fresh.values()];
  }

  /** What was there and has changed, each once, as it is in the end. */
  get changed(): T[] {
    return this.changedAmong((id) => !this.fresh.has(id));
  }

  /** What has changed more than once, each once, as it is in the end. */
  get changedAgain(): T[] {
    return this.touchedAgain.size === 0 ? [] : this.changedAmong((id) => this.touchedAgain.has(id));
  }

  /** What is new and has changed since it was made. */
  get changedSince(): T[] {
    return this.fresh.size === 0 ? [] : this.changedAmong((id) => this.fresh.has(id));
  }

  private changedAmong(isWanted: (id: Uuid) => boolean): T[] {
    return [...this.touched].flatMap((id) => (isWanted(id) ? (this.byId.get(id) ?? []) : []));
  }

  private latest(keyed: Keyed<T>): Keyed<T> {
    return { ...keyed, value: this.byId.get(keyed.value.id) ?? keyed.value };
  }
}
