import { orderedUuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { ChargeRefusal } from './charge.ts';
import { paramsRecord, quantitiesText } from './charge-of.ts';
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
import type { HoldResult, PlaceHold } from './hold.ts';
import { holdOf } from './hold-of.ts';
import { answer } from './hold-outcome.ts';
import { type Refused, setAside } from './payment.ts';
import type { TeamWork } from './team-work.ts';

/** Sets aside the price of what is expected to be used, or an amount. */
export function placeHold(
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
