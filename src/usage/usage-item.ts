import type { ActorRef } from '../actor.ts';
import type { Meter } from '../catalog/meters.ts';
import { paramProblem } from '../catalog/params.ts';
import type { ChargeRefusal, ChargeRequest } from '../charging/charge.ts';
import { digest16 } from '../db/idempotency.ts';
import { type Decimal, formatDecimal } from '../decimal.ts';
import { DomainError } from '../domain-error.ts';
import { type IdKind, parseId, type Uuid } from '../id.ts';

/** One thing used, as a caller reports it. Ids are public ids. */
export interface UsageItem {
  readonly idempotencyKey: string;
  readonly teamId: string;
  readonly model: string;
  readonly quantities: readonly { readonly meter: Meter; readonly quantity: Decimal }[];
  readonly params?: readonly { readonly name: string; readonly value: string }[] | null | undefined;
  readonly occurredAt?: Date | null | undefined;
  readonly memberId?: string | null | undefined;
  readonly apiKeyId?: string | null | undefined;
  readonly tags?: readonly { readonly name: string; readonly value: string }[] | null | undefined;
  readonly afterTheFact?: boolean | null | undefined;
}

export const USAGE_LIMITS = {
  items: 1000,
  keyLength: 200,
  modelLength: 200,
  quantities: 32,
  params: 10,
  tags: 16,
  tagNameLength: 64,
  tagValueLength: 256,
} as const;

/** A form problem of one item: the member at fault and what would be right. */
class ItemProblem extends Error {
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Checks the form of an item. What depends on the state of the books (the model, its price, the time window, credit)
 * is judged when it is posted, after the key: a retry of what was charged is answered although a price has gone since.
 */
export function chargeRequest(item: UsageItem, actor: ActorRef): ChargeRequest | ChargeRefusal {
  try {
    return checked(item, actor);
  } catch (error) {
    if (error instanceof ItemProblem) return invalid(error.field, error.message);
    if (error instanceof DomainError && error.code === 'BAD_USER_INPUT') {
      return invalid(String(error.details.field ?? ''), error.message);
    }
    throw error;
  }
}

function checked(item: UsageItem, actor: ActorRef): ChargeRequest {
  const teamId = parseId('team', item.teamId, 'teamId');
  checkText(item.idempotencyKey, 'idempotencyKey', USAGE_LIMITS.keyLength);
  checkText(item.model, 'model', USAGE_LIMITS.modelLength);
  const memberId = optionalId('user', item.memberId, 'memberId');
  const apiKeyId = optionalId('apiKey', item.apiKeyId, 'apiKeyId');
  const quantities = quantitiesOf(item);
  const params = pairsOf(item.params, 'params', USAGE_LIMITS.params, paramProblem);
  const tags = pairsOf(item.tags, 'tags', USAGE_LIMITS.tags, tagProblem);
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
    ...request,
    idempotencyKey: item.idempotencyKey,
    keyDigest: digest16(item.idempotencyKey),
    requestDigest: digest16(requestText(request)),
    actor,
  };
}

/** What the caller supplied, as text that is the same for the same meaning: order of lists and notation do not matter. */
function requestText(
  request: Omit<ChargeRequest, 'idempotencyKey' | 'keyDigest' | 'requestDigest' | 'actor'>,
): string {
  const quantities = [...request.quantities].map(
    ([meter, quantity]) => `${meter}=${formatDecimal(quantity)}`,
  );
  const pairs = (map: Iterable<readonly [string, string]>) => JSON.stringify([...map].sort(byName));
  return [
    'usage',
    request.teamId,
    JSON.stringify(request.modelKey),
    quantities.sort().join(','),
    pairs(request.params),
    request.occurredAt?.getTime() ?? '',
    request.memberId ?? '',
    request.apiKeyId ?? '',
    pairs(Object.entries(request.tags ?? {})),
    request.afterTheFact,
  ].join('|');
}

function byName(a: readonly [string, string], b: readonly [string, string]): number {
  return a[0] < b[0] ? -1 : 1;
}

function quantitiesOf({ quantities }: UsageItem): Map<Meter, Decimal> {
  const count = quantities.length;
  if (count === 0 || count > USAGE_LIMITS.quantities) {
    throw new ItemProblem('quantities', `must have 1 to ${USAGE_LIMITS.quantities} elements.`);
  }
  const map = new Map(quantities.map(({ meter, quantity }) => [meter, quantity]));
  if (map.size < count) throw new ItemProblem('quantities', 'must name each meter once.');
  return map;
}

function pairsOf(
  pairs: UsageItem['tags'],
  field: string,
  limit: number,
  problemOf: (name: string, value: string) => string | undefined,
): Map<string, string> {
  const map = new Map<string, string>();
  if (!pairs) return map;
  if (pairs.length > limit) throw new ItemProblem(field, `must have at most ${limit} elements.`);
  for (const { name, value } of pairs) {
    const problem = problemOf(name, value);
    if (problem) throw new ItemProblem(field, `${name}: ${problem}`);
    if (map.has(name)) throw new ItemProblem(field, `must name "${name}" once.`);
    map.set(name, value);
  }
  return map;
}

function tagProblem(name: string, value: string): string | undefined {
  if (!isText(name, USAGE_LIMITS.tagNameLength))
    return `a name has 1 to ${USAGE_LIMITS.tagNameLength} characters.`;
  return value === '' || isText(value, USAGE_LIMITS.tagValueLength)
    ? undefined
    : `a value has at most ${USAGE_LIMITS.tagValueLength} characters.`;
}

function checkText(text: string, field: string, limit: number): void {
  if (!isText(text, limit)) throw new ItemProblem(field, `must have 1 to ${limit} characters.`);
}

/** PostgreSQL keeps no NUL, and lone surrogates are no text. */
function isText(text: string, limit: number): boolean {
  return text.length > 0 && text.length <= limit && !text.includes('\0') && text.isWellFormed();
}

function optionalId(kind: IdKind, id: string | null | undefined, field: string): Uuid | undefined {
  return id == null ? undefined : parseId(kind, id, field);
}

function invalid(field: string, message: string): ChargeRefusal {
  return { code: 'INVALID_USAGE', field, message };
}
