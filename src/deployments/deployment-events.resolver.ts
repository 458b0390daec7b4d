import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { Inherits, Permit, type RuleData } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { CreditsScalar } from '../graphql/scalars.ts';
import type { Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import { Deployment } from './deployment.type.ts';
import { DeploymentEvent } from './deployment-event.type.ts';
import { type DeploymentServices, loadAnyDeployment } from './loaders.ts';

/** The fields of an event that need a look-up, or a right of their own. */
@Resolver(() => DeploymentEvent)
export class DeploymentEventResolver {
  constructor(private readonly services: DeploymentServices) {}

  @Inherits()
  @FieldResolver(() => Deployment, { description: 'The deployment as it is now.' })
  deployment(@Ctx() ctx: Context, @Root() { stored }: DeploymentEvent): Promise<Deployment> {
    return loadAnyDeployment(ctx, this.services, stored.deploymentId);
  }

  @Permit('billing:read', teamOfEvent)
  @FieldResolver(() => CreditsScalar, {
    nullable: true,
    description: 'Of CREDIT_ENDING: how much is missing. For those who may see balances.',
  })
  shortBy(@Root() { stored }: DeploymentEvent): NanoCredits | null {
    return amount(stored.details.shortByNano);
  }

  @Inherits()
  @FieldResolver(() => CreditsScalar, {
    nullable: true,
    description: 'Of HOUR_UNBILLED: what the hour would have cost.',
  })
  amount(@Root() { stored }: DeploymentEvent): NanoCredits | null {
    return amount(stored.details.amountNano);
  }
}

function amount(nano: string | undefined): NanoCredits | null {
  return nano === undefined ? null : BigInt(nano);
}

/** The team of an event, for rules of its fields. */
function teamOfEvent({ root }: RuleData<DeploymentEvent, unknown>): Uuid {
  return root.stored.teamId;
}
