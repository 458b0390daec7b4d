import { Arg, Args, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { actorRef } from '../actor.ts';
import { inputTeam, Permit } from '../graphql/auth.ts';
import { mapPage, type Page } from '../graphql/connection.ts';
import type { Context } from '../graphql/context.ts';
import { orRefused } from '../graphql/refusals.ts';
import { balanceOf } from '../ledger/balance.ts';
import { type Balance, toBalance } from '../ledger/balance.type.ts';
import { Team, thisTeam } from '../teams/team.type.ts';
import type { PaymentDeps } from './payment-deps.ts';
import { createCheckout, type Purchase, purchaseCredits } from './purchase.ts';
import {
  CreateCheckoutSessionInput,
  checkoutFrom,
  PurchaseCreditsInput,
  purchaseFrom,
  TopUpsArgs,
} from './top-up.input.ts';
import { TopUp, TopUpConnection, topUpNode } from './top-up.type.ts';
import { CreateCheckoutSessionPayload, PurchaseCreditsPayload } from './top-up-payload.type.ts';
import { topUpPage } from './top-up-reads.ts';

/** Buying credit. */
@Resolver(() => TopUp)
export class TopUpResolver {
  constructor(private readonly deps: PaymentDeps) {}

  @Permit('billing:write', inputTeam)
  @Mutation(() => PurchaseCreditsPayload, {
    description:
      'Buys credit with a saved payment method. A declined card is no refusal: the top-up has FAILED and says why. Refusals: INVALID_INPUT, NOT_FOUND, NO_PAYMENT_METHOD, IDEMPOTENCY_CONFLICT.',
  })
  purchaseCredits(
    @Ctx() { actor }: Context,
    @Arg('input', () => PurchaseCreditsInput, { description: 'What is bought.' })
    input: PurchaseCreditsInput,
  ): Promise<PurchaseCreditsPayload> {
    return this.answer(() => purchaseCredits(this.deps, purchaseFrom(input), actorRef(actor)));
  }

  @Permit('billing:write', inputTeam)
  @Mutation(() => CreateCheckoutSessionPayload, {
    description:
      'Buys credit on a page of the payment provider, by card or wallet; the card is kept for later. Refusals: INVALID_INPUT, IDEMPOTENCY_CONFLICT.',
  })
  async createCheckoutSession(
    @Ctx() { actor }: Context,
    @Arg('input', () => CreateCheckoutSessionInput, { description: 'What is bought.' })
    input: CreateCheckoutSessionInput,
  ): Promise<CreateCheckoutSessionPayload> {
    const payload = await this.answer(() => createCheckout(this.deps, checkoutFrom(input), actorRef(actor)));
    return { ...payload, url: payload.topUp?.actionUrl ?? null };
  }

  @Permit<TopUp>('billing:write', ({ root }) => root.stored.teamId)
  @FieldResolver(() => String, {
    nullable: true,
    description:
      'What Stripe.js goes on with while action is required; null otherwise and in feeds. Only for who may pay.',
  })
  clientSecret(@Root() { stored }: TopUp): string | null {
    return stored.clientSecret;
  }

  private async answer(work: () => Promise<Purchase>): Promise<PurchaseCreditsPayload> {
    const result = await orRefused(work);
    if ('userErrors' in result) return { ...result, topUp: null, balance: null };
    const { topUp, replayed } = result;
    const balance = await this.balance(topUp.teamId);
    return { topUp: topUpNode(topUp), balance, replayed, userErrors: [] };
  }

  private async balance(teamId: string): Promise<Balance | null> {
    const balance = await balanceOf(this.deps.db, teamId, this.deps.clock.now());
    return balance ? toBalance(balance) : null;
  }
}

/** The top-ups of a team. */
@Resolver(() => Team)
export class TeamTopUpsResolver {
  constructor(private readonly deps: Pick<PaymentDeps, 'db'>) {}

  @Permit('billing:read', thisTeam)
  @FieldResolver(() => TopUpConnection, { description: 'What credit the team has bought, or tried to.' })
  async topUps(
    @Root() team: Team,
    @Args(() => TopUpsArgs) { filter, orderBy: order, ...args }: TopUpsArgs,
  ): Promise<Page<TopUp>> {
    return mapPage(await topUpPage(this.deps.db, team.uuid, { filter, order, args }), topUpNode);
  }
}
