import { Args, FieldResolver, Resolver, Root } from 'type-graphql';
import { Permit } from '../graphql/auth.ts';
import { mapPage, type Page } from '../graphql/connection.ts';
import type { PaymentDeps } from '../payments/payment-deps.ts';
import { Team, thisTeam } from '../teams/team.type.ts';
import { type Dispute, DisputeConnection, DisputesArgs, disputeNode } from './dispute.type.ts';
import { disputePage } from './dispute-reads.ts';

/** The disputes of a team. */
@Resolver(() => Team)
export class TeamDisputesResolver {
  constructor(private readonly services: Pick<PaymentDeps, 'db'>) {}

  @Permit('billing:read', thisTeam)
  @FieldResolver(() => DisputeConnection, {
    description: "The payments of the team that cardholders' banks want back, the last one first.",
  })
  async disputes(
    @Root() team: Team,
    @Args(() => DisputesArgs) { filter, ...args }: DisputesArgs,
  ): Promise<Page<Dispute>> {
    const list = { statuses: filter.statuses ?? null, args };
    return mapPage(await disputePage(this.services.db, team.uuid, list), disputeNode);
  }
}
