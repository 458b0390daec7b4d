import type { ActorRef } from '../actor.ts';
import type { ChargeRefusal, ChargeRequest } from '../charging/charge.ts';
import {
  checkForm,
  checkText,
  FORM_LIMITS,
  type MeteredQuantity,
  type NamedValue,
  optionalId,
  pairText,
  paramMap,
  quantityMap,
  tagMap,
  usageText,
} from '../charging/request-form.ts';
import { digest16 } from '../db/idempotency.ts';
import { parseId } from '../id.ts';

/** One thing used, as a caller reports it. Ids are public ids. */
export interface UsageItem {
  readonly idempotencyKey: string;
  readonly teamId: string;
  readonly model: string;
  readonly quantities: readonly MeteredQuantity[];
  readonly params?: readonly NamedValue[] | null | undefined;
  readonly occurredAt?: Date | null | undefined;
  readonly memberId?: string | null | undefined;
  readonly apiKeyId?: string | null | undefined;
  readonly tags?: readonly NamedValue[] | null | undefined;
  readonly afterTheFact?: boolean | null | undefined;
}

/** The request that an item stands for, or what is wrong with its form. */
export function chargeRequest(item: UsageItem, actor: ActorRef): ChargeRequest | ChargeRefusal {
  return checkForm(() => checked(item, actor));
}

function checked(item: UsageItem, actor: ActorRef): ChargeRequest {
  const teamId = parseId('team', item.teamId, 'teamId');
  checkText(item.idempotencyKey, 'idempotencyKey', FORM_LIMITS.keyLength);
  checkText(item.model, 'model', FORM_LIMITS.modelLength);
  const memberId = optionalId('user', item.memberId, 'memberId');
  const apiKeyId = optionalId('apiKey', item.apiKeyId, 'apiKeyId');
  const quantities = quantityMap(item.quantities);
  const params = paramMap(item.params);
  const tags = tagMap(item.tags);
  const request = {
    teamId,
    modelKey: item.model,
    quantities,
    params,
    afterTheFact: item.afterTheFact ?? false,
    ...(item.occurredAt ? { occurredAt: item.occurredAt } : {}),
    ...(memberId ? { memberId } : {}),
    ...(apiKeyId ? { apiKeyId } : {}),
    ...(tags.size > 0 ? { tags: Object.fromEntries(tags) } : {}),
  };
  return {
    what: 'CHARGE',
    ...request,
    idempotencyKey: item.idempotencyKey,
    keyDigest: digest16(item.idempotencyKey),
    requestDigest: digest16(requestText(request)),
    actor,
  };
}

/** What the caller supplied. */
function requestText(
  request: Omit<ChargeRequest, 'what' | 'idempotencyKey' | 'keyDigest' | 'requestDigest' | 'actor'>,
): string {
  return [
    'usage',
    request.teamId,
    JSON.stringify(request.modelKey),
    usageText(request),
    request.occurredAt?.getTime() ?? '',
    request.memberId ?? '',
    request.apiKeyId ?? '',
    pairText(Object.entries(request.tags ?? {})),
    request.afterTheFact,
  ].join('|');
}
