import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import { ModelResolver } from '../../src/catalog/catalog.resolver.ts';
import { InstanceTypeResolver } from '../../src/catalog/instance-types.resolver.ts';
import { catalogNodes } from '../../src/catalog/loaders.ts';
import { PriceResolver } from '../../src/catalog/price.resolver.ts';
import { SupplierResolver } from '../../src/catalog/supplier.resolver.ts';
import { NodeResolver } from '../../src/graphql/node.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import type { ResolverClass } from '../../src/graphql/subscription-source.ts';
import { TeamResolver } from '../../src/teams/teams.resolver.ts';
import { wallet } from '../teams/people.ts';

/** The API of the catalogue, with `team` beside it. */
export function catalogSchema(services: ConstructorParameters<typeof SupplierResolver>[0]): GraphQLSchema {
  const instances = new Map<ResolverClass, object>([
    [TeamResolver, new TeamResolver({ ...services, openLedger: wallet })],
    [ModelResolver, new ModelResolver(services)],
    [PriceResolver, new PriceResolver(services)],
    [InstanceTypeResolver, new InstanceTypeResolver(services)],
    [SupplierResolver, new SupplierResolver(services)],
    [NodeResolver, new NodeResolver(catalogNodes(services.db))],
  ]);
  const [first, ...rest] = instances.keys();
  if (!first) throw new Error('there are resolvers');
  return buildAppSchema([first, ...rest], instances);
}
