import 'reflect-metadata';
import { type GraphQLSchema, graphql } from 'graphql';
import { buildSchema } from 'type-graphql';
import type { Actor } from '../../src/actor.ts';
import { ModelResolver } from '../../src/catalog/catalog.resolver.ts';
import { Catalog } from '../../src/catalog/catalog-cache.ts';
import {
  ChargeResolver,
  chargeNodeLoaders,
  TeamChargesResolver,
} from '../../src/charging/charges.resolver.ts';
import { ExplainChargeResolver, ExplainedPriceResolver } from '../../src/charging/explain-charge.resolver.ts';
import { ReverseChargeResolver } from '../../src/charging/reverse-charge.resolver.ts';
import type { Clock } from '../../src/clock.ts';
import type { Db } from '../../src/db/client.ts';
import { DomainError } from '../../src/domain-error.ts';
import { enforceAccess } from '../../src/graphql/auth.ts';
import { createContext } from '../../src/graphql/context.ts';
import { NodeResolver } from '../../src/graphql/node.ts';
import { rolesOf } from '../../src/teams/memberships.ts';
import { TeamResolver } from '../../src/teams/teams.resolver.ts';
import { wallet } from '../teams/people.ts';

/** The schema of this room, with `team` to start from, on a database that exists when the first operation runs. */
export async function chargeSchema(database: { readonly db: Db }, clock: Clock): Promise<GraphQLSchema> {
  const instances = () => {
    const { db } = database;
    const services = { db, clock, catalog: new Catalog(db), openLedger: wallet };
    return [
      new TeamResolver(services),
      new ModelResolver(services),
      new ChargeResolver(services),
      new TeamChargesResolver(services),
      new ExplainChargeResolver(services),
      new ExplainedPriceResolver(services),
      new ReverseChargeResolver(services),
      new NodeResolver(chargeNodeLoaders(services)),
    ];
  };
  return buildSchema({
    resolvers: [
      TeamResolver,
      ModelResolver,
      ChargeResolver,
      TeamChargesResolver,
      ExplainChargeResolver,
      ExplainedPriceResolver,
      ReverseChargeResolver,
      NodeResolver,
    ],
    container: { get: (type) => instances().find((instance) => instance instanceof type) },
    authChecker: enforceAccess,
    validate: false,
  });
}

/** What an operation answers: its data, and the codes of its errors by the path of the field. */
export interface Answer<T> {
  readonly data: T | null;
  readonly errors: Readonly<Record<string, string>>;
}

/** `T` is what the caller expects of the data; its assertions prove it. */
export async function ask<T>(
  schema: GraphQLSchema,
  db: Db,
  actor: Actor,
  source: string,
  variables: Record<string, unknown> = {},
): Promise<Answer<T>> {
  const contextValue = createContext(actor, 'trace', (userId, teamIds) => rolesOf(db, userId, teamIds));
  const variableValues: Record<string, unknown> = JSON.parse(JSON.stringify(variables));
  const { data, errors = [] } = await graphql({ schema, source, contextValue, variableValues });
  const codes = errors.map(({ path = [], originalError, message }) => {
    if (originalError && !(originalError instanceof DomainError)) throw originalError;
    return [path.join('.'), originalError?.code ?? message] as const;
  });
  return { data: JSON.parse(JSON.stringify(data ?? null)), errors: Object.fromEntries(codes) };
}
