import {
  Arg,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Mutation,
  ObjectType,
  Resolver,
  Root,
} from 'type-graphql';
import { inTransaction, type Tx } from '../db/client.ts';
import { Inherits, inputTeam, Permit } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { orRefused } from '../graphql/refusals.ts';
import { UserError } from '../graphql/user-error.ts';
import { parseId } from '../id.ts';
import { loadTeam, loadUser } from './loaders.ts';
import { RoleEnum, TeamMember } from './member.type.ts';
import { addMember, type MemberRef, removeMember, updateMemberRole } from './memberships.ts';
import type { Role } from './permissions.ts';
import { Team } from './team.type.ts';
import type { TeamServices } from './teams.resolver.ts';
import { User } from './user.type.ts';

@InputType('RemoveMemberInput', { description: 'Whom to take out of which team.' })
class RemoveMemberInput {
  @Field(() => ID, { description: 'The id of the team.' })
  teamId: string;

  @Field(() => ID, { description: 'The id of the user, who finds it in "viewer".' })
  userId: string;
}

@InputType('AddMemberInput', { description: 'Whom to take into which team.' })
class AddMemberInput extends RemoveMemberInput {
  @Field(() => RoleEnum, {
    defaultValue: RoleEnum.MEMBER,
    description: 'What they may do there. Only owners make owners.',
  })
  role: Role;
}

@InputType('UpdateMemberRoleInput', { description: 'Whose role to change, and to what.' })
class UpdateMemberRoleInput extends RemoveMemberInput {
  @Field(() => RoleEnum, { description: 'What they may do from now on. Only owners make and change owners.' })
  role: Role;
}

@Inherits()
@ObjectType()
class MemberPayload {
  @Field(() => Team, { nullable: true, description: 'The team as it is now; null when it was refused.' })
  team?: Team;

  @Field(() => [UserError], {
    description:
      'Why it was refused: NOT_FOUND for the user, CONFLICT for somebody who has another role there, or for the last owner.',
  })
  userErrors: UserError[];
}

@Inherits()
@ObjectType('AddMemberPayload', { description: 'What came of addMember.' })
class AddMemberPayload extends MemberPayload {}

@Inherits()
@ObjectType('UpdateMemberRolePayload', { description: 'What came of updateMemberRole.' })
class UpdateMemberRolePayload extends MemberPayload {}

@Inherits()
@ObjectType('RemoveMemberPayload', { description: 'What came of removeMember.' })
class RemoveMemberPayload extends MemberPayload {}

/** Members of teams: who they are, and the mutations that change them. Repeating one changes nothing more. */
@Resolver(() => TeamMember)
export class MemberResolver {
  constructor(private readonly services: Pick<TeamServices, 'db' | 'clock'>) {}

  @Inherits()
  @FieldResolver(() => User, { description: 'Who it is.' })
  user(@Ctx() ctx: Context, @Root() member: TeamMember): Promise<User> {
    return loadUser(ctx, this.services.db, member.userId);
  }

  @Permit('members:manage', inputTeam)
  @Mutation(() => AddMemberPayload, { description: 'Takes a user into a team. Owners and admins may.' })
  addMember(
    @Ctx() ctx: Context,
    @Arg('input', () => AddMemberInput, { description: 'Whom, and into which team.' }) input: AddMemberInput,
  ): Promise<AddMemberPayload> {
    const member = { ...memberOf(input), role: input.role };
    return this.change(ctx, member, (tx, at) => addMember(tx, member, ctx.actor, at));
  }

  @Permit('members:manage', inputTeam)
  @Mutation(() => UpdateMemberRolePayload, {
    description: 'Gives a member of a team another role. Owners and admins may; a team keeps an owner.',
  })
  updateMemberRole(
    @Ctx() ctx: Context,
    @Arg('input', () => UpdateMemberRoleInput, { description: 'Whose role, and which.' })
    input: UpdateMemberRoleInput,
  ): Promise<UpdateMemberRolePayload> {
    const member = { ...memberOf(input), role: input.role };
    return this.change(ctx, member, (tx, at) => updateMemberRole(tx, member, ctx.actor, at));
  }

  @Permit('members:manage', inputTeam)
  @Mutation(() => RemoveMemberPayload, {
    description:
      'Takes a user out of a team, at once, also from its subscriptions. Owners and admins may; a team keeps an owner.',
  })
  removeMember(
    @Ctx() ctx: Context,
    @Arg('input', () => RemoveMemberInput, { description: 'Whom, and out of which team.' })
    input: RemoveMemberInput,
  ): Promise<RemoveMemberPayload> {
    const member = memberOf(input);
    return this.change(ctx, member, (tx, at) => removeMember(tx, member, ctx.actor, at));
  }

  private change(
    ctx: Context,
    { teamId }: MemberRef,
    write: (tx: Tx, at: Date) => Promise<void>,
  ): Promise<MemberPayload> {
    const { db, clock } = this.services;
    return orRefused(async () => {
      await inTransaction(db, (tx) => write(tx, clock.now()));
      return { team: await loadTeam(ctx, db, teamId), userErrors: [] };
    });
  }
}

function memberOf({ teamId, userId }: RemoveMemberInput): MemberRef {
  return { teamId: parseId('team', teamId, 'teamId'), userId: parseId('user', userId, 'userId') };
}
