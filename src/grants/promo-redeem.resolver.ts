import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import { actorRef } from '../actor.ts';
import { inTransaction } from '../db/client.ts';
import { assert, DomainError } from '../domain-error.ts';
import { Inherits, inputTeam, Permit } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { orRefused, type Refused } from '../graphql/refusals.ts';
import { toUserError, UserError } from '../graphql/user-error.ts';
import { Balance, toBalance } from '../ledger/balance.type.ts';
import { Grant } from './grant.type.ts';
import type { GrantResult } from './issue.ts';
import { type GrantServices, loadBalance, loadGrant } from './loaders.ts';
import { RedeemPromoCodeInput, redemptionFrom } from './promo-code.input.ts';
import { PromoCodeRefused } from './promo-code.type.ts';
import { guessersOf } from './promo-guessers.ts';
import { countingGuesses } from './promo-guesses.ts';
import { redeemPromoCode, refusalIn } from './promo-redeem.ts';

@Inherits()
@ObjectType('RedeemPromoCodePayload', { description: 'What came of redeemPromoCode.' })
class RedeemPromoCodePayload {
  @Field(() => Grant, { nullable: true, description: 'The credit; null when it was refused.' })
  grant?: Grant;

  @Field(() => Balance, { nullable: true, description: 'What the team has now; null when it was refused.' })
  balance?: Balance;

  @Field(() => Boolean, { description: 'Whether the idempotency key had redeemed it before.' })
  replayed: boolean;

  @Field(() => [UserError], {
    description: 'Why it was refused: PromoCodeRefused says why; INVALID_INPUT or IDEMPOTENCY_CONFLICT.',
  })
  userErrors: UserError[];
}

/** What redeeming is made with. */
export interface RedeemServices extends GrantServices {
  /** The network address that a request came from, where it is known. */
  readonly addressOf?: (ctx: Context) => string | undefined;
}

/** `redeemPromoCode`. */
@Resolver()
export class RedeemPromoCodeResolver {
  constructor(private readonly services: RedeemServices) {}

  @Permit('billing:write', inputTeam)
  @Mutation(() => RedeemPromoCodePayload, {
    description:
      'Gives a team the credit of a promo code, once a team. Many wrong codes of one user or address are THROTTLED.',
  })
  redeemPromoCode(
    @Ctx() ctx: Context,
    @Arg('input', () => RedeemPromoCodeInput, { description: 'The code, and who gets its credit.' })
    input: RedeemPromoCodeInput,
  ): Promise<RedeemPromoCodePayload | Refused> {
    return orRefused(() => this.refusalAsData(async () => this.answer(ctx, await this.redeem(ctx, input))));
  }

  private redeem(ctx: Context, input: RedeemPromoCodeInput): Promise<GrantResult> {
    const { db, clock, addressOf } = this.services;
    assert(ctx.actor.kind === 'USER', 'only members of a team may buy and redeem for it');
    const { userId } = ctx.actor;
    const redemption = redemptionFrom(input, userId);
    return countingGuesses(db, guessersOf(userId, addressOf?.(ctx)), () =>
      inTransaction(db, (tx) => redeemPromoCode(tx, redemption, actorRef(ctx.actor), clock.now())),
    );
  }

  private async answer(ctx: Context, { grantId, replayed }: GrantResult): Promise<RedeemPromoCodePayload> {
    const grant = await loadGrant(ctx, this.services, grantId);
    const balance = toBalance(await loadBalance(ctx, this.services, grant.teamUuid));
    return { grant, balance, replayed, userErrors: [] };
  }

  private async refusalAsData<T>(work: () => Promise<T>): Promise<T | Refused> {
    try {
      return await work();
    } catch (error) {
      const reason = refusalIn(error);
      if (!reason || !(error instanceof DomainError)) throw error;
      const { code, message, path } = toUserError(error, ['code']);
      return { userErrors: [new PromoCodeRefused(code, message, path, reason)], replayed: false };
    }
  }
}
