import DataLoader from 'dataloader';
import type { Actor } from '../actor.ts';
import type { Uuid } from '../id.ts';
import type { Role } from '../teams/permissions.ts';

/** Tells the roles of one user in several teams; a team without an entry is one the user does not belong to. */
export type MembershipReader = (userId: Uuid, teamIds: readonly Uuid[]) => Promise<ReadonlyMap<Uuid, Role>>;

/**
 * What a resolver knows about its request. Rooms get their services by constructor (`app.ts` hands type-graphql the
 * resolver instances); the context carries only what belongs to one request or one socket operation.
 */
export interface Context {
  readonly actor: Actor;
  /** In every log line and masked error of this request. */
  readonly traceId: string;
  /** Where the request came from; undefined where nobody knows, as on sockets. */
  readonly address: string | undefined;
  /** One value a request for each key: DataLoaders and look-ups that several fields share. */
  once<T>(key: string, make: () => T): T;
  /** The role of the asking user in a team, looked up once a request; undefined for none and for keys. */
  roleIn(teamId: Uuid): Promise<Role | undefined>;
  /** The same asker with nothing remembered, for operations that live long and judge permission anew. */
  renewed(): Context;
}

const noMemberships: MembershipReader = async () => new Map();

/** A context for one operation. Without `memberships` no user belongs to any team. */
export function createContext(
  actor: Actor,
  traceId: string,
  memberships: MembershipReader = noMemberships,
  address?: string | undefined,
): Context {
  const values = new Map<string, unknown>();
  const roles = rolesOf(actor, memberships);
  return {
    actor,
    traceId,
    address,
    once<T>(key: string, make: () => T): T {
      if (!values.has(key)) values.set(key, make());
      // The key names the type: each key is used with one `make` only.
      return values.get(key) as T;
    },
    roleIn: (teamId) => roles.load(teamId),
    renewed: () => createContext(actor, traceId, memberships, address),
  };
}

function rolesOf(actor: Actor, memberships: MembershipReader): DataLoader<Uuid, Role | undefined> {
  return new DataLoader(async (teamIds) => {
    if (actor.kind !== 'USER') return teamIds.map(() => undefined);
    const roles = await memberships(actor.userId, teamIds);
    return teamIds.map((teamId) => roles.get(teamId));
  });
}
