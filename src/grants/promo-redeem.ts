import type { ActorRef } from '../actor.ts';
import type { Tx } from '../db/client.ts';
import { claimedResult, claimKey } from '../db/idempotency.ts';
import { DomainError, notFound } from '../domain-error.ts';
import { publicId, type Uuid } from '../id.ts';
import type { Book } from '../ledger/book.ts';
import { lockBook, writeBooks } from '../ledger/post.ts';
import { checkIdempotencyKey } from '../teams/text.ts';
import { type GrantResult, issueInto } from './issue.ts';
import { normalCode, type PromoCode, type PromoRefusal, promoExpiry, promoRefusal } from './promo-code.ts';
import { promoCodeNamed, redeemerOf } from './promo-code-reads.ts';

export interface RedeemPromoCode {
  readonly teamId: Uuid;
  /** As it was typed: case and blanks around it do not matter. */
  readonly code: string;
  /** The member who redeems it; null for none. */
  readonly userId: Uuid | null;
  readonly idempotencyKey: string;
}

/**
 * Gives a team the credit of a promo code, once a team and no more often than the code may be redeemed.
 * @throws DomainError CONFLICT that `refusalIn` reads when the code cannot be redeemed, NOT_FOUND for the team,
 * BAD_USER_INPUT, IDEMPOTENCY_CONFLICT. Nothing is written then, and the idempotency key stays free.
 */
export async function redeemPromoCode(
  tx: Tx,
  { teamId, code: typed, userId, idempotencyKey }: RedeemPromoCode,
  actor: ActorRef,
  now: Date,
): Promise<GrantResult> {
  const key = checkIdempotencyKey(idempotencyKey);
  const code = normalCode(typed);
  const claim = { teamId, operation: 'redeemPromoCode', key, request: { code: code ?? typed } };
  const book = await lockBook(tx, teamId, now.getTime());
  if (!book) throw notFound('Team', publicId('team', teamId));
  const first = await claimedResult(tx, claim);
  if (first !== undefined) return { grantId: first, replayed: true };
  const promo = await redeemable(tx, book, code);
  await takeOne(tx, promo);
  const grantId = giveCredit(book, promo, actor);
  await claimKey(tx, claim, grantId, now);
  await recordRedemption(tx, book, { promo, userId, grantId });
  await writeBooks(tx, [book]);
  return { grantId, replayed: false };
}

/** The refusal that an error of `redeemPromoCode` tells; undefined for other errors. */
export function refusalIn(error: unknown): PromoRefusal | undefined {
  return error instanceof PromoRefused ? error.refusal : undefined;
}

class PromoRefused extends DomainError {
  constructor(readonly refusal: PromoRefusal) {
    super('CONFLICT', MESSAGES[refusal], { reason: 'PROMO_CODE_REFUSED', field: 'code' });
  }
}

const MESSAGES: Readonly<Record<PromoRefusal, string>> = {
  INVALID: 'There is no such code. Check how it is spelled.',
  EXPIRED: 'The code has expired.',
  ALREADY_REDEEMED: 'The team has redeemed this code already.',
  LIMIT_REACHED: 'The code has been redeemed as often as it may be.',
  NOT_ELIGIBLE:
    'The code is not for this team: for other plans, or for teams that have not bought credit yet.',
};

/** Under the lock of the team's wallet, which whoever redeems for the team takes first. */
async function redeemable(tx: Tx, book: Book, code: string | undefined): Promise<PromoCode> {
  const promo = code === undefined ? undefined : await promoCodeNamed(tx, code);
  if (!promo) throw new PromoRefused('INVALID');
  const refusal = promoRefusal(promo, await redeemerOf(tx, book.teamId, promo.id), book.atMs);
  if (refusal) throw new PromoRefused(refusal);
  return promo;
}

/** One statement decides and takes: of any number at once, no more get one than there are. */
async function takeOne(tx: Tx, { id }: PromoCode): Promise<void> {
  const taken = await tx.sql`
    update promo_codes set redemptions = redemptions + 1
    where id = ${id} and (max_redemptions is null or redemptions < max_redemptions) returning 1`;
  if (taken.length === 0) throw new PromoRefused('LIMIT_REACHED');
}

function giveCredit(book: Book, promo: PromoCode, actor: ActorRef): Uuid {
  const expiresAt = promoExpiry(promo, book.atMs);
  const { amountNano, scope, priority, code } = promo;
  return issueInto(
    book,
    {
      kind: 'PROMOTIONAL',
      source: 'PROMO_CODE',
      amountNano,
      scope,
      priority,
      ...(expiresAt && { expiresAt }),
      reason: `Promo code ${code}`,
    },
    actor,
  );
}

async function recordRedemption(
  tx: Tx,
  { teamId, atMs }: Book,
  { promo, userId, grantId }: { promo: PromoCode; userId: Uuid | null; grantId: Uuid },
): Promise<void> {
  await tx.sql`
    insert into promo_redemptions (team_id, promo_code_id, user_id, grant_id, redeemed_at)
    values (${teamId}, ${promo.id}, ${userId}, ${grantId}, ${new Date(atMs).toISOString()}::timestamptz)`;
}
