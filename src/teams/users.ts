import { eq, inArray } from 'drizzle-orm';
import type { Reader, Tx } from '../db/client.ts';
import { newUuid, type Uuid } from '../id.ts';
import { users } from './tables.ts';

/** A person as the identity provider names them. */
export interface Identity {
  /** The `sub` of their tokens. */
  readonly subject: string;
  /** Only if the identity provider verified it. */
  readonly email?: string | undefined;
  readonly name?: string | undefined;
}

export type User = typeof users.$inferSelect;

/** A user whose e-mail is verified, and teams that they own. */
export interface VerifiedOwner {
  readonly userId: Uuid;
  readonly email: string;
  /** At least one, oldest first. */
  readonly teamIds: readonly Uuid[];
}

/** What is due as soon as somebody with a verified e-mail owns a team, in the transaction that makes it so. */
export type WelcomeOwner = (tx: Tx, owner: VerifiedOwner, at: Date) => Promise<void>;

/**
 * The id of the user with this subject, who is made known at first sight. E-mail and name follow the identity provider;
 * a token that lacks one leaves what is known. Who owns a team is welcomed when their e-mail becomes known.
 */
export async function recordUser(
  tx: Tx,
  identity: Identity,
  at: Date,
  welcome?: WelcomeOwner,
): Promise<Uuid> {
  const { subject, email = null, name = null } = identity;
  // What is selected here is the row as it was before this statement.
  const [changed] = await tx.sql<{ before: string | null }[]>`
    insert into users (id, subject, email, name, created_at)
    values (${newUuid(at.getTime())}, ${subject}, ${email}, ${name}, ${at.toISOString()}::timestamptz)
    on conflict (subject) do update
    set email = coalesce(excluded.email, users.email), name = coalesce(excluded.name, users.name)
    where (users.email, users.name) is distinct from
      (coalesce(excluded.email, users.email), coalesce(excluded.name, users.name))
    returning (select email from users old where old.subject = ${subject}) as before`;
  const [known] = await tx.orm.select({ id: users.id }).from(users).where(eq(users.subject, subject));
  if (!known) throw new Error('a user that was just recorded is not there');
  if (welcome && changed && email !== null && email !== changed.before) {
    const teamIds = await teamsOwnedBy(tx, known.id);
    if (teamIds.length > 0) await welcome(tx, { userId: known.id, email, teamIds }, at);
  }
  return known.id;
}

/** Welcomes the owner of a new team if their e-mail is known; if it becomes known later, that is when. */
export async function welcomeOwner(
  tx: Tx,
  { teamId, userId }: { readonly teamId: Uuid; readonly userId: Uuid },
  at: Date,
  welcome: WelcomeOwner,
): Promise<void> {
  // The lock keeps an e-mail and a team that come at the same moment from missing each other.
  const [owner] = await tx.sql<{ email: string | null }[]>`
    select email from users where id = ${userId} for update`;
  if (owner?.email) await welcome(tx, { userId, email: owner.email, teamIds: [teamId] }, at);
}

/** Ids of teams sort by when they were created. */
async function teamsOwnedBy(tx: Tx, userId: Uuid): Promise<Uuid[]> {
  const rows = await tx.sql<{ team_id: Uuid }[]>`
    select team_id from memberships where user_id = ${userId} and role = 'OWNER' order by team_id limit 1000`;
  return rows.map((row) => row.team_id);
}

/** The users with these ids, in any order; unknown ones are left out. */
export async function usersById(db: Reader, ids: readonly Uuid[]): Promise<User[]> {
  return db.orm
    .select()
    .from(users)
    .where(inArray(users.id, [...ids]));
}

/** Whether two users belong to a common team. */
export async function areColleagues(db: Reader, one: Uuid, other: Uuid): Promise<boolean> {
  const common = await db.sql`
    select 1 from memberships mine join memberships theirs using (team_id)
    where mine.user_id = ${one} and theirs.user_id = ${other} limit 1`;
  return common.length > 0;
}
