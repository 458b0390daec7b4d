import { systemMillis } from '../clock.ts';
import { arrayOf } from '../db/arrays.ts';
import { type Db, inTransaction, type Tx } from '../db/client.ts';
import { DomainError } from '../domain-error.ts';
import { newUuid, type Uuid } from '../id.ts';
import type { Guesser } from './promo-guessers.ts';
import { refusalIn } from './promo-redeem.ts';

/** How long a wrong code counts. */
const WINDOW_MS = 3_600_000;

/**
 * Redeems a code for guessers who have wrong ones left, and counts it for each of them if it was one. A try counts
 * while it is under way, so that many at once are no way around the limit.
 * @throws DomainError THROTTLED with `retryAfterSeconds`, and whatever `redeem` throws.
 */
export async function countingGuesses<T>(
  db: Db,
  guessers: readonly Guesser[],
  redeem: () => Promise<T>,
): Promise<T> {
  const tries = await inTransaction(db, (tx) => takeTries(tx, guessers, systemMillis()));
  try {
    const redeemed = await redeem();
    await forget(db, tries);
    return redeemed;
  } catch (error) {
    if (refusalIn(error) !== 'INVALID') await forget(db, tries);
    throw error;
  }
}

/** One try of each guesser, taken under locks by name, in the order of names. */
async function takeTries(tx: Tx, guessers: readonly Guesser[], atMs: number): Promise<Uuid[]> {
  const inOrder = guessers.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const tries: Uuid[] = [];
  for (const guesser of inOrder) {
    await tx.sql`select pg_advisory_xact_lock(hashtextextended(${`promo-guesses ${guesser.name}`}, 0))`;
    await demandTriesLeft(tx, guesser, atMs);
    const id = newUuid(atMs);
    await tx.sql`
      insert into promo_guesses (id, guesser, at) values (${id}, ${guesser.name}, ${iso(atMs)}::timestamptz)`;
    tries.push(id);
  }
  return tries;
}

async function demandTriesLeft(tx: Tx, { name, limit }: Guesser, atMs: number): Promise<void> {
  await tx.sql`delete from promo_guesses where guesser = ${name} and at <= ${iso(atMs - WINDOW_MS)}::timestamptz`;
  // The oldest of the last `limit`: once it counts no more, one may be tried.
  const [oldest] = await tx.sql<{ at: Date }[]>`
    select at from promo_guesses where guesser = ${name} order by at desc offset ${limit - 1} limit 1`;
  if (!oldest) return;
  const retryAfterSeconds = Math.max(1, Math.ceil((oldest.at.getTime() + WINDOW_MS - atMs) / 1000));
  throw new DomainError('THROTTLED', 'Too many codes that do not exist were tried. Try again later.', {
    retryAfterSeconds,
  });
}

async function forget(db: Db, tries: readonly Uuid[]): Promise<void> {
  await inTransaction(
    db,
    (tx) =>
      tx.sql`delete from promo_guesses g using unnest(${arrayOf(tries)}::uuid[]) as n (id) where g.id = n.id`,
  );
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
