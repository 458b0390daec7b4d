import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { ACTOR_KIND, type ActorKind, type ActorRef } from '../actor.ts';
import { publicId } from '../id.ts';
import { Inherits } from './auth.ts';

/** What kind of asker did something. */
export const ActorType = { SYSTEM: 'SYSTEM', USER: 'USER', KEY: 'KEY' } as const;
export type ActorType = (typeof ActorType)[keyof typeof ActorType];

registerEnumType(ActorType, {
  name: 'ActorType',
  description: 'What kind of asker did something.',
  valuesConfig: {
    SYSTEM: { description: 'The server itself, for what falls due.' },
    USER: { description: 'A person.' },
    KEY: { description: 'A program, by its API key.' },
  },
});

/** Who did something, as it is kept beside what was done. */
@Inherits()
@ObjectType('ActorRef', { description: 'Who did something.', simpleResolvers: true })
export class ActorRefObject {
  @Field(() => ActorType, { description: 'What kind of asker.' })
  type: ActorType;

  @Field(() => ID, { nullable: true, description: 'The user or the key; null for the server itself.' })
  id: string | null;
}

/** The API form of an actor. */
export function toActorRef({ kind, id }: ActorRef): ActorRefObject {
  const { type, idKind } = TYPES[kind];
  return { type, id: id === null ? null : publicId(idKind, id) };
}

const TYPES: Readonly<Record<ActorKind, { type: ActorType; idKind: 'user' | 'apiKey' }>> = {
  [ACTOR_KIND.SYSTEM]: { type: ActorType.SYSTEM, idKind: 'user' },
  [ACTOR_KIND.USER]: { type: ActorType.USER, idKind: 'user' },
  [ACTOR_KIND.KEY]: { type: ActorType.KEY, idKind: 'apiKey' },
};
