import { and, asc, desc, eq, gt, inArray, lt, or } from 'drizzle-orm';
import { type Actor, type ActorRef, actorRef } from '../actor.ts';
import type { Fact, Reader, Tx } from '../db/client.ts';
import { DomainError, notFound } from '../domain-error.ts';
import { publicId, type Uuid } from '../id.ts';
import { audit } from './audit.ts';
import { demand, type Role } from './permissions.ts';
import { memberships, teams, users } from './tables.ts';

/** A user's role in a team is another one now, or none. */
export interface MembershipChanged extends Fact {
  readonly type: 'membership.changed';
  readonly teamId: Uuid;
  readonly userId: Uuid;
  readonly role: Role | null;
}

export function isMembershipChanged(fact: Fact): fact is MembershipChanged {
  return fact.type === 'membership.changed';
}

export type Membership = typeof memberships.$inferSelect;

/** Whose membership of which team. */
export interface MemberRef {
  readonly teamId: Uuid;
  readonly userId: Uuid;
}
export type MemberWithRole = MemberRef & { readonly role: Role };

/**
 * Takes a user into a team. A user who is in it with the same role stays so.
 * @throws DomainError NOT_FOUND for the team or the user, FORBIDDEN, CONFLICT when the user has another role there.
 */
export async function addMember(tx: Tx, input: MemberWithRole, actor: Actor, at: Date): Promise<void> {
  const { teamId, userId, role } = input;
  const roles = await lockMembers(tx, input, actor);
  demandOwner(actor, roles, role);
  const present = roles.get(userId);
  if (present === role) return;
  if (present) throw conflict('userId', `The user is in the team already, as ${present}.`);
  const [known] = await tx.orm.select({ id: users.id }).from(users).where(eq(users.id, userId));
  if (!known) throw notFound('User', publicId('user', userId));
  await grantRole(tx, { teamId, userId, role }, actorRef(actor), at);
}

/**
 * Gives a member another role.
 * @throws DomainError NOT_FOUND for the team or the member, FORBIDDEN, CONFLICT for the last owner.
 */
export async function updateMemberRole(tx: Tx, input: MemberWithRole, actor: Actor, at: Date): Promise<void> {
  const { teamId, userId, role } = input;
  const roles = await lockMembers(tx, input, actor);
  const before = memberRole(roles, userId);
  demandOwner(actor, roles, role, before);
  if (before === role) return;
  if (before === 'OWNER') keepOneOwner(roles);
  await tx.orm.update(memberships).set({ role }).where(isMember(input));
  const details = { userId: publicId('user', userId), from: before, to: role };
  await audit(tx, { teamId, action: 'member.role-changed', actor: actorRef(actor), details, at });
  tell(tx, { teamId, userId, role });
}

/**
 * Takes a user out of a team.
 * @throws DomainError NOT_FOUND for the team or the member, FORBIDDEN, CONFLICT for the last owner.
 */
export async function removeMember(tx: Tx, input: MemberRef, actor: Actor, at: Date): Promise<void> {
  const { teamId, userId } = input;
  const roles = await lockMembers(tx, input, actor);
  const before = memberRole(roles, userId);
  demandOwner(actor, roles, before);
  if (before === 'OWNER') keepOneOwner(roles);
  await tx.orm.delete(memberships).where(isMember(input));
  const details = { userId: publicId('user', userId), role: before };
  await audit(tx, { teamId, action: 'member.removed', actor: actorRef(actor), details, at });
  tell(tx, { teamId, userId, role: null });
}

/** Writes a membership that was decided on. */
export async function grantRole(tx: Tx, member: MemberWithRole, actor: ActorRef, at: Date): Promise<void> {
  const { teamId, userId, role } = member;
  await tx.orm.insert(memberships).values({ ...member, createdAt: at });
  const details = { userId: publicId('user', userId), role };
  await audit(tx, { teamId, action: 'member.added', actor, details, at });
  tell(tx, { teamId, userId, role });
}

/** The roles that matter for a change: the owners', the actor's and the member's. */
type Roles = ReadonlyMap<Uuid, Role>;

/**
 * Locks the members of a team by its row, and only then reads roles: what the actor may do is judged by the role they
 * have now, not when the request came in.
 */
async function lockMembers(tx: Tx, { teamId, userId }: MemberRef, actor: Actor): Promise<Roles> {
  const [team] = await tx.orm.select({ id: teams.id }).from(teams).where(eq(teams.id, teamId)).for('update');
  if (!team) throw notFound('Team', publicId('team', teamId));
  const concerned = actor.kind === 'USER' ? [userId, actor.userId] : [userId];
  const rows = await tx.orm
    .select()
    .from(memberships)
    .where(
      and(
        eq(memberships.teamId, teamId),
        or(inArray(memberships.userId, concerned), eq(memberships.role, 'OWNER')),
      ),
    );
  const roles = new Map(rows.map((row) => [row.userId, row.role]));
  const role = actor.kind === 'USER' ? roles.get(actor.userId) : undefined;
  demand(actor, 'members:manage', role, teamId);
  return roles;
}

/** Owners are made, changed and removed by owners only. */
function demandOwner(actor: Actor, roles: Roles, ...concerned: readonly Role[]): void {
  if (actor.kind !== 'USER' || !concerned.includes('OWNER') || roles.get(actor.userId) === 'OWNER') return;
  throw new DomainError('FORBIDDEN', 'Only an owner may make, change or remove owners.');
}

function keepOneOwner(roles: Roles): void {
  const owners = [...roles.values()].filter((role) => role === 'OWNER');
  if (owners.length < 2)
    throw conflict('userId', 'A team keeps at least one owner. Make somebody else owner first.');
}

function memberRole(roles: Roles, userId: Uuid): Role {
  const role = roles.get(userId);
  if (!role) throw notFound('Member', publicId('user', userId));
  return role;
}

function conflict(field: string, message: string): DomainError {
  return new DomainError('CONFLICT', message, { field });
}

function isMember({ teamId, userId }: MemberRef) {
  return and(eq(memberships.teamId, teamId), eq(memberships.userId, userId));
}

function tell(tx: Tx, change: Omit<MembershipChanged, 'type'>): void {
  const fact: MembershipChanged = { type: 'membership.changed', ...change };
  tx.facts.push(fact);
}

/** The roles of a user in these teams; a team without an entry is one the user does not belong to. */
export async function rolesOf(db: Reader, userId: Uuid, teamIds: readonly Uuid[]): Promise<Map<Uuid, Role>> {
  const rows = await db.orm
    .select({ teamId: memberships.teamId, role: memberships.role })
    .from(memberships)
    .where(and(eq(memberships.userId, userId), inArray(memberships.teamId, [...teamIds])));
  return new Map(rows.map((row) => [row.teamId, row.role]));
}

/** A page of rows ordered by one id: up to `limit` beyond `from`, in list order or, BACKWARD, in reverse order. */
export interface IdWindow {
  readonly direction: 'FORWARD' | 'BACKWARD';
  readonly limit: number;
  readonly from?: Uuid | undefined;
}

/** The members of a team, in the order in which they became known as users. */
export async function membersOf(db: Reader, teamId: Uuid, window: IdWindow): Promise<Membership[]> {
  return page(db, eq(memberships.teamId, teamId), memberships.userId, window);
}

/** The memberships of a user with one of these roles, oldest team first. */
export async function membershipsOf(
  db: Reader,
  userId: Uuid,
  roles: readonly Role[],
  window: IdWindow,
): Promise<Membership[]> {
  const mine = and(eq(memberships.userId, userId), inArray(memberships.role, [...roles]));
  return page(db, mine, memberships.teamId, window);
}

async function page(
  db: Reader,
  which: ReturnType<typeof and>,
  by: typeof memberships.teamId | typeof memberships.userId,
  { direction, limit, from }: IdWindow,
): Promise<Membership[]> {
  const forward = direction === 'FORWARD';
  const beyond = from === undefined ? undefined : (forward ? gt : lt)(by, from);
  return db.orm
    .select()
    .from(memberships)
    .where(and(which, beyond))
    .orderBy((forward ? asc : desc)(by))
    .limit(limit);
}
