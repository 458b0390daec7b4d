import DataLoader from 'dataloader';
import type { Db } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import { isPermitted } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import type { NodeLoaders } from '../graphql/node.ts';
import type { Uuid } from '../id.ts';
import { isFree, type PlanVersion } from './plan.ts';
import { type Plan, planNode } from './plan.type.ts';
import { newestPlans, plansById } from './plan-rows.ts';
import { subscriptionNode } from './subscription.type.ts';
import { subscriptionsById } from './subscription-rows.ts';

/** A version of a plan. */
export async function loadPlan(ctx: Context, db: Db, id: Uuid): Promise<Plan> {
  const plan = await versions(ctx, db).load(id);
  assert(plan, 'a plan that is named exists');
  return planNode(plan);
}

/** What a subscription is to: its version, or, of a plan that costs nothing, the newest, for that holds for all. */
export async function loadPlanHeld(ctx: Context, db: Db, id: Uuid): Promise<Plan> {
  const held = await versions(ctx, db).load(id);
  assert(held, 'a plan that is named exists');
  if (!isFree(held)) return planNode(held);
  const newest = (await newestPlans(db)).find(({ code }) => code === held.code);
  return planNode(newest ?? held);
}

/** Versions never change, but a mutation of the same request may publish one. */
function versions(ctx: Context, db: Db): DataLoader<Uuid, PlanVersion | undefined> {
  return ctx.once('plans.version', () => {
    return new DataLoader<Uuid, PlanVersion | undefined>(
      async (ids) => {
        const found = new Map((await plansById(db, ids)).map((plan) => [plan.id, plan]));
        return ids.map((id) => found.get(id));
      },
      { cache: false },
    );
  });
}

/** The objects of this room by id: plans for everybody, subscriptions for who may see the billing of their team. */
export function planNodes(db: Db): NodeLoaders {
  return {
    plan: async (ctx, id) => {
      const plan = await versions(ctx, db).load(id);
      return plan ? planNode(plan) : null;
    },
    subscription: async (ctx, id) => {
      const [found] = await subscriptionsById(db, [id]);
      const isSeen = found !== undefined && (await isPermitted(ctx, 'billing:read', found.teamId));
      return isSeen ? subscriptionNode(found) : null;
    },
  };
}
