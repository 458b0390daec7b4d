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

/**
 * The id of the user with this subject, who is made known at first sight. E-mail and name follow the identity provider;
 * a token that lacks one leaves what is known.
 */
export async function recordUser(tx: Tx, identity: Identity, at: Date): Promise<Uuid> {
  const { subject, email = null, name = null } = identity;
  await tx.sql`
    insert into users (id, subject, email, name, created_at)
    values (${newUuid(at.getTime())}, ${subject}, ${email}, ${name}, ${at.toISOString()}::timestamptz)
    on conflict (subject) do update
    set email = coalesce(excluded.email, users.email), name = coalesce(excluded.name, users.name)
    where (users.email, users.name) is distinct from
      (coalesce(excluded.email, users.email), coalesce(excluded.name, users.name))`;
  const [known] = await tx.orm.select({ id: users.id }).from(users).where(eq(users.subject, subject));
  if (!known) throw new Error('a user that was just recorded is not there');
  return known.id;
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
