import { SYSTEM_ACTOR } from '../actor.ts';
import { isMeter, type Meter } from '../catalog/meters.ts';
import type { Usage } from '../catalog/rate.ts';
import { digest16 } from '../db/idempotency.ts';
import { type Decimal, parseDecimal } from '../decimal.ts';
import { assert } from '../domain-error.ts';
import type { ChargeRefusal } from './charge.ts';
import { paramsRecord, quantitiesText } from './charge-of.ts';
import { type DecisionContext, type Rateable, refused } from './decide.ts';
import {
  type ExtendHold,
  HOLD_LIMITS,
  type Hold,
  type HoldRequest,
  type HoldResult,
  type ReleaseHold,
  type ReportHold,
} from './hold.ts';
import { alreadyResolved, answer, notForCallers, priceOfHold, release, resolve } from './hold-outcome.ts';
import { giveBack } from './payment.ts';
import { placeHold } from './place-hold.ts';
import { chargeHold, settleHold } from './settle-hold.ts';
import type { TeamWork } from './team-work.ts';

/** Decides one request about a hold. @see decideCharge */
export function decideHold(
  request: HoldRequest,
  rateable: Rateable,
  work: TeamWork,
  context: DecisionContext,
): HoldResult {
  if (request.what === 'PLACE_HOLD') return placeHold(request, rateable, work, context);
  const hold = work.holds.get(request.holdId);
  if (!hold) return refused(holdNotFound(), work);
  switch (request.what) {
    case 'SETTLE_HOLD':
      return settleHold(request, rateable, hold, work, context);
    case 'RELEASE_HOLD':
      return releaseHold(request, hold, work);
    case 'REPORT_HOLD':
      return reportHold(request, rateable, hold, work, context);
    case 'EXTEND_HOLD':
      return extendHold(request, hold, work);
    case 'EXPIRE_HOLD':
      return expireHold(hold, work, context);
  }
}

function releaseHold({ actor }: ReleaseHold, hold: Hold, work: TeamWork): HoldResult {
  if (hold.status !== 'HELD') return alreadyResolved(hold, work);
  const problem = notForCallers(hold);
  return problem ? refused(problem, work) : answer(release(hold, work, actor), work);
}

function reportHold(
  request: ReportHold,
  rateable: Rateable,
  hold: Hold,
  work: TeamWork,
  context: DecisionContext,
): HoldResult {
  if (hold.status !== 'HELD') return alreadyResolved(hold, work);
  const priced = priceOfHold(request, rateable, hold, context);
  if ('refusal' in priced) return refused(priced.refusal, work);
  const { amountNano } = priced.rated;
  if (amountNano > hold.amountNano * HOLD_LIMITS.reportFactor) {
    const message = `A report may be at most ${HOLD_LIMITS.reportFactor} times what is held.`;
    return refused({ code: 'REPORT_TOO_LARGE', field: 'quantities', message }, work);
  }
  // Reports tell all that was used: one that tells less than an earlier one has been overtaken.
  if (hold.reported && amountNano < hold.reported.amountNano) return answer(hold, work);
  const at = new Date(work.book.atMs);
  const reported = { quantities: quantitiesText(request), params: paramsRecord(request), amountNano, at };
  const changed = { ...hold, reported };
  work.holds.change(changed);
  return answer(changed, work);
}

function extendHold({ lifeMs }: ExtendHold, hold: Hold, work: TeamWork): HoldResult {
  if (hold.status !== 'HELD') return alreadyResolved(hold, work);
  const problem = notForCallers(hold);
  if (problem) return refused(problem, work);
  const expiresMs = work.book.atMs + lifeMs;
  const latestMs = hold.placedAt.getTime() + HOLD_LIMITS.longestLifeMs;
  if (expiresMs > latestMs) {
    const message = `A hold lives for at most 24 hours in all: this one until ${new Date(latestMs).toISOString()}.`;
    return refused({ code: 'HOLD_TOO_LONG', field: 'expiresInSeconds', message }, work);
  }
  if (expiresMs <= hold.expiresAt.getTime()) return answer(hold, work);
  const extended = { ...hold, expiresAt: new Date(expiresMs) };
  work.holds.change(extended);
  return answer(extended, work);
}

/** Settles what was reported; of what nothing was reported nothing is known to have been used. */
function expireHold(hold: Hold, work: TeamWork, context: DecisionContext): HoldResult {
  if (hold.status !== 'HELD') return alreadyResolved(hold, work);
  if (hold.expiresAt.getTime() > work.book.atMs) return answer(hold, work);
  const { reported } = hold;
  if (reported === null || hold.modelId === null) {
    giveBack(work.book, hold.draws, SYSTEM_ACTOR);
    return answer(resolve(hold, work, { status: 'EXPIRED' }), work);
  }
  const usage = usageOf(reported);
  const priced = priceOfHold(usage, {}, hold, context);
  assert(!('refusal' in priced), 'a report has a price');
  const key = digest16(`\0expire|${hold.id}`);
  const by = {
    keyDigest: key,
    requestDigest: key,
    whenShort: 'TAKE_AVAILABLE',
    actor: SYSTEM_ACTOR,
  } as const;
  const settled = chargeHold(hold, priced, usage, work, by);
  assert(!('refusal' in settled), 'what is available is never refused');
  const expired = resolve(hold, work, { status: 'EXPIRED', chargeId: settled.id });
  return { ...answer(expired, work), charge: settled, shortByNano: settled.shortNano };
}

function usageOf({
  quantities,
  params,
}: {
  readonly quantities: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string>> | null;
}): Usage {
  const pairs = Object.entries(quantities).flatMap(([meter, text]): [Meter, Decimal][] =>
    isMeter(meter) ? [[meter, parseDecimal(text)]] : [],
  );
  return { quantities: new Map(pairs), params: new Map(Object.entries(params ?? {})) };
}

function holdNotFound(): ChargeRefusal {
  return { code: 'HOLD_NOT_FOUND', field: 'holdId', message: 'The team has no such hold.' };
}
