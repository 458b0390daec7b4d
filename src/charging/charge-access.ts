import DataLoader from 'dataloader';
import type { Actor } from '../actor.ts';
import type { Db } from '../db/client.ts';
import { notFound } from '../domain-error.ts';
import { isPermitted, permit, usageScope } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { publicId, type Uuid } from '../id.ts';
import { unauthenticated } from '../teams/permissions.ts';
import type { Charge } from './charge.ts';
import { findCharges, type SearchedTeams } from './charge-reads.ts';

/**
 * The charge with this id, if the asker may see it: any of the team, or only their own.
 * @throws DomainError NOT_FOUND, alike for unknown ids and for what may not be seen; UNAUTHENTICATED; FORBIDDEN for keys
 * that may see no usage at all.
 */
export async function visibleCharge(ctx: Context, db: Db, id: Uuid): Promise<Charge> {
  const { actor } = ctx;
  if (actor.kind === 'KEY') await permit(ctx, 'usage:read', actor.teamId);
  const loader = ctx.once('charging.charge', () => chargeLoader(db, searchedBy(actor)));
  const charge = await loader.load(id);
  if (!charge || !(await isVisibleUsage(ctx, charge))) throw notFound('Charge', publicId('charge', id));
  return charge;
}

function chargeLoader(db: Db, among: SearchedTeams): DataLoader<Uuid, Charge | undefined> {
  return new DataLoader(async (ids) => {
    const found = new Map((await findCharges(db, ids, among)).map((charge) => [charge.id, charge]));
    return ids.map((id) => found.get(id));
  });
}

/** The teams whose objects the asker may look up by id. @throws DomainError UNAUTHENTICATED */
export function searchedBy(actor: Actor): SearchedTeams {
  if (actor.kind === 'ANONYMOUS') throw unauthenticated();
  if (actor.kind === 'USER') return { kind: 'TEAMS_OF_USER', userId: actor.userId };
  if (actor.kind === 'KEY' && actor.teamId) return { kind: 'TEAM', teamId: actor.teamId };
  return { kind: 'ANY_TEAM' };
}

/** Whether the asker may see usage that is attributed so: any of the team, or only their own. */
export async function isVisibleUsage(
  ctx: Context,
  { teamId, memberId, apiKeyId }: Pick<Charge, 'teamId' | 'memberId' | 'apiKeyId'>,
): Promise<boolean> {
  // A partner's key may act for no team at all: what `usageScope` throws would name the team.
  if (!(await isPermitted(ctx, 'usage:read', teamId))) return false;
  const scope = await usageScope(ctx, teamId);
  if (scope.kind === 'ALL') return true;
  return scope.kind === 'MEMBER' ? memberId === scope.memberId : apiKeyId === scope.apiKeyId;
}
