import type { NonEmptyArray } from 'type-graphql';
import { NodeResolver } from './node.ts';
import type { ResolverClass } from './subscription-source.ts';

/** Every resolver class of the API, room by room. */
export const RESOLVERS: NonEmptyArray<ResolverClass> = [NodeResolver];
