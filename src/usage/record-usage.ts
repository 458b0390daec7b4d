import type { ActorRef } from '../actor.ts';
import { answerEach } from '../charging/answer-each.ts';
import type { Batcher } from '../charging/batcher.ts';
import type { ChargeResult } from '../charging/charge.ts';
import { chargeRequest, type UsageItem } from './usage-item.ts';

/**
 * Charges what was used, item by item; results are in the order of the items.
 * @throws DomainError BAD_USER_INPUT for no items or more than 1,000, and as `Batcher.charge` does.
 */
export function recordUsage(
  batcher: Batcher,
  items: readonly UsageItem[],
  actor: ActorRef,
): Promise<ChargeResult[]> {
  return answerEach(
    items,
    (item) => chargeRequest(item, actor),
    (requests) => batcher.charge(requests),
  );
}
