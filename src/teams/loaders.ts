import DataLoader from 'dataloader';
import type { Db } from '../db/client.ts';
import { notFound } from '../domain-error.ts';
import type { Context } from '../graphql/context.ts';
import { publicId, type Uuid } from '../id.ts';
import { ApiKey } from './api-key.type.ts';
import { keysById } from './keys.ts';
import { Team } from './team.type.ts';
import { teamsById } from './teams.ts';
import { User } from './user.type.ts';
import { usersById } from './users.ts';

/** Objects by id, read in one statement for all that a request asks for. They say nothing about who may see them. */

/** @throws DomainError NOT_FOUND */
export async function loadTeam(ctx: Context, db: Db, teamId: Uuid): Promise<Team> {
  const loader = ctx.once('teams.team', () => byId((ids) => teamsById(db, ids), Team.of));
  return (await loader.load(teamId)) ?? missing('Team', publicId('team', teamId));
}

/** @throws DomainError NOT_FOUND */
export async function loadUser(ctx: Context, db: Db, userId: Uuid): Promise<User> {
  const loader = ctx.once('teams.user', () => byId((ids) => usersById(db, ids), User.of));
  return (await loader.load(userId)) ?? missing('User', publicId('user', userId));
}

/** As it is now: not remembered within the request. @throws DomainError NOT_FOUND */
export async function loadKey(db: Db, keyId: Uuid): Promise<ApiKey> {
  const [row] = await keysById(db, [keyId]);
  return row ? ApiKey.of(row) : missing('API key', publicId('apiKey', keyId));
}

function byId<Row extends { id: Uuid }, T>(
  read: (ids: readonly Uuid[]) => Promise<Row[]>,
  toObject: (row: Row) => T,
): DataLoader<Uuid, T | undefined> {
  return new DataLoader(async (ids) => {
    const found = new Map((await read(ids)).map((row) => [row.id, toObject(row)]));
    return ids.map((id) => found.get(id));
  });
}

function missing(what: string, id: string): never {
  throw notFound(what, id);
}
