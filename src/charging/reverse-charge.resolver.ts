import { Arg, Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { actorRef } from '../actor.ts';
import type { Clock } from '../clock.ts';
import { inTransaction } from '../db/client.ts';
import { Inherits, Permit } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { orRefused } from '../graphql/refusals.ts';
import { UserError } from '../graphql/user-error.ts';
import { parseId } from '../id.ts';
import { Balance, toBalance } from '../ledger/balance.type.ts';
import { Charge, chargeNode } from './charge.type.ts';
import type { ChargeServices } from './charges.resolver.ts';
import { reverseCharge } from './reverse-charge.ts';

@InputType('ReverseChargeInput', { description: 'A charge to give back.' })
export class ReverseChargeInput {
  @Field(() => ID, { description: 'The id of the charge.' })
  chargeId: string;

  @Field(() => String, { description: 'Why, for the record: 1 to 500 characters.' })
  reason: string;

  @Field(() => String, {
    description: 'Your own key for this request: a repeat answers the same. 1 to 200 characters.',
  })
  idempotencyKey: string;
}

@Inherits()
@ObjectType('ReverseChargePayload', { description: 'What came of reverseCharge.' })
export class ReverseChargePayload {
  @Field(() => Charge, { nullable: true, description: 'The charge; null when it was refused.' })
  charge?: Charge;

  @Field(() => Balance, { nullable: true, description: 'What the team has now; null when it was refused.' })
  balance?: Balance;

  @Field(() => Boolean, { description: 'Whether the idempotency key had reversed it before.' })
  replayed: boolean;

  @Field(() => [UserError], {
    description:
      'Why it was refused: INVALID_INPUT, NOT_FOUND, IDEMPOTENCY_CONFLICT, or CONFLICT when it has been reversed already.',
  })
  userErrors: UserError[];
}

/** `reverseCharge`, for operators. */
@Resolver()
export class ReverseChargeResolver {
  constructor(private readonly services: ChargeServices & { readonly clock: Clock }) {}

  @Permit('operate')
  @Mutation(() => ReverseChargePayload, {
    description:
      'Gives a charge back, all of it and once. Each amount returns to the grant that paid it and follows its fate; what is still owed for the charge is cancelled first.',
  })
  reverseCharge(
    @Ctx() ctx: Context,
    @Arg('input', () => ReverseChargeInput, { description: 'The charge to give back.' })
    { chargeId, reason, idempotencyKey }: ReverseChargeInput,
  ): Promise<ReverseChargePayload> {
    const { db, clock, catalog } = this.services;
    return orRefused(async () => {
      const input = { chargeId: parseId('charge', chargeId, 'chargeId'), reason, idempotencyKey };
      const { charge, balance, replayed } = await inTransaction(db, (tx) =>
        reverseCharge(tx, input, actorRef(ctx.actor), clock.now()),
      );
      const node = chargeNode(charge, await catalog.fresh());
      return { charge: node, balance: toBalance(balance), replayed, userErrors: [] };
    });
  }
}
