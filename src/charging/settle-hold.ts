import type { ActorRef } from '../actor.ts';
import type { Usage } from '../catalog/rate.ts';
import type { NanoCredits } from '../money.ts';
import type { Charge } from './charge.ts';
import { chargeOf } from './charge-of.ts';
import { conflict, type DecisionContext, type Priced, type Rateable, refused } from './decide.ts';
import { HOLD_LIMITS, type Hold, type HoldResult, type SettleHold, type WhenShort } from './hold.ts';
import { alreadyResolved, answer, priceOfHold, resolve } from './hold-outcome.ts';
import { type Bill, pay, type Refused } from './payment.ts';
import { capTargetOf } from './run-part.ts';
import type { TeamWork } from './team-work.ts';

/** Charges what a hold was for and returns the rest; the first resolution wins. */
export function settleHold(
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
  const settled = chargeHold(hold, priced, request, work, {
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
  const late = chargeHold({ ...hold, draws: [] }, priced, request, work, {
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

interface ChargeBy {
  readonly keyDigest: string;
  readonly requestDigest: string;
  readonly whenShort: Bill['whenShort'] | WhenShort;
  readonly actor: ActorRef;
  /** What was charged of it before. */
  readonly priorNano?: NanoCredits;
}

/** Charges what a hold was for, of what it holds first, and returns the rest. */
export function chargeHold(
  hold: Hold,
  priced: Priced,
  usage: Usage,
  work: TeamWork,
  by: ChargeBy,
): Charge | Refused {
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
