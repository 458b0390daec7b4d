import type { ActorRef } from '../actor.ts';
import type { Batcher } from '../charging/batcher.ts';
import type { ChargeRefusal, ChargeRequest, ChargeResult } from '../charging/charge.ts';
import { badInput } from '../domain-error.ts';
import { chargeRequest, USAGE_LIMITS, type UsageItem } from './usage-item.ts';

/**
 * Charges what was used, item by item; results are in the order of the items.
 * @throws DomainError BAD_USER_INPUT for no items or more than 1,000, and as `Batcher.charge` does.
 */
export async function recordUsage(
  batcher: Batcher,
  items: readonly UsageItem[],
  actor: ActorRef,
): Promise<ChargeResult[]> {
  if (items.length === 0 || items.length > USAGE_LIMITS.items) {
    throw badInput('items', `must have 1 to ${USAGE_LIMITS.items} elements.`);
  }
  const requests = items.map((item) => chargeRequest(item, actor));
  const charged = await batcher.charge(requests.filter(isRequest));
  let next = 0;
  return requests.map((request): ChargeResult => {
    if (!isRequest(request)) return { ok: false, refusal: request };
    const result = charged[next];
    next += 1;
    if (!result) throw new Error('A request was not answered.');
    return result;
  });
}

function isRequest(request: ChargeRequest | ChargeRefusal): request is ChargeRequest {
  return 'keyDigest' in request;
}
