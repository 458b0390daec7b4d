import 'reflect-metadata';
import {
  type GraphQLSchema,
  isInputObjectType,
  isNonNullType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { buildSchemaSync, type NonEmptyArray } from 'type-graphql';
import { assert } from '../domain-error.ts';
import { enforceAccess } from './auth.ts';
import { type ResolverClass, type ResolverInstances, rememberInstances } from './subscription-source.ts';

const ROOT_DESCRIPTIONS = {
  Query: 'What can be read.',
  Mutation: 'What can be changed. Mutations about money take idempotency keys: repeat them safely.',
  Subscription: 'What can be followed, over the websocket.',
} as const;

/** Builds the schema of these resolver classes; `instances` has the object of each that is called. */
export function buildAppSchema(
  resolvers: NonEmptyArray<ResolverClass>,
  instances: ResolverInstances,
): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers,
    container: { get: (resolver) => instanceOf(instances, resolver) },
    authChecker: enforceAccess,
    validate: false,
    nullableByDefault: false,
    // Subscriptions bring their own sources: a `subscribe` each. type-graphql demands a publisher all the same.
    pubSub: { publish: noPublisher, subscribe: noPublisher },
  });
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type) && type.extensions.oneOf === true) {
      const optional = Object.values(type.getFields()).every((field) => !isNonNullType(field.type));
      assert(optional, `every field of the @oneOf input ${type.name} is nullable`);
      type.isOneOf = true;
    }
  }
  describeRoots(schema);
  rememberInstances(schema, instances);
  return schema;
}

/** The schema as text in a stable order, as `schema/schema.graphql` keeps it. */
export function schemaText(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}

function instanceOf(instances: ResolverInstances, resolver: ResolverClass): object {
  const instance = instances.get(resolver);
  assert(instance, `there is an instance of ${resolver.name}`);
  return instance;
}

function describeRoots(schema: GraphQLSchema): void {
  for (const type of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    if (type) type.description = ROOT_DESCRIPTIONS[type.name as keyof typeof ROOT_DESCRIPTIONS];
  }
}

function noPublisher(): never {
  throw new Error('Invariant violated: every subscription has a subscribe function');
}
