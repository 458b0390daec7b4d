import { randomBytes } from 'node:crypto';
import type { ActorRef } from '../actor.ts';
import { textArrayOf } from '../db/arrays.ts';
import type { Tx } from '../db/client.ts';
import { claimKey } from '../db/idempotency.ts';
import { badInput, DomainError } from '../domain-error.ts';
import { newUuid, type Uuid } from '../id.ts';
import { MAX_NANO } from '../money.ts';
import { INSTALLATION } from '../teams/audit.ts';
import { checkIdempotencyKey } from '../teams/text.ts';
import { codeFrom, normalCode, type PromoTerms } from './promo-code.ts';

export interface CreatePromoCode extends Omit<PromoTerms, 'startsAt'> {
  /** Null: one that nobody guesses is made. */
  readonly code: string | null;
  /** Null: now. */
  readonly startsAt: Date | null;
  readonly reason: string;
  readonly idempotencyKey: string;
}

/** As any grant. */
const MAX_CREDIT = MAX_NANO / 1000n;
const MAX_COUNT = 1_000_000_000;
const MAX_DAYS = 3_650;
const MAX_PLANS = 50;

/**
 * Adds a promo code.
 * @throws DomainError BAD_USER_INPUT naming the field, CONFLICT when there is such a code, IDEMPOTENCY_CONFLICT.
 */
export async function createPromoCode(
  tx: Tx,
  input: CreatePromoCode,
  actor: ActorRef,
  now: Date,
): Promise<{ promoCodeId: Uuid; replayed: boolean }> {
  const { idempotencyKey, ...request } = input;
  const id = newUuid(now.getTime());
  const key = checkIdempotencyKey(idempotencyKey);
  const claim = { teamId: INSTALLATION, operation: 'createPromoCode', key, request };
  const first = await claimKey(tx, claim, id, now);
  if (first !== undefined) return { promoCodeId: first, replayed: true };
  checkTerms(input, now);
  const code = input.code === null ? codeFrom(randomBytes(12)) : codeTyped(input.code);
  await insertPromoCode(tx, { ...input, id, code }, actor, now);
  return { promoCodeId: id, replayed: false };
}

function codeTyped(typed: string): string {
  const code = normalCode(typed);
  if (code === undefined)
    throw badInput(
      'code',
      'must have 3 to 40 letters of A to Z, digits, "-" and "_", a letter or digit first.',
    );
  return code;
}

function checkTerms(input: CreatePromoCode, now: Date): void {
  const { amountNano, priority, grantLastsDays, maxRedemptions, eligiblePlans } = input;
  if (amountNano <= 0n || amountNano > MAX_CREDIT)
    throw badInput('credits', 'must be above 0 and at most 9,223,372 credits.');
  checkWhole('priority', priority, 0, 100);
  checkWhole('grantLastsDays', grantLastsDays, 1, MAX_DAYS);
  checkWhole('maxRedemptions', maxRedemptions, 1, MAX_COUNT);
  if (eligiblePlans.length > MAX_PLANS || !eligiblePlans.every((plan) => /^[a-z0-9-]{1,100}$/.test(plan)))
    throw badInput('eligiblePlans', `must be codes of plans, at most ${MAX_PLANS}.`);
  checkTimes(input, now);
  checkStored(input.reason);
}

function checkWhole(field: string, value: number | null, min: number, max: number): void {
  if (value !== null && (!Number.isInteger(value) || value < min || value > max))
    throw badInput(field, `must be from ${min} to ${max}.`);
}

/** A code that could never be redeemed is a slip. */
function checkTimes({ startsAt, endsAt, grantExpiresAt }: CreatePromoCode, now: Date): void {
  const startMs = Math.max(now.getTime(), startsAt?.getTime() ?? 0);
  if (endsAt && endsAt.getTime() <= startMs)
    throw badInput('endsAt', 'must be in the future and after startsAt.');
  if (grantExpiresAt && grantExpiresAt.getTime() <= startMs)
    throw badInput('grantExpiresAt', 'must be in the future and after startsAt.');
}

function checkStored(reason: string): void {
  if (reason.trim() === '' || reason.length > 400 || reason.includes('\0') || !reason.isWellFormed())
    throw badInput('reason', 'must have 1 to 400 characters that can be stored.');
}

async function insertPromoCode(
  tx: Tx,
  promo: CreatePromoCode & { readonly id: Uuid; readonly code: string },
  actor: ActorRef,
  now: Date,
): Promise<void> {
  const { scope, startsAt, endsAt, grantExpiresAt } = promo;
  const rows = await tx.sql`
    insert into promo_codes (id, code, amount_nano, scope_product, scope_model_id, scope_gpu_type, priority, starts_at,
      ends_at, grant_expires_at, grant_lasts_days, max_redemptions, eligible_plans, first_purchase_only, created_at,
      actor_kind, actor_id, reason)
    values (${promo.id}, ${promo.code}, ${promo.amountNano}, ${scope.product}, ${scope.modelId}, ${scope.gpuType},
      ${promo.priority}, ${(startsAt ?? now).toISOString()}::timestamptz, ${endsAt?.toISOString() ?? null}::timestamptz,
      ${grantExpiresAt?.toISOString() ?? null}::timestamptz, ${promo.grantLastsDays}, ${promo.maxRedemptions},
      ${textArrayOf(promo.eligiblePlans)}::text[], ${promo.firstPurchaseOnly}, ${now.toISOString()}::timestamptz,
      ${actor.kind}, ${actor.id}, ${promo.reason})
    on conflict (code) do nothing returning 1`;
  if (rows.length === 0)
    throw new DomainError('CONFLICT', `code: there is a promo code ${promo.code}.`, { field: 'code' });
}
