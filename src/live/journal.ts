import type { Fact } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { Numbered } from './event.ts';

/** A fact that tells of lines `fromSeq … seq` of a team. */
export interface JournalFact extends Fact {
  readonly teamId: Uuid;
  readonly fromSeq: bigint;
  readonly seq: bigint;
}

/** The end of a team's journal. */
export interface JournalHead {
  readonly seq: bigint;
  /** When line `seq` was written; before the first one, since when there could be one. */
  readonly atMs: number;
}

/** Something that is written down for each team, line by line: where the lines come from, and how feeds are to tell them. */
export interface Journal<L extends Numbered, F extends JournalFact> {
  /** Whether a fact is about this journal. */
  isTold(fact: Fact): fact is F;
  /** The lines that a fact brings: all of its range, or none when they were too many to send. */
  linesOf(fact: F): readonly L[];
  /** Up to `limit` lines after number `seq`, in order. */
  linesAfter(teamId: Uuid, seq: bigint, limit: number): Promise<readonly L[]>;
  /** Where the journal of a team ends, read after the call began. Undefined: there is no such team. */
  head(teamId: Uuid): Promise<JournalHead | undefined>;
  /** The newest numbers of teams, by one statement; who has none is absent. */
  newest(teamIds: readonly Uuid[]): Promise<ReadonlyMap<Uuid, bigint>>;
  /** Lines in a row that say the same here are never parted. */
  groupOf(line: L): unknown;
  /** When a line was written. */
  atMsOf(line: L): number;
}
