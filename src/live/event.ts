import type { Uuid } from '../id.ts';
import type { Entry } from '../ledger/entry.ts';

/**
 * SNAPSHOT: what there is at `seq`. CHANGE: what happened in the range, with its lines.
 * COALESCED: the range as one, without its lines.
 */
export type ChangeKind = 'SNAPSHOT' | 'CHANGE' | 'COALESCED';

/** One line of a journal: the lines of a team are numbered 1, 2, 3 … without gaps. */
export interface Numbered {
  readonly seq: bigint;
}

/**
 * What a subscriber of a team gets. It stands for the lines `fromSeq … seq`, and `fromSeq` is one more than the `seq`
 * of the event before it, always; before the first event that is `after`, or 0. A SNAPSHOT whose `fromSeq` is greater
 * than its `seq` stands for no line: a heartbeat. Subscribers share events: never change one.
 */
export interface LiveEvent<L extends Numbered = Numbered> {
  readonly teamId: Uuid;
  readonly kind: ChangeKind;
  readonly fromSeq: bigint;
  readonly seq: bigint;
  /** When line `seq` was written. */
  readonly atMs: number;
  /** All lines of the range in a CHANGE; otherwise none. */
  readonly entries: readonly L[];
}

/** An event of a state feed: what there is after ledger entry `seq`. */
export interface StateEvent<S> extends LiveEvent<Entry> {
  readonly state: S;
}
