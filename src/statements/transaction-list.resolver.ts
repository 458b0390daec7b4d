import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { Payment } from '../gateway/payment.type.ts';
import { Inherits, Permit } from '../graphql/auth.ts';
import { mapPage, type Page } from '../graphql/connection.ts';
import type { Context } from '../graphql/context.ts';
import { Team, thisTeam } from '../teams/team.type.ts';
import { loadPayment, type TransactionServices } from './payment.resolver.ts';
import { receiptLink } from './receipt-endpoint.ts';
import { Transaction, TransactionConnection, toTransaction } from './transaction.type.ts';
import { TransactionsArgs } from './transaction-list.input.ts';
import { transactionPage } from './transaction-reads.ts';

/** The field of a team that lists what moved its money and credit. */
@Resolver(() => Team)
export class TeamTransactionsResolver {
  constructor(private readonly services: TransactionServices) {}

  @Permit('billing:read', thisTeam)
  @FieldResolver(() => TransactionConnection, {
    description:
      'What moved the money or the credit of the team: payments, refunds, disputes, credit that was given or expired and, when it is asked for, usage.',
  })
  async transactions(
    @Root() team: Team,
    @Args(() => TransactionsArgs) { filter, orderBy: order, ...args }: TransactionsArgs,
  ): Promise<Page<Transaction>> {
    const page = await transactionPage(this.services.db, team.uuid, { filter, order, args });
    return mapPage(page, toTransaction);
  }
}

/** The fields of a transaction that are about its payment. */
@Resolver(() => Transaction)
export class TransactionResolver {
  constructor(private readonly services: TransactionServices) {}

  @Inherits()
  @FieldResolver(() => Payment, {
    nullable: true,
    description:
      'The payment that it is, or that is paid back or disputed; null for credit without a payment.',
  })
  async payment(@Ctx() ctx: Context, @Root() { stored }: Transaction): Promise<Payment | null> {
    return stored.paymentId ? loadPayment(ctx, this.services, stored.teamId, stored.paymentId) : null;
  }

  @Inherits()
  @FieldResolver(() => String, {
    nullable: true,
    description:
      'A link to the receipt of its payment, as a PDF; null without one. It needs no credentials and expires after 15 minutes.',
  })
  async receiptUrl(@Root() { stored }: Transaction): Promise<string | null> {
    if (!stored.paymentId) return null;
    return (await receiptLink(this.services.links, stored.teamId, stored.paymentId)).url;
  }
}
