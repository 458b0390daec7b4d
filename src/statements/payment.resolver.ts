import DataLoader from 'dataloader';
import { FieldResolver, Resolver, Root } from 'type-graphql';
import type { Db } from '../db/client.ts';
import { Payment, toPayment } from '../gateway/payment.type.ts';
import { paymentsById } from '../gateway/payment-reads.ts';
import type { LinkSigner } from '../gateway/signed-link.ts';
import { Inherits, isPermitted } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import type { NodeLoaders } from '../graphql/node.ts';
import type { Uuid } from '../id.ts';
import { receiptLink } from './receipt-endpoint.ts';
import { paymentOfId } from './receipt-reads.ts';

/** What the resolvers of payments and transactions are made with. */
export interface TransactionServices {
  readonly db: Db;
  readonly links: LinkSigner;
}

/** The field of a payment that is made when it is asked for. */
@Resolver(() => Payment)
export class PaymentResolver {
  constructor(private readonly services: TransactionServices) {}

  @Inherits()
  @FieldResolver(() => String, {
    description:
      'A link to its receipt, or invoice if it was for a plan, as a PDF. It needs no credentials and expires after 15 minutes: pass it on to nobody.',
  })
  async receiptUrl(@Root() { stored }: Payment): Promise<string> {
    return (await receiptLink(this.services.links, stored.teamId, stored.id)).url;
  }
}

/** The payment of a team, read with all others that the request asks for; null: none. */
export async function loadPayment(
  ctx: Context,
  { db }: TransactionServices,
  teamId: Uuid,
  paymentId: Uuid,
): Promise<Payment | null> {
  const loader = ctx.once(`payments.payment ${teamId}`, () => {
    return new DataLoader<Uuid, Payment | null>(
      async (ids) => {
        const found = new Map((await paymentsById(db, teamId, ids)).map((one) => [one.id, toPayment(one)]));
        return ids.map((id) => found.get(id) ?? null);
      },
      // A mutation of the same request may come between.
      { cache: false },
    );
  });
  return loader.load(paymentId);
}

/** Payments by their ids: null for what the asker may not see. */
export function paymentNodes({ db }: Pick<TransactionServices, 'db'>): NodeLoaders {
  return {
    payment: async (ctx, id) => {
      const payment = await paymentOfId(db, id);
      return payment && (await isPermitted(ctx, 'billing:read', payment.teamId)) ? toPayment(payment) : null;
    },
  };
}
