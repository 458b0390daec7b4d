import type { ChargeRequest, ChargeResult } from './charge.ts';
import type { Rateable } from './decide.ts';
import type { HoldRequest, HoldResult } from './hold.ts';
import type { RunRequest, RunResult } from './run.ts';

/** Anything that spends credit, sets it aside or gives it back: what goes through the micro-batches. */
export type SpendRequest = ChargeRequest | HoldRequest | RunRequest;

/** What becomes of a request: the kind of the result follows the kind of the request. */
export type SpendResult = ChargeResult | HoldResult | RunResult;

export type ResultOf<R extends SpendRequest> = R extends ChargeRequest
  ? ChargeResult
  : R extends HoldRequest
    ? HoldResult
    : RunResult;

/** A request that waits for its result. */
export interface PendingSpend<R extends SpendRequest = SpendRequest> extends Rateable {
  readonly request: R;
}
