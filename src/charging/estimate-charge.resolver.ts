import { Arg, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { isPermitted, Permit, permit, type RuleData, SignedIn } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { CreditsScalar } from '../graphql/scalars.ts';
import { parseId, type Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import { EstimateChargeInput } from './estimate-charge.input.ts';
import { type EstimateServices, estimateCharge } from './estimate-charge.ts';
import { ChargeEstimate } from './estimate-charge.type.ts';

/** `estimateCharge`. */
@Resolver(() => ChargeEstimate)
export class EstimateChargeResolver {
  constructor(private readonly services: EstimateServices) {}

  @SignedIn()
  @Query(() => ChargeEstimate, {
    description:
      'What usage would cost and whether the team could pay for it now. For members and keys of the team, and for the platform.',
  })
  async estimateCharge(
    @Ctx() ctx: Context,
    @Arg('input', () => EstimateChargeInput, { description: 'The usage.' }) input: EstimateChargeInput,
  ): Promise<ChargeEstimate> {
    const teamId = parseId('team', input.teamId, 'teamId');
    // Who charges a team may ask what a charge would be, without the right to see what it has.
    if (!(await isPermitted(ctx, 'usage:write', teamId))) await permit(ctx, 'affordability:read', teamId);
    return ChargeEstimate.of(await estimateCharge(this.services, teamId, input));
  }

  @Permit('billing:read', estimatedTeam)
  @FieldResolver(() => CreditsScalar, {
    nullable: true,
    description: 'What is missing; 0 when it is affordable. For those who may see the balance.',
  })
  shortBy(@Root() { amount, availableNano }: ChargeEstimate): NanoCredits {
    return amount > availableNano ? amount - availableNano : 0n;
  }

  @Permit('billing:read', estimatedTeam)
  @FieldResolver(() => CreditsScalar, {
    nullable: true,
    description: 'The credit that may be spent on it now. For those who may see the balance.',
  })
  availableFor(@Root() { availableNano }: ChargeEstimate): NanoCredits {
    return availableNano;
  }
}

function estimatedTeam({ root }: RuleData<ChargeEstimate, unknown>): Uuid {
  return root.teamUuid;
}
