import { type ActorRef, SYSTEM_ACTOR } from '../actor.ts';
import { isMeter, type Meter } from '../catalog/meters.ts';
import type { Usage } from '../catalog/rate.ts';
import { digest16 } from '../db/idempotency.ts';
import { type Decimal, parseDecimal } from '../decimal.ts';
import { assert } from '../domain-error.ts';
import { orderedUuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { Charge, ChargeRefusal } from './charge.ts';
import { chargeOf, paramsRecord, quantitiesText } from './charge-of.ts';
import {
  attributionProblem,
  capExceeded,
  conflict,
  type DecisionContext,
  modelOf,
  type Priced,
  type Rateable,
  rated,
  refused,
} from './decide.ts';
import {
  type ExtendHold,
  HOLD_LIMITS,
  type Hold,
  type HoldRequest,
  type HoldResult,
  openNano,
  type PlaceHold,
  type ReleaseHold,
  type ReportHold,
  type SettleHold,
  type WhenShort,
} from './hold.ts';
import { holdOf } from './hold-of.ts';
import { type Bill, giveBack, pay, type Refused, refusal, setAside } from './payment.ts';
import { capTargetOf } from './run-part.ts';
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

function placeHold(
  request: PlaceHold,
  rateable: Rateable,
  work: TeamWork,
  { catalog }: DecisionContext,
): HoldResult {
  const first = work.holds.ofKey(request.keyDigest);
  if (first) {
    if (first.requestDigest !== request.requestDigest) return refused(conflict('another hold'), work);
    return answer(first.value, work, { replayed: true });
  }
  const problem = attributionProblem(request, work.attributable);
  if (problem) return refused(problem, work);
  const model = modelOf(request.modelKey, catalog);
  if ('refusal' in model) return refused(model.refusal, work);
  const { atMs, chargeCount } = work.book;
  const expected = expectedNano(request, () => rated(rateable, request, model, new Date(atMs), catalog));
  if (typeof expected !== 'bigint') return refused(expected.refusal, work);
  const { memberId = null, apiKeyId = null } = request;
  const target = { memberId, apiKeyId, modelId: model.id };
  const excess = work.caps.excess(target, expected, atMs);
  if (excess) return refused(inField(capExceeded(excess, model.key), request), work);
  const id = orderedUuid(atMs, chargeCount);
  const aside = setAside(work, id, [model], expected, request.actor);
  if ('refusal' in aside) return refused(inField(aside.refusal, request), work);
  const hold = holdOf(work, {
    id,
    modelId: model.id,
    quantities: request.amountNano === undefined ? quantitiesText(request) : null,
    params: paramsRecord(request),
    amountNano: expected,
    draws: aside.draws,
    memberId,
    apiKeyId,
    tags: request.tags ?? null,
    expiresAt: new Date(atMs + request.lifeMs),
    actor: request.actor,
  });
  work.holds.add({ value: hold, keyDigest: request.keyDigest, requestDigest: request.requestDigest });
  work.caps.hold(target, expected);
  return answer(hold, work);
}

function expectedNano({ amountNano }: PlaceHold, price: () => Priced | Refused): NanoCredits | Refused {
  if (amountNano !== undefined) return amountNano;
  const priced = price();
  return 'refusal' in priced ? priced : priced.rated.amountNano;
}

/** Refusals of a hold of an amount are about the amount. */
function inField(reason: ChargeRefusal, { amountNano }: PlaceHold): ChargeRefusal {
  return amountNano === undefined ? reason : { ...reason, field: 'amount' };
}

function settleHold(
  request: SettleHold,
  rateable: Rateable,
  hold: Hold,
  work: TeamWork,
  context: DecisionContext,
): HoldResult {
  const first = work.chargeOfKey(request.keyDigest);
  if (first) {
    const isSame = first.requestDigest === request.requestDigest && first.charge.holdId === hold.id;
    if (!isSame) return refused(conflict('another settlement'), work);
    return {
      ...answer(hold, work, { replayed: true }),
      charge: first.charge,
      shortByNano: first.charge.shortNano,
    };
  }
  if (hold.status === 'EXPIRED' && isOpenToLateSettle(hold, work)) {
    return settleLate(request, rateable, hold, work, context);
  }
  if (hold.status !== 'HELD') return alreadyResolved(hold, work);
  const priced = priceOfHold(request, rateable, hold, context);
  if ('refusal' in priced) return refused(priced.refusal, work);
  const settled = charge(hold, priced, request, work, {
    keyDigest: request.keyDigest,
    requestDigest: request.requestDigest,
    whenShort: request.whenShort,
    actor: request.actor,
  });
  if ('refusal' in settled) return refused(settled.refusal, work);
  const resolved = resolve(hold, work, { status: 'SETTLED', chargeId: settled.id });
  return { ...answer(resolved, work), charge: settled, shortByNano: settled.shortNano };
}

function isOpenToLateSettle({ resolvedAt, lateChargeId, modelId }: Hold, { book }: TeamWork): boolean {
  if (resolvedAt === null || lateChargeId !== null || modelId === null) return false;
  return book.atMs <= resolvedAt.getTime() + HOLD_LIMITS.longestLifeMs;
}

/** What a hold that expired did not charge by its last report is charged now: the work is done. */
function settleLate(
  request: SettleHold,
  rateable: Rateable,
  hold: Hold,
  work: TeamWork,
  context: DecisionContext,
): HoldResult {
  const priced = priceOfHold(request, rateable, hold, context);
  if ('refusal' in priced) return refused(priced.refusal, work);
  const priorNano = work.resolution(hold)?.amountNano ?? 0n;
  if (priced.rated.amountNano <= priorNano) return alreadyResolved(hold, work);
  const late = charge({ ...hold, draws: [] }, priced, request, work, {
    keyDigest: request.keyDigest,
    requestDigest: request.requestDigest,
    whenShort: 'UNBILLED',
    actor: request.actor,
    priorNano,
  });
  if ('refusal' in late) return refused(late.refusal, work);
  const settled = { ...hold, lateChargeId: late.id };
  work.holds.change(settled);
  return { ...answer(settled, work), charge: late };
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
  const settled = charge(hold, priced, usage, work, by);
  assert(!('refusal' in settled), 'what is available is never refused');
  const expired = resolve(hold, work, { status: 'EXPIRED', chargeId: settled.id });
  return { ...answer(expired, work), charge: settled, shortByNano: settled.shortNano };
}

interface ChargeBy {
  readonly keyDigest: string;
  readonly requestDigest: string;
  readonly whenShort: Bill['whenShort'] | WhenShort;
  readonly actor: ActorRef;
  /** What was charged of it before. */
  readonly priorNano?: NanoCredits;
}

/** Charges what a hold was for, of what it holds first, and returns the rest. */
function charge(hold: Hold, priced: Priced, usage: Usage, work: TeamWork, by: ChargeBy): Charge | Refused {
  const { model, occurredAt } = priced;
  const { priorNano = 0n, actor, keyDigest, requestDigest } = by;
  const payment = pay(work, {
    model,
    amountNano: priced.rated.amountNano - priorNano,
    held: hold.draws,
    releasesRest: true,
    whenShort: by.whenShort,
    occurredAtMs: occurredAt.getTime(),
    actor,
  });
  if ('refusal' in payment) return payment;
  const made = chargeOf(work, priced, payment, {
    usage,
    memberId: hold.memberId,
    apiKeyId: hold.apiKeyId,
    holdId: hold.id,
    priorNano,
    tags: hold.tags,
    actor,
  });
  work.addCharge({ charge: made, keyDigest, requestDigest });
  if (made.status === 'CHARGED')
    work.caps.spend(capTargetOf({ ...hold, modelId: model.id }), made.amountNano, work.book.atMs);
  return made;
}

/** What was quoted holds: usage of a hold costs what it cost when the hold was placed. */
function priceOfHold(
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
function notForCallers({ runId, deploymentId }: Hold): ChargeRefusal | undefined {
  if (runId === null && deploymentId === null) return undefined;
  const what = runId === null ? 'a deployment' : 'a run';
  const { refusal: reason } = refusal(
    'INVALID_USAGE',
    'holdId',
    `This is the hold of ${what}, which settles it itself.`,
  );
  return reason;
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

type Answer = Extract<HoldResult, { ok: true }>;

function answer(hold: Hold, work: TeamWork, { replayed = false } = {}): Answer {
  const { balance } = work;
  return { ok: true, hold, charge: null, replayed, alreadyResolved: false, shortByNano: 0n, balance };
}

/** The first resolution wins: later ones are told what it was. */
function alreadyResolved(hold: Hold, work: TeamWork): HoldResult {
  const resolution = work.resolution(hold);
  return {
    ...answer(hold, work),
    charge: resolution,
    alreadyResolved: true,
    shortByNano: resolution?.shortNano ?? 0n,
  };
}

function holdNotFound(): ChargeRefusal {
  return { code: 'HOLD_NOT_FOUND', field: 'holdId', message: 'The team has no such hold.' };
}
