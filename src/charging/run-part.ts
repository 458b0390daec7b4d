import type { CapTarget, CountedHold } from './cap.ts';
import type { ChargeRequest } from './charge.ts';
import { type Hold, openNano } from './hold.ts';
import { type Payment, type Refused, refusal } from './payment.ts';
import type { Run } from './run.ts';
import type { TeamWork } from './team-work.ts';

/** The run and the step that usage belongs to, and what the run holds for it. */
export interface RunPart {
  readonly run: Run;
  /** The place of the step in the run. */
  readonly step: number;
  readonly hold: Hold | undefined;
  /** What of `hold` caps have counted already. */
  readonly held: CountedHold | undefined;
}

/** What caps see of a hold. */
export function capTargetOf({ memberId, apiKeyId, modelId }: Hold): CapTarget {
  return { memberId, apiKeyId, modelId };
}

/** The part of a run that a request says it is; undefined when it is none. */
export function runPart(
  { run: named, modelKey }: ChargeRequest,
  work: TeamWork,
): RunPart | Refused | undefined {
  if (!named) return undefined;
  const run = work.runs.get(named.runId);
  if (!run) return refusal('RUN_NOT_FOUND', 'runId', 'The team has no such run.');
  if (run.status !== 'RUNNING')
    return refusal('RUN_ENDED', 'runId', `The run is ${run.status}: it takes no more usage.`);
  const step = run.steps.findIndex(({ key }) => key === named.step);
  if (step < 0) {
    const known = run.steps.map(({ key }) => `"${key}"`).join(', ');
    return refusal(
      'STEP_NOT_FOUND',
      'step',
      `The run has no step "${named.step}" of "${modelKey}"; it has ${known}.`,
    );
  }
  const hold = work.holds.get(run.holdId);
  if (hold?.status !== 'HELD') return { run, step, hold: undefined, held: undefined };
  return { run, step, hold, held: { target: capTargetOf(hold), amountNano: openNano(hold) } };
}

/** Counts a charge for its run, and what it took from what the run holds. */
export function chargeToRun(work: TeamWork, { run, hold }: RunPart, payment: Payment): void {
  const spentNano = run.spentNano + (payment.status === 'CHARGED' ? payment.amountNano : 0n);
  work.runs.change({ ...run, spentNano, chargeCount: run.chargeCount + 1n });
  if (!hold || payment.fromHeldNano === 0n) return;
  work.caps.hold(capTargetOf(hold), -payment.fromHeldNano);
  const drawnNano = hold.drawnNano + payment.fromHeldNano;
  work.holds.change({ ...hold, drawnNano, draws: payment.heldAfter });
}
