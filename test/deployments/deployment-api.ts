import type { GraphQLSchema } from 'graphql';
import { expect } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { InstanceTypeResolver } from '../../src/catalog/instance-types.resolver.ts';
import { seedInstanceTypes } from '../../src/catalog/instance-types.ts';
import { ChargeResolver } from '../../src/charging/charges.resolver.ts';
import type { Db } from '../../src/db/client.ts';
import { DeploymentEventResolver } from '../../src/deployments/deployment-events.resolver.ts';
import { DeploymentFieldsResolver } from '../../src/deployments/deployment-fields.resolver.ts';
import { DeploymentResolver } from '../../src/deployments/deployments.resolver.ts';
import { deploymentNodes } from '../../src/deployments/loaders.ts';
import { TeamDeploymentsResolver } from '../../src/deployments/team-deployments.resolver.ts';
import { NodeResolver } from '../../src/graphql/node.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import type { ResolverClass } from '../../src/graphql/subscription-source.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { TeamResolver } from '../../src/teams/teams.resolver.ts';
import { type Answer, ask } from '../charging/charge-api.ts';
import type { MovableClock } from '../support/movable-clock.ts';
import { type World, worldOn } from '../support/world.ts';
import { wallet } from '../teams/people.ts';

export type Verb =
  | 'createDeployment'
  | 'startDeployment'
  | 'pauseDeployment'
  | 'resumeDeployment'
  | 'stopDeployment'
  | 'resizeDeployment'
  | 'scaleDeployment'
  | 'setDeploymentSchedule'
  | 'updateDeployment'
  | 'reportBootFailure';

/** What a mutation answers of a deployment and its event. */
export interface Payload {
  readonly deployment: (Record<string, unknown> & { readonly id: string }) | null;
  readonly event: (Record<string, unknown> & { readonly seq: string }) | null;
  readonly charges: readonly { readonly id: string; readonly amount: string; readonly occurredAt: string }[];
  readonly balance: { readonly available: string } | null;
  readonly replayed: boolean;
  readonly userErrors: readonly Record<string, unknown>[];
}

const FIELDS = `
  deployment { id name status pauseReason instanceTypeKey replicas minReplicas maxReplicas resumeOnTopUp }
  event { seq kind status replicas reason chargeIds }
  charges { id amount occurredAt } balance { available } replayed
  userErrors { code message path ... on WrongState { status allowed } ... on OutOfCredits { shortBy available } }`;

/** The API of deployments on a database, with the first instance types. */
export class DeploymentApi {
  private constructor(
    readonly schema: GraphQLSchema,
    readonly world: World,
    readonly clock: MovableClock,
  ) {}

  static async on(db: Db, clock: MovableClock): Promise<DeploymentApi> {
    const world = worldOn(db, clock);
    const services = { db, clock, catalog: world.catalog, openLedger: wallet };
    const instances = new Map<ResolverClass, object>([
      [TeamResolver, new TeamResolver(services)],
      [InstanceTypeResolver, new InstanceTypeResolver(services)],
      [ChargeResolver, new ChargeResolver(services)],
      [DeploymentResolver, new DeploymentResolver(services)],
      [DeploymentFieldsResolver, new DeploymentFieldsResolver(services)],
      [TeamDeploymentsResolver, new TeamDeploymentsResolver(services)],
      [DeploymentEventResolver, new DeploymentEventResolver(services)],
      [NodeResolver, new NodeResolver(deploymentNodes(services))],
    ]);
    const [first, ...rest] = instances.keys();
    if (!first) throw new Error('there are resolvers');
    await seedInstanceTypes(db, clock.now());
    return new DeploymentApi(buildAppSchema([first, ...rest], instances), world, clock);
  }

  /** Asks anything. */
  ask<T>(actor: Actor, source: string, variables: Record<string, unknown> = {}): Promise<Answer<T>> {
    return ask<T>(this.schema, this.world.db, actor, source, variables);
  }

  /** Calls a mutation with an idempotency key of its own unless one is given. */
  call(actor: Actor, verb: Verb, input: Record<string, unknown>): Promise<Answer<Record<Verb, Payload>>> {
    const type = `${verb[0]?.toUpperCase()}${verb.slice(1)}Input`;
    const source = `mutation ($input: ${type}!) { ${verb}(input: $input) { ${FIELDS} } }`;
    return this.ask(actor, source, { input: { idempotencyKey: newUuid(), ...input } });
  }

  /** The payload of a call that gets one. */
  async payload(actor: Actor, verb: Verb, input: Record<string, unknown>): Promise<Payload> {
    const { data, errors } = await this.call(actor, verb, input);
    expect(errors).toEqual({});
    if (!data) throw new Error('nothing was answered');
    return data[verb];
  }

  /** The payload of a call that is not refused. */
  async done(actor: Actor, verb: Verb, input: Record<string, unknown>): Promise<Payload> {
    const payload = await this.payload(actor, verb, input);
    expect(payload.userErrors).toEqual([]);
    return payload;
  }

  /** Creates a deployment of `cpu-s` (0.08 an hour) unless told otherwise, and answers what calls about it begin with. */
  async create(
    actor: Actor,
    teamId: Uuid,
    input: Record<string, unknown> = {},
  ): Promise<{ readonly teamId: string; readonly deploymentId: string }> {
    const team = publicId('team', teamId);
    const creation = { teamId: team, name: 'server', instanceType: 'cpu-s', ...input };
    const { deployment } = await this.done(actor, 'createDeployment', creation);
    if (!deployment) throw new Error('a deployment was created');
    return { teamId: team, deploymentId: deployment.id };
  }
}
