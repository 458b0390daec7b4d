import DataLoader from 'dataloader';
import type { Db } from '../db/client.ts';
import { notFound } from '../domain-error.ts';
import { permit } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { publicId, type Uuid } from '../id.ts';
import { isVisibleUsage, searchedBy } from './charge-access.ts';
import type { SearchedTeams } from './charge-reads.ts';
import type { Hold } from './hold.ts';
import { findHolds } from './hold-reads.ts';

/**
 * The hold with this id as it is by now, if the asker may see it: any of the team, or only their own.
 * @throws DomainError NOT_FOUND, alike for unknown ids and for what may not be seen; UNAUTHENTICATED; FORBIDDEN for keys
 * that may see no usage at all.
 */
export async function visibleHold(ctx: Context, db: Db, id: Uuid): Promise<Hold> {
  const { actor } = ctx;
  if (actor.kind === 'KEY') await permit(ctx, 'usage:read', actor.teamId);
  const loader = ctx.once('charging.hold', () => holdLoader(db, searchedBy(actor)));
  const hold = await loader.load(id);
  if (!hold || !(await isVisibleUsage(ctx, hold))) throw notFound('Hold', publicId('hold', id));
  return hold;
}

/** Remembers nothing: a later mutation of the same request may resolve a hold. */
function holdLoader(db: Db, among: SearchedTeams): DataLoader<Uuid, Hold | undefined> {
  const read = async (ids: readonly Uuid[]) => {
    const found = new Map((await findHolds(db, ids, among)).map((hold) => [hold.id, hold]));
    return ids.map((id) => found.get(id));
  };
  return new DataLoader(read, { cache: false });
}
