import type { GraphQLSchema } from 'graphql';
import type { Actor, KeyType } from '../../src/actor.ts';
import type { Clock } from '../../src/clock.ts';
import type { Db } from '../../src/db/client.ts';
import { BalanceResolver, EntryGrantResolver, GrantResolver } from '../../src/grants/grants.resolver.ts';
import { grantNodes } from '../../src/grants/loaders.ts';
import { TeamCreditResolver } from '../../src/grants/team-credit.resolver.ts';
import { NodeResolver } from '../../src/graphql/node.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import type { ResolverClass } from '../../src/graphql/subscription-source.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { ledgerNodes } from '../../src/ledger/nodes.ts';
import type { Role } from '../../src/teams/permissions.ts';
import { TeamResolver } from '../../src/teams/teams.resolver.ts';
import { type World, worldOn } from '../support/world.ts';
import { wallet } from '../teams/people.ts';

/** The API of credit, with `team` to start from. */
export interface CreditApi {
  readonly schema: GraphQLSchema;
  readonly world: World;
}

export function creditApi(db: Db, clock: Clock): CreditApi {
  const world = worldOn(db, clock);
  const services = { db, clock, catalog: world.catalog, openLedger: wallet };
  const instances = new Map<ResolverClass, object>([
    [TeamResolver, new TeamResolver(services)],
    [TeamCreditResolver, new TeamCreditResolver(services)],
    [GrantResolver, new GrantResolver(services)],
    [BalanceResolver, new BalanceResolver(services)],
    [EntryGrantResolver, new EntryGrantResolver(services)],
    [NodeResolver, new NodeResolver({ ...grantNodes(services), ...ledgerNodes(db) })],
  ]);
  const [first, ...rest] = instances.keys();
  if (!first) throw new Error('there are resolvers');
  return { schema: buildAppSchema([first, ...rest], instances), world };
}

export const operator: Actor = key('OPERATOR');

/** A key of this type, with these scopes. */
export function key(keyType: KeyType, scopes: string[] = [], teamId?: Uuid): Actor {
  return { kind: 'KEY', keyId: newUuid(), keyType, scopes, ...(teamId && { teamId }) };
}

/** A user with this role in a team. */
export async function member(db: Db, teamId: Uuid, role: Role): Promise<Actor> {
  const userId = newUuid();
  await db.sql`
    insert into memberships (team_id, user_id, role, created_at) values (${teamId}, ${userId}, ${role}, '2026-01-01Z')`;
  return { kind: 'USER', userId };
}
