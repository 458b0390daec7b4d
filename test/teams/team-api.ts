import 'reflect-metadata';
import { type GraphQLSchema, graphql } from 'graphql';
import { buildSchema } from 'type-graphql';
import type { Actor } from '../../src/actor.ts';
import type { Db } from '../../src/db/client.ts';
import { DomainError } from '../../src/domain-error.ts';
import { enforceAccess } from '../../src/graphql/auth.ts';
import { createContext } from '../../src/graphql/context.ts';
import { NodeResolver } from '../../src/graphql/node.ts';
import { KeyResolver } from '../../src/teams/keys.resolver.ts';
import { MemberResolver } from '../../src/teams/members.resolver.ts';
import { rolesOf } from '../../src/teams/memberships.ts';
import { teamNodes } from '../../src/teams/nodes.ts';
import { TeamResolver } from '../../src/teams/teams.resolver.ts';
import { ViewerResolver } from '../../src/teams/viewer.resolver.ts';
import { at, wallet } from './people.ts';

/** The schema of this room alone, on a database that exists when the first operation runs. */
export async function teamSchema(database: { readonly db: Db }): Promise<GraphQLSchema> {
  const instances = () => {
    const { db } = database;
    const services = { db, clock: { now: () => at }, openLedger: wallet };
    return [
      new TeamResolver(services),
      new MemberResolver(services),
      new KeyResolver(services),
      new ViewerResolver(db),
      new NodeResolver(teamNodes(db)),
    ];
  };
  return buildSchema({
    resolvers: [TeamResolver, MemberResolver, KeyResolver, ViewerResolver, NodeResolver],
    container: { get: (type) => instances().find((instance) => instance instanceof type) },
    authChecker: enforceAccess,
    validate: false,
  });
}

/** The data of an operation, or the codes of its errors. */
export async function ask(
  schema: GraphQLSchema,
  db: Db,
  actor: Actor,
  source: string,
  variableValues: Record<string, unknown> = {},
): Promise<unknown> {
  const contextValue = createContext(actor, 'trace', (userId, teamIds) => rolesOf(db, userId, teamIds));
  const { data, errors } = await graphql({ schema, source, contextValue, variableValues });
  if (!errors) return JSON.parse(JSON.stringify(data));
  return errors.map(({ originalError }) => {
    if (originalError instanceof DomainError) return originalError.code;
    throw originalError ?? errors[0];
  });
}
