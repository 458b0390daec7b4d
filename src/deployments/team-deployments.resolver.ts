import { Args, FieldResolver, Resolver, Root } from 'type-graphql';
import { Permit } from '../graphql/auth.ts';
import { mapPage, type Page } from '../graphql/connection.ts';
import { Team, thisTeam } from '../teams/team.type.ts';
import { type Deployment, DeploymentConnection, deploymentNode } from './deployment.type.ts';
import { DeploymentEvent, DeploymentEventConnection } from './deployment-event.type.ts';
import { DeploymentsArgs, deploymentFilter, eventFilter, TeamEventsArgs } from './deployment-list.input.ts';
import { deploymentPage } from './deployment-reads.ts';
import { eventPage } from './event-reads.ts';
import type { DeploymentServices } from './loaders.ts';

/** The fields of a team that are about its deployments. */
@Resolver(() => Team)
export class TeamDeploymentsResolver {
  constructor(private readonly services: DeploymentServices) {}

  @Permit('deployments:read', thisTeam)
  @FieldResolver(() => DeploymentConnection, { description: 'The deployments of the team.' })
  async deployments(
    @Root() team: Team,
    @Args(() => DeploymentsArgs) { filter, orderBy: order, ...args }: DeploymentsArgs,
  ): Promise<Page<Deployment>> {
    const { db, catalog } = this.services;
    const wanted = deploymentFilter(filter, await catalog.fresh());
    const page = await deploymentPage(db, team.uuid, { filter: wanted, order, args });
    const snapshot = await catalog.fresh();
    return mapPage(page, (deployment) => deploymentNode(deployment, snapshot));
  }

  @Permit('deployments:read', thisTeam)
  @FieldResolver(() => DeploymentEventConnection, {
    description:
      'What happened to the deployments of the team, to poll: come back with "after" as the last cursor you have seen, and you miss nothing and see nothing twice. A page that is empty has no cursor: keep yours.',
  })
  async deploymentEvents(
    @Root() team: Team,
    @Args(() => TeamEventsArgs) { filter, orderBy: order, ...args }: TeamEventsArgs,
  ): Promise<Page<DeploymentEvent>> {
    const page = await eventPage(this.services.db, team.uuid, { filter: eventFilter(filter), order, args });
    return mapPage(page, (event) => new DeploymentEvent(event));
  }
}
