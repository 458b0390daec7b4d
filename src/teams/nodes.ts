import type { Db } from '../db/client.ts';
import { isPermitted } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import type { NodeLoaders } from '../graphql/node.ts';
import type { Uuid } from '../id.ts';
import type { ApiKey } from './api-key.type.ts';
import { loadKey, loadTeam, loadUser } from './loaders.ts';
import { areColleagues } from './users.ts';

/** The objects of this room by id: null for what the asker may not see. */
export function teamNodes(db: Db): NodeLoaders {
  return {
    team: async (ctx, id) => ((await isPermitted(ctx, 'team:read', id)) ? loadTeam(ctx, db, id) : null),
    user: async (ctx, id) => ((await mayKnow(ctx, db, id)) ? loadUser(ctx, db, id) : null),
    apiKey: async (ctx, id) => {
      const key = await loadKey(db, id);
      return (await maySee(ctx, key)) ? key : null;
    },
  };
}

async function mayKnow(ctx: Context, db: Db, userId: Uuid): Promise<boolean> {
  const { actor } = ctx;
  if (actor.kind !== 'USER') return isPermitted(ctx, 'inspect');
  return actor.userId === userId || areColleagues(db, actor.userId, userId);
}

async function maySee(ctx: Context, key: ApiKey): Promise<boolean> {
  const { actor } = ctx;
  if (actor.kind === 'KEY' && actor.keyId === key.uuid) return true;
  if (await isPermitted(ctx, 'inspect')) return true;
  return key.teamId !== null && isPermitted(ctx, 'keys:manage', key.teamId);
}
