import 'reflect-metadata';
import { Extensions } from 'type-graphql';

/**
 * Marks an input class of which exactly one field must be given; each field must be nullable. type-graphql has no
 * `@oneOf` of its own: `buildAppSchema` sets it.
 */
export function OneOf(): ClassDecorator {
  return Extensions({ oneOf: true });
}
