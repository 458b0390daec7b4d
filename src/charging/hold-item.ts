import type { ActorRef } from '../actor.ts';
import { digest16 } from '../db/idempotency.ts';
import { parseId } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { ChargeRefusal } from './charge.ts';
import {
  type ExtendHold,
  HOLD_LIMITS,
  type PlaceHold,
  type ReleaseHold,
  type ReportHold,
  type SettleHold,
  type WhenShort,
} from './hold.ts';
import {
  type CheckedUsage,
  checkForm,
  checkText,
  FORM_LIMITS,
  FormProblem,
  type MeteredQuantity,
  type NamedValue,
  optionalId,
  pairText,
  paramMap,
  quantityMap,
  tagMap,
  usageText,
} from './request-form.ts';

/** Work that is about to begin, as a caller sends it: either quantities or an amount. Ids are public ids. */
export interface PlaceHoldItem {
  readonly idempotencyKey: string;
  readonly teamId: string;
  readonly model: string;
  readonly quantities?: readonly MeteredQuantity[] | null | undefined;
  readonly amount?: NanoCredits | null | undefined;
  readonly params?: readonly NamedValue[] | null | undefined;
  readonly expiresInSeconds?: number | null | undefined;
  readonly memberId?: string | null | undefined;
  readonly apiKeyId?: string | null | undefined;
  readonly tags?: readonly NamedValue[] | null | undefined;
}

/** A hold, as a caller names it. */
export interface HoldItem {
  readonly teamId: string;
  readonly holdId: string;
}

/** What was used by now under a hold. */
export interface ReportHoldItem extends HoldItem {
  readonly quantities: readonly MeteredQuantity[];
  readonly params?: readonly NamedValue[] | null | undefined;
}

/** What was used in all under a hold. */
export interface SettleHoldItem extends ReportHoldItem {
  readonly idempotencyKey: string;
  readonly whenShort?: WhenShort | null | undefined;
}

/** How long a hold is to live from now on. */
export interface ExtendHoldItem extends HoldItem {
  readonly expiresInSeconds: number;
}

const SECOND_MS = 1000;

/** The request that an item stands for, or what is wrong with its form. */
export function placeRequest(item: PlaceHoldItem, actor: ActorRef): PlaceHold | ChargeRefusal {
  return checkForm(() => {
    const teamId = parseId('team', item.teamId, 'teamId');
    checkText(item.idempotencyKey, 'idempotencyKey', FORM_LIMITS.keyLength);
    checkText(item.model, 'model', FORM_LIMITS.modelLength);
    const memberId = optionalId('user', item.memberId, 'memberId');
    const apiKeyId = optionalId('apiKey', item.apiKeyId, 'apiKeyId');
    const tags = tagMap(item.tags);
    const request = {
      teamId,
      modelKey: item.model,
      ...expectation(item),
      lifeMs: item.expiresInSeconds == null ? HOLD_LIMITS.defaultLifeMs : lifeMs(item.expiresInSeconds),
      ...(memberId ? { memberId } : {}),
      ...(apiKeyId ? { apiKeyId } : {}),
      ...(tags.size > 0 ? { tags: Object.fromEntries(tags) } : {}),
    };
    return {
      what: 'PLACE_HOLD',
      ...request,
      keyDigest: digest16(item.idempotencyKey),
      requestDigest: digest16(placeText(request)),
      actor,
    };
  });
}

/** @see placeRequest */
export function settleRequest(item: SettleHoldItem, actor: ActorRef): SettleHold | ChargeRefusal {
  return checkForm(() => {
    const hold = heldBy(item);
    checkText(item.idempotencyKey, 'idempotencyKey', FORM_LIMITS.keyLength);
    const usage = usageOf(item);
    const whenShort = item.whenShort ?? 'TAKE_AVAILABLE';
    return {
      what: 'SETTLE_HOLD',
      ...hold,
      // Charges have one kind of keys: that of a settle is told from that of plain usage.
      keyDigest: digest16(`\0settle|${item.idempotencyKey}`),
      requestDigest: digest16(`settle|${hold.teamId}|${hold.holdId}|${usageText(usage)}|${whenShort}`),
      ...usage,
      whenShort,
      actor,
    };
  });
}

/** @see placeRequest */
export function releaseRequest(item: HoldItem, actor: ActorRef): ReleaseHold | ChargeRefusal {
  return checkForm(() => ({ what: 'RELEASE_HOLD', ...heldBy(item), actor }));
}

/** @see placeRequest */
export function reportRequest(item: ReportHoldItem, actor: ActorRef): ReportHold | ChargeRefusal {
  return checkForm(() => ({ what: 'REPORT_HOLD', ...heldBy(item), ...usageOf(item), actor }));
}

/** @see placeRequest */
export function extendRequest(item: ExtendHoldItem, actor: ActorRef): ExtendHold | ChargeRefusal {
  return checkForm(() => ({
    what: 'EXTEND_HOLD',
    ...heldBy(item),
    lifeMs: lifeMs(item.expiresInSeconds),
    actor,
  }));
}

function heldBy({ teamId, holdId }: HoldItem): Pick<ReleaseHold, 'teamId' | 'holdId'> {
  return { teamId: parseId('team', teamId, 'teamId'), holdId: parseId('hold', holdId, 'holdId') };
}

function usageOf({ quantities, params }: ReportHoldItem): CheckedUsage {
  return { quantities: quantityMap(quantities), params: paramMap(params) };
}

/** What is expected to be used, or the amount that is to be held for it. */
function expectation({
  quantities,
  amount,
  params,
}: PlaceHoldItem): CheckedUsage & { amountNano?: NanoCredits } {
  if ((quantities == null) === (amount == null))
    throw new FormProblem('quantities', 'give either quantities or an amount, and not both.');
  if (quantities != null) return { quantities: quantityMap(quantities), params: paramMap(params) };
  if (amount == null || amount <= 0n) throw new FormProblem('amount', 'must be more than 0.');
  return { quantities: new Map(), params: paramMap(params), amountNano: amount };
}

function lifeMs(seconds: number): number {
  const [shortest, longest] = [HOLD_LIMITS.shortestLifeMs, HOLD_LIMITS.longestLifeMs];
  const ms = seconds * SECOND_MS;
  if (ms >= shortest && ms <= longest) return ms;
  throw new FormProblem(
    'expiresInSeconds',
    `must be from ${shortest / SECOND_MS} to ${longest / SECOND_MS}: a hold lasts 24 hours at most.`,
  );
}

/** What the caller supplied. */
function placeText(request: Omit<PlaceHold, 'what' | 'keyDigest' | 'requestDigest' | 'actor'>): string {
  return [
    'hold',
    request.teamId,
    JSON.stringify(request.modelKey),
    usageText(request),
    request.amountNano ?? '',
    request.lifeMs,
    request.memberId ?? '',
    request.apiKeyId ?? '',
    pairText(Object.entries(request.tags ?? {})),
  ].join('|');
}
