import type { Tx } from '../db/client.ts';
import { notFound } from '../domain-error.ts';
import { publicId } from '../id.ts';
import type { Book } from '../ledger/book.ts';
import { lockBook, setRecharge, writeBooks } from '../ledger/post.ts';
import type { AutoRecharge } from './auto-recharge.ts';
import { judgeRecharge, type RechargeVerdict } from './recharge-decision.ts';
import { type FoundFacts, rechargeFacts } from './recharge-facts.ts';

/** A team as it was judged under its locks. */
export interface JudgedTeam extends FoundFacts {
  readonly settings: AutoRecharge;
  readonly book: Book;
  readonly verdict: RechargeVerdict;
  readonly now: Date;
}

/**
 * KEPT: what was wanted before still is. ANEW: what was refused before is settled or was for other terms, and the credit
 * alone counts from now on.
 */
export type WishSince = 'KEPT' | 'ANEW';

/** When a wish is looked at again that nothing but somebody's doing can grant: whoever does it has it judged at once. */
const LOOK_AGAIN_MS = 60 * 60_000;

/** Judges a team. Under `lockPayments`; locks its wallet. @throws DomainError NOT_FOUND for the team. */
export async function judgeTeam(
  tx: Tx,
  settings: AutoRecharge,
  now: Date,
  since: WishSince,
): Promise<JudgedTeam> {
  const { teamId } = settings;
  const book = await lockBook(tx, teamId, now.getTime());
  if (!book) throw notFound('Team', publicId('team', teamId));
  const found = await rechargeFacts(tx, settings, book, now);
  const facts = since === 'KEPT' ? found.facts : { ...found.facts, wasRefused: false };
  return { ...found, facts, settings, book, verdict: judgeRecharge(facts, now), now };
}

/**
 * Writes whether a team that was judged wants to be recharged, and when it is judged again. It wants nothing while it is
 * off or suspended: what turns it on marks it again.
 */
export async function keepWish(tx: Tx, judged: JudgedTeam, since: WishSince): Promise<void> {
  const { settings, book, verdict, now } = judged;
  const isOn = settings.enabled && settings.suspendedReason === null;
  const isWanted = isOn && verdict.isWanted;
  const keptMs = since === 'KEPT' ? book.rechargeDueAtMs : null;
  await writeBooks(tx, [book]);
  const dueAtMs = isWanted ? (keptMs ?? book.atMs) : null;
  const belowNano = isOn ? settings.thresholdNano : null;
  if (belowNano !== book.head.rechargeBelowNano || dueAtMs !== book.rechargeDueAtMs) {
    const dueAt = dueAtMs === null ? null : new Date(dueAtMs);
    await setRecharge(tx, settings.teamId, { belowNano, dueAt });
  }
  await judgeAgainAt(tx, settings, isWanted ? nextLook(verdict, now) : null);
}

/** Writes when the wish of a team is judged again; null: at once. */
export async function judgeAgainAt(tx: Tx, { teamId }: AutoRecharge, at: Date | null): Promise<void> {
  const instant = at === null ? null : at.toISOString();
  await tx.sql`
    update auto_recharges set next_check_at = ${instant}::timestamptz
    where team_id = ${teamId} and next_check_at is distinct from ${instant}::timestamptz`;
}

function nextLook({ obstacles, nextPossibleAt }: RechargeVerdict, now: Date): Date | null {
  if (obstacles.length === 0) return null;
  if (nextPossibleAt && nextPossibleAt > now) return nextPossibleAt;
  return new Date(now.getTime() + LOOK_AGAIN_MS);
}
