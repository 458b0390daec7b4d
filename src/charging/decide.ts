import type { CatalogModel, CatalogSnapshot, CatalogVersion } from '../catalog/catalog-cache.ts';
import { type Rated, type RateRefusal, rate, type Usage } from '../catalog/rate.ts';
import { formatCredits, type NanoCredits } from '../money.ts';
import type { CapExcess } from './cap.ts';
import type { ChargeRefusal, ChargeRequest, ChargeResult, KeyedCharge } from './charge.ts';
import { chargeOf } from './charge-of.ts';
import { pay, type Refused, refusal } from './payment.ts';
import { chargeToRun, type RunPart, runPart } from './run-part.ts';
import type { TeamWork } from './team-work.ts';

/** How far from now usage may have happened. */
export interface UsageWindow {
  readonly pastMs: number;
  readonly aheadMs: number;
}

/** What decisions rest on beside the state of the team. */
export interface DecisionContext {
  readonly catalog: CatalogSnapshot;
  readonly window: UsageWindow;
}

/** The price of a request under one version; kept with the request so that a batch that is decided again rates once. */
export interface Rating {
  readonly version: CatalogVersion;
  readonly outcome: Rated | RateRefusal;
}

/** Something with a rating, once it has one. */
export interface Rateable {
  rating?: Rating;
}

/** A request with its rating, once it has one. */
export interface Pending extends Rateable {
  readonly request: ChargeRequest;
}

/**
 * Decides one request on the state of its team and posts it to the team's book: pure but for that. Requests of a batch
 * are decided in their order of arrival, each on what the ones before it left.
 */
export function decideCharge(pending: Pending, work: TeamWork, context: DecisionContext): ChargeResult {
  const { request } = pending;
  const first = work.chargeOfKey(request.keyDigest);
  if (first) return replay(request, first, work);
  const part = runPart(request, work);
  if (part && 'refusal' in part) return refused(part.refusal, work);
  const priced = priceOf(pending, work, context);
  if ('refusal' in priced) return refused(priced.refusal, work);
  const { memberId = part?.run.memberId ?? null, apiKeyId = part?.run.apiKeyId ?? null } = request;
  const target = { memberId, apiKeyId, modelId: priced.model.id };
  const { amountNano } = priced.rated;
  const isAllowed = request.afterTheFact || isHeldByRun(part, amountNano);
  const excess = isAllowed ? undefined : work.caps.excess(target, amountNano, work.book.atMs, part?.held);
  if (excess) return refused(capExceeded(excess, request.modelKey), work);
  const payment = pay(work, {
    model: priced.model,
    amountNano,
    held: part?.hold?.draws ?? [],
    releasesRest: false,
    whenShort: request.afterTheFact ? 'UNBILLED' : 'REFUSE',
    occurredAtMs: request.occurredAt?.getTime(),
    actor: request.actor,
  });
  if ('refusal' in payment) return refused(payment.refusal, work);
  const charge = chargeOf(work, priced, payment, {
    usage: request,
    memberId,
    apiKeyId,
    runId: part?.run.id ?? null,
    runStep: part?.step ?? null,
    holdId: payment.fromHeldNano > 0n ? (part?.hold?.id ?? null) : null,
    tags: request.tags ?? null,
    actor: request.actor,
  });
  work.addCharge({ charge, keyDigest: request.keyDigest, requestDigest: request.requestDigest });
  if (charge.status === 'CHARGED') work.caps.spend(target, charge.amountNano, work.book.atMs);
  if (part) chargeToRun(work, part, payment);
  return { ok: true, charge, replayed: false, balance: work.balance };
}

/** Whether what the run holds pays all of it: caps were asked when that was held. */
function isHeldByRun(part: RunPart | undefined, amountNano: NanoCredits): boolean {
  return part?.held !== undefined && part.held.amountNano >= amountNano;
}

/** Rates usage under one version, unless that has been done. */
export function ratingOf(rateable: Rateable, usage: Usage, version: CatalogVersion): Rating {
  if (rateable.rating?.version !== version) {
    rateable.rating = { version, outcome: rate(version.price, usage) };
  }
  return rateable.rating;
}

/** A model, and what usage of it costs. */
export interface Priced {
  readonly model: CatalogModel;
  readonly version: CatalogVersion;
  readonly rated: Rated;
  readonly occurredAt: Date;
}

/** What usage of a model costs at an instant. */
export function rated(
  rateable: Rateable,
  usage: Usage,
  model: CatalogModel,
  occurredAt: Date,
  catalog: CatalogSnapshot,
): Priced | Refused {
  const version = catalog.priceAt(model.id, occurredAt);
  if (!version)
    return refusal('NOT_PRICED', 'model', `Model "${model.key}" had no price when the usage occurred.`);
  const { outcome } = ratingOf(rateable, usage, version);
  if (!outcome.ok) {
    const code = outcome.code === 'UNPRICED_METER' ? 'NOT_PRICED' : 'INVALID_USAGE';
    return refusal(code, outcome.code === 'UNKNOWN_PARAM' ? 'params' : 'quantities', outcome.message);
  }
  return { model, version, rated: outcome, occurredAt };
}

/** The model with this key. Instance types are charged for by their deployments alone. */
export function modelOf(key: string, catalog: CatalogSnapshot): CatalogModel | Refused {
  const model = catalog.modelByKey.get(key);
  return model && model.instance === null
    ? model
    : refusal('MODEL_NOT_FOUND', 'model', `There is no model "${key}".`);
}

/** What is wrong with the members and keys that a request names. */
export function attributionProblem(
  request: Pick<ChargeRequest, 'memberId' | 'apiKeyId'>,
  attributable: ReadonlySet<string>,
): ChargeRefusal | undefined {
  for (const field of ['memberId', 'apiKeyId'] as const) {
    const id = request[field];
    if (id !== undefined && !attributable.has(id)) {
      return {
        code: 'ATTRIBUTION_NOT_FOUND',
        field,
        message: `${field} must belong to the team that is charged.`,
      };
    }
  }
  return undefined;
}

/** A refusal that names the cap. */
export function capExceeded(cap: CapExcess, modelKey: string): ChargeRefusal {
  const whose = { MEMBER: 'the member', API_KEY: 'the API key', MODEL: `the model "${modelKey}"` }[
    cap.subject
  ];
  const message =
    `The spend cap of ${formatCredits(cap.limitNano)} credits a ${cap.period.toLowerCase()} for ${whose} would be ` +
    `exceeded: ${formatCredits(cap.usedNano)} are used or held.`;
  return { code: 'SPEND_CAP_EXCEEDED', field: 'quantities', message, cap };
}

function replay(request: ChargeRequest, first: KeyedCharge, work: TeamWork): ChargeResult {
  if (first.requestDigest !== request.requestDigest) return refused(conflict('other usage'), work);
  return { ok: true, charge: first.charge, replayed: true, balance: work.balance };
}

/** A key that stands for something else already. */
export function conflict(what: string): ChargeRefusal {
  return {
    code: 'IDEMPOTENCY_CONFLICT',
    field: 'idempotencyKey',
    message: `The key has been used for ${what} of this team. Use a new key for each thing to charge.`,
  };
}

/** A refusal with what the team has. */
export function refused(
  reason: ChargeRefusal,
  work: TeamWork,
): { ok: false; refusal: ChargeRefusal; balance: TeamWork['balance'] } {
  return { ok: false, refusal: reason, balance: work.balance };
}

function priceOf(
  pending: Pending,
  { book, attributable }: TeamWork,
  { catalog, window }: DecisionContext,
): Priced | Refused {
  const { request } = pending;
  const occurredAt = request.occurredAt ?? new Date(book.atMs);
  const problem = attributionProblem(request, attributable) ?? windowProblem(occurredAt, book.atMs, window);
  if (problem) return { refusal: problem };
  const model = modelOf(request.modelKey, catalog);
  return 'refusal' in model ? model : rated(pending, request, model, occurredAt, catalog);
}

function windowProblem(occurredAt: Date, atMs: number, window: UsageWindow): ChargeRefusal | undefined {
  const ms = occurredAt.getTime();
  if (ms >= atMs - window.pastMs && ms <= atMs + window.aheadMs) return undefined;
  const days = window.pastMs / 86_400_000;
  return {
    code: 'OCCURRED_AT_OUT_OF_RANGE',
    field: 'occurredAt',
    message: `occurredAt must be at most ${days} days in the past and ${window.aheadMs / 60_000} minutes ahead.`,
  };
}
