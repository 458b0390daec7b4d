import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { actorRef } from '../actor.ts';
import { inTransaction } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import { Inherits, inputTeam, Permit } from '../graphql/auth.ts';
import { mapPage, type Page } from '../graphql/connection.ts';
import type { Context } from '../graphql/context.ts';
import { orRefused } from '../graphql/refusals.ts';
import type { Uuid } from '../id.ts';
import { balanceOf } from '../ledger/balance.ts';
import { type Balance, toBalance } from '../ledger/balance.type.ts';
import type { PaymentDeps } from '../payments/payment-deps.ts';
import { Team, thisTeam } from '../teams/team.type.ts';
import {
  DecideRefundInput,
  decisionFrom,
  RefundsArgs,
  RequestRefundInput,
  refundListFrom,
  requestFrom,
} from './refund.input.ts';
import { Refund, RefundConnection, RefundedPurchase, refundNode } from './refund.type.ts';
import { loadPurchase } from './refund-access.ts';
import { decideRefund } from './refund-decision.ts';
import { DecideRefundPayload, RequestRefundPayload } from './refund-payload.type.ts';
import { refundPage } from './refund-reads.ts';
import { type RefundResult, requestRefund } from './refund-request.ts';

type RefundServices = Pick<PaymentDeps, 'db' | 'clock' | 'jobs'>;

/** Being paid back for credit that is not spent. */
@Resolver(() => Refund)
export class RefundResolver {
  constructor(private readonly services: RefundServices) {}

  @Permit('billing:write', inputTeam)
  @Mutation(() => RequestRefundPayload, {
    description:
      'Asks for credit that was bought and is not spent to be paid back to the card that paid; an operator decides. Nothing moves until then. Where auto-recharge is on it goes on: turn it off before you give credit back. Refusals: INVALID_INPUT, NOT_FOUND, NOT_REFUNDABLE, IDEMPOTENCY_CONFLICT.',
  })
  requestRefund(
    @Ctx() { actor }: Context,
    @Arg('input', () => RequestRefundInput, { description: 'What is to be paid back.' })
    input: RequestRefundInput,
  ): Promise<RequestRefundPayload> {
    const { db, clock } = this.services;
    return this.answer(async () => {
      const request = requestFrom(input);
      return inTransaction(db, (tx) => requestRefund(tx, request, actorRef(actor), clock.now()));
    });
  }

  @Permit('operate')
  @Mutation(() => DecideRefundPayload, {
    description:
      'Decides a refund. Approved, what is unspent of what was asked for leaves the grant at once, down to the cent, and so does its share of the bonus; the money follows. Refusals: INVALID_INPUT, NOT_FOUND, CONFLICT (it is decided), NOT_REFUNDABLE (nothing is unspent any more, or it is disputed), IDEMPOTENCY_CONFLICT.',
  })
  decideRefund(
    @Ctx() { actor }: Context,
    @Arg('input', () => DecideRefundInput, { description: 'The decision.' }) input: DecideRefundInput,
  ): Promise<DecideRefundPayload> {
    const { db, clock } = this.services;
    return this.answer(async () => {
      const decision = decisionFrom(input);
      return inTransaction(db, (tx) =>
        decideRefund(tx, this.services, decision, actorRef(actor), clock.now()),
      );
    });
  }

  @Permit('inspect')
  @Query(() => RefundConnection, {
    description: 'The refunds of all teams, for operators: those that wait to be decided are REQUESTED.',
  })
  async refunds(@Args(() => RefundsArgs) args: RefundsArgs): Promise<Page<Refund>> {
    return mapPage(await refundPage(this.services.db, 'ALL', refundListFrom(args)), refundNode);
  }

  @Inherits()
  @FieldResolver(() => RefundedPurchase, { description: 'The purchase that it is of, as it is now.' })
  purchase(@Ctx() ctx: Context, @Root() refund: Refund): Promise<RefundedPurchase> {
    return loadPurchase(ctx, this.services.db, refund);
  }

  private async answer(work: () => Promise<RefundResult>): Promise<RequestRefundPayload> {
    const result = await orRefused(work);
    if ('userErrors' in result) return { ...result, refund: null, balance: null };
    const { refund, replayed } = result;
    const balance = await this.balance(refund.teamId);
    return { refund: refundNode(refund), balance, replayed, userErrors: [] };
  }

  private async balance(teamId: Uuid): Promise<Balance> {
    const balance = await balanceOf(this.services.db, teamId, this.services.clock.now());
    assert(balance, 'every team has a wallet');
    return toBalance(balance);
  }
}

/** The refunds of a team. */
@Resolver(() => Team)
export class TeamRefundsResolver {
  constructor(private readonly services: Pick<PaymentDeps, 'db'>) {}

  @Permit('billing:read', thisTeam)
  @FieldResolver(() => RefundConnection, {
    description: 'What the team has asked to be paid back, and what came of it.',
  })
  async refunds(@Root() team: Team, @Args(() => RefundsArgs) args: RefundsArgs): Promise<Page<Refund>> {
    const list = refundListFrom(args);
    return mapPage(await refundPage(this.services.db, { teamId: team.uuid }, list), refundNode);
  }
}
