import type { Call, PlannedTopUp } from './plan.ts';

/**
 * Where something stands in the history of a team: the numbers of its last event and ledger entry, read in the
 * transaction that did it, while that held the lock of the wallet.
 */
export interface Position {
  readonly eventSeq: bigint;
  readonly entrySeq: bigint;
}

/** A call, and what came of it. `id` names the deployment. */
export interface DoneCall extends Position {
  readonly what: 'CALL';
  readonly id: string;
  readonly call: Call;
  /** DONE, UNCHANGED, or the reason of the refusal. */
  readonly outcome: string;
}

/** A grant. `id` names it. */
export interface DoneTopUp extends Position {
  readonly what: 'TOP_UP';
  readonly id: string;
  readonly terms: PlannedTopUp;
  /** Whether something of the deployments of the team was due and not done yet. */
  readonly beforePass: boolean;
}

export type Deed = DoneCall | DoneTopUp;

/** What was done to the teams at one instant. */
export interface DoneStep {
  readonly at: number;
  /** By team. */
  readonly deeds: ReadonlyMap<string, readonly Deed[]>;
  /** Teams for which something was still due at the end: nobody was there to do it. */
  readonly stillDue: ReadonlySet<string>;
}

export interface JournalTeam {
  readonly id: string;
  readonly zone: string;
}

/** All that was done, in order, and by nobody else. */
export interface Journal {
  readonly teams: readonly JournalTeam[];
  readonly steps: readonly DoneStep[];
}
