import DataLoader from 'dataloader';
import type { Db } from '../db/client.ts';
import { assert, notFound } from '../domain-error.ts';
import { isPermitted, permit } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import type { NodeLoaders } from '../graphql/node.ts';
import { publicId, type Uuid } from '../id.ts';
import type { PaymentDeps } from '../payments/payment-deps.ts';
import { unauthenticated } from '../teams/permissions.ts';
import { disputeNode } from './dispute.type.ts';
import { disputeNow } from './dispute-reads.ts';
import { type Refund, type RefundedPurchase, refundNode, toRefundedPurchase } from './refund.type.ts';
import { type PurchaseFigures, purchaseFigures } from './refund-reads.ts';
import { refundOfId } from './refund-rows.ts';

/** The refunds and disputes by id: null for what the asker may not see. */
export function refundNodes({ db }: Pick<PaymentDeps, 'db'>): NodeLoaders {
  return {
    refund: async (ctx, id) => {
      const found = await refundOfId(db, id);
      return refundNode(await seen(ctx, found, () => notFound('Refund', publicId('refund', id))));
    },
    dispute: async (ctx, id) => {
      const found = await disputeNow(db, id);
      return disputeNode(await seen(ctx, found, () => notFound('Dispute', publicId('dispute', id))));
    },
  };
}

/** What was found, if the asker may see it: foreign and unknown are the same answer. */
async function seen<T extends { readonly teamId: Uuid }>(
  ctx: Context,
  found: T | undefined,
  unknown: () => Error,
): Promise<T> {
  const { actor } = ctx;
  if (actor.kind === 'ANONYMOUS') throw unauthenticated();
  if (actor.kind === 'KEY') await permit(ctx, 'billing:read', actor.teamId);
  if (!found || !(await isPermitted(ctx, 'billing:read', found.teamId))) throw unknown();
  return found;
}

/** The purchase that a refund is of, as it is now. */
export async function loadPurchase(ctx: Context, db: Db, { stored }: Refund): Promise<RefundedPurchase> {
  const figures = await ctx.once('payments.refundedPurchase', () => purchaseLoader(db)).load(stored);
  assert(figures, 'a refund is of a payment');
  return toRefundedPurchase(figures);
}

type PaymentKey = Refund['stored'];

/** What a request reads it reads together, and remembers nothing: a mutation of the same request may come between. */
function purchaseLoader(db: Db): DataLoader<PaymentKey, PurchaseFigures | undefined> {
  return new DataLoader(
    async (refunds) => {
      const found = await purchaseFigures(db, refunds);
      return refunds.map(({ paymentId }) => found.get(paymentId));
    },
    { cache: false },
  );
}
