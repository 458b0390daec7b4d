import type { Uuid } from '../id.ts';
import type { Entry } from '../ledger/entry.ts';

/**
 * SNAPSHOT: what there is at `seq`. CHANGE: what was posted in the range, with its entries.
 * COALESCED: the range as one, without its entries.
 */
export type ChangeKind = 'SNAPSHOT' | 'CHANGE' | 'COALESCED';

/**
 * What a subscriber of a team gets. It stands for the entries `fromSeq … seq`, and `fromSeq` is one more than the `seq`
 * of the event before it, always; before the first event that is `after`, or 0. A SNAPSHOT whose `fromSeq` is greater
 * than its `seq` stands for no entry: a heartbeat. Subscribers share events: never change one.
 */
export interface LiveEvent {
  readonly teamId: Uuid;
  readonly kind: ChangeKind;
  readonly fromSeq: bigint;
  readonly seq: bigint;
  /** When entry `seq` was posted. */
  readonly atMs: number;
  /** All entries of the range in a CHANGE; otherwise none. */
  readonly entries: readonly Entry[];
}

/** An event of a state feed: what there is after entry `seq`. */
export interface StateEvent<S> extends LiveEvent {
  readonly state: S;
}
