import type { Actor } from '../../src/actor.ts';
import { type Db, inTransaction } from '../../src/db/client.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { openLedger } from '../../src/ledger/post.ts';
import { type CreateApiKey, type CreatedKey, createApiKey } from '../../src/teams/keys.ts';
import { addMember } from '../../src/teams/memberships.ts';
import type { Role } from '../../src/teams/permissions.ts';
import { createTeam, type OpenLedger } from '../../src/teams/teams.ts';
import { recordUser } from '../../src/teams/users.ts';

export const at = new Date('2026-11-21T10:00:00.000Z');
export const SYSTEM: Actor = { kind: 'SYSTEM' };
export const wallet: OpenLedger = (tx, teamId, openedAt) => openLedger(tx, teamId, openedAt, 0n);

export function asUser(userId: Uuid): Actor {
  return { kind: 'USER', userId };
}

export function newUser(db: Db, name = 'Ada'): Promise<Uuid> {
  return inTransaction(db, (tx) => recordUser(tx, { subject: newUuid(), name }, at));
}

/** A team with these members beside its owner. */
export async function newTeam(
  db: Db,
  ...roles: Role[]
): Promise<{ teamId: Uuid; owner: Uuid; others: Uuid[] }> {
  const owner = await newUser(db, 'Owner');
  const input = { name: 'Labs', idempotencyKey: newUuid() };
  const { teamId } = await inTransaction(db, (tx) => createTeam(tx, input, asUser(owner), at, wallet));
  const others: Uuid[] = [];
  for (const role of roles) {
    const userId = await newUser(db, role);
    await inTransaction(db, (tx) => addMember(tx, { teamId, userId, role }, asUser(owner), at));
    others.push(userId);
  }
  return { teamId, owner, others };
}

export function newKey(db: Db, input: Partial<CreateApiKey> = {}): Promise<CreatedKey> {
  const full: CreateApiKey = {
    type: 'PLATFORM',
    name: 'gateway',
    scopes: [],
    idempotencyKey: newUuid(),
    ...input,
  };
  return inTransaction(db, (tx) => createApiKey(tx, full, SYSTEM, at));
}

/** The text of a new key. */
export async function newKeyText(db: Db, input: Partial<CreateApiKey> = {}): Promise<string> {
  const { text } = await newKey(db, input);
  if (!text) throw new Error('a new key has a text');
  return text;
}
