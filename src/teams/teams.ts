import { inArray } from 'drizzle-orm';
import { type Actor, actorRef } from '../actor.ts';
import type { Reader, Tx } from '../db/client.ts';
import { claimKey } from '../db/idempotency.ts';
import { badInput } from '../domain-error.ts';
import { newUuid, type Uuid } from '../id.ts';
import { audit, INSTALLATION } from './audit.ts';
import { grantRole } from './memberships.ts';
import { teams } from './tables.ts';
import { checkIdempotencyKey, checkName, checkTimeZone } from './text.ts';
import { recordUser, type WelcomeOwner, welcomeOwner } from './users.ts';

export type TeamRow = typeof teams.$inferSelect;

export interface CreateTeam {
  readonly name: string;
  /** IANA name, default UTC. */
  readonly timeZone?: string | undefined;
  /** The identity provider's `sub` of the first owner: for programs, which cannot own a team themselves. */
  readonly ownerSubject?: string | undefined;
  readonly idempotencyKey: string;
}

/** Gives a new team its wallet; the ledger's part of creating a team. */
export type OpenLedger = (tx: Tx, teamId: Uuid, at: Date) => Promise<void>;

/**
 * Creates a team with one owner and an empty wallet, and welcomes an owner whose e-mail is known. The idempotency key is the caller's: a team has none before it exists.
 * @throws DomainError BAD_USER_INPUT naming the field, IDEMPOTENCY_CONFLICT.
 */
export async function createTeam(
  tx: Tx,
  input: CreateTeam,
  actor: Actor,
  at: Date,
  openLedger: OpenLedger,
  welcome?: WelcomeOwner,
): Promise<{ teamId: Uuid; replayed: boolean }> {
  const { idempotencyKey, ...request } = input;
  const team = { id: newUuid(at.getTime()), ...checkTeam(input), createdAt: at };
  const ownerOf = ownerFrom(input, actor);
  const scope = actorRef(actor).id ?? INSTALLATION;
  const claim = { teamId: scope, operation: 'createTeam', key: checkIdempotencyKey(idempotencyKey), request };
  const first = await claimKey(tx, claim, team.id, at);
  if (first !== undefined) return { teamId: first, replayed: true };
  await tx.orm.insert(teams).values(team);
  await openLedger(tx, team.id, at);
  const by = actorRef(actor);
  const details = { name: team.name, timeZone: team.timeZone };
  await audit(tx, { teamId: team.id, action: 'team.created', actor: by, details, at });
  const owner = { teamId: team.id, userId: await ownerOf(tx, at) };
  await grantRole(tx, { ...owner, role: 'OWNER' }, by, at);
  if (welcome) await welcomeOwner(tx, owner, at, welcome);
  return { teamId: team.id, replayed: false };
}

function ownerFrom(input: CreateTeam, actor: Actor): (tx: Tx, at: Date) => Promise<Uuid> {
  const subject = input.ownerSubject?.trim();
  if (actor.kind === 'USER') {
    if (subject) throw badInput('ownerSubject', 'must be absent: you will own the team.');
    return async () => actor.userId;
  }
  if (!subject || subject.length > 255 || subject.includes('\0')) {
    throw badInput(
      'ownerSubject',
      'must name the first owner: the "sub" of their tokens, up to 255 characters.',
    );
  }
  return (tx, at) => recordUser(tx, { subject }, at);
}

function checkTeam({ name, timeZone = 'UTC' }: CreateTeam): { name: string; timeZone: string } {
  return { name: checkName(name), timeZone: checkTimeZone(timeZone) };
}

/** The teams with these ids, in any order; unknown ones are left out. */
export async function teamsById(db: Reader, ids: readonly Uuid[]): Promise<TeamRow[]> {
  return db.orm
    .select()
    .from(teams)
    .where(inArray(teams.id, [...ids]));
}
