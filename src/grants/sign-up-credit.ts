import { SYSTEM_ACTOR } from '../actor.ts';
import { arrayOf } from '../db/arrays.ts';
import type { Tx } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import { lockBook, writeBooks } from '../ledger/post.ts';
import type { NanoCredits } from '../money.ts';
import type { VerifiedOwner, WelcomeOwner } from '../teams/users.ts';
import { issueInto } from './issue.ts';
import { emailDigest, unaliasedEmail } from './unaliased-email.ts';

/** What an installation gives to those who sign up. */
export interface SignUpOffer {
  /** Zero: nothing. */
  readonly amountNano: NanoCredits;
  /** Undefined: the credit does not expire. */
  readonly lastsDays?: number | undefined;
}

const DAY_MS = 86_400_000;

/**
 * Gives sign-up credit to whoever has a verified e-mail and a team of their own, in the transaction that makes it so:
 * once a team, and once an e-mail without its aliases. Of several teams of one owner the first that had none gets it.
 */
export function signUpCredit(offer: SignUpOffer): WelcomeOwner {
  return async (tx, owner, at) => {
    const unaliased = offer.amountNano > 0n ? unaliasedEmail(owner.email) : undefined;
    if (unaliased === undefined) return;
    const digest = emailDigest(unaliased);
    const teamId = await teamInLine(tx, owner, digest);
    if (teamId !== undefined) await give(tx, { ...owner, teamId, digest }, offer, at);
  };
}

/** The first of the owner's teams that had no sign-up credit, unless the e-mail had some. */
async function teamInLine(tx: Tx, { teamIds }: VerifiedOwner, digest: string): Promise<Uuid | undefined> {
  const [team] = await tx.sql<{ id: Uuid }[]>`
    select t.id from unnest(${arrayOf(teamIds)}::uuid[]) with ordinality as t (id, nth)
    where not exists (select 1 from sign_up_credits c where c.team_id = t.id)
      and not exists (select 1 from sign_up_credits c where c.email_digest = ${digest})
    order by t.nth limit 1`;
  return team?.id;
}

/** The keys of the table are the judges of who is first: whoever is not posts nothing. */
async function give(
  tx: Tx,
  { teamId, userId, digest }: { teamId: Uuid; userId: Uuid; digest: string },
  { amountNano, lastsDays }: SignUpOffer,
  at: Date,
): Promise<void> {
  const book = await lockBook(tx, teamId, at.getTime());
  assert(book, 'every team has a wallet');
  const expiry = lastsDays === undefined ? {} : { expiresAt: new Date(book.atMs + lastsDays * DAY_MS) };
  const terms = { kind: 'PROMOTIONAL', source: 'SIGN_UP', amountNano, reason: 'Sign-up credit' } as const;
  const grantId = issueInto(book, { ...terms, ...expiry }, SYSTEM_ACTOR);
  const first = await tx.sql`
    insert into sign_up_credits (email_digest, team_id, user_id, grant_id, granted_at)
    values (${digest}, ${teamId}, ${userId}, ${grantId}, ${new Date(book.atMs).toISOString()}::timestamptz)
    on conflict do nothing returning 1`;
  if (first.length > 0) await writeBooks(tx, [book]);
}
