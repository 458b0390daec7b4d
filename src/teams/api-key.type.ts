import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import type { KeyType } from '../actor.ts';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { Node } from '../graphql/node.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import { publicId, type Uuid } from '../id.ts';
import type { ApiKeyRow } from './keys.ts';

/** GraphQL's form of the types of keys. */
export const ApiKeyType = {
  PLATFORM: 'PLATFORM',
  TEAM: 'TEAM',
  PARTNER: 'PARTNER',
  OPERATOR: 'OPERATOR',
} as const satisfies Record<KeyType, KeyType>;

registerEnumType(ApiKeyType, {
  name: 'ApiKeyType',
  description: 'What a key is for, which decides the scopes it may have.',
  valuesConfig: {
    PLATFORM: {
      description:
        'A service of the platform, acting for any team. Scopes: usage:write, usage:read, billing:read, deployments:read, deployments:write, teams:write.',
    },
    TEAM: { description: 'A program of one team. Scopes: billing:read, deployments:write.' },
    PARTNER: {
      description:
        'A program of a partner, which may only read. Scopes: billing:read, usage:read, deployments:read.',
    },
    OPERATOR: {
      description: 'Those who run the installation. Has no scopes, and gives a reason for what it does.',
    },
  },
});

/** A key in the API, without its secret. */
@Inherits()
@ObjectType('ApiKey', { implements: Node, description: 'The credentials of a program.' })
export class ApiKey extends Node {
  /** The stored id. */
  uuid: Uuid;
  /** The stored id of its team, if it is bound to one. */
  teamId: Uuid | null;

  @Field(() => ID, { description: 'Starts with "key_".' })
  override id: string;

  @Field(() => ApiKeyType, { description: 'What it is for.' })
  type: KeyType;

  @Field(() => String, { description: 'What its owner calls it.' })
  name: string;

  @Field(() => String, {
    description: 'How the key begins, to recognise it by. The rest was shown once and is not stored.',
  })
  prefix: string;

  @Field(() => [String], { description: 'What it may do.' })
  scopes: readonly string[];

  @Field(() => DateTimeScalar, { description: 'When it was created.' })
  createdAt: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it was last used, to the minute; null for never.',
  })
  lastUsedAt: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ceases to work; null for never.' })
  expiresAt: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Since when it has been revoked; null for a working key.',
  })
  revokedAt: Date | null;

  static of(row: ApiKeyRow): ApiKey {
    const { id, type, teamId, name, prefix, scopes, createdAt, lastUsedAt, expiresAt, revokedAt } = row;
    const shown = { type, teamId, name, prefix, scopes, createdAt, lastUsedAt, expiresAt, revokedAt };
    return Object.assign(new ApiKey(), { uuid: id, id: publicId('apiKey', id), ...shown });
  }
}

export const { Connection: ApiKeyConnection } = connectionType('ApiKey', 'keys', () => ApiKey);
