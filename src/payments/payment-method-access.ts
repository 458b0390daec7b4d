import DataLoader from 'dataloader';
import type { Clock } from '../clock.ts';
import type { Db } from '../db/client.ts';
import { isPermitted } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import type { NodeLoaders } from '../graphql/node.ts';
import type { Uuid } from '../id.ts';
import type { StoredMethod } from './payment-method.ts';
import { type PaymentMethod, toPaymentMethod } from './payment-method.type.ts';
import { methodsById } from './payment-methods.ts';

/** What methods are shown with. */
export interface MethodServices {
  readonly db: Db;
  readonly clock: Clock;
}

/** The method with this id, removed ones too, for whoever may see it; null for none. */
export async function loadMethod(
  ctx: Context,
  { db, clock }: MethodServices,
  id: Uuid,
): Promise<PaymentMethod | null> {
  const stored = await ctx.once('payments.method', () => methodLoader(db)).load(id);
  return stored ? toPaymentMethod(stored, clock.now()) : null;
}

/** What a request reads it reads together, and remembers nothing: a mutation of the same request may come between. */
function methodLoader(db: Db): DataLoader<Uuid, StoredMethod | undefined> {
  return new DataLoader(
    async (ids) => {
      const found = new Map((await methodsById(db, ids)).map((method) => [method.id, method]));
      return ids.map((id) => found.get(id));
    },
    { cache: false },
  );
}

/** Payment methods by id, for those who may see the billing of their team. */
export function paymentMethodNodes(services: MethodServices): NodeLoaders {
  return {
    paymentMethod: async (ctx, id) => {
      const method = await loadMethod(ctx, services, id);
      return method && (await isPermitted(ctx, 'billing:read', method.teamId)) ? method : null;
    },
  };
}
