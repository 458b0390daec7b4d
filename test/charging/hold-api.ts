import type { GraphQLSchema } from 'graphql';
import { expect } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { ModelResolver } from '../../src/catalog/catalog.resolver.ts';
import { InstanceTypeResolver } from '../../src/catalog/instance-types.resolver.ts';
import type { Batcher } from '../../src/charging/batcher.ts';
import { ChargeResolver, TeamChargesResolver } from '../../src/charging/charges.resolver.ts';
import { EstimateChargeResolver } from '../../src/charging/estimate-charge.resolver.ts';
import { ExplainChargeResolver, ExplainedPriceResolver } from '../../src/charging/explain-charge.resolver.ts';
import { HoldChangeResolver } from '../../src/charging/hold-changes.resolver.ts';
import { HoldResolver, holdNodeLoaders, TeamHoldsResolver } from '../../src/charging/holds.resolver.ts';
import type { Clock } from '../../src/clock.ts';
import type { Db } from '../../src/db/client.ts';
import { NodeResolver } from '../../src/graphql/node.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import type { ResolverClass } from '../../src/graphql/subscription-source.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { TeamResolver } from '../../src/teams/teams.resolver.ts';
import { type World, worldOn } from '../support/world.ts';
import { wallet } from '../teams/people.ts';
import { type Answer, ask } from './charge-api.ts';

/** The API of holds and estimates, with `team` to start from. */
export interface HoldApi {
  readonly schema: GraphQLSchema;
  readonly world: World;
  /** The batcher behind the API. */
  readonly batcher: Batcher;
  run<T>(actor: Actor, source: string, variables?: Record<string, unknown>): Promise<Answer<T>>;
  /** What the platform is answered by a mutation: the payload, which has the fields `fields`. */
  mutate<T>(name: string, input: object, fields?: string): Promise<T>;
}

export function holdApi(db: Db, clock: Clock): HoldApi {
  const world = worldOn(db, clock);
  const batcher = world.batcher();
  const services = { db, clock, catalog: world.catalog, batcher, openLedger: wallet };
  const instances = new Map<ResolverClass, object>([
    [TeamResolver, new TeamResolver(services)],
    [ModelResolver, new ModelResolver(services)],
    [InstanceTypeResolver, new InstanceTypeResolver(services)],
    [ChargeResolver, new ChargeResolver(services)],
    [TeamChargesResolver, new TeamChargesResolver(services)],
    [HoldResolver, new HoldResolver(services)],
    [TeamHoldsResolver, new TeamHoldsResolver(services)],
    [HoldChangeResolver, new HoldChangeResolver(services)],
    [EstimateChargeResolver, new EstimateChargeResolver(services)],
    [ExplainChargeResolver, new ExplainChargeResolver(services)],
    [ExplainedPriceResolver, new ExplainedPriceResolver(services)],
    [NodeResolver, new NodeResolver(holdNodeLoaders(services))],
  ]);
  const [first, ...rest] = instances.keys();
  if (!first) throw new Error('there are resolvers');
  const schema = buildAppSchema([first, ...rest], instances);
  const run: HoldApi['run'] = (actor, source, variables) => ask(schema, db, actor, source, variables);
  return {
    schema,
    world,
    batcher,
    run,
    mutate: async (name, input, fields = ANSWER) => {
      const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
      const source = `mutation ($input: ${type}) { ${name}(input: $input) { ${fields} } }`;
      const { data, errors } = await run<Record<string, never>>(platform, source, { input });
      expect(errors).toEqual({});
      const payload = data?.[name];
      if (!payload) throw new Error('nothing was answered');
      return payload;
    },
  };
}

const ERROR = `{ code message path ... on OutOfCredits { shortBy available }
  ... on SpendCapExceeded { subject period limit used } }`;

/** What one item is answered, but for its error. */
export const OUTCOME = `hold { id status amount open drawn expiresAt } charge { id amount shortBy prior }
  replayed alreadyResolved shortBy balance { available held }`;

/** All that a mutation about one hold answers. */
export const ANSWER = `${OUTCOME} userErrors ${ERROR}`;

/** All that a mutation about many holds answers. */
export const ANSWERS = `results { ${OUTCOME} error ${ERROR} } userErrors ${ERROR}`;

/** A key of this type, with these scopes. */
export function key(
  keyType: 'PLATFORM' | 'TEAM' | 'PARTNER' | 'OPERATOR',
  scopes: string[] = [],
  teamId?: Uuid,
): Actor {
  return { kind: 'KEY', keyId: newUuid(), keyType, scopes, ...(teamId && { teamId }) };
}

/** The gateway. */
export const platform = key('PLATFORM', ['usage:write', 'usage:read']);
