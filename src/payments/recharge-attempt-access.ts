import DataLoader from 'dataloader';
import type { Db } from '../db/client.ts';
import { isPermitted } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import type { NodeLoaders } from '../graphql/node.ts';
import type { Uuid } from '../id.ts';
import { toRechargeAttempt } from './recharge-attempt.type.ts';
import { attemptsById } from './recharge-attempt-rows.ts';
import { type TopUp, topUpNode } from './top-up.type.ts';
import { topUpsById } from './top-up-rows.ts';

/** What a request reads it reads together, and remembers nothing: a mutation of the same request may come between. */
const AFRESH = { cache: false } as const;

/** The top-up of an attempt, for who may see the attempt. */
export async function topUpOfAttempt(
  ctx: Context,
  { db }: { readonly db: Db },
  { teamUuid, topUpUuid }: { readonly teamUuid: Uuid; readonly topUpUuid: Uuid },
): Promise<TopUp | null> {
  const loader = ctx.once(`payments.attemptTopUps.${teamUuid}`, () => topUpLoader(db, teamUuid));
  return loader.load(topUpUuid);
}

function topUpLoader(db: Db, teamId: Uuid): DataLoader<Uuid, TopUp | null> {
  return new DataLoader(async (ids) => {
    const found = new Map((await topUpsById(db, teamId, ids)).map((topUp) => [topUp.id, topUpNode(topUp)]));
    return ids.map((id) => found.get(id) ?? null);
  }, AFRESH);
}

/** Attempts by id, for those who may see the billing of their team. */
export function rechargeAttemptNodes({ db }: { readonly db: Db }): NodeLoaders {
  return {
    rechargeAttempt: async (ctx, id) => {
      const [attempt] = await attemptsById(db, [id]);
      if (!attempt || !(await isPermitted(ctx, 'billing:read', attempt.teamId))) return null;
      return toRechargeAttempt(attempt);
    },
  };
}
