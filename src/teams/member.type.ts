import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import type { Uuid } from '../id.ts';
import type { Membership } from './memberships.ts';
import type { Role } from './permissions.ts';

/** GraphQL's form of the roles. */
export const RoleEnum = { OWNER: 'OWNER', ADMIN: 'ADMIN', MEMBER: 'MEMBER' } as const satisfies Record<
  Role,
  Role
>;

registerEnumType(RoleEnum, {
  name: 'Role',
  description: 'What a user may do in a team.',
  valuesConfig: {
    OWNER: { description: 'Everything, and alone makes, changes and removes owners.' },
    ADMIN: { description: 'Sees and changes billing, members and keys.' },
    MEMBER: { description: 'Spends the credit of the team and sees their own usage.' },
  },
});

/** A user in a team, in the API. */
@Inherits()
@ObjectType('TeamMember', { description: 'A user as a member of a team.' })
export class TeamMember {
  userId: Uuid;

  @Field(() => RoleEnum, { description: 'What they may do in the team.' })
  role: Role;

  @Field(() => DateTimeScalar, { description: 'When they were taken in.' })
  joinedAt: Date;

  static of({ userId, role, createdAt }: Membership): TeamMember {
    return Object.assign(new TeamMember(), { userId, role, joinedAt: createdAt });
  }
}

export const { Connection: TeamMemberConnection } = connectionType('TeamMember', 'members', () => TeamMember);
