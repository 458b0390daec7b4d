import type { ActorRef } from '../actor.ts';
import type { Usage } from '../catalog/rate.ts';
import { assert } from '../domain-error.ts';
import type { ChargeRefusal } from './charge.ts';
import { type DecisionContext, type Priced, type Rateable, rated } from './decide.ts';
import { type Hold, type HoldResult, openNano } from './hold.ts';
import { giveBack, type Refused, refusal } from './payment.ts';
import { capTargetOf } from './run-part.ts';
import type { TeamWork } from './team-work.ts';

/** Returns all that is held: the end of work that cost nothing, or of a run. */
export function release(hold: Hold, work: TeamWork, actor: ActorRef): Hold {
  giveBack(work.book, hold.draws, actor);
  return resolve(hold, work, { status: 'RELEASED' });
}

/** Counts a hold as open no more and keeps what became of it. */
export function resolve(
  hold: Hold,
  work: TeamWork,
  outcome: Pick<Hold, 'status'> & Partial<Pick<Hold, 'chargeId'>>,
): Hold {
  work.caps.hold(capTargetOf(hold), -openNano(hold));
  const resolved = { ...hold, ...outcome, draws: [], resolvedAt: new Date(work.book.atMs) };
  work.holds.change(resolved);
  return resolved;
}

/** What was quoted holds: usage of a hold costs what it cost when the hold was placed. */
export function priceOfHold(
  usage: Usage,
  rateable: Rateable,
  hold: Hold,
  { catalog }: DecisionContext,
): Priced | Refused {
  const problem = notForCallers(hold);
  if (problem) return { refusal: problem };
  const model = hold.modelId === null ? undefined : catalog.modelById.get(hold.modelId);
  assert(model, 'a hold names a model of the catalogue');
  return rated(rateable, usage, model, hold.placedAt, catalog);
}

/** Holds of runs and deployments are settled by them. */
export function notForCallers({ runId, deploymentId }: Hold): ChargeRefusal | undefined {
  if (runId === null && deploymentId === null) return undefined;
  const what = runId === null ? 'a deployment' : 'a run';
  const { refusal: reason } = refusal(
    'INVALID_USAGE',
    'holdId',
    `This is the hold of ${what}, which settles it itself.`,
  );
  return reason;
}

/** What is answered about a hold that was found. */
export type Answer = Extract<HoldResult, { ok: true }>;

/** The hold as it is now, without a charge. */
export function answer(hold: Hold, work: TeamWork, { replayed = false } = {}): Answer {
  const { balance } = work;
  return { ok: true, hold, charge: null, replayed, alreadyResolved: false, shortByNano: 0n, balance };
}

/** The first resolution wins: later ones are told what it was. */
export function alreadyResolved(hold: Hold, work: TeamWork): HoldResult {
  const resolution = work.resolution(hold);
  return {
    ...answer(hold, work),
    charge: resolution,
    alreadyResolved: true,
    shortByNano: resolution?.shortNano ?? 0n,
  };
}
