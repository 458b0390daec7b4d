import type { GraphQLSchema } from 'graphql';
import type { ClassType, SubscriptionOptions } from 'type-graphql';
import { assert } from '../domain-error.ts';
import type { Context } from './context.ts';

/**
 * What a subscription's `subscribe` may answer: a source that says who gets the same payloads. Without an audience only
 * the sockets of one user or key share theirs; a feed whose payload depends on a role, say, names the team and role.
 */
export interface SharedSource<T> extends AsyncIterable<T> {
  readonly audience?: string;
}

type Subscribe = NonNullable<SubscriptionOptions['subscribe']>;

/** A class with a constructor of any kind, as type-graphql takes it. */
// biome-ignore lint/complexity/noBannedTypes: type-graphql's own type
export type ResolverClass = Function;

/** The object that answers for each resolver class. */
export type ResolverInstances = ReadonlyMap<ResolverClass, object>;

const instancesOf = new WeakMap<GraphQLSchema, ResolverInstances>();

/** Lets `sourceFrom` find the resolvers of a schema. `buildAppSchema` calls it. */
export function rememberInstances(schema: GraphQLSchema, instances: ResolverInstances): void {
  instancesOf.set(schema, instances);
}

/**
 * The `subscribe` of a subscription whose source its resolver opens: type-graphql calls `subscribe` without the
 * resolver. The asker's right was judged before. The source must end at once when its `return()` is called.
 */
export function sourceFrom<R extends object, Args>(
  resolver: () => ClassType<R>,
  open: (resolver: R, args: Args, context: Context) => SharedSource<unknown> | Promise<SharedSource<unknown>>,
): Subscribe {
  return ({ args, context, info }) => {
    const instance = instancesOf.get(info.schema)?.get(resolver());
    assert(instance instanceof resolver(), `${resolver().name} is among the resolvers of the schema`);
    return open(instance, args, context);
  };
}
