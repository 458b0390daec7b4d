import type { ActorRef } from '../actor.ts';
import type { Uuid } from '../id.ts';
import type { TeamBalance } from '../ledger/balance.ts';
import type { NanoCredits } from '../money.ts';
import type { ChargeRefusal } from './charge.ts';

/** What became of a run. */
export const RUN_STATUS = { RUNNING: 1, FINISHED: 2, CANCELED: 3 } as const;
export type RunStatus = keyof typeof RUN_STATUS;

/** One part of a job: a model and what it is expected to use. */
export interface RunStep {
  /** Unique in the run; what usage is reported for. */
  readonly key: string;
  readonly modelId: Uuid;
  /** Expected each time: meter → decimal text. */
  readonly quantities: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string>> | null;
  /** How many times, a whole number as text. */
  readonly times: string;
  readonly priceVersionId: Uuid;
  /** The price of all times, rounded once. */
  readonly estimatedNano: NanoCredits;
}

/** A job made of steps, each charged on its own. */
export interface Run {
  readonly teamId: Uuid;
  readonly id: Uuid;
  readonly name: string | null;
  readonly status: RunStatus;
  readonly quoteId: Uuid | null;
  readonly holdId: Uuid | null;
  readonly steps: readonly RunStep[];
  readonly estimatedNano: NanoCredits;
  /** The sum of its charges, reversed ones too. */
  readonly spentNano: NanoCredits;
  readonly chargeCount: bigint;
  readonly memberId: Uuid | null;
  readonly apiKeyId: Uuid | null;
  readonly tags: Readonly<Record<string, string>> | null;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly reason: string | null;
  readonly actor: ActorRef;
}

/** Begins a job, and sets aside what it is expected to cost if it says so. */
export interface StartRun {
  readonly what: 'START_RUN';
  readonly teamId: Uuid;
  readonly keyDigest: string;
  readonly requestDigest: string;
  readonly name: string | null;
  readonly quoteId: Uuid | null;
  readonly steps: readonly RunStep[];
  readonly estimatedNano: NanoCredits;
  readonly hold: { readonly lifeMs: number } | null;
  readonly memberId?: Uuid;
  readonly apiKeyId?: Uuid;
  readonly tags?: Readonly<Record<string, string>>;
  readonly actor: ActorRef;
}

/** Ends a job: what it still holds returns. */
export interface EndRun {
  readonly what: 'END_RUN';
  readonly teamId: Uuid;
  readonly runId: Uuid;
  readonly status: Exclude<RunStatus, 'RUNNING'>;
  readonly reason: string | null;
  readonly actor: ActorRef;
}

export type RunRequest = StartRun | EndRun;

/** The answer to one request about a run. */
export type RunResult =
  | {
      readonly ok: true;
      readonly run: Run;
      readonly replayed: boolean;
      /** It had ended before: nothing was done. */
      readonly alreadyEnded: boolean;
      readonly balance: TeamBalance;
    }
  | { readonly ok: false; readonly refusal: ChargeRefusal; readonly balance?: TeamBalance };
