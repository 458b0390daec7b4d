import type { ActorRef } from '../actor.ts';
import type { Reader, Tx } from '../db/client.ts';
import { claimKey } from '../db/idempotency.ts';
import { parseDecimal } from '../decimal.ts';
import { badInput } from '../domain-error.ts';
import { newUuid, type Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import { INSTALLATION } from '../teams/audit.ts';
import { checkIdempotencyKey } from '../teams/text.ts';
import { type BonusTier, basisPointsOf, bonusOf, makeTiers, type StoredTier, storedTier } from './bonus.ts';

/** Bonus by size of purchase from an instant on, until a newer set holds. */
export interface BonusTierSet {
  readonly effectiveAt: Date;
  /** The smallest first. */
  readonly tiers: readonly BonusTier[];
}

export interface SetBonusTiers {
  /** In any order; none: there is no bonus. */
  readonly tiers: readonly BonusTier[];
  /** Null: now. */
  readonly effectiveAt: Date | null;
  readonly reason: string;
  readonly idempotencyKey: string;
}

const MAX_REASON = 500;

/**
 * Sets the bonus by size of purchase. Top-ups that have begun keep what they were promised.
 * @throws DomainError BAD_USER_INPUT naming the field, IDEMPOTENCY_CONFLICT.
 */
export async function setBonusTiers(
  tx: Tx,
  { idempotencyKey, ...request }: SetBonusTiers,
  actor: ActorRef,
  now: Date,
): Promise<{ id: Uuid; replayed: boolean }> {
  const id = newUuid(now.getTime());
  const key = checkIdempotencyKey(idempotencyKey);
  const claim = { teamId: INSTALLATION, operation: 'setBonusTiers', key, request };
  const first = await claimKey(tx, claim, id, now);
  if (first !== undefined) return { id: first, replayed: true };
  const { effectiveAt, reason } = request;
  if (effectiveAt && effectiveAt.getTime() < now.getTime() - 1000)
    throw badInput('effectiveAt', 'must not be in the past.');
  checkReason(reason);
  const tiers = JSON.stringify(makeTiers(request.tiers).map(storedTier));
  await tx.sql`
    insert into bonus_tier_sets (id, effective_at, tiers, created_at, actor_kind, actor_id, reason)
    values (${id}, ${(effectiveAt ?? now).toISOString()}::timestamptz, ${tiers}::text::jsonb,
      ${now.toISOString()}::timestamptz, ${actor.kind}, ${actor.id}, ${reason})`;
  return { id, replayed: false };
}

function checkReason(reason: string): void {
  if (reason.trim() === '' || reason.length > MAX_REASON || reason.includes('\0') || !reason.isWellFormed())
    throw badInput('reason', `must have 1 to ${MAX_REASON} characters that can be stored.`);
}

interface TierSetRow {
  effective_at: Date;
  tiers: StoredTier[];
}

/** The tiers that hold at an instant; of two that begin together the one set last. Undefined: none were ever set. */
export async function bonusTiersAt(reader: Reader, at: Date): Promise<BonusTierSet | undefined> {
  const [row] = await reader.sql<TierSetRow[]>`
    select effective_at, tiers from bonus_tier_sets where effective_at <= ${at.toISOString()}::timestamptz
    order by effective_at desc, created_at desc, id desc limit 1`;
  return row && tierSetOf(row);
}

/** A set of tiers by its id. */
export async function bonusTierSet(reader: Reader, id: Uuid): Promise<BonusTierSet | undefined> {
  const [row] = await reader.sql<TierSetRow[]>`
    select effective_at, tiers from bonus_tier_sets where id = ${id}`;
  return row && tierSetOf(row);
}

/** The bonus that a purchase of this size gets at an instant, exact to the nano-credit. */
export async function bonusFor(reader: Reader, amountCents: bigint, at: Date): Promise<NanoCredits> {
  return bonusOf((await bonusTiersAt(reader, at))?.tiers ?? [], amountCents);
}

function tierSetOf({ effective_at, tiers }: TierSetRow): BonusTierSet {
  return { effectiveAt: effective_at, tiers: tiers.map(tierOf) };
}

function tierOf({ fromCents, percent }: StoredTier): BonusTier {
  return { fromCents: BigInt(fromCents), basisPoints: basisPointsOf(parseDecimal(percent), 'percent') };
}
