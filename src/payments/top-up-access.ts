import { notFound } from '../domain-error.ts';
import { isPermitted, permit } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import type { NodeLoaders } from '../graphql/node.ts';
import { publicId, type Uuid } from '../id.ts';
import { unauthenticated } from '../teams/permissions.ts';
import type { PaymentDeps } from './payment-deps.ts';
import { type TopUp, topUpNode } from './top-up.type.ts';
import { topUpOfId } from './top-up-rows.ts';

/**
 * The top-up with this id, if the asker may see it.
 * @throws DomainError NOT_FOUND, alike for unknown ids and those of other teams; UNAUTHENTICATED; FORBIDDEN for keys that
 * may see no payments at all.
 */
export async function loadTopUp(ctx: Context, { db }: Pick<PaymentDeps, 'db'>, id: Uuid): Promise<TopUp> {
  const { actor } = ctx;
  if (actor.kind === 'ANONYMOUS') throw unauthenticated();
  if (actor.kind === 'KEY') await permit(ctx, 'billing:read', actor.teamId);
  const found = await topUpOfId(db, id);
  if (!found || !(await isPermitted(ctx, 'billing:read', found.teamId)))
    throw notFound('TopUp', publicId('topUp', id));
  return topUpNode(found);
}

export function topUpNodes(deps: Pick<PaymentDeps, 'db'>): NodeLoaders {
  return { topUp: (ctx, id) => loadTopUp(ctx, deps, id) };
}
