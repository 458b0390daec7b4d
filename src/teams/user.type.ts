import { Field, ID, ObjectType } from 'type-graphql';
import { Inherits } from '../graphql/auth.ts';
import { Node } from '../graphql/node.ts';
import { publicId, type Uuid } from '../id.ts';
import type { User as UserRow } from './users.ts';

/** A person in the API. */
@Inherits()
@ObjectType('User', { implements: Node, description: 'A person, as the identity provider knows them.' })
export class User extends Node {
  /** The stored id. */
  uuid: Uuid;

  @Field(() => ID, { description: 'Starts with "user_". Give it to an admin of a team to be taken into it.' })
  override id: string;

  @Field(() => String, { nullable: true, description: 'Null when the identity provider told none.' })
  name: string | null;

  @Field(() => String, { nullable: true, description: 'Null unless the identity provider verified it.' })
  email: string | null;

  static of({ id, name, email }: UserRow): User {
    return Object.assign(new User(), { uuid: id, id: publicId('user', id), name, email });
  }
}
